# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that are bound to hardware: kept and read back, or refused where VM or host lack what they need."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyVim.connect import Disconnect
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl

HIGH, NORMAL = vim.LatencySensitivity(level="high"), vim.LatencySensitivity(level="normal")
LAB = Path(__file__).resolve().parents[3] / "lab" / "vcenter" / "lab.json"


def reconfigure(machine: Any, **spec: Any) -> None:
    WaitForTask(machine.Reconfigure(vim.vm.ConfigSpec(**spec)))


def cards(machine: Any) -> list[Any]:
    return [d for d in machine.config.hardware.device if isinstance(d, vim.vm.device.VirtualEthernetCard)]


def device(operation: str, adapter: Any) -> Any:
    return vim.vm.device.VirtualDeviceSpec(operation=operation, device=adapter)


def vmxnet3(machine: Any, **fields: Any) -> Any:
    return vim.vm.device.VirtualVmxnet3(key=-1, backing=cards(machine)[1].backing, **fields)


def nodes(cores: int) -> Any:
    return vim.vm.VirtualNuma(coresPerNumaNode=cores)


def allocation(reservation: int, limit: int | None = None) -> Any:
    return vim.ResourceAllocationInfo(reservation=reservation, limit=limit)


def options(machine: Any) -> dict[str, str]:
    return {option.key: option.value for option in machine.config.extraConfig}


# Kept and read back


def test_virtual_nodes(vm: Any) -> None:
    assert vm.config.numaInfo.autoCoresPerNumaNode
    reconfigure(vm, numCPUs=4, virtualNuma=nodes(2))
    info = vm.config.numaInfo
    assert (info.coresPerNumaNode, info.autoCoresPerNumaNode, info.vnumaOnCpuHotaddExposed) == (2, False, False)
    reconfigure(vm, virtualNuma=vim.vm.VirtualNuma(exposeVnumaOnCpuHotadd=True))
    assert (vm.config.numaInfo.coresPerNumaNode, vm.config.numaInfo.vnumaOnCpuHotaddExposed) == (2, True)
    reconfigure(vm, virtualNuma=nodes(0))
    assert vm.config.numaInfo.autoCoresPerNumaNode
    WaitForTask(vm.PowerOn())  # now the host chooses
    assert (vm.config.numaInfo.coresPerNumaNode, vm.config.numaInfo.autoCoresPerNumaNode) == (4, True)


def test_simultaneous_threads_halve_the_reservation(vm: Any) -> None:
    reconfigure(vm, simultaneousThreads=2, latencySensitivity=HIGH, memoryReservationLockedToMax=True)
    assert vm.config.hardware.simultaneousThreads == 2
    reconfigure(vm, cpuAllocation=allocation(2299))
    with pytest.raises(vim.fault.GenericVmConfigFault, match="should be at least 2300 MHz"):
        WaitForTask(vm.PowerOn())
    reconfigure(vm, cpuAllocation=allocation(2300))
    WaitForTask(vm.PowerOn())


def test_levels_of_vcpus(vm: Any) -> None:
    levels = [vim.vm.VcpuConfig(latencySensitivity=each) for each in (NORMAL, HIGH)]
    reconfigure(vm, latencySensitivity=HIGH, vcpuConfig=levels)
    assert [each.latencySensitivity.level for each in vm.config.vcpuConfig] == ["normal", "high"]
    reconfigure(vm, annotation="another change")
    assert len(vm.config.vcpuConfig) == 2
    with pytest.raises(vmodl.fault.InvalidArgument):
        reconfigure(vm, latencySensitivity=HIGH, vcpuConfig=[*levels, levels[0]])
    reconfigure(vm, latencySensitivity=NORMAL)
    assert vm.config.vcpuConfig == []


def test_adapter_fields(vm: Any) -> None:
    reconfigure(vm, firmware="efi", virtualNuma=nodes(1))
    reconfigure(vm, deviceChange=[device("add", vmxnet3(vm, numaNode=0, uptv2Enabled=True))])
    added = cards(vm)[3]
    assert (added.numaNode, added.uptv2Enabled) == (0, True)
    for node, shown in ((1, 1), (0, 0), (None, 0), (-1, None)):
        added.numaNode = node
        reconfigure(vm, deviceChange=[device("edit", added)])
        assert cards(vm)[3].numaNode == shown
    WaitForTask(vm.PowerOn())
    for change in ({"numaNode": 0}, {"uptv2Enabled": False}):
        edited = cards(vm)[3]
        for name, value in change.items():
            setattr(edited, name, value)
        with pytest.raises(vim.fault.InvalidPowerState):
            reconfigure(vm, deviceChange=[device("edit", edited)])
    reconfigure(vm, deviceChange=[device("edit", cards(vm)[3])])


