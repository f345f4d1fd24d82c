# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real vCenter refuses, each beside the same change where it is accepted."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl

CONCURRENT = "Cannot complete operation due to concurrent modification by another operation."
POWERED_ON = "The attempted operation cannot be performed in the current state (Powered on)."
HIGH = vim.LatencySensitivity(level="high")


def reconfigure(machine: Any, **spec: Any) -> None:
    WaitForTask(machine.Reconfigure(vim.vm.ConfigSpec(**spec)))


def adapters(machine: Any) -> list[Any]:
    return [d for d in machine.config.hardware.device if isinstance(d, vim.vm.device.VirtualEthernetCard)]


def option(key: str, value: str) -> list[Any]:
    return [vim.option.OptionValue(key=key, value=value)]


def allocation(reservation: int) -> Any:
    return vim.ResourceAllocationInfo(reservation=reservation)


NEEDS_POWER_OFF: dict[str, dict[str, Any]] = {
    "affinity": {"cpuAffinity": vim.vm.AffinityInfo(affinitySet=[2, 3])},
    "cpu hot-add": {"cpuHotAddEnabled": True},
    "cpu hot-remove": {"cpuHotRemoveEnabled": True},
    "memory hot-add": {"memoryHotAddEnabled": True},
    "nested virtualisation": {"nestedHVEnabled": True},
    "vIOMMU": {"flags": vim.vm.FlagInfo(vvtdEnabled=True)},
    "firmware": {"firmware": "efi"},
    "hardware version": {"version": "vmx-21"},
    "more vCPUs": {"numCPUs": 4},
    "fewer vCPUs": {"numCPUs": 1},
    "cores per socket": {"numCoresPerSocket": 2},
    "more memory": {"memoryMB": 2048},
    "less memory": {"memoryMB": 512},
    "virtual hyper-threading": {"simultaneousThreads": 2},
    "virtual nodes": {"virtualNuma": vim.vm.VirtualNuma(coresPerNumaNode=1)},
    "1 GB pages": {
        "extraConfig": option("sched.mem.lpage.enable1GPage", "TRUE"),
        "memoryReservationLockedToMax": True,
    },
}


@pytest.mark.parametrize("spec", NEEDS_POWER_OFF.values(), ids=NEEDS_POWER_OFF)
def test_needs_power_off(make_vm: Callable[..., Any], spec: dict[str, Any]) -> None:
    off, on = make_vm(), make_vm()
    WaitForTask(on.PowerOn())
    before = on.config.changeVersion
    with pytest.raises(vim.fault.InvalidPowerState) as refused:
        reconfigure(on, **spec)
    assert refused.value.msg == POWERED_ON
    assert refused.value.existingState == "poweredOn"
    assert refused.value.requestedState == "poweredOff"
    assert on.config.changeVersion == before
    reconfigure(off, **spec)
    WaitForTask(off.PowerOn())
    reconfigure(off, **spec)  # repeats what already holds


ACCEPTED_WHILE_ON: dict[str, dict[str, Any]] = {
    "advanced setting": {"extraConfig": option("timeTracker.lowLatency", "TRUE")},
    "latency sensitivity": {"latencySensitivity": HIGH},
    "reservations": {"cpuAllocation": allocation(4600), "memoryReservationLockedToMax": True},
    "annotation": {"annotation": "changed"},
}


@pytest.mark.parametrize("spec", ACCEPTED_WHILE_ON.values(), ids=ACCEPTED_WHILE_ON)
def test_accepted_while_on(vm: Any, spec: dict[str, Any]) -> None:
    WaitForTask(vm.PowerOn())
    reconfigure(vm, **spec)


def test_hot_add(vm: Any) -> None:
    reconfigure(vm, cpuHotAddEnabled=True, memoryHotAddEnabled=True)
    WaitForTask(vm.PowerOn())
    reconfigure(vm, numCPUs=4, memoryMB=2048)
    with pytest.raises(vim.fault.InvalidPowerState):
        reconfigure(vm, numCPUs=2)


def test_stale_change_version(vm: Any) -> None:
    seen = vm.config.changeVersion
    reconfigure(vm, annotation="somebody else", changeVersion=seen)
    assert vm.config.changeVersion != seen
    with pytest.raises(vim.fault.ConcurrentAccess) as refused:
        reconfigure(vm, annotation="ours", changeVersion=seen)
    assert refused.value.msg == CONCURRENT
    assert vm.config.annotation == "somebody else"
    reconfigure(vm, annotation="ours", changeVersion=vm.config.changeVersion)


def test_every_reconfigure_changes_the_version(vm: Any) -> None:
    seen = {vm.config.changeVersion}
    for count in range(5):
        reconfigure(vm, cpuAllocation=allocation(100 + count))
        seen.add(vm.config.changeVersion)
    assert len(seen) == 6


def test_memory_reservation_above_memory(vm: Any) -> None:
    with pytest.raises(vmodl.fault.InvalidArgument, match="memoryAllocation"):
        reconfigure(vm, memoryAllocation=allocation(1025))
    reconfigure(vm, memoryAllocation=allocation(1024))
    with pytest.raises(vmodl.fault.InvalidArgument):
        reconfigure(vm, memoryMB=512)
    assert vm.config.memoryAllocation.limit == -1  # a spec without a limit keeps it
    reconfigure(vm, memoryReservationLockedToMax=True, memoryMB=2048)
    assert vm.config.memoryAllocation.reservation == 2048


