# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads everything that dpdk_bind decides by, and what dpdk_info returns."""

from __future__ import annotations

import dataclasses
import os
import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.boot.arguments import tokens
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.identity import read_identity
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.isolation import cpus
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.memory.hugepages import (
    available_memory_kb,
    read_pools,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.memory.transparent_hugepages import read_mode
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.procfs import programs_holding

from .addresses import permanent_macs, read_interfaces, read_uses
from .binding import NO_IOMMU_PARAMETER, userspace_handles
from .boot_files import ENABLED, managed_files
from .location import trusted
from .model import GuestAdapters
from .pci import NetworkDevice, read_iommu_groups, read_network_devices, read_platform
from .record import BoundAdapter, read_record
from .ssh_session import read_sessions


def read_guest_adapters(guest: Guest) -> GuestAdapters:
    """The guest's adapters, and everything that decides what may be done with them."""
    interfaces = read_interfaces(guest.run)
    devices = read_network_devices(guest, permanent_macs(interfaces))
    record = read_record(guest)
    names = {name for device in devices for name in (*device.interfaces, *device.in_use_by)}
    addresses = {device.pci_address for device in devices} | {entry.pci_address for entry in record.adapters}
    contents = {path: guest.text(path) for path in managed_files(sorted(addresses))}
    return GuestAdapters(
        devices=devices,
        platform=read_platform(guest),
        record=record,
        uses=read_uses(guest.run, interfaces, read_sessions(guest, os.getpid()), names),
        holders=programs_holding(guest, userspace_handles(devices)),
        files={path: content for path, content in contents.items() if content is not None},
        no_iommu_enabled=guest.value(NO_IOMMU_PARAMETER) == "Y",
        groups=read_iommu_groups(guest, devices),
        identity=read_identity(guest),
        boot_unit_enabled=guest.exists(ENABLED),
    )


def recorded_devices(guest: Guest) -> list[tuple[NetworkDevice, BoundAdapter | None]]:
    """Every network device, with its entry in the record where it is certain to be that adapter."""
    devices = read_network_devices(guest, permanent_macs(read_interfaces(guest.run)))
    record = read_record(guest)
    known = trusted(record, read_identity(guest), devices)
    shown = {(entry.pci_address, entry.mac): entry for entry in record.adapters}
    return [
        (device, shown.get((device.pci_address, device.mac)) if device.mac else known.get(device.pci_address))
        for device in devices
    ]


def read_info(guest: Guest) -> dict[str, t.Any]:
    """What dpdk_info returns."""
    devices = []
    for device, entry in recorded_devices(guest):
        devices.append(
            {
                **_plain(device),
                "name": entry.name if entry else None,
                "mac": device.mac or (entry.mac if entry else None),
                "userspace": not device.interfaces and bool(device.handles),
            }
        )
    return {
        "dpdk_version": _dpdk_version(guest),
        "devices": devices,
        "platform": _plain(read_platform(guest)),
        "hugepages": [_plain(pool) for pool in read_pools(guest)],
        "memory_available_kb": available_memory_kb(guest),
        "transparent_hugepage": read_mode(guest),
        "cpus": {"online": cpus.online(guest), "isolated": cpus.isolated(guest), "nohz_full": cpus.nohz_full(guest)},
        "kernel": {
            "release": guest.value("/proc/sys/kernel/osrelease"),
            "arguments": list(tokens(guest.text("/proc/cmdline") or "")),
        },
    }


def _plain(record: t.Any) -> dict[str, t.Any]:
    # Lists instead of tuples, as they come back from JSON.
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in dataclasses.asdict(record).items()
    }


def _dpdk_version(guest: Guest) -> str | None:
    """The version that dpkg has installed, as DPDK writes it: 22.11.11 of "22.11.11-0+deb12u1"."""
    status, output, _errors = guest.run(
        ("dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Version}", "dpdk")
    )
    match = re.match(r"installed (?:[0-9]+:)?([0-9.]+)", output) if status == 0 else None
    return match.group(1) if match else None