def test_clone_takes_and_applies_them(lab: Any, make_vm: Callable[..., Any]) -> None:
    config = vim.vm.ConfigSpec(
        numCPUs=4,
        simultaneousThreads=2,
        virtualNuma=nodes(2),
        latencySensitivity=HIGH,
        vcpuConfig=[vim.vm.VcpuConfig(latencySensitivity=NORMAL), *[vim.vm.VcpuConfig(latencySensitivity=HIGH)] * 3],
        flags=vim.vm.FlagInfo(vvtdEnabled=True),
        cpuAffinity=vim.vm.AffinityInfo(affinitySet=[4, 5, 6, 7]),
    )
    source = make_vm(config=config)
    location = vim.vm.RelocateSpec(pool=lab.cluster.resourcePool)
    task = source.Clone(lab.datacenter.vmFolder, "clone of a clone", vim.vm.CloneSpec(location=location))
    WaitForTask(task)
    copy = task.info.result
    try:
        for machine in (source, copy):
            held = machine.config
            assert (held.hardware.simultaneousThreads, held.numaInfo.coresPerNumaNode) == (2, 2)
            assert [each.latencySensitivity.level for each in held.vcpuConfig] == ["normal"] + ["high"] * 3
            assert (held.flags.vvtdEnabled, list(held.cpuAffinity.affinitySet)) == (True, [4, 5, 6, 7])
    finally:
        WaitForTask(copy.Destroy_Task())


@pytest.mark.parametrize(
    "key",
    ["sched.cpu.latencySensitivity", "sched.cpu.min", "sched.mem.min", "sched.cpu.affinity", "cpuid.coresPerSocket"],
)
def test_options_that_a_field_stands_for_are_ignored(vm: Any, key: str) -> None:
    before = vm.config.changeVersion
    added = [vim.option.OptionValue(key=name, value="2") for name in (key, "sched.cpu.latencySensitivity.sysContexts")]
    reconfigure(vm, extraConfig=added)
    assert key not in options(vm)
    assert options(vm)["sched.cpu.latencySensitivity.sysContexts"] == "2"
    assert vm.config.changeVersion != before
    reconfigure(vm, extraConfig=[vim.option.OptionValue(key=name, value="") for name in (added[1].key, "never.there")])
    assert not {added[1].key, "never.there"} & set(options(vm))


def test_updates_tell_of_them(lab: Any, vm: Any) -> None:
    collector = lab.service.content.propertyCollector
    query = vmodl.query.PropertyCollector
    paths = ["config.numaInfo", "config.vcpuConfig", "config.hardware.simultaneousThreads"]
    spec = query.FilterSpec(
        objectSet=[query.ObjectSpec(obj=vm)], propSet=[query.PropertySpec(type=vim.VirtualMachine, pathSet=paths)]
    )
    watched = collector.CreateFilter(spec, True)
    version = collector.WaitForUpdatesEx("", query.WaitOptions(maxWaitSeconds=0)).version
    level = vim.vm.VcpuConfig(latencySensitivity=HIGH)
    reconfigure(vm, simultaneousThreads=2, virtualNuma=nodes(2), latencySensitivity=HIGH, vcpuConfig=[level])
    seen: dict[str, Any] = {}
    while len(seen) < 3:
        update = collector.WaitForUpdatesEx(version, query.WaitOptions(maxWaitSeconds=20))
        assert update is not None
        version = update.version
        seen |= {c.name: c.val for f in update.filterSet for o in f.objectSet for c in o.changeSet}
    watched.Destroy()
    assert seen["config.numaInfo"].coresPerNumaNode == 2
    assert seen["config.vcpuConfig"][0].latencySensitivity.level == "high"
    assert seen["config.hardware.simultaneousThreads"] == 2


# Refused


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], type[Exception]]] = {
    "threads and vCPUs": ({"simultaneousThreads": 2, "numCPUs": 3}, {"numCPUs": 4}, vmodl.fault.InvalidArgument),
    "threads of old hardware": ({"simultaneousThreads": 2, "version": "vmx-19"}, {"version": "vmx-20"},
                                vim.fault.InvalidVmConfig),
    "more threads than the host shows": ({"simultaneousThreads": 4, "numCPUs": 4}, {"simultaneousThreads": 2},
                                         vmodl.fault.InvalidArgument),
    "virtual nodes and vCPUs": ({"virtualNuma": nodes(2), "numCPUs": 3}, {"numCPUs": 4}, vmodl.fault.InvalidArgument),
    "virtual nodes of old hardware": ({"virtualNuma": nodes(1), "version": "vmx-19"}, {"version": "vmx-20"},
                                      vim.fault.InvalidVmConfig),
    "IOMMU of old hardware": ({"flags": vim.vm.FlagInfo(vvtdEnabled=True), "version": "vmx-13"},
                              {"version": "vmx-14"}, vim.fault.InvalidVmConfig),
    "CPU beyond the host": ({"cpuAffinity": vim.vm.AffinityInfo(affinitySet=[31, 32])},
                            {"cpuAffinity": vim.vm.AffinityInfo(affinitySet=[30, 31])}, vmodl.fault.InvalidArgument),
    "limit below the reservation": ({"cpuAllocation": allocation(2300, 2000)}, {"cpuAllocation": allocation(2300, -1)},
                                    vmodl.fault.InvalidArgument),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "legal", "fault"), REFUSED.values(), ids=REFUSED)
