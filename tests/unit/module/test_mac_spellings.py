# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wherever a MAC address enters the collection, every spelling of it is the same address."""

from __future__ import annotations

import typing as t

import pytest
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import Problem
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence import observed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.sample import parse_devices
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module import testpmd_traffic, traffic_probe
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.dpdk_bind import read_adapters
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import UserPlane
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import HostFacts
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.reader import Section
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.guest import guest_state
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import _adapter

MAC = "00:50:56:ab:cd:0f"
SPELLINGS = (MAC, MAC.upper(), "00-50-56-ab-cd-0f", "0050.56AB.CD0F", "005056abcd0f")
DEVICE = {"name": "s5u", "pci_address": "0000:0b:00.0"}
SGI = {"address": "198.18.0.1/24", "next_hop": "198.18.0.2", "next_hop_mac": None}
ECHO = {"echo_interval": 60, "response_seconds": 3, "echo_requests": 5}


def described(mac: str) -> str | None:
    problems: list[Problem] = []
    found = Section("adapters[0]", {"mac": mac}, problems).mac("mac")
    assert not problems
    return found


ENTRANCES: dict[str, t.Callable[[str], t.Any]] = {
    "a description": described,
    "an option of dpdk_bind": lambda mac: read_adapters([{"name": "s5u", "mac": mac, "driver": "pmd"}])[0].mac,
    "an option of pmd_evidence": lambda mac: parse_devices([{**DEVICE, "mac": mac}])[0].mac,
    "an option of testpmd_traffic": lambda mac: testpmd_traffic.generator_adapter({"mac": mac, "guest_mac": mac}).mac,
    "the guest's side in testpmd_traffic": lambda mac: (
        testpmd_traffic.generator_adapter({"mac": mac, "guest_mac": mac}).guest_mac
    ),
    "an option of traffic_probe": lambda mac: (
        traffic_probe.frame_interface({"interface": "eth1", "guest_mac": mac}).guest_mac
    ),
    "a device of the filter poll_mode_verdict": lambda mac: observed.expected_devices([{**DEVICE, "mac": mac}], [])[0][
        "mac"
    ],
    "an adapter of the filter poll_mode_verdict": lambda mac: observed.expected_devices(
        [{**DEVICE, "mac": "?"}], [{"name": "s5u", "mac": mac}]
    )[0]["mac"],
    "a next hop of pgw_sessions": lambda mac: (
        UserPlane.of({"address": "198.18.1.1/24"}, {**SGI, "next_hop_mac": mac}, [], ECHO).next_hop_mac
    ),
    "an adapter in vCenter": lambda mac: (
        _adapter(vim.vm.device.VirtualVmxnet3(key=4000, macAddress=mac), {}, HostFacts()).mac
    ),
    "what VMware Tools report": lambda mac: (
        guest_state({"guest.net": [vim.vm.GuestInfo.NicInfo(macAddress=mac)]}).nics[0].mac
    ),
}


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_the_same_address(entrance: str, spelling: str) -> None:
    assert ENTRANCES[entrance](spelling) == MAC
