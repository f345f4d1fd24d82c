# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which device is which adapter: by its MAC address, or by the record where the record can still be trusted. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.identity import MachineIdentity

from .model import AdapterRequest, GuestAdapters
from .pci import NetworkDevice
from .record import BindingRecord, BoundAdapter


def doubt(
    record: BindingRecord,
    identity: MachineIdentity,
    devices: t.Sequence[NetworkDevice],
    adapters: t.Iterable[AdapterRequest] = (),
) -> str | None:
    """Why the devices at the recorded PCI addresses may be others than the recorded ones; None when nothing says so.

    A device without a MAC address is known by its PCI address alone, and PCI addresses shift when an adapter is added
    or removed and when the virtual hardware is upgraded. They shift together: one adapter that has moved, or is
    missing, puts all the others in doubt. In a clone nothing has moved, and everything is another machine's.
    """
    if record.machine is not None and not identity.is_machine(record.machine):
        return f"the adapters were recorded on machine {record.machine}, and this one is {identity.uuid or 'unknown'}"
    places = {device.pci_address: device for device in devices}
    seen = {device.mac: device for device in devices if device.mac is not None}
    for entry in record.adapters:
        place, elsewhere = places.get(entry.pci_address), seen.get(entry.mac)
        if elsewhere is not None and elsewhere is not place:
            return f"{entry.name} ({entry.mac}) has moved from {entry.pci_address} to {elsewhere.pci_address}"
        if place is None:
            return f"no adapter is at {entry.pci_address} any more, where {entry.name} ({entry.mac}) was"
        if place.mac not in (None, entry.mac):
            return f"{place.mac} is at {entry.pci_address} now, where {entry.name} ({entry.mac}) was"
    recorded = {entry.mac for entry in record.adapters}
    for adapter in adapters:
        if adapter.driver == "kernel" and adapter.mac not in seen and adapter.mac not in recorded:
            return f"{adapter.name} ({adapter.mac}), which the kernel is to drive, is not to be seen"
    return None


def trusted(
    record: BindingRecord,
    identity: MachineIdentity,
    devices: t.Sequence[NetworkDevice],
    adapters: t.Iterable[AdapterRequest] = (),
) -> dict[str, BoundAdapter]:
    """The recorded adapters whose devices show no MAC address and are not in doubt, by PCI address."""
    if doubt(record, identity, devices, adapters) is not None:
        return {}
    hidden = {device.pci_address for device in devices if device.mac is None}
    return {entry.pci_address: entry for entry in record.adapters if entry.pci_address in hidden}


def hidden_devices(current: GuestAdapters) -> dict[str, NetworkDevice]:
    """The devices without a MAC address at the recorded PCI addresses, by PCI address."""
    recorded = {entry.pci_address for entry in current.record.adapters}
    return {one.pci_address: one for one in current.devices if one.mac is None and one.pci_address in recorded}


def find(adapter: AdapterRequest, current: GuestAdapters, known: t.Mapping[str, BoundAdapter]) -> NetworkDevice | None:
    """The device with the adapter's MAC address, or else that of the recorded adapter; known: see trusted()."""
    for device in current.devices:
        entry = known.get(device.pci_address)
        if adapter.mac in (device.mac, entry.mac if entry else None):
            return device
    return None


def not_found(adapter: AdapterRequest, current: GuestAdapters) -> NfvError:
    """The refusal when there is no such device: it names those that are there."""
    seen = [f"{device.mac or 'no MAC'} at {device.pci_address}" for device in current.devices]
    return NfvError(
        ErrorCode.ADAPTER_NOT_FOUND,
        f"{adapter.name} ({adapter.mac})",
        f"is not among this guest's adapters: {', '.join(seen) or 'there are none'}",
        "Compare the VM's adapters in vSphere with the description.",
    )
