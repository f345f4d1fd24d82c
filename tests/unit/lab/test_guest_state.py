# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What vCenter is told of a guest, from the guest agent's own words."""

from __future__ import annotations

from typing import Any

from lab.guest_state import off_state, running_state, silent_state
from lab.machine import Adapter, VirtualMachine

MACHINE = VirtualMachine(
    uuid="42000000-0000-0000-0000-000000000001",
    name="pgw-1",
    cpus=2,
    cores_per_socket=1,
    memory_mb=2048,
    iommu=False,
    image="debian-12",
    adapters=(
        Adapter("Network adapter 1", "vmxnet3", "00:50:56:01:00:01", "PG-Mgmt", connected=True),
        Adapter("Network adapter 2", "vmxnet3", "00:50:56:01:00:02", "PG-S5U", connected=True),
    ),
)


def interface(name: str, mac: str, *addresses: str) -> dict[str, Any]:
    return {
        "name": name,
        "hardware-address": mac,
        "ip-addresses": [{"ip-address": address, "prefix": 24} for address in addresses],
    }


def test_the_first_adapters_address_is_the_guests() -> None:
    seen = [
        interface("lo", "00:00:00:00:00:00", "127.0.0.1", "::1"),
        interface("enp0s17", "00:50:56:01:00:02", "198.18.1.1"),
        interface("enp0s16", "00:50:56:01:00:01", "fe80::1", "2001:db8::1", "198.18.0.11"),
    ]
    state = running_state(MACHINE, "nfv-guest", seen)
    assert state["ip_address"] == "198.18.0.11"
    assert [nic["addresses"] for nic in state["nics"]] == [["2001:db8::1", "198.18.0.11"], ["198.18.1.1"]]
    assert (state["power_state"], state["tools_running"], state["host_name"]) == ("poweredOn", True, "nfv-guest")


def test_an_adapter_of_the_poll_mode_driver_has_no_interface() -> None:
    state = running_state(MACHINE, "nfv-guest", [interface("enp0s16", "00:50:56:01:00:01", "198.18.0.11")])
    assert [nic["addresses"] for nic in state["nics"]] == [["198.18.0.11"], []]


def test_no_address_is_null_and_not_a_guess() -> None:
    state = running_state(MACHINE, "nfv-guest", [{"name": "lo"}, interface("e", "00:50:56:01:00:01", "169.254.1.1")])
    assert state["ip_address"] is None
    assert state["tools_running"]


def test_silent_and_off() -> None:
    silent, off = silent_state(MACHINE), off_state(MACHINE.uuid)
    assert (silent["power_state"], silent["tools_running"], silent["ip_address"]) == ("poweredOn", False, None)
    assert (off["power_state"], off["tools_running"], off["uuid"]) == ("poweredOff", False, MACHINE.uuid)