def test_refused(vm: Any, spec: dict[str, Any], legal: dict[str, Any], fault: type[Exception]) -> None:
    before = vm.config.changeVersion
    with pytest.raises(fault) as refused:
        reconfigure(vm, **spec)
    assert refused.value.msg
    assert vm.config.changeVersion == before
    reconfigure(vm, **(spec | legal))


def test_device_node_needs_efi_virtual_nodes_and_hardware(vm: Any) -> None:
    def add() -> None:
        reconfigure(vm, deviceChange=[device("add", vmxnet3(vm, numaNode=1))])

    for lacking in ({}, {"firmware": "efi"}):
        reconfigure(vm, **lacking)
        with pytest.raises(vim.fault.InvalidDeviceSpec) as refused:
            add()
        assert refused.value.property == "virtualDeviceSpec.device.numaNode"
    reconfigure(vm, virtualNuma=nodes(2))  # one node, number 0
    with pytest.raises(vim.fault.InvalidDeviceSpec):
        add()
    reconfigure(vm, virtualNuma=nodes(1))
    add()
    assert cards(vm)[3].numaNode == 1


@pytest.mark.parametrize("field", [{"numaNode": 0}, {"uptv2Enabled": True}], ids=["node", "UPT"])
def test_device_fields_of_old_hardware(vm: Any, field: dict[str, Any]) -> None:
    reconfigure(vm, version="vmx-19", firmware="efi")
    with pytest.raises(vim.fault.DeviceUnsupportedForVmVersion) as refused:
        reconfigure(vm, deviceChange=[device("add", vmxnet3(vm, **field))])
    assert (refused.value.currentVersion, refused.value.expectedVersion) == ("vmx-19", "vmx-20")
    reconfigure(vm, deviceChange=[device("add", vmxnet3(vm))])


def test_latency_sensitivity_has_no_cpu_limit(vm: Any) -> None:
    reconfigure(vm, latencySensitivity=HIGH, cpuAllocation=allocation(4600, 4600), memoryReservationLockedToMax=True)
    with pytest.raises(vim.fault.GenericVmConfigFault, match="should be unlimited"):
        WaitForTask(vm.PowerOn())
    reconfigure(vm, cpuAllocation=allocation(4600, -1))
    WaitForTask(vm.PowerOn())


def test_same_mac_in_two_vms_is_accepted(make_vm: Callable[..., Any]) -> None:
    for machine in (make_vm(), make_vm()):  # a vCenter raises an alarm, no fault
        card = vmxnet3(machine, macAddress="02:00:00:00:00:01", addressType="manual")
        reconfigure(machine, deviceChange=[device("add", card)])
        WaitForTask(machine.PowerOn())


def test_guest_that_must_shut_down_without_tools(vm: Any) -> None:
    WaitForTask(vm.PowerOn())
    with pytest.raises(vim.fault.ToolsUnavailable):
        vm.ShutdownGuest()


# A small host, an old one, one of AMD, and one in maintenance


@pytest.fixture(scope="module")
def small(start_vcenter: Callable[..., Any], open_lab: Callable[[Any], Any]) -> Iterator[dict[str, Any]]:
    """VMs by name, on hosts of 4 cores at 1000 MHz with 4 GB."""
    described = json.loads(LAB.read_text(encoding="utf-8"))
    described["hostDefaults"] |= {"sockets": 2, "coresPerSocket": 2, "mhz": 1000, "memoryGB": 4}
    described["clusters"][0]["hosts"] = [
        {"name": "small.lab"},
        {"name": "old.lab", "apiVersion": "6.5", "maxSupportedSimultaneousThreads": 0},
        {"name": "amd.lab", "cpuVendor": "amd"},
        {"name": "resting.lab", "maintenance": True},
    ]
    described["vms"] = [
        {"name": "tenant", "cpus": 1, "memoryMB": 1024, "cpuReservationMHz": 1000, "memoryReservationMB": 1024,
         "poweredOn": True},
        *({"name": f"a{n}", "cpus": 2, "memoryMB": 2048} for n in range(3)),
        {"name": "on-old", "host": "old.lab", "cpus": 2, "memoryMB": 256, "memoryReservationMB": 256},
        {"name": "on-amd", "host": "amd.lab", "cpus": 2, "memoryMB": 256, "version": "vmx-17"},
        {"name": "resting", "host": "resting.lab", "cpus": 1, "memoryMB": 256},
    ]  # fmt: skip
    opened = open_lab(start_vcenter(inventory=described))
    yield {vm.name: vm for vm in opened.datacenter.vmFolder.childEntity if isinstance(vm, vim.VirtualMachine)}
    Disconnect(opened.service)


