# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads templates: one batch, however many there are."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, listed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.template import Disk, TemplateFacts
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.naming import known, name_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import (
    CONNECTION_STATE,
    adapter_type,
    devices_of,
    each_of,
)

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Properties
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import Inventory

_PROPERTIES: t.Final = (
    "name",
    "config.template",
    "config.guestId",
    "config.version",
    "config.firmware",
    "config.bootOptions",
    "config.hardware.device",
    "config.tools.toolsInstallType",
    "guest.toolsVersionStatus2",
    "snapshot",
    CONNECTION_STATE,
)
# The last part of the SDK's class name, and what vSphere's client calls the controller.
_CONTROLLERS: t.Final = {
    "ParaVirtualSCSIController": "PVSCSI",
    "VirtualLsiLogicController": "LSI Logic Parallel",
    "VirtualLsiLogicSASController": "LSI Logic SAS",
    "VirtualBusLogicController": "BusLogic",
    "VirtualNVMEController": "NVMe",
    "VirtualAHCIController": "SATA",
    "VirtualIDEController": "IDE",
}


def read_templates(client: Client, inventory: Inventory, names: t.Iterable[str]) -> tuple[TemplateFacts, ...]:
    """The templates of the names, in their order; one that cannot be read has a ``problem``.

    inventory: of the datacenter where the templates are looked for.

    A VM of the name counts, too, where there is no template, so that the row can say so.
    """
    wanted = list(dict.fromkeys(names))
    found = {name: _candidates(inventory, name) for name in wanted}
    managed = [each for candidates in found.values() if len(candidates) == 1 for each in candidates]
    records, errors = each_of(client, managed, _PROPERTIES, _facts)
    facts = []
    for name in wanted:
        if len(found[name]) != 1:
            facts.append(TemplateFacts(name, problem=_not_one(name, found[name], inventory)))
            continue
        (one,) = found[name]
        facts.append(records.get(one._moId) or TemplateFacts(name, problem=errors.get(one._moId) or _gone(name)))
    return tuple(facts)


def _candidates(inventory: Inventory, name: str) -> list[t.Any]:
    """What may be meant by the name: the templates that have it, or else the VMs."""
    marked = {each._moId for each, properties in inventory.vms if known(properties, "config.template")}
    named = list(inventory.vms_by["name"].get(name, ()))
    templates = [each for each in named if each._moId in marked]
    return templates or named


def _not_one(name: str, candidates: t.Sequence[t.Any], inventory: Inventory) -> NfvError:
    if candidates:
        ids = ", ".join(sorted(each._moId for each in candidates))
        return NfvError(
            ErrorCode.TEMPLATE_NOT_UNIQUE,
            name,
            f"{len(candidates)} of this name: {ids}",
            "Set the datacenter, or rename one of them",
        )
    return NfvError(
        ErrorCode.TEMPLATE_NOT_FOUND,
        name,
        f"no template has this name; templates that exist: {listed(sorted(inventory.templates), ', ') or 'none'}",
        "Create the template, or correct the name",
    )


def _gone(name: str) -> NfvError:
    return NfvError(ErrorCode.VM_UNREADABLE, name, "vCenter returned nothing of it", "Run this again")


def _facts(managed: t.Any, properties: Properties) -> TemplateFacts:
    """Converts the properties. Raises NfvError: vm_unreadable, property_malformed."""
    devices = devices_of(managed, properties)
    try:
        return _converted(managed, properties, devices)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise NfvError(
            ErrorCode.PROPERTY_MALFORMED,
            managed._moId,
            f"vCenter answered with a value of another type than the API declares: {error}",
            "Correct it in vSphere; where it is right, report this with the version of vCenter",
        ) from error


def _converted(managed: t.Any, properties: Properties, devices: t.Sequence[t.Any]) -> TemplateFacts:
    options = properties.get("config.bootOptions")
    version = re.fullmatch(r"vmx-([0-9]{1,3})", str(properties.get("config.version") or ""))
    snapshot = properties.get("snapshot")
    controllers = {device.key: _controller(device) for device in devices}
    adapters = [device for device in devices if isinstance(device, vim.vm.device.VirtualEthernetCard)]
    return TemplateFacts(
        name=name_of(managed, properties),
        template=bool(properties.get("config.template")),
        tools=properties.get("guest.toolsVersionStatus2"),
        tools_type=properties.get("config.tools.toolsInstallType"),
        firmware=properties.get("config.firmware"),
        # Unset means that EFI starts any system.
        secure_boot=bool(options.efiSecureBootEnabled) if options is not None else None,
        hardware=int(version.group(1)) if version else None,
        guest_id=properties.get("config.guestId"),
        disks=tuple(_disk(device, controllers) for device in devices if isinstance(device, vim.vm.device.VirtualDisk)),
        adapters=tuple(
            (_label(device), adapter_type(device)) for device in sorted(adapters, key=lambda device: int(device.key))
        ),
        snapshots=_count(snapshot.rootSnapshotList) if snapshot is not None else 0,
    )


def _controller(device: t.Any) -> str:
    kind = type(device).__name__.rsplit(".", 1)[-1]
    return _CONTROLLERS.get(kind, kind)


def _label(device: t.Any) -> str:
    return str(device.deviceInfo.label) if device.deviceInfo is not None else f"device {device.key}"


def _disk(device: t.Any, controllers: t.Mapping[int, str]) -> Disk:
    thin = getattr(device.backing, "thinProvisioned", None)
    return Disk(
        _label(device),
        int(device.capacityInKB) // 1024,
        controllers.get(device.controllerKey, ""),
        None if thin is None else bool(thin),
        str(getattr(device.backing, "diskMode", None) or "persistent"),
    )


def _count(trees: t.Iterable[t.Any]) -> int:
    """Snapshots in the trees (vim.vm.SnapshotTree), however deep."""
    remaining, count = list(trees), 0
    while remaining:
        count += 1
        remaining.extend(remaining.pop().childSnapshotList or ())
    return count
