# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each setting set, read back by somebody else, left alone by a second run, changed, and removed again."""

from __future__ import annotations

import copy
import dataclasses
import typing as t

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.adapter_settings import ADAPTER_SETTINGS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.settings import SETTINGS
from lab.testing.descriptions import adapters, description

BASE = description(cpu={"count": 4, "polling": "2-3"}, adapters=adapters("mgmt", "s5u"))
MHZ = 2300


def patched(*changes: tuple[str, t.Any]) -> dict[str, t.Any]:
    """The base description with other values at dotted paths; list entries by number."""
    description = copy.deepcopy(BASE)
    for path, value in changes:
        target: t.Any = description
        *parents, last = path.split(".")
        for part in parents:
            target = target[int(part)] if part.isdigit() else target.setdefault(part, {})
        target[last] = value
    return description


def card(machine: t.Any, number: int) -> t.Any:
    (found,) = [each for each in machine.config.hardware.device if each.key == 4000 + number]
    return found


def shown(machine: t.Any, path: str) -> t.Any:
    """One property of a VM; all of them at once would hold some that an older API does not know."""
    collector = vim.ServiceInstance("ServiceInstance", machine._stub).RetrieveContent().propertyCollector
    kinds = vmodl.query.PropertyCollector
    wanted = kinds.FilterSpec(
        objectSet=[kinds.ObjectSpec(obj=machine)], propSet=[kinds.PropertySpec(type=type(machine), pathSet=[path])]
    )
    (found,) = collector.RetrieveContents([wanted])
    return found.propSet[0].val


def advanced(key: str) -> t.Callable[[t.Any], t.Any]:
    """What the VM has under an advanced key, None for nothing."""
    return lambda machine: {each.key: each.value for each in shown(machine, "config.extraConfig")}.get(key) or None


def field(path: str) -> t.Callable[[t.Any], t.Any]:
    def read(machine: t.Any) -> t.Any:
        value = machine.config
        for name in path.split("."):
            value = getattr(value, name)
        return value

    return read


def levels(machine: t.Any) -> list[str]:
    return [each.latencySensitivity.level for each in machine.config.vcpuConfig]


def cores_per_node(machine: t.Any) -> int | None:
    info = machine.config.numaInfo
    return None if info is None or info.autoCoresPerNumaNode else info.coresPerNumaNode or None


Changes = tuple[tuple[str, t.Any], ...]
Shown = t.Callable[[t.Any], t.Any]


@dataclasses.dataclass(frozen=True)
class Case:
    """A setting by our name, where somebody else sees it, and (description's changes, what is seen) in turn."""

    setting: str
    shown: Shown
    steps: tuple[tuple[Changes, t.Any], ...]
    removed: t.Any = None


def one(path: str, *values: tuple[t.Any, t.Any], also: Changes = ()) -> tuple[tuple[Changes, t.Any], ...]:
    """Steps that change one key of the description."""
    return tuple((((path, value), *also), seen) for value, seen in values)


