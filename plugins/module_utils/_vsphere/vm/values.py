# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Converts the values of settings from and to the types of the SDK, by the kinds of ``SETTINGS``."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.adapter_settings import ADAPTER_SETTINGS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.desired import shown_levels
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.settings import (
    ADVANCED,
    CPU_SET,
    FLAG,
    LEVEL,
    NODE_SIZE,
    NUMBER,
    VCPU_LEVELS,
    VERSION,
    Setting,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import Value
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Properties

# The vim class of each field of vim.vm.ConfigSpec that has fields of its own.
_PARENTS: t.Final = {
    "cpuAllocation": "ResourceAllocationInfo",
    "memoryAllocation": "ResourceAllocationInfo",
    "virtualNuma": "vm.VirtualNuma",
    "flags": "vm.FlagInfo",
}


def read_setting(setting: Setting, properties: Properties, advanced: t.Mapping[str, str]) -> Value:
    """Returns the value of a setting, or its default where vSphere has none.

    properties: of the VM; advanced: its extraConfig.
    """
    if setting.advanced_key is not None:
        return advanced.get(setting.advanced_key) or None
    path, _slash, field = (setting.shown or "").partition("/")
    value = properties.get(path)
    if field and value is not None:
        value = getattr(value, field)
    if setting.kind == VCPU_LEVELS:
        return _read_levels(value, properties)
    if setting.kind == NODE_SIZE:
        return None if value is None or value.autoCoresPerNumaNode else value.coresPerNumaNode or None
    # A number that nobody has set is 0 in the API.
    unset = value is None or (setting.kind == NUMBER and value == 0)
    return setting.default if unset else _READERS.get(setting.kind, int)(value)


def cpu_affinity(properties: Properties) -> tuple[int, ...]:
    """The host CPUs that a VM is bound to (config.cpuAffinity), ascending; empty without affinity."""
    affinity = properties.get("config.cpuAffinity")
    return tuple(sorted(affinity.affinitySet or ())) if affinity is not None else ()


def node_affinity(advanced: t.Mapping[str, str]) -> tuple[int, ...]:
    """The NUMA nodes that ``numa.nodeAffinity`` names, ascending; empty when it is unset or malformed."""
    return parse_cpu_list(advanced.get("numa.nodeAffinity", "")) or ()


def latency_high(properties: Properties) -> bool:
    """Whether the latency sensitivity of a VM (config.latencySensitivity) is High."""
    latency = properties.get("config.latencySensitivity")
    return latency is not None and latency.level == "high"


def _version(text: str) -> int | None:
    """Converts ``vmx-20`` to 20."""
    digits = text.removeprefix("vmx-")
    return int(digits) if digits.isdigit() else None


_READERS: t.Final[t.Mapping[str, t.Callable[[t.Any], Value]]] = {
    CPU_SET: lambda numbers: tuple(sorted(numbers)),
    VERSION: _version,
    FLAG: bool,
    LEVEL: str,
}


def _read_levels(entries: t.Any, properties: Properties) -> str | None:
    """Returns None when no vCPU differs from its VM: the VM is not at high, or all vCPUs are."""
    if not latency_high(properties) or not entries:
        return None
    levels = [entry.latencySensitivity.level if entry.latencySensitivity is not None else "high" for entry in entries]
    high = [number for number, level in enumerate(levels) if level == "high"]
    if len(high) == len(levels) == properties.get("config.hardware.numCPU"):
        return None
    return shown_levels(high, (number for number, level in enumerate(levels) if level != "high"))


def write_setting(spec: t.Any, setting: Setting, value: Value, final: t.Mapping[str, Value]) -> None:
    """Sets a setting in a vim.vm.ConfigSpec.

    final: all settings of the VM as they will be, because the levels of vCPUs depend on others.
    """
    if setting.kind == ADVANCED:
        # An empty value removes the key.
        spec.extraConfig.append(vim.option.OptionValue(key=setting.advanced_key, value="" if value is None else value))
    elif setting.kind == LEVEL:
        spec.latencySensitivity = vim.LatencySensitivity(level=value)
    elif setting.kind == CPU_SET:
        spec.cpuAffinity = vim.vm.AffinityInfo(affinitySet=list(t.cast("tuple[int, ...]", value)))
    elif setting.kind == VCPU_LEVELS:
        _write_levels(spec, value, final)
    elif setting.kind == NODE_SIZE:
        # 0 lets vSphere choose the size (API reference, VirtualNuma.coresPerNumaNode).
        _field(spec, setting.field or "", value or 0)
    elif setting.field is not None:
        _field(spec, setting.field, value)


def _write_levels(spec: t.Any, value: Value, final: t.Mapping[str, Value]) -> None:
    """Writes an entry for each vCPU. High is accepted only together with the VM's level (API reference, VcpuConfig)."""
    level = str(final["cpu.latency_sensitivity"])
    count = t.cast("int", final["cpu.count"])
    high: t.Collection[int] = range(count) if level == "high" else ()
    if value is not None:
        high = parse_cpu_list(str(value).split(", ", maxsplit=1)[0].removeprefix("high ")) or ()
    spec.latencySensitivity = vim.LatencySensitivity(level=level)
    spec.vcpuConfig = [
        vim.vm.VcpuConfig(latencySensitivity=vim.LatencySensitivity(level="high" if number in high else "normal"))
        for number in range(count)
    ]


def _field(spec: t.Any, path: str, value: Value) -> None:
    parent, dot, field = path.partition(".")
    if not dot:
        setattr(spec, parent, value)
        return
    if getattr(spec, parent) is None:
        kind: t.Any = vim
        for name in _PARENTS[parent].split("."):
            kind = getattr(kind, name)
        setattr(spec, parent, kind())
    setattr(getattr(spec, parent), field, value)


def read_adapter_fields(device: t.Any) -> dict[str, Value]:
    """Returns the typed settings of an adapter that differ from their defaults."""
    values: dict[str, Value] = {}
    for setting in ADAPTER_SETTINGS:
        if setting.field is None:
            continue
        value = device
        for name in setting.field.split("."):
            value = getattr(value, name, None)
        # A negative number means no node (API reference, VirtualDevice.numaNode).
        unset = value is None or (setting.name == "numa_node" and value < 0)
        if not unset and value != setting.default:
            values[setting.name] = value
    return values


def write_adapter_fields(device: t.Any, fields: t.Mapping[str, Value], name: str) -> None:
    """Sets typed settings in a VirtualVmxnet3.

    name: of the VM, for errors. Raises NfvError: library_old, when pyVmomi does not know a field.
    """
    for setting in ADAPTER_SETTINGS:
        if setting.name not in fields or setting.field is None:
            continue
        parent, dot, field = setting.field.partition(".")
        value = fields[setting.name]
        if setting.name == "numa_node" and value is None:
            value = -1
        if not hasattr(device, parent):
            raise NfvError(
                ErrorCode.LIBRARY_OLD,
                name,
                f"failed to set {setting.name} of an adapter: the installed pyvmomi does not know {parent}",
                "Install a newer pyvmomi on the controller",
            )
        if not dot:
            setattr(device, parent, value)
            continue
        inner = getattr(device, parent) or vim.vm.device.VirtualVmxnet3.StrictLatencyConfig()
        setattr(inner, field, value)
        setattr(device, parent, inner)
