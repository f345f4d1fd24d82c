# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a plan to the one ConfigSpec that carries it out."""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.settings import ADVANCED

from .client import knows, version_text
from .sdk import VmomiSupport, vim

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.model import (
        AdapterAction,
        ChangeSet,
        Network,
    )

    from .client import Client
    from .read import VmRecord

_FIELDS: t.Final = {
    "cpu.count": "numCPUs",
    "cpu.cores_per_socket": "numCoresPerSocket",
    "cpu.hot_add": "cpuHotAddEnabled",
    "memory.size_mb": "memoryMB",
    "memory.hot_add": "memoryHotAddEnabled",
    "memory.reserve_all": "memoryReservationLockedToMax",
}
_ALLOCATIONS: t.Final = {
    "cpu.reservation_mhz": ("cpuAllocation", "reservation"),
    "cpu.limit_mhz": ("cpuAllocation", "limit"),
    "memory.reservation_mb": ("memoryAllocation", "reservation"),
    "memory.limit_mb": ("memoryAllocation", "limit"),
}


def config_spec(client: Client, record: VmRecord, plan: ChangeSet) -> t.Any:
    """The vim.vm.ConfigSpec of a plan, good for the configuration that the plan was made from only.

    Raises NfvError when the vCenter's API is too old for one of its fields.
    """
    spec = vim.vm.ConfigSpec(changeVersion=plan.change_version)
    for change in plan.settings:
        _write_setting(spec, change.setting, change.after)
    spec.deviceChange = [
        device_change
        for index, action in enumerate(plan.adapter_actions)
        for device_change in _adapter_changes(client, record, action, -1 - index)
    ]
    _refuse_newer_fields(client, plan.name, spec)
    return spec


def _write_setting(spec: t.Any, name: str, value: t.Any) -> None:
    if name in ADVANCED:
        # An empty value removes the key.
        spec.extraConfig.append(vim.option.OptionValue(key=ADVANCED[name], value=value or ""))
    elif name in _FIELDS:
        setattr(spec, _FIELDS[name], value)
    elif name in _ALLOCATIONS:
        field, part = _ALLOCATIONS[name]
        if getattr(spec, field) is None:
            setattr(spec, field, vim.ResourceAllocationInfo())
        setattr(getattr(spec, field), part, value)
    elif name == "cpu.latency_sensitivity":
        spec.latencySensitivity = vim.LatencySensitivity(level=value)
    elif name == "cpu.affinity":
        spec.cpuAffinity = vim.vm.AffinityInfo(affinitySet=list(value))
    else:
        raise ValueError(f"no field is known for the setting {name}")


def _adapter_changes(client: Client, record: VmRecord, action: AdapterAction, temporary_key: int) -> list[t.Any]:
    if action.current is None:
        return [_device_spec("add", _new_adapter(client, action, temporary_key, None))]
    old = record.devices[action.current.key]
    if action.operation == "replace":
        # A type cannot be edited. Removed and added in one spec, the new adapter gets the old one's place.
        return [_device_spec("remove", old), _device_spec("add", _new_adapter(client, action, temporary_key, old))]
    edited = copy.copy(old)
    edited.macAddress, edited.addressType = action.mac, action.address_type
    edited.backing = _backing(client, action.network)
    return [_device_spec("edit", edited)]


def _device_spec(operation: str, device: t.Any) -> t.Any:
    return vim.vm.device.VirtualDeviceSpec(operation=operation, device=device)


def _new_adapter(client: Client, action: AdapterAction, temporary_key: int, old: t.Any) -> t.Any:
    """A VMXNET3 adapter, in place of ``old`` where there is one: its address, connection and slot are kept."""
    adapter = vim.vm.device.VirtualVmxnet3(key=temporary_key, backing=_backing(client, action.network))
    adapter.addressType = action.address_type
    if action.mac is not None:
        adapter.macAddress = action.mac
    if old is None:
        adapter.connectable = vim.vm.device.VirtualDevice.ConnectInfo(
            startConnected=True, connected=True, allowGuestControl=True
        )
        return adapter
    adapter.connectable = old.connectable
    adapter.wakeOnLanEnabled = old.wakeOnLanEnabled
    adapter.controllerKey = old.controllerKey
    adapter.unitNumber = old.unitNumber
    return adapter


def _backing(client: Client, network: Network) -> t.Any:
    if network.switch_uuid is not None:
        port = vim.dvs.PortConnection(switchUuid=network.switch_uuid, portgroupKey=network.key)
        return vim.vm.device.VirtualEthernetCard.DistributedVirtualPortBackingInfo(port=port)
    return vim.vm.device.VirtualEthernetCard.NetworkBackingInfo(
        deviceName=network.name, network=client.managed(vim.Network, network.moid)
    )


def _refuse_newer_fields(client: Client, name: str, spec: t.Any) -> None:
    """pyVmomi leaves a field that is newer than the negotiated version off the wire without a word."""
    for path, needed in newer_fields(spec, client.api_version):
        raise NfvError(
            "api_too_old",
            name,
            f"{path} needs vSphere API {version_text(needed)}; this vCenter speaks {version_text(client.api_version)}",
            "Upgrade vCenter, or leave out what needs the field",
        )


def newer_fields(value: t.Any, negotiated: str, path: str = "spec") -> list[tuple[str, str]]:
    """The set fields of a data object that came after the negotiated version, each with the version it came with."""
    if isinstance(value, (list, tuple)):
        return [found for each in value for found in newer_fields(each, negotiated, path)]
    if not isinstance(value, VmomiSupport.DataObject):
        return []
    found = []
    for field in value._GetPropertyList():
        inner = getattr(value, field.name)
        if inner is None or (isinstance(inner, list) and not inner):
            continue
        if not knows(negotiated, field.version):
            found.append((f"{path}.{field.name}", field.version))
        found += newer_fields(inner, negotiated, f"{path}.{field.name}")
    return found
