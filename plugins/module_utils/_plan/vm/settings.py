# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a VM other than its adapters': the one table that reading, writing, checks and tests follow."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import ALL, CPU_PINNING, HUGEPAGES

from .model import HARDWARE_VERSION, Change, Value

# What the value of a setting is in the API; _vsphere.values reads and writes each of them.
NUMBER: t.Final = "number"
FLAG: t.Final = "flag"
CPU_SET: t.Final = "cpu_set"
LEVEL: t.Final = "level"
VCPU_LEVELS: t.Final = "vcpu_levels"
NODE_SIZE: t.Final = "node_size"
VERSION: t.Final = "version"
ADVANCED: t.Final = "advanced"

UNLIMITED: t.Final = -1


@dataclasses.dataclass(frozen=True)
class Setting:
    """A setting by our name.

    kind: one of those above. field: its path below vim.vm.ConfigSpec; shown: the property of the VM that holds it, and
    after a slash the field of that property's value; both None for a setting without a typed field, which has an
    advanced_key in extraConfig instead.
    power_off_needed: changed on a powered-off VM only, or effective at power-on only.
    default: on a VM where nobody set it. concern: the concern that it belongs to beside the whole description.
    released: a VM holds something on its host with it, which ``state: absent`` gives back.
    api, hardware: the oldest API and virtual hardware with it; a value other than the default needs them.
    """

    name: str
    kind: str
    power_off_needed: bool = True
    field: str | None = None
    shown: str | None = None
    advanced_key: str | None = None
    default: Value = None
    concern: str | None = None
    released: bool = False
    api: str | None = None
    hardware: int | None = None


# In the order in which they are shown. Sources: vSphere API reference (vim.vm.ConfigSpec), vSphere Resource Management
# guide, and for the advanced keys VMware's guides to tuning telco and latency-sensitive workloads. Latency sensitivity
# is accepted by a running VM but takes effect at its next power-on.
SETTINGS: t.Final = (
    Setting(HARDWARE_VERSION, VERSION, shown="config.version"),
    Setting("cpu.count", NUMBER, field="numCPUs", shown="config.hardware.numCPU"),
    Setting("cpu.cores_per_socket", NUMBER, field="numCoresPerSocket", shown="config.hardware.numCoresPerSocket"),
    Setting("cpu.hot_add", FLAG, field="cpuHotAddEnabled", shown="config.cpuHotAddEnabled", default=False),
    Setting(
        "cpu.simultaneous_threads",
        NUMBER,
        field="simultaneousThreads",
        shown="config.hardware.simultaneousThreads",
        default=1,
        concern=CPU_PINNING,
        api="8.0.0.1",
        hardware=20,
    ),
    Setting(
        "cpu.latency_sensitivity",
        LEVEL,
        field="latencySensitivity",
        shown="config.latencySensitivity/level",
        default="normal",
        concern=CPU_PINNING,
        released=True,
        api="5.1",
    ),
    Setting(
        "cpu.latency_sensitivity_by_vcpu",
        VCPU_LEVELS,
        field="vcpuConfig",
        shown="config.vcpuConfig",
        concern=CPU_PINNING,
        released=True,
        api="7.0",
    ),
    Setting(
        "cpu.affinity",
        CPU_SET,
        field="cpuAffinity",
        shown="config.cpuAffinity/affinitySet",
        default=(),
        concern=CPU_PINNING,
        released=True,
    ),
    Setting(
        "cpu.reservation_mhz",
        NUMBER,
        power_off_needed=False,
        field="cpuAllocation.reservation",
        shown="config.cpuAllocation/reservation",
        default=0,
        concern=CPU_PINNING,
        released=True,
    ),
    Setting(
        "cpu.limit_mhz",
        NUMBER,
        power_off_needed=False,
        field="cpuAllocation.limit",
        shown="config.cpuAllocation/limit",
        default=UNLIMITED,
        concern=CPU_PINNING,
    ),
    Setting(
        "cpu.system_contexts",
        ADVANCED,
        advanced_key="sched.cpu.latencySensitivity.sysContexts",
        concern=CPU_PINNING,
        released=True,
    ),
    Setting(
        "cpu.low_latency_timer",
        ADVANCED,
        advanced_key="timeTracker.lowLatency",
        concern=CPU_PINNING,
        released=True,
    ),
    Setting(
        "cpu.exclusive_without_statistics",
        ADVANCED,
        advanced_key="sched.cpu.affinity.exclusiveNoStats",
        concern=CPU_PINNING,
        released=True,
    ),
    Setting("cpu.guest_1g_pages", ADVANCED, advanced_key="featMask.vm.cpuid.PDPE1GB", concern=HUGEPAGES),
    Setting("memory.size_mb", NUMBER, field="memoryMB", shown="config.hardware.memoryMB"),
    Setting(
        "memory.hot_add",
        FLAG,
        field="memoryHotAddEnabled",
        shown="config.memoryHotAddEnabled",
        default=False,
        concern=HUGEPAGES,
    ),
    Setting(
        "memory.reserve_all",
        FLAG,
        power_off_needed=False,
        field="memoryReservationLockedToMax",
        shown="config.memoryReservationLockedToMax",
        default=False,
        concern=HUGEPAGES,
        released=True,
        api="5.0",
    ),
    Setting(
        "memory.reservation_mb",
        NUMBER,
        power_off_needed=False,
        field="memoryAllocation.reservation",
        shown="config.memoryAllocation/reservation",
        default=0,
        concern=HUGEPAGES,
        released=True,
    ),
    Setting(
        "memory.limit_mb",
        NUMBER,
        power_off_needed=False,
        field="memoryAllocation.limit",
        shown="config.memoryAllocation/limit",
        default=UNLIMITED,
        concern=HUGEPAGES,
    ),
    Setting(
        "memory.host_1g_pages",
        ADVANCED,
        advanced_key="sched.mem.lpage.enable1GPage",
        concern=HUGEPAGES,
        released=True,
        api="6.7",
    ),
    Setting("memory.vmx_swap", ADVANCED, advanced_key="sched.swap.vmxSwapEnabled", concern=CPU_PINNING, released=True),
    Setting("numa.node_affinity", ADVANCED, advanced_key="numa.nodeAffinity", concern=CPU_PINNING, released=True),
    Setting(
        "numa.cores_per_node",
        NODE_SIZE,
        field="virtualNuma.coresPerNumaNode",
        shown="config.numaInfo",
        api="8.0.0.1",
        hardware=20,
    ),
    Setting("numa.vcpus_per_node", ADVANCED, advanced_key="numa.vcpu.maxPerVirtualNode"),
    Setting("numa.autosize_once", ADVANCED, advanced_key="numa.autosize.once"),
    # Virtual hardware 14 on Intel's processors; on AMD's it is 18, which the preconditions know.
    Setting(
        "iommu",
        FLAG,
        field="flags.vvtdEnabled",
        shown="config.flags/vvtdEnabled",
        default=False,
        api="6.7",
        hardware=14,
    ),
)