def test_admission_control(small: dict[str, Any]) -> None:
    first, second, third = (small[f"a{n}"] for n in range(3))
    for machine in (first, second, third):
        reconfigure(machine, cpuAllocation=allocation(2000))  # a VM that is off holds nothing
    WaitForTask(first.PowerOn())  # 3000 of 4000 MHz
    with pytest.raises(vim.fault.InsufficientCpuResourcesFault) as refused:
        WaitForTask(second.PowerOn())
    assert (refused.value.unreserved, refused.value.requested) == (1000, 2000)
    assert "small.lab" in refused.value.msg
    assert second.runtime.powerState == "poweredOff"
    reconfigure(second, cpuAllocation=allocation(1000))
    WaitForTask(second.PowerOn())
    with pytest.raises(vim.fault.InsufficientCpuResourcesFault):
        reconfigure(second, cpuAllocation=allocation(1001))
    WaitForTask(first.PowerOff())  # gives back what it held
    reconfigure(second, cpuAllocation=allocation(2000))
    reconfigure(third, cpuAllocation=allocation(0), memoryReservationLockedToMax=True)
    WaitForTask(third.PowerOn())  # 1024 of 4096 MB are left, as the tenant holds as much
    with pytest.raises(vim.fault.InsufficientMemoryResourcesFault) as refused:
        reconfigure(second, memoryReservationLockedToMax=True)
    assert (refused.value.unreserved, refused.value.requested) == (1024 << 20, 2048 << 20)
    reconfigure(second, memoryAllocation=allocation(1024))
    for machine in (second, third):
        WaitForTask(machine.PowerOff())


def test_two_vms_do_not_both_get_the_rest_of_a_host(small: dict[str, Any]) -> None:
    machines = [small["a0"], small["a1"]]
    for machine in machines:
        reconfigure(machine, cpuAllocation=allocation(2000), memoryReservationLockedToMax=False,
                    memoryAllocation=allocation(0))  # fmt: skip
    tasks = [machine.PowerOn() for machine in machines]
    outcomes = []
    for task in tasks:
        try:
            WaitForTask(task)
            outcomes.append("on")
        except vim.fault.InsufficientCpuResourcesFault:
            outcomes.append("refused")
    assert sorted(outcomes) == ["on", "refused"]


def test_old_host(small: dict[str, Any]) -> None:
    machine = small["on-old"]
    with pytest.raises(vmodl.fault.InvalidArgument):
        reconfigure(machine, simultaneousThreads=2)
    pages = vim.option.OptionValue(key="sched.mem.lpage.enable1GPage", value="TRUE")
    reconfigure(machine, extraConfig=[pages])
    with pytest.raises(vim.fault.GenericVmConfigFault, match=r"old\.lab does not support 1 GB pages"):
        WaitForTask(machine.PowerOn())


def test_iommu_on_amd(small: dict[str, Any]) -> None:
    machine = small["on-amd"]
    with pytest.raises(vim.fault.InvalidVmConfig, match="needs version 18"):
        reconfigure(machine, flags=vim.vm.FlagInfo(vvtdEnabled=True))
    reconfigure(machine, flags=vim.vm.FlagInfo(vvtdEnabled=True), version="vmx-18")


def test_host_in_maintenance(small: dict[str, Any]) -> None:
    with pytest.raises(vim.fault.InvalidState, match=r"resting\.lab is in maintenance mode"):
        WaitForTask(small["resting"].PowerOn())


def test_strict_latency(start_vcenter: Callable[..., Any], open_lab: Callable[[Any], Any]) -> None:
    described = json.loads(LAB.read_text(encoding="utf-8")) | {"apiVersion": "9.0.0.0"}
    opened = open_lab(start_vcenter(inventory=described))
    machine = opened.clone()
    wanted = vim.vm.device.VirtualVmxnet3.StrictLatencyConfig(allowed=True, maxRxQueues=4)
    reconfigure(machine, deviceChange=[device("add", vmxnet3(machine, strictLatencyConfig=wanted))])
    kept = cards(machine)[3].strictLatencyConfig
    assert (kept.allowed, kept.maxRxQueues) == (True, 4)
    Disconnect(opened.service)
