# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan becomes one ConfigSpec of real SDK types."""

from __future__ import annotations

import typing as t

import pytest
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.change_set import plan_release, plan_vm
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import Change, ChangeSet
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.settings import (
    ADVANCED,
    CPU_SET,
    FLAG,
    LEVEL,
    SETTINGS,
    VCPU_LEVELS,
    VERSION,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.config_spec import config_spec, newer_fields
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import vm_record
from lab.testing.descriptions import adapters, description, hugepages

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import Inventory
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import VmRecord

RAW = description(
    cpu={"count": 4, "polling": "2-3"},
    memory={"size_mb": 4096, "hugepages": hugepages(1024)},
    adapters=adapters("mgmt", "s5u"),
)


def plan_of(record: VmRecord, inventory: Inventory, **sections: t.Any) -> ChangeSet:
    dataplane, problems = parse_dataplane({**RAW, **sections})
    assert dataplane is not None, problems
    return plan_vm(record.state, dataplane, inventory.networks)


def test_settings_go_through_their_typed_fields(client: Client, record: VmRecord, inventory: Inventory) -> None:
    spec = config_spec(client, record, plan_of(record, inventory))
    assert spec.changeVersion == "2026-11-23T08:00:00Z"
    assert (spec.numCPUs, spec.memoryMB) == (4, 4096)
    assert spec.latencySensitivity.level == "high"
    assert (spec.cpuAllocation.reservation, spec.cpuAllocation.limit) == (9200, None)
    assert (spec.memoryReservationLockedToMax, spec.memoryAllocation.reservation) == (True, 4096)
    assert spec.cpuAffinity.affinitySet == []
    assert spec.cpuHotAddEnabled is None


def test_an_advanced_setting_is_removed_by_an_empty_value(
    client: Client, record: VmRecord, inventory: Inventory
) -> None:
    spec = config_spec(client, record, plan_of(record, inventory))
    assert [(option.key, option.value) for option in spec.extraConfig] == [("sched.mem.lpage.enable1GPage", "")]


def test_a_conversion_removes_and_adds_in_one_spec(client: Client, record: VmRecord, inventory: Inventory) -> None:
    changes = config_spec(client, record, plan_of(record, inventory)).deviceChange
    assert [(change.operation, type(change.device)) for change in changes] == [
        ("remove", vim.vm.device.VirtualE1000),
        ("add", vim.vm.device.VirtualVmxnet3),
    ] * 2
    removed, added = changes[2].device, changes[3].device
    assert removed.key == 4001
    assert added.key < 0
    assert (added.macAddress, added.addressType) == ("00:50:56:80:00:01", "assigned")
    assert (added.controllerKey, added.unitNumber) == (100, removed.unitNumber)
    assert added.connectable.startConnected is True
    assert added.connectable.allowGuestControl is False
    assert (added.backing.port.portgroupKey, added.backing.port.switchUuid) == ("dvportgroup-1", "50 2d")
    assert added.backing.port.portKey is None
    standard = changes[1].device.backing
    assert (standard.deviceName, standard.network._moId) == ("PG-Mgmt", "network-1")


def test_an_edit_leaves_the_device_that_was_read_alone(
    client: Client, properties: dict[str, t.Any], inventory: Inventory
) -> None:
    backing = properties["config.hardware.device"][2].backing
    device = vim.vm.device.VirtualVmxnet3(key=4000, backing=backing, macAddress="00:50:56:80:00:00")
    properties["config.hardware.device"] = [device]
    record = vm_record(vim.VirtualMachine("vm-1"), properties, inventory)
    plan = plan_of(record, inventory, adapters=[{**RAW["adapters"][0], "mac": "00:50:56:00:00:01"}])
    (change,) = config_spec(client, record, plan).deviceChange
    assert (change.operation, change.device.key) == ("edit", 4000)
    assert (change.device.macAddress, change.device.addressType) == ("00:50:56:00:00:01", "manual")
    assert device.macAddress == "00:50:56:80:00:00"


def test_every_setting_has_a_field(client: Client, record: VmRecord) -> None:
    examples: dict[str, t.Any] = {CPU_SET: (1,), LEVEL: "high", FLAG: True, VCPU_LEVELS: "high 1, normal 0"}
    for setting in SETTINGS:
        value = examples.get(setting.kind, "TRUE" if setting.kind == ADVANCED else 8)
        plan = ChangeSet("pgw-1", "vm-1", "1", (Change(setting.name, None, value, True),), ())
        spec = config_spec(client, record, plan)
        written = {field.name for field in spec._GetPropertyList() if getattr(spec, field.name)} - {"changeVersion"}
        field = "extraConfig" if setting.kind == ADVANCED else (setting.field or "").split(".")[0]
        # The levels of the vCPUs go with that of the VM; the hardware's version has a task of its own.
        beside = {"latencySensitivity"} if setting.kind == VCPU_LEVELS else set()
        assert written == ({field, *beside} if setting.kind != VERSION else set())


def test_release_fits_a_spec(client: Client, record: VmRecord) -> None:
    spec = config_spec(client, record, plan_release(record.state))
    assert (spec.memoryAllocation.reservation, spec.cpuAffinity.affinitySet) == (0, [])


def test_a_field_newer_than_the_server_is_refused(old_client: Client, record: VmRecord, inventory: Inventory) -> None:
    """Latency sensitivity came with API 5.1; this server speaks 5.0."""
    with pytest.raises(NfvError) as caught:
        config_spec(old_client, record, plan_of(record, inventory))
    assert caught.value.error_code == "api_version_old"
    assert "spec.latencySensitivity needs vSphere API 5.1" in str(caught.value)


def test_newer_fields_are_found_at_any_depth() -> None:
    device = vim.vm.device.VirtualDeviceSpec(device=vim.vm.device.VirtualVmxnet3(key=1, numaNode=0))
    spec = vim.vm.ConfigSpec(numCPUs=1, deviceChange=[device])
    assert newer_fields(spec, "vim.version.v8_0_3_0") == []
    assert [path for path, _version in newer_fields(spec, "vim.version.v7_0")] == ["spec.deviceChange.device.numaNode"]
