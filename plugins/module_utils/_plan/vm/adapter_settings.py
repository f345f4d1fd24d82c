# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of a VMXNET3 adapter's settings, and their values for a description."""

from __future__ import annotations

import dataclasses
import typing as t

from .model import FIRST_ADAPTER_KEY, AdapterState, Change, Value
from .settings import same

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Adapter


@dataclasses.dataclass(frozen=True)
class AdapterSetting:
    """One setting of an adapter, by the name that reports and docs use."""

    name: str
    """Its name."""
    field: str | None = None
    """Field of vim.vm.device.VirtualVmxnet3; after a dot, the field of its value."""
    advanced_key: str | None = None
    """What follows ``ethernetX.`` in its key in extraConfig, when it has no typed field."""
    default: Value = None
    """Its value on an adapter where nobody has set it."""
    api: str | None = None
    """The oldest API that has it; only a value other than the default needs it."""
    hardware: int | None = None
    """The oldest virtual hardware that has it; only a value other than the default needs it."""
    power_off_needed: bool = True
    """It can be changed, or takes effect, only when the VM is powered off."""


# Sources: vSphere API reference 9.1 (VirtualVmxnet3, VirtualDevice.numaNode) for the fields. For the advanced keys,
# which take effect at a power cycle: Telco Cloud Platform 3.0, Data Plane Performance Tuning Guide, and NSX 4.1,
# Administration Guide, "Multiple Context" (ctxPerDev); NSX 4.2, "NetQ Receive Side Scaling" (pnicFeatures); VMware's
# guides to tuning latency-sensitive and telco workloads in vSphere 6.5 to 8 (udpRSS, coalescingScheme).
# docs/description.md tells where guides disagree.
ADAPTER_SETTINGS: t.Final = (
    AdapterSetting("tx_contexts", advanced_key="ctxPerDev"),
    AdapterSetting("pnic_rss", advanced_key="pnicFeatures"),
    # UDP RSS came with VMXNET3 v4.
    AdapterSetting("udp_rss", advanced_key="udpRSS", hardware=14),
    AdapterSetting("interrupt_coalescing", advanced_key="coalescingScheme"),
    AdapterSetting("numa_node", field="numaNode", api="8.0.0.1", hardware=20),
    AdapterSetting("uptv2", field="uptv2Enabled", default=False, api="8.0.0.1", hardware=20),
    AdapterSetting("strict_latency", field="strictLatencyConfig.allowed", default=False, api="8.0.3.1"),
)

ADAPTER_KEYS: t.Final = frozenset(each.advanced_key for each in ADAPTER_SETTINGS if each.advanced_key is not None)

# VMXNET3 up to v5 has 8 transmit queues, a power of 2 in number; v6 (hardware version 17) has 32, any number
# (Linux, drivers/net/vmxnet3).
_OLD_QUEUES: t.Final = (1, 2, 4, 8)
ANY_QUEUES_HARDWARE: t.Final = 17


def desired_adapter(adapter: Adapter) -> dict[str, Value]:
    """The value of every setting for a described adapter."""
    return {
        # The same values on every data path; without the key it is 2, per VM.
        "tx_contexts": {"per_vm": None, "per_adapter": "1", "per_queue": "3"}[adapter.tx_contexts],
        # 4 asks the physical NIC to spread the adapter's traffic over several of its queues.
        "pnic_rss": "4" if adapter.queues > 1 else None,
        "udp_rss": "1" if adapter.udp_rss else None,
        "interrupt_coalescing": None if adapter.interrupt_coalescing else "disabled",
        "numa_node": adapter.numa_node,
        "uptv2": adapter.uptv2,
        "strict_latency": adapter.strict_latency,
    }


def hardware_of_queues(adapter: Adapter) -> int | None:
    """The oldest virtual hardware that supports the number of queues, None when any does."""
    return None if adapter.queues in _OLD_QUEUES else ANY_QUEUES_HARDWARE


def key_name(setting: AdapterSetting, key: int) -> str:
    """The key of extraConfig for the adapter with this device key."""
    return f"ethernet{key - FIRST_ADAPTER_KEY}.{setting.advanced_key}"


def adapter_values(adapter: AdapterState, advanced: t.Mapping[str, str]) -> dict[str, Value]:
    """The value of every setting of an existing adapter. advanced: the VM's advanced keys."""
    return {
        setting.name: adapter.fields.get(setting.name, setting.default)
        if setting.advanced_key is None
        else advanced.get(key_name(setting, adapter.key))
        for setting in ADAPTER_SETTINGS
    }


def changed_adapter_settings(
    path: str,
    wanted: t.Mapping[str, Value],
    current: AdapterState | None,
    key: int,
    advanced: t.Mapping[str, str],
) -> tuple[Change, ...]:
    """The settings that differ. current: the existing VMXNET3 adapter, None when one will be made with ``key``."""
    there = current or AdapterState(key, "", "", "", "", None, None, False, False)
    now = adapter_values(there, advanced)
    return tuple(
        Change(f"{path}.{each.name}", now[each.name], wanted[each.name], each.power_off_needed)
        for each in ADAPTER_SETTINGS
        if each.name in wanted and not same(now[each.name], wanted[each.name])
    )
