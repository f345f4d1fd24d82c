# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a guest's adapters, and what is known of them, as data."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.identity import MachineIdentity

from .addresses import Use
from .pci import GroupMember, NetworkDevice, Platform
from .record import BindingRecord


@dataclasses.dataclass(frozen=True)
class AdapterRequest:
    """An adapter and the kind of driver that it must have."""

    name: str
    """Name in the description of the data plane."""
    mac: str
    """MAC address that vSphere assigned, in lower case."""
    driver: str
    """``pmd`` for a poll-mode driver, ``kernel`` for the kernel's own."""


@dataclasses.dataclass(frozen=True)
class DriverChoice:
    """The userspace driver to bind adapters to."""

    driver: str
    """Name of the driver."""
    unsafe: bool = False
    """vfio-pci in its no-IOMMU mode, where the device can write to all of the guest's memory."""


@dataclasses.dataclass(frozen=True)
class BindingPolicy:
    """What the caller allows."""

    driver: str = "auto"
    """Name of the userspace driver, or ``auto`` for the best that works here."""
    allow_no_iommu: bool = False
    """Whether vfio-pci may be used without an IOMMU."""
    allow_other_devices: bool = False
    """Whether adapters other than VMXNET3 may be bound."""
    allow_in_use: bool = False
    """Whether an adapter that carries an address or a route may be bound."""
    programs_end: bool = False
    """Whether the programs that drive adapters now will have ended before the plan is carried out."""


@dataclasses.dataclass(frozen=True)
class GuestAdapters:
    """The guest's adapters, and everything that decides what may be done with them."""

    devices: tuple[NetworkDevice, ...]
    """Every network device, in the order of PCI addresses."""
    platform: Platform
    """What the machine offers userspace drivers."""
    record: BindingRecord
    """What an earlier run bound."""
    uses: t.Mapping[str, Use]
    """What each interface carries, by its name."""
    holders: t.Mapping[str, str]
    """The program that has a device file open, by the file's path."""
    files: t.Mapping[str, str]
    """Content of those of boot_files.managed_files() that exist, by path."""
    no_iommu_enabled: bool = False
    """Whether vfio's no-IOMMU mode is on now."""
    groups: t.Mapping[str, tuple[GroupMember, ...]] = dataclasses.field(default_factory=dict)
    """All members of the devices' IOMMU groups, by the group's number."""
    identity: MachineIdentity = dataclasses.field(default_factory=lambda: MachineIdentity(None, None))
    """Which machine this is."""
    boot_unit_enabled: bool = False
    """Whether the unit that binds the adapters at boot is enabled."""
