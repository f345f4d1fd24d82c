# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the configuration of VMs: one batch, whatever the number of VMs."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.api_version import at_least
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, joined
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.mac_address import spelt_alike
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import AdapterState, HostFacts, VmState
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.settings import SETTINGS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import (
    PAGE_SIZE,
    rare_garbage_collection,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import from_fault
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.naming import name_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.question import question_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim, vmodl

from .advanced import advanced_settings, spellings
from .guest import GUEST_PROPERTIES, guest_state
from .values import read_adapter_fields, read_setting

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.guest_address import GuestState
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import Network
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Properties
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.question import Question

    from .inventory import Inventory

CONNECTION_STATE: t.Final = "runtime.connectionState"
_VM_PROPERTIES: t.Final = (
    "name",
    "config.changeVersion",
    "config.uuid",
    "config.template",
    "config.firmware",
    "config.hardware.device",
    "config.extraConfig",
    "runtime.host",
    CONNECTION_STATE,
    *GUEST_PROPERTIES,
)
# The last part of the SDK's class name, and our name for the type. Any other type keeps the SDK's name.
_ADAPTER_TYPES: t.Final = {
    "VirtualE1000": "e1000",
    "VirtualE1000e": "e1000e",
    "VirtualPCNet32": "vlance",
    "VirtualVmxnet": "vmxnet",
    "VirtualVmxnet2": "vmxnet2",
    "VirtualVmxnet3": "vmxnet3",
    "VirtualSriovEthernetCard": "sriov",
}


Record = t.TypeVar("Record")
Keep = t.Callable[["VmRecord"], "VmRecord"]


@dataclasses.dataclass(frozen=True)
class VmRecord:
    """A VM as it was read."""

    state: VmState
    """Its configuration in our terms, which plans are made from."""
    managed: t.Any
    """The VM as vim.VirtualMachine, to call methods on."""
    devices: t.Mapping[int, t.Any]
    """Its network adapters as vim.vm.device.VirtualEthernetCard by device key, to edit and remove."""
    guest: GuestState
    """What VMware Tools reported."""
    question: Question | None = None
    """The question that it waits to have answered."""

    def without_devices(self) -> VmRecord:
        """What is left of a VM that is not going to change."""
        return dataclasses.replace(self, devices={})


def vm_paths(api_version: str | None) -> list[str]:
    """The property paths read of every VM: what plans and results need, less what the API version does not know."""
    shown = [setting for setting in SETTINGS if setting.shown and at_least(api_version, setting.api)]
    return list(dict.fromkeys([*_VM_PROPERTIES, *((setting.shown or "").split("/")[0] for setting in shown)]))


def as_read(record: VmRecord) -> VmRecord:
    """Keeps of a VM everything that was read."""
    return record


def read_vms(
    client: Client, managed: t.Sequence[t.Any], inventory: Inventory, keep: Keep = as_read
) -> dict[str, VmRecord]:
    """Reads the given VMs; returns them by moid. keep: see read_each.

    Raises NfvError when any of them cannot be read.
    """
    records, errors = read_each(client, managed, inventory, keep)
    if errors:
        raise joined(list(errors.values()))
    return records


def read_each(
    client: Client, managed: t.Sequence[t.Any], inventory: Inventory, keep: Keep = as_read
) -> tuple[dict[str, VmRecord], dict[str, NfvError]]:
    """Reads the given VMs. Returns the records, and the errors of those that cannot be read, by moid.

    keep: is given each VM as soon as its page was read, and returns what is kept of it. A fleet takes little memory
    when only those VMs keep their devices that will change.
    """
    return each_of(
        client,
        managed,
        vm_paths(inventory.api_version),
        lambda each, properties: keep(vm_record(each, properties, inventory)),
        vim.vm.device.VirtualEthernetCard,
    )


def each_of(
    client: Client,
    managed: t.Sequence[t.Any],
    paths: t.Sequence[str],
    convert: t.Callable[[t.Any, Properties], Record],
    devices: t.Any = None,
) -> tuple[dict[str, Record], dict[str, NfvError]]:
    """Reads properties of VMs in pages and converts those of each. A VM that cannot be read stops no other.

    devices: the type of the devices that are looked at, None for all.
    """
    records: dict[str, Record] = {}
    errors: dict[str, NfvError] = {}
    with rare_garbage_collection():
        for found in _pages(client, list(managed), paths, devices, errors):
            for each, properties in found:
                try:
                    _require_accessible(each, properties)
                    records[each._moId] = convert(each, properties)
                except NfvError as error:
                    errors[each._moId] = error
            client.progress("VMs read", len(records) + len(errors), len(managed))
    return records, errors


def _pages(
    client: Client, managed: list[t.Any], paths: t.Sequence[str], devices: t.Any, gone: dict[str, NfvError]
) -> t.Iterator[list[tuple[t.Any, Properties]]]:
    """Pages of the VMs that are there. A VM that is gone makes vCenter refuse its page, and is found by bisection.

    gone: takes the errors of those that are gone, by moid.
    """
    left = managed
    try:
        for page in client.pages_of(vim.VirtualMachine, managed, paths, devices):
            left = left[PAGE_SIZE:]
            yield page
    except vmodl.fault.ManagedObjectNotFound as fault:
        if len(left) == 1:
            gone[left[0]._moId] = from_fault(fault, left[0]._moId, "failed to read the VM")
            return
        half = len(left) // 2
        for part in (left[:half], left[half:]):
            yield from _pages(client, part, paths, devices, gone)


def _require_accessible(managed: t.Any, properties: Properties) -> None:
    """Refuses a VM whose configuration vCenter only remembers (vim.VirtualMachine.ConnectionState)."""
    state = str(properties.get(CONNECTION_STATE) or "connected")
    if state != "connected":
        raise NfvError(
            ErrorCode.VM_UNREADABLE,
            name_of(managed, properties),
            f"failed to read its configuration: the VM is {state}",
            "Make its host and datastore accessible, or remove it from the inventory",
        )


def devices_of(managed: t.Any, properties: Properties) -> t.Sequence[t.Any]:
    """The virtual devices of a VM (config.hardware.device).

    Raises NfvError: vm_unreadable, because vCenter returns the devices of every VM whose configuration it can read.
    """
    if "config.hardware.device" not in properties:
        raise NfvError(
            ErrorCode.VM_UNREADABLE,
            name_of(managed, properties),
            f"failed to read its configuration: vCenter returned none{_why(properties)}",
            "The VM is inaccessible or still being created, or the user may not read it",
        )
    return t.cast("t.Sequence[t.Any]", properties["config.hardware.device"])


def _why(properties: Properties) -> str:
    """What vCenter says why it returned no devices, in parentheses."""
    fault = getattr(properties, "missing", {}).get("config.hardware.device")
    return f" ({fault})" if fault else ""


def vm_record(managed: t.Any, properties: Properties, inventory: Inventory) -> VmRecord:
    """Converts a VM with the properties of vm_paths. Raises NfvError: vm_unreadable, property_malformed.

    property_malformed also names a value of a type that the API does not declare for the property.
    """
    try:
        return _converted(managed, properties, inventory)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise NfvError(
            ErrorCode.PROPERTY_MALFORMED,
            managed._moId,
            f"failed to read the VM: vCenter answered with a value of another type than the API declares: {error}",
            "Correct it in vSphere; where it is right, report this with the version of vCenter",
        ) from error


def _converted(managed: t.Any, properties: Properties, inventory: Inventory) -> VmRecord:
    host_object = properties.get("runtime.host")
    host = inventory.hosts.get(host_object._moId) if host_object is not None else None
    facts = host.facts if host else HostFacts()
    devices = {
        device.key: device
        for device in devices_of(managed, properties)
        if isinstance(device, vim.vm.device.VirtualEthernetCard)
    }
    options = properties.get("config.extraConfig") or ()
    advanced = advanced_settings(options)
    state = VmState(
        name=name_of(managed, properties),
        moid=managed._moId,
        uuid=properties.get("config.uuid", ""),
        change_version=properties.get("config.changeVersion", ""),
        power_state=properties.get("runtime.powerState", ""),
        template=bool(properties.get("config.template")),
        host=host.name if host else None,
        host_mhz=host.mhz if host else None,
        host_latency_sensitivity=bool(host and host.latency_sensitivity),
        settings={setting.name: read_setting(setting, properties, advanced) for setting in SETTINGS},
        adapters=tuple(_adapter(devices[key], inventory.networks_by_key, facts) for key in sorted(devices)),
        advanced=advanced,
        spellings=spellings(options),
        firmware=properties.get("config.firmware"),
        api_version=inventory.api_version,
        host_facts=facts,
    )
    return VmRecord(state, managed, devices, guest_state(properties), question_of(properties))


def _adapter(device: t.Any, networks: t.Mapping[str, Network], host: HostFacts) -> AdapterState:
    """Converts an adapter. networks: the port groups by their keys; host: of the VM."""
    name, key = _backing(device.backing)
    network = networks.get(key or "")
    name = network.name if network is not None else name
    distributed = getattr(device.backing, "port", None) is not None
    return AdapterState(
        key=device.key,
        label=device.deviceInfo.label if device.deviceInfo is not None else f"adapter {device.key}",
        type=adapter_type(device),
        mac=spelt_alike(device.macAddress or ""),
        address_type=(device.addressType or "manual").lower(),
        network=name,
        network_key=key,
        connected=bool(device.connectable is not None and device.connectable.connected),
        start_connected=bool(device.connectable is None or device.connectable.startConnected),
        fields=read_adapter_fields(device),
        switch=(network.switch if network else None) if distributed else host.standard_switches.get(name or ""),
    )


def adapter_type(device: t.Any) -> str:
    """Our name for an adapter's type, such as ``vmxnet3``; the SDK's for a type that this collection does not know."""
    kind = type(device).__name__.rsplit(".", 1)[-1]
    return _ADAPTER_TYPES.get(kind, kind)


def _backing(backing: t.Any) -> tuple[str | None, str | None]:
    """The name and key of the adapter's port group, as far as the adapter has them."""
    port = getattr(backing, "port", None)
    if port is not None:
        return None, port.portgroupKey
    opaque = getattr(backing, "opaqueNetworkId", None)
    if opaque is not None:
        return None, opaque
    network = getattr(backing, "network", None)
    return getattr(backing, "deviceName", None), network._moId if network is not None else None