def test_cores_per_socket_divide_vcpus(vm: Any) -> None:
    with pytest.raises(vmodl.fault.InvalidArgument):
        reconfigure(vm, numCPUs=7, numCoresPerSocket=4)
    reconfigure(vm, numCPUs=8, numCoresPerSocket=4)


def test_vcpu_latency_needs_the_level_in_the_same_spec(vm: Any) -> None:
    vcpus = [vim.vm.VcpuConfig(latencySensitivity=HIGH), vim.vm.VcpuConfig()]
    with pytest.raises(vmodl.fault.InvalidArgument):
        reconfigure(vm, vcpuConfig=vcpus)
    reconfigure(vm, vcpuConfig=vcpus, latencySensitivity=HIGH)
    assert vm.config.vcpuConfig[0].latencySensitivity.level == "high"


# Network adapters


def device(operation: str, adapter: Any) -> Any:
    return vim.vm.device.VirtualDeviceSpec(operation=operation, device=adapter)


def vmxnet3(template: Any, **changes: Any) -> Any:
    """A VMXNET3 adapter with the place and address of another adapter."""
    fields = {"key": -1, "backing": template.backing, "macAddress": template.macAddress, "addressType": "assigned"}
    return vim.vm.device.VirtualVmxnet3(**(fields | changes))


def standard(name: str) -> Any:
    return vim.vm.device.VirtualEthernetCard.NetworkBackingInfo(deviceName=name)


def distributed(machine: Any, **changes: str) -> Any:
    port = adapters(machine)[1].backing.port
    fields = {"portgroupKey": port.portgroupKey, "switchUuid": port.switchUuid} | changes
    return vim.vm.device.VirtualEthernetCard.DistributedVirtualPortBackingInfo(port=vim.dvs.PortConnection(**fields))


@pytest.mark.parametrize("power", ["off", "on"])
def test_adapter_type_does_not_change_in_place(vm: Any, power: str) -> None:
    if power == "on":
        WaitForTask(vm.PowerOn())
    old = adapters(vm)[1]
    with pytest.raises(vim.fault.InvalidDeviceSpec) as refused:
        reconfigure(vm, deviceChange=[device("edit", vmxnet3(old, key=old.key))])
    assert refused.value.msg == "Invalid configuration for device '0'."
    assert type(adapters(vm)[1]) is vim.vm.device.VirtualE1000
    edited = copy.copy(old)
    edited.connectable.startConnected = False
    reconfigure(vm, deviceChange=[device("edit", edited)])  # an edit of the same type


def test_adapters_are_converted_by_replacing_them(vm: Any) -> None:
    before = [(a.key, a.macAddress, a.deviceInfo.label, a.unitNumber) for a in adapters(vm)]
    changes = []
    for old in adapters(vm):
        changes += [device("remove", old), device("add", vmxnet3(old))]
    reconfigure(vm, deviceChange=changes)
    assert [type(a) for a in adapters(vm)] == [vim.vm.device.VirtualVmxnet3] * 3
    assert [(a.key, a.macAddress, a.deviceInfo.label, a.unitNumber) for a in adapters(vm)] == before
    assert [nic.network for nic in vm.guest.net] == ["PG-Mgmt", "PG-S5U", "PG-SGi"]
    assert vm.summary.config.numEthernetCards == 3


def test_assigned_address_out_of_range_is_replaced(vm: Any) -> None:
    added = vmxnet3(adapters(vm)[0], macAddress="02:00:00:00:00:01")
    reconfigure(vm, deviceChange=[device("add", added)])
    assert adapters(vm)[3].macAddress.startswith("00:50:56:80:")


def test_partial_edit_keeps_the_rest(vm: Any) -> None:
    old = adapters(vm)[1]
    edit = vim.vm.device.VirtualE1000(key=old.key, backing=standard("PG-Mgmt"))
    reconfigure(vm, deviceChange=[device("edit", edit)])
    assert [a.key for a in adapters(vm)] == [4000, 4001, 4002]
    new = adapters(vm)[1]
    assert (new.macAddress, new.unitNumber, new.deviceInfo.label) == (old.macAddress, 8, "Network adapter 2")
    assert new.backing.deviceName == "PG-Mgmt"


def test_missing_standard_port_group(vm: Any) -> None:
    old = adapters(vm)[0]
    with pytest.raises(vim.fault.InvalidDeviceBacking):
        reconfigure(vm, deviceChange=[device("add", vmxnet3(old, macAddress=None, backing=standard("PG-Missing")))])
    assert len(adapters(vm)) == 3
    reconfigure(vm, deviceChange=[device("add", vmxnet3(old, macAddress=None, backing=standard("PG-Mgmt")))])


