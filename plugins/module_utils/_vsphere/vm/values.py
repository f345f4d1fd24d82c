# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values of settings, from what vSphere shows and into what it takes, by the kinds of the table."""

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

# Which class stands between vim.vm.ConfigSpec and a field below it.
_PARENTS: t.Final = {
    "cpuAllocation": "ResourceAllocationInfo",
    "memoryAllocation": "ResourceAllocationInfo",
    "virtualNuma": "vm.VirtualNuma",
    "flags": "vm.FlagInfo",
}


def read_setting(setting: Setting, properties: Properties, advanced: t.Mapping[str, str]) -> Value:
    """The value of a setting from the properties of a VM; its default where vSphere shows none."""
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
    # In the API's numbers 0 stands for what nobody has set.
    unset = value is None or (setting.kind == NUMBER and value == 0)
    return setting.default if unset else _READERS.get(setting.kind, int)(value)


def _version(text: str) -> int | None:
    """``vmx-20`` is version 20."""
    digits = text.removeprefix("vmx-")
    return int(digits) if digits.isdigit() else None


_READERS: t.Final[t.Mapping[str, t.Callable[[t.Any], Value]]] = {
    CPU_SET: lambda numbers: tuple(sorted(numbers)),
    VERSION: _version,
    FLAG: bool,
    LEVEL: str,
}


def _read_levels(entries: t.Any, properties: Properties) -> str | None:
    """None when the vCPUs are as their VM: it is not at high, or they all are."""
    latency = properties.get("config.latencySensitivity")
    if latency is None or latency.level != "high" or not entries:
        return None
    levels = [entry.latencySensitivity.level if entry.latencySensitivity is not None else "high" for entry in entries]
    high = [number for number, level in enumerate(levels) if level == "high"]
    if len(high) == len(levels) == properties.get("config.hardware.numCPU"):
        return None
    return shown_levels(high, (number for number, level in enumerate(levels) if level != "high"))


def write_setting(spec: t.Any, setting: Setting, value: Value, final: t.Mapping[str, Value]) -> None:
    """Puts a setting into a vim.vm.ConfigSpec. final: all settings as they will be, for those that go together."""
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
        # 0 gives the size back to vSphere (API reference, VirtualNuma.coresPerNumaNode).
        _field(spec, setting.field or "", value or 0)
    elif setting.field is not None:
        _field(spec, setting.field, value)


def _write_levels(spec: t.Any, value: Value, final: t.Mapping[str, Value]) -> None:
    """One entry for each vCPU; at high only in the same spec as the VM's own level (API reference, VcpuConfig)."""
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
    """The typed settings of an adapter that are not at their defaults."""
    values: dict[str, Value] = {}
    for setting in ADAPTER_SETTINGS:
        if setting.field is None:
            continue
        value = device
        for name in setting.field.split("."):
            value = getattr(value, name, None)
        # A negative node stands for none (API reference, VirtualDevice.numaNode).
        unset = value is None or (setting.name == "numa_node" and value < 0)
        if not unset and value != setting.default:
            values[setting.name] = value
    return values


def write_adapter_fields(device: t.Any, fields: t.Mapping[str, Value], name: str) -> None:
    """Puts typed settings into a VirtualVmxnet3. name: of the VM. Raises NfvError where pyVmomi is too old for one."""
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
                f"{setting.name} of an adapter is to be set, and the installed pyvmomi does not know {parent}",
                "Install a newer pyvmomi on the controller",
            )
        if not dot:
            setattr(device, parent, value)
            continue
        inner = getattr(device, parent) or vim.vm.device.VirtualVmxnet3.StrictLatencyConfig()
        setattr(inner, field, value)
        setattr(device, parent, inner)
