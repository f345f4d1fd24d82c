# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values on their way from and to the SDK's types."""

from __future__ import annotations

import typing as t

import pytest
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import (
    AdapterAction,
    Change,
    ChangeSet,
    Network,
    Value,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.settings import BY_NAME, SETTINGS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.advanced import advanced_settings
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.config_spec import config_spec
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import vm_record
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.values import (
    read_adapter_fields,
    read_setting,
    write_adapter_fields,
    write_setting,
)

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import Inventory
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import VmRecord

BY_VCPU = "cpu.latency_sensitivity_by_vcpu"


def vcpus(*levels: str | None) -> list[t.Any]:
    return [
        vim.vm.VcpuConfig(latencySensitivity=None if level is None else vim.LatencySensitivity(level=level))
        for level in levels
    ]


@pytest.mark.parametrize(
    ("level", "entries", "seen"),
    [
        ("high", vcpus("normal", "high"), "high 1, normal 0"),
        ("high", vcpus("normal", None), "high 1, normal 0"),
        ("high", vcpus("high", "high"), None),  # as the VM
        ("high", [], None),
        ("normal", vcpus("normal", "normal"), None),
        ("high", vcpus("high"), "high 0, normal "),  # left from when there was one vCPU
    ],
)
def test_levels_of_vcpus_are_shown_where_they_differ_from_the_vms(
    level: str, entries: list[t.Any], seen: str | None
) -> None:
    properties = {
        "config.vcpuConfig": entries,
        "config.latencySensitivity": vim.LatencySensitivity(level=level),
        "config.hardware.numCPU": 2,
    }
    assert read_setting(BY_NAME[BY_VCPU], properties, {}) == seen


@pytest.mark.parametrize(
    ("level", "value", "written"),
    [
        ("high", "high 1-2, normal 0", ["normal", "high", "high"]),
        ("high", None, ["high", "high", "high"]),
        ("normal", None, ["normal", "normal", "normal"]),
    ],
)
def test_levels_of_vcpus_are_written_with_the_vms(level: str, value: str | None, written: list[str]) -> None:
    spec = vim.vm.ConfigSpec()
    write_setting(spec, BY_NAME[BY_VCPU], value, {"cpu.latency_sensitivity": level, "cpu.count": 3})
    assert [each.latencySensitivity.level for each in spec.vcpuConfig] == written
    assert spec.latencySensitivity.level == level


@pytest.mark.parametrize(
    ("info", "size"),
    [
        (None, None),
        (vim.vm.VirtualNumaInfo(autoCoresPerNumaNode=True, coresPerNumaNode=4), None),
        (vim.vm.VirtualNumaInfo(autoCoresPerNumaNode=False, coresPerNumaNode=4), 4),
    ],
)
def test_a_size_of_nodes_that_vsphere_chose_is_none_of_ours(info: t.Any, size: int | None) -> None:
    assert read_setting(BY_NAME["numa.cores_per_node"], {"config.numaInfo": info}, {}) == size


def test_no_size_of_nodes_is_written_as_vspheres_choice() -> None:
    spec = vim.vm.ConfigSpec()
    write_setting(spec, BY_NAME["numa.cores_per_node"], None, {})
    assert spec.virtualNuma.coresPerNumaNode == 0


@pytest.mark.parametrize(("text", "version"), [("vmx-08", 8), ("vmx-21", 21), ("strange", None)])
def test_a_hardware_version_is_a_number(text: str, version: int | None) -> None:
    assert read_setting(BY_NAME["hardware_version"], {"config.version": text}, {}) == version


def test_a_vm_that_shows_nothing_has_every_setting_at_its_default() -> None:
    assert {each.name: read_setting(each, {}, {}) for each in SETTINGS} == {
        each.name: each.default for each in SETTINGS
    }


FIELDS: list[dict[str, Value]] = [{}, {"numa_node": 0}, {"numa_node": 2, "uptv2": True}, {"strict_latency": True}]


@pytest.mark.parametrize("fields", FIELDS)
def test_settings_of_an_adapter_are_read_as_they_were_written(fields: dict[str, Value]) -> None:
    device = vim.vm.device.VirtualVmxnet3(key=4000)
    write_adapter_fields(device, fields, "pgw-1")
    assert read_adapter_fields(device) == fields


def test_settings_of_an_adapter_are_reset() -> None:
    device = vim.vm.device.VirtualVmxnet3(key=4000, numaNode=1, uptv2Enabled=True)
    write_adapter_fields(device, {"numa_node": None, "uptv2": False}, "pgw-1")
    assert (device.numaNode, device.uptv2Enabled) == (-1, False)
    assert read_adapter_fields(device) == {}


def test_a_library_that_is_too_old_for_a_field_is_an_error() -> None:
    with pytest.raises(NfvError, match="library_old"):
        write_adapter_fields(vim.vm.device.VirtualE1000(key=4000), {"strict_latency": True}, "pgw-1")


def test_other_peoples_keys_are_not_even_read() -> None:
    keys = {
        "ethernet1.ctxPerDev": "1",
        "ethernet1.virtualDev": "vmxnet3",
        "xethernet1.ctxPerDev": "1",
        "monitor_control.anything": "TRUE",
        "numa.nodeAffinity": "1",
        "numa.vcpu.preferHT": "",
        "guestinfo.mine": "kept",
    }
    options = [vim.option.OptionValue(key=key, value=value) for key, value in keys.items()]
    assert set(advanced_settings(options)) == {"ethernet1.ctxPerDev", "monitor_control.anything", "numa.nodeAffinity"}


def test_keys_and_removals_of_adapters_are_in_the_spec(client: Client, record: VmRecord) -> None:
    plan = ChangeSet(
        "pgw-1",
        "vm-1",
        "1",
        (Change("adapters.s5u.tx_contexts", None, "1", True),),
        (),
        (),
        {"ethernet1.ctxPerDev": "1", "ethernet0.udpRSS": None},
        (record.state.adapters[0],),
    )
    spec = config_spec(client, record, plan)
    assert {each.key: each.value for each in spec.extraConfig} == {"ethernet1.ctxPerDev": "1", "ethernet0.udpRSS": ""}
    assert [(each.operation, each.device.key) for each in spec.deviceChange] == [("remove", 4000)]


def test_an_edit_keeps_the_port_and_moves_to_nsx(
    client: Client, properties: dict[str, t.Any], inventory: Inventory
) -> None:
    backing = properties["config.hardware.device"][1].backing
    properties["config.hardware.device"] = [vim.vm.device.VirtualVmxnet3(key=4001, backing=backing)]
    record = vm_record(vim.VirtualMachine("vm-1"), properties, inventory)
    (current,) = record.state.adapters

    def edited(network: Network) -> t.Any:
        action = AdapterAction("edit", "s5u", current, network, None, "assigned", 4001, {"uptv2": True})
        changes = (Change("adapters.s5u.uptv2", False, True, True),)
        (change,) = config_spec(client, record, ChangeSet("pgw-1", "vm-1", "1", changes, (action,))).deviceChange
        return change.device

    kept = edited(inventory.networks["PG-S5U"][0])
    assert (kept.backing.port.portKey, kept.uptv2Enabled) == ("3", True)
    moved = edited(Network("segment", "network-9", "opaque-id", opaque_type="nsx.LogicalSwitch"))
    assert (moved.backing.opaqueNetworkId, moved.backing.opaqueNetworkType) == ("opaque-id", "nsx.LogicalSwitch")