@pytest.mark.parametrize("wrong", [{"portgroupKey": "dvportgroup-999"}, {"switchUuid": "0"}], ids=["group", "switch"])
def test_missing_distributed_port_group(vm: Any, wrong: dict[str, str]) -> None:
    old = adapters(vm)[0]
    missing = vmxnet3(old, macAddress=None, backing=distributed(vm, **wrong))
    with pytest.raises(vim.fault.InvalidDeviceBacking):
        reconfigure(vm, deviceChange=[device("add", missing)])
    present = vmxnet3(old, macAddress=None, backing=distributed(vm))
    reconfigure(vm, deviceChange=[device("add", present)])


@pytest.mark.parametrize("mac", ["00:50:56:80:00", "01:50:56:80:00:01", "00:00:00:00:00:00", "none"])
def test_malformed_mac(vm: Any, mac: str) -> None:
    with pytest.raises(vim.fault.InvalidDeviceSpec):
        reconfigure(vm, deviceChange=[device("add", vmxnet3(adapters(vm)[0], macAddress=mac, addressType="manual"))])


def test_duplicate_mac(vm: Any) -> None:
    old = adapters(vm)[0]
    with pytest.raises(vim.fault.InvalidDeviceSpec):
        reconfigure(vm, deviceChange=[device("add", vmxnet3(old))])
    reconfigure(vm, deviceChange=[device("remove", old), device("add", vmxnet3(old))])


def test_eleventh_adapter(vm: Any) -> None:
    def more(count: int) -> list[Any]:
        return [device("add", vmxnet3(adapters(vm)[0], macAddress=None)) for _ in range(count)]

    with pytest.raises(vim.fault.TooManyDevices):
        reconfigure(vm, deviceChange=more(8))
    reconfigure(vm, deviceChange=more(7))
    assert [a.key for a in adapters(vm)] == list(range(4000, 4010))


def test_removing_a_device_that_is_not_there(vm: Any) -> None:
    with pytest.raises(vim.fault.InvalidDeviceSpec):
        reconfigure(vm, deviceChange=[device("remove", vim.vm.device.VirtualE1000(key=4007))])


# Refused at power-on


def test_latency_sensitivity_needs_reservations(vm: Any) -> None:
    reconfigure(vm, latencySensitivity=HIGH)
    with pytest.raises(vim.fault.GenericVmConfigFault) as refused:
        WaitForTask(vm.PowerOn())
    assert refused.value.msg == (
        "Invalid CPU reservation for the latency-sensitive VM, (sched.cpu.min) should be at least 4600 MHz."
    )
    assert refused.value.reason == refused.value.msg
    reconfigure(vm, cpuAllocation=allocation(4600))
    with pytest.raises(vim.fault.GenericVmConfigFault, match=r"\(sched\.mem\.min\) should be equal to memsize"):
        WaitForTask(vm.PowerOn())
    assert vm.runtime.powerState == "poweredOff"
    reconfigure(vm, memoryReservationLockedToMax=True)
    WaitForTask(vm.PowerOn())
    assert vm.runtime.powerState == "poweredOn"


def test_one_gigabyte_pages_need_the_memory_reservation(vm: Any) -> None:
    reconfigure(vm, extraConfig=option("sched.mem.lpage.enable1GPage", "TRUE"))
    with pytest.raises(vim.fault.GenericVmConfigFault, match="1 GB pages"):
        WaitForTask(vm.PowerOn())
    reconfigure(vm, memoryAllocation=allocation(1024))
    WaitForTask(vm.PowerOn())


def test_manual_mac_in_the_reserved_range(vm: Any) -> None:
    old = adapters(vm)[0]
    reserved = vmxnet3(old, addressType="manual")
    reconfigure(vm, deviceChange=[device("remove", old), device("add", reserved)])
    with pytest.raises(vim.fault.GenericVmConfigFault, match="not an allowed static Ethernet address"):
        WaitForTask(vm.PowerOn())
    (added,) = [a for a in adapters(vm) if a.key == old.key]
    allowed = vmxnet3(old, addressType="manual", macAddress="00:50:56:3f:00:01")
    reconfigure(vm, deviceChange=[device("remove", added), device("add", allowed)])
    WaitForTask(vm.PowerOn())


def test_power_state_faults(vm: Any) -> None:
    with pytest.raises(vim.fault.InvalidPowerState):
        WaitForTask(vm.PowerOff())
    with pytest.raises(vim.fault.InvalidPowerState):
        WaitForTask(vm.Reset())
    WaitForTask(vm.PowerOn())
    with pytest.raises(vim.fault.InvalidPowerState):
        WaitForTask(vm.PowerOn())
    with pytest.raises(vim.fault.InvalidPowerState):
        WaitForTask(vm.Destroy_Task())
    WaitForTask(vm.Reset())


def test_guest_operations_need_tools(lab: Any, vm: Any) -> None:
    with pytest.raises(vim.fault.InvalidPowerState):
        vm.ShutdownGuest()
    WaitForTask(vm.PowerOn())
    for operation in (vm.ShutdownGuest, vm.RebootGuest):
        with pytest.raises(vim.fault.ToolsUnavailable):
            operation()
    lab.vcenter.report_guest(vm.config.uuid)
    vm.RebootGuest()
    vm.ShutdownGuest()
