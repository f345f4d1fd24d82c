# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the ConfigSpec that carries out a plan."""

from __future__ import annotations

import copy
import functools
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.settings import BY_NAME
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import knows, version_text
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import VmomiSupport, vim

from .values import write_adapter_fields, write_setting

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import (
        AdapterAction,
        ChangeSet,
        Network,
    )
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client

    from .read import VmRecord


def config_spec(client: Client, record: VmRecord, plan: ChangeSet) -> t.Any:
    """Builds the vim.vm.ConfigSpec of a plan. vSphere accepts it only for the configuration that was planned from.

    Raises NfvError: api_too_old, library_old.
    """
    spec = vim.vm.ConfigSpec(changeVersion=plan.change_version)
    final = {**record.state.settings, **{change.setting: change.after for change in plan.settings}}
    for change in plan.settings:
        write_setting(spec, BY_NAME[change.setting], change.after, final)
    spec.extraConfig += [
        # An empty value removes the key.
        vim.option.OptionValue(key=key, value="" if value is None else value)
        for key, value in plan.adapter_keys.items()
    ]
    spec.extraConfig = [
        vim.option.OptionValue(key=spelling, value=option.value)
        for option in spec.extraConfig
        for spelling in record.state.spellings.get(option.key, (option.key,))
    ]
    spec.deviceChange = [
        device_change
        for index, action in enumerate(plan.adapter_actions)
        for device_change in _adapter_changes(client, record, action, -1 - index)
    ]
    # Last, because the keys of new adapters were planned with these still present.
    spec.deviceChange += [_device_spec("remove", record.devices[adapter.key]) for adapter in plan.removals]
    _refuse_newer_fields(client, plan.name, spec)
    return spec


def _adapter_changes(client: Client, record: VmRecord, action: AdapterAction, temporary_key: int) -> list[t.Any]:
    if action.current is None:
        added = _new_adapter(client, action, temporary_key, None)
        write_adapter_fields(added, action.fields, record.state.name)
        return [_device_spec("add", added)]
    old = record.devices[action.current.key]
    if action.operation == "replace":
        # The type cannot be edited. Removed and added in one spec, the new adapter takes the old one's place.
        added = _new_adapter(client, action, temporary_key, old)
        write_adapter_fields(added, action.fields, record.state.name)
        return [_device_spec("remove", old), _device_spec("add", added)]
    edited = copy.copy(old)
    edited.macAddress, edited.addressType = action.mac, action.address_type
    if action.network.key != action.current.network_key:
        edited.backing = _backing(client, action.network)
    write_adapter_fields(edited, action.fields, record.state.name)
    return [_device_spec("edit", edited)]


def _device_spec(operation: str, device: t.Any) -> t.Any:
    return vim.vm.device.VirtualDeviceSpec(operation=operation, device=device)


def _new_adapter(client: Client, action: AdapterAction, temporary_key: int, old: t.Any) -> t.Any:
    """Builds a VMXNET3 adapter. In place of ``old``, it keeps that adapter's connection, controller and slot."""
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
    if network.opaque_type is not None:
        return vim.vm.device.VirtualEthernetCard.OpaqueNetworkBackingInfo(
            opaqueNetworkId=network.key, opaqueNetworkType=network.opaque_type
        )
    return vim.vm.device.VirtualEthernetCard.NetworkBackingInfo(
        deviceName=network.name, network=client.managed(vim.Network, network.moid)
    )


def _refuse_newer_fields(client: Client, name: str, spec: t.Any) -> None:
    """Refuses fields newer than the negotiated API version, which pyVmomi would silently leave out of the request."""
    needs = [
        f"{path} needs vSphere API {version_text(needed)}" for path, needed in newer_fields(spec, client.api_version)
    ]
    if needs:
        raise NfvError(
            ErrorCode.API_VERSION_OLD,
            name,
            f"{', '.join(needs)}; this vCenter speaks {version_text(client.api_version)}",
            "Upgrade vCenter, or leave out what needs the field",
        )


def newer_fields(value: t.Any, negotiated: str, path: str = "spec") -> list[tuple[str, str]]:
    """Finds the set fields of a data object that are newer than the negotiated API version.

    Returns their paths, each with the version that introduced the field.
    """
    if isinstance(value, (list, tuple)):
        return [found for each in value for found in newer_fields(each, negotiated, path)]
    if not isinstance(value, VmomiSupport.DataObject):
        return []
    later = _later_fields(type(value), negotiated)  # type: ignore[arg-type]  # classes are hashable
    found = []
    for name, inner in vars(value).items():
        if inner is None or (isinstance(inner, list) and not inner):
            continue
        if name in later:
            found.append((f"{path}.{name}", later[name]))
        if isinstance(inner, (list, VmomiSupport.DataObject)):
            found += newer_fields(inner, negotiated, f"{path}.{name}")
    return found


@functools.cache
def _later_fields(kind: t.Any, negotiated: str) -> dict[str, str]:
    """The fields of a vim class that are newer than the negotiated API version, with their versions."""
    return {field.name: field.version for field in kind._GetPropertyList() if not knows(negotiated, field.version)}