BY_NAME: t.Final = {setting.name: setting for setting in SETTINGS}
ADVANCED_KEYS: t.Final = {each.name: each.advanced_key for each in SETTINGS if each.advanced_key is not None}

# Advanced keys that work against a polled data plane: reported and never removed, for somebody meant them.
# A key that ends with * stands for all that begin so.
CONFLICTS: t.Final[t.Mapping[str, str]] = {
    "monitor_control.*": "it switches off parts of the virtual machine monitor",
    "numa.vcpu.preferHT": "it counts hyper-threads as cores, which contradicts cores of one's own",
    "ethernet*.rssoffload": "it asks for dedicated RSS queues, which pnicFeatures replaces",
}


def in_concern(setting: Setting, concern: str) -> bool:
    """Whether a module that has this concern may change the setting."""
    return concern in (ALL, setting.concern)


def released_settings(concern: str) -> dict[str, Value]:
    """What a VM holds on its host because of a description, given back."""
    return {each.name: each.default for each in SETTINGS if each.released and in_concern(each, concern)}


def changed_settings(current: t.Mapping[str, Value], wanted: t.Mapping[str, Value]) -> tuple[Change, ...]:
    """The wanted settings that differ, in the order of SETTINGS."""
    pairs = [(each, current.get(each.name, each.default)) for each in SETTINGS if each.name in wanted]
    return tuple(
        Change(setting.name, now, wanted[setting.name], setting.power_off_needed)
        for setting, now in pairs
        if not same(now, wanted[setting.name])
    )


def same(current: Value, wanted: Value) -> bool:
    """Whether two values mean the same; advanced ones are free text, so "TRUE" and "true" do."""
    if isinstance(current, str) and isinstance(wanted, str):
        return current.lower() == wanted.lower()
    return current == wanted
