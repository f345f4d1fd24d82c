# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a plan to the one ConfigSpec that carries it out."""

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
    """The vim.vm.ConfigSpec of a plan, good for the configuration that the plan was made from only.

    Raises NfvError when the vCenter's API is too old for one of its fields.
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
    spec.deviceChange = [
        device_change
        for index, action in enumerate(plan.adapter_actions)
        for device_change in _adapter_changes(client, record, action, -1 - index)
    ]
    # Last, for the keys of new adapters were planned with these still there.
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
        # A type cannot be edited. Removed and added in one spec, the new adapter gets the old one's place.
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
    if network.opaque_type is not None:
        return vim.vm.device.VirtualEthernetCard.OpaqueNetworkBackingInfo(
            opaqueNetworkId=network.key, opaqueNetworkType=network.opaque_type
        )
    return vim.vm.device.VirtualEthernetCard.NetworkBackingInfo(
        deviceName=network.name, network=client.managed(vim.Network, network.moid)
    )


def _refuse_newer_fields(client: Client, name: str, spec: t.Any) -> None:
    """pyVmomi leaves a field that is newer than the negotiated version off the wire without a word."""
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
    """The set fields of a data object that came after the negotiated version, each with the version it came with."""
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
    """The fields of a class that came after the negotiated version, with the versions they came with."""
    return {field.name: field.version for field in kind._GetPropertyList() if not knows(negotiated, field.version)}