EXCLUSIVITY = "cpu.exclusivity"
UNRESERVED: Changes = ((EXCLUSIVITY, "none"), ("memory.reserve_all", False))
QUEUES: Changes = (("adapters.1.queues", 2),)
CASES = (
    Case(
        "cpu.count",
        field("hardware.numCPU"),
        one("cpu.count", (6, 6), (8, 8)),
        4,
    ),
    Case("cpu.simultaneous_threads", field("hardware.simultaneousThreads"), one("cpu.simultaneous_threads", (2, 2)), 1),
    Case(
        "cpu.latency_sensitivity",
        field("latencySensitivity.level"),
        one(EXCLUSIVITY, ("none", "normal")),
        "high",
    ),
    Case(
        "cpu.latency_sensitivity_by_vcpu",
        levels,
        one(
            "cpu.polling",
            ("1", ["normal", "high", "normal", "normal"]),
            ("1-3", ["normal", "high", "high", "high"]),
        ),
        ["normal", "normal", "high", "high"],
    ),
    Case(
        "cpu.affinity",
        field("cpuAffinity.affinitySet"),
        one("cpu.affinity", ("8-11", [8, 9, 10, 11]), ("4-8", [4, 5, 6, 7, 8]), also=((EXCLUSIVITY, "affinity"),)),
        [],
    ),
    Case(
        "cpu.reservation_mhz",
        field("cpuAllocation.reservation"),
        (
            *one(EXCLUSIVITY, ("none", 0)),
            *one("cpu.reserve_all", (True, 4 * MHZ), also=((EXCLUSIVITY, "none"),)),
            *one("cpu.simultaneous_threads", (2, 2 * MHZ)),
        ),
        4 * MHZ,
    ),
    Case(
        "cpu.system_contexts",
        advanced("sched.cpu.latencySensitivity.sysContexts"),
        one("cpu.system_contexts", (1, "1"), (2, "2")),
    ),
    Case("cpu.low_latency_timer", advanced("timeTracker.lowLatency"), one("profile", ("low_latency", "TRUE"))),
    Case(
        "cpu.exclusive_without_statistics",
        advanced("sched.cpu.affinity.exclusiveNoStats"),
        one("profile", ("low_latency", "TRUE")),
    ),
    Case("memory.vmx_swap", advanced("sched.swap.vmxSwapEnabled"), one("profile", ("low_latency", "FALSE"))),
    Case(
        "cpu.guest_1g_pages",
        advanced("featMask.vm.cpuid.PDPE1GB"),
        one("memory.hugepages", ([{"size": "1G", "amount_mb": 1024}], "Val:1")),
    ),
    Case("memory.size_mb", field("hardware.memoryMB"), one("memory.size_mb", (3072, 3072), (1024, 1024)), 2048),
    Case(
        "memory.reserve_all",
        field("memoryReservationLockedToMax"),
        ((UNRESERVED, False),),
        True,
    ),
    Case(
        "memory.reservation_mb",
        field("memoryAllocation.reservation"),
        ((UNRESERVED, 0), ((("memory.size_mb", 3072),), 3072)),
        2048,
    ),
    Case(
        "memory.host_1g_pages", advanced("sched.mem.lpage.enable1GPage"), one("memory.host_page_size", ("1G", "TRUE"))
    ),
    # numa auto names no node and leaves the one alone that a plan has found; state absent gives it back.
    Case("numa.node_affinity", advanced("numa.nodeAffinity"), one("placement.numa", (1, "1"), (0, "0")), "0"),
    Case("numa.cores_per_node", cores_per_node, one("numa.nodes", (1, 4), (2, 2))),
    Case("numa.autosize_once", advanced("numa.autosize.once"), one("numa.autosize", ("every_power_on", "FALSE"))),
    Case("iommu", field("flags.vvtdEnabled"), one("iommu", (True, True), (False, False)), False),
    Case(
        "adapters.s5u.tx_contexts",
        advanced("ethernet1.ctxPerDev"),
        (
            *one("adapters.1.tx_contexts", ("per_adapter", "1")),
            *one("adapters.1.tx_contexts", ("per_queue", "3"), also=QUEUES),
        ),
    ),
    Case("adapters.s5u.pnic_rss", advanced("ethernet1.pnicFeatures"), one("adapters.1.queues", (2, "4"))),
    Case("adapters.s5u.udp_rss", advanced("ethernet1.udpRSS"), one("adapters.1.udp_rss", (True, "1"), also=QUEUES)),
    Case(
        "adapters.mgmt.interrupt_coalescing",
        advanced("ethernet0.coalescingScheme"),
        one("adapters.0.interrupt_coalescing", (False, "disabled")),
    ),
    Case(
        "adapters.s5u.numa_node",
        lambda machine: None if (card(machine, 1).numaNode or -1) < 0 else card(machine, 1).numaNode,
        (
            *one("adapters.1.numa_node", ("auto", 1), also=(("numa.nodes", 2),)),
            *one("adapters.1.numa_node", (3, 3), also=(("numa.nodes", 4),)),
        ),
    ),
    Case(
        "adapters.s5u.uptv2",
        lambda machine: bool(card(machine, 1).uptv2Enabled),
        one("adapters.1.uptv2", (True, True)),
        False,
    ),
)
# Tested elsewhere: hot-add, cores per socket and limits follow from others (test_converge.py, tests/unit/plan), the
# rest needs another vCenter or VM (test_preconditions.py).
ELSEWHERE = {
    "hardware_version",
    "cpu.cores_per_socket",
    "cpu.hot_add",
    "cpu.limit_mhz",
    "memory.hot_add",
    "memory.limit_mb",
    "numa.vcpus_per_node",
    "strict_latency",
}


@pytest.fixture(scope="module")
def shared(clone: t.Callable[..., t.Any], shared_engine: t.Any) -> t.Any:
    """One VM for all cases, as described at first and after each of them."""
    machine = clone()
    WaitForTask(machine.ReconfigVM_Task(spec=vim.vm.ConfigSpec(firmware="efi")))
    shared_engine.converge(machine, dataplane=BASE, remove_unmanaged_adapters=True)
    return machine


def test_every_setting_has_a_case() -> None:
    covered = {case.setting.rsplit(".", 1)[-1] if "adapters." in case.setting else case.setting for case in CASES}
    assert covered | ELSEWHERE == {each.name for each in SETTINGS} | {each.name for each in ADAPTER_SETTINGS}


@pytest.mark.parametrize("case", CASES, ids=[case.setting for case in CASES])
def test_a_setting_is_set_changed_and_removed(engine: t.Any, shared: t.Any, case: Case) -> None:
    for changes, seen in case.steps:
        result = engine.converge(shared, dataplane=patched(*changes))["vms"][shared.name]
        assert case.setting in {change["setting"] for change in result["changes"]}
        assert case.shown(shared) == seen
        assert engine.changing_calls() == {"ReconfigVM_Task": 1}
        again = engine.converge(shared, dataplane=patched(*changes))
        assert (again["changed"], engine.changing_calls()) == (False, {})
    back = engine.converge(shared, dataplane=BASE)["vms"][shared.name]
    if case.steps[-1][1] != case.removed:
        assert case.setting in {change["setting"] for change in back["changes"]}
    assert case.shown(shared) == case.removed
    assert not engine.converge(shared, dataplane=BASE)["changed"]
    WaitForTask(shared.PowerOn())  # a real vCenter refuses a VM whose reservations do not fit its settings
    WaitForTask(shared.PowerOff())
