# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of a VM's settings other than its adapters', which reading, writing, checks and tests follow.

To add a setting, add a row to SETTINGS, compute its value in ``desired``, and describe it in docs/description.md, which
a test compares with this table. Settings of adapters are in ``adapter_settings``.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import ALL, CPU_PINNING, HUGEPAGES

from .model import HARDWARE_VERSION, Change, Value

# The kinds of values; _vsphere.vm.values reads and writes each of them.
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
    """One setting, by the name that descriptions, reports and docs use."""

    name: str
    """Its name, such as ``cpu.count``."""
    kind: str
    """The kind of its value, one of those above."""
    power_off_needed: bool = True
    """It can be changed, or takes effect, only when the VM is powered off."""
    field: str | None = None
    """Path of its typed field below vim.vm.ConfigSpec; None for an advanced key."""
    shown: str | None = None
    """The VM's property that holds it; after a slash, the field of that property's value."""
    advanced_key: str | None = None
    """Its key in extraConfig, when it has no typed field."""
    default: Value = None
    """Its value on a VM where nobody has set it."""
    scope: str | None = None
    """The scope, in addition to the whole description, that may change it (``_spec.model.SECTIONS``)."""
    released: bool = False
    """The VM holds resources of its host with it, which ``state: absent`` gives back."""
    api: str | None = None
    """The oldest API that has it; only a value other than the default needs it."""
    hardware: int | None = None
    """The oldest virtual hardware that has it; only a value other than the default needs it."""


# In the order in which reports show them. Sources: vSphere API reference 9.1 (vim.vm.ConfigSpec) for the fields,
# vSphere 8.0 Virtual Machine Administration and Resource Management for latency sensitivity and reservations,
# VMware's guides to tuning latency-sensitive and telco workloads in vSphere 6.5 to 8 for the advanced keys, and for
# their use in the modes of the enhanced data path those that docs/description.md names ("Switch modes"). Latency
# sensitivity is accepted by a running VM but takes effect at its next power-on.
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
        scope=CPU_PINNING,
        api="8.0.0.1",
        hardware=20,
    ),
    Setting(
        "cpu.latency_sensitivity",
        LEVEL,
        field="latencySensitivity",
        shown="config.latencySensitivity/level",
        default="normal",
        scope=CPU_PINNING,
        released=True,
        api="5.1",
    ),
    Setting(
        "cpu.latency_sensitivity_by_vcpu",
        VCPU_LEVELS,
        field="vcpuConfig",
        shown="config.vcpuConfig",
        scope=CPU_PINNING,
        released=True,
        api="7.0",
    ),
    Setting(
        "cpu.affinity",
        CPU_SET,
        field="cpuAffinity",
        shown="config.cpuAffinity/affinitySet",
        default=(),
        scope=CPU_PINNING,
        released=True,
    ),
    Setting(
        "cpu.reservation_mhz",
        NUMBER,
        power_off_needed=False,
        field="cpuAllocation.reservation",
        shown="config.cpuAllocation/reservation",
        default=0,
        scope=CPU_PINNING,
        released=True,
    ),
    Setting(
        "cpu.limit_mhz",
        NUMBER,
        power_off_needed=False,
        field="cpuAllocation.limit",
        shown="config.cpuAllocation/limit",
        default=UNLIMITED,
        scope=CPU_PINNING,
    ),
    Setting(
        "cpu.system_contexts",
        ADVANCED,
        advanced_key="sched.cpu.latencySensitivity.sysContexts",
        scope=CPU_PINNING,
        released=True,
    ),
    Setting(
        "cpu.low_latency_timer",
        ADVANCED,
        advanced_key="timeTracker.lowLatency",
        scope=CPU_PINNING,
        released=True,
    ),
    Setting(
        "cpu.exclusive_without_statistics",
        ADVANCED,
        advanced_key="sched.cpu.affinity.exclusiveNoStats",
        scope=CPU_PINNING,
        released=True,
    ),
    Setting("cpu.guest_1g_pages", ADVANCED, advanced_key="featMask.vm.cpuid.PDPE1GB", scope=HUGEPAGES),
    Setting("memory.size_mb", NUMBER, field="memoryMB", shown="config.hardware.memoryMB"),
    Setting(
        "memory.hot_add",
        FLAG,
        field="memoryHotAddEnabled",
        shown="config.memoryHotAddEnabled",
        default=False,
        scope=HUGEPAGES,
    ),
    Setting(
        "memory.reserve_all",
        FLAG,
        power_off_needed=False,
        field="memoryReservationLockedToMax",
        shown="config.memoryReservationLockedToMax",
        default=False,
        scope=HUGEPAGES,
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
        scope=HUGEPAGES,
        released=True,
    ),
    Setting(
        "memory.limit_mb",
        NUMBER,
        power_off_needed=False,
        field="memoryAllocation.limit",
        shown="config.memoryAllocation/limit",
        default=UNLIMITED,
        scope=HUGEPAGES,
    ),
    Setting(
        "memory.host_1g_pages",
        ADVANCED,
        advanced_key="sched.mem.lpage.enable1GPage",
        scope=HUGEPAGES,
        released=True,
        api="6.7",
    ),
    Setting("memory.vmx_swap", ADVANCED, advanced_key="sched.swap.vmxSwapEnabled", scope=CPU_PINNING, released=True),
    Setting("numa.node_affinity", ADVANCED, advanced_key="numa.nodeAffinity", scope=CPU_PINNING, released=True),
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

# Advanced keys that work against a polled data plane. They are reported and never removed, since somebody set them on
# purpose. Patterns as in fnmatch.
CONFLICTS: t.Final[t.Mapping[str, str]] = {
    "monitor_control.*": "it switches off parts of the virtual machine monitor",
    "numa.vcpu.preferHT": "it counts hyper-threads as cores, which contradicts exclusive cores",
    "ethernet*.rssoffload": "it asks for dedicated RSS queues, which pnicFeatures replaces",
}


def in_scope(setting: Setting, scope: str) -> bool:
    """Whether a module with this scope may change the setting."""
    return scope in (ALL, setting.scope)


def released_settings(scope: str) -> dict[str, Value]:
    """The defaults of the settings by which a VM holds resources of its host, for ``state: absent``."""
    return {each.name: each.default for each in SETTINGS if each.released and in_scope(each, scope)}


def changed_settings(current: t.Mapping[str, Value], wanted: t.Mapping[str, Value]) -> tuple[Change, ...]:
    """The wanted settings that differ, in the order of SETTINGS."""
    pairs = [(each, current.get(each.name, each.default)) for each in SETTINGS if each.name in wanted]
    return tuple(
        Change(setting.name, now, wanted[setting.name], setting.power_off_needed)
        for setting, now in pairs
        if not same(now, wanted[setting.name])
    )


def same(current: Value, wanted: Value) -> bool:
    """Whether two values mean the same. Advanced values are free text: "TRUE" and "true" are the same."""
    if isinstance(current, str) and isinstance(wanted, str):
        return current.lower() == wanted.lower()
    return current == wanted
