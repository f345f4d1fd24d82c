# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused before an adapter is bound, and which userspace driver takes it. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

from .model import AdapterRequest, BindingPolicy, DriverChoice, GuestAdapters
from .pci import GroupMember, NetworkDevice, Platform


def choose_driver(policy: BindingPolicy, platform: Platform) -> DriverChoice:
    """The best driver that works here (DPDK Linux guide, "Linux Drivers").

    In this order: vfio-pci with an IOMMU; vfio-pci without one, if the kernel supports that and the policy allows it;
    igb_uio; uio_pci_generic.

    Raises NfvError(userspace_driver_missing).
    """
    candidates = [DriverChoice("vfio-pci")] if platform.iommu else []
    if not platform.iommu and platform.no_iommu and policy.allow_no_iommu:
        candidates.append(DriverChoice("vfio-pci", unsafe=True))
    candidates += [DriverChoice("igb_uio"), DriverChoice("uio_pci_generic")]
    for choice in candidates:
        if choice.driver in platform.drivers and policy.driver in ("auto", choice.driver):
            return choice
    if policy.driver == "vfio-pci" and not platform.iommu:
        reason = (
            "it needs an IOMMU, because this kernel was built without CONFIG_VFIO_NOIOMMU"
            if not platform.no_iommu
            else "it needs an IOMMU, or permission to work without one"
        )
    else:
        reason = f"the running kernel has {', '.join(platform.drivers) or 'none'}"
    raise NfvError(
        ErrorCode.USERSPACE_DRIVER_MISSING,
        "no usable driver" if policy.driver == "auto" else policy.driver,
        f"for a poll-mode adapter: {reason}",
        "Give the VM a vIOMMU, or install the kernel's full image (uio_pci_generic) or dpdk-kmods-dkms (igb_uio).",
    )


def check_unique(adapters: t.Sequence[AdapterRequest]) -> None:
    """Raises NfvError(adapter_repeated)."""
    for field in ("name", "mac"):
        values = [getattr(adapter, field) for adapter in adapters]
        for value in values:
            if values.count(value) > 1:
                raise NfvError(ErrorCode.ADAPTER_REPEATED, value, f"is the {field} of two adapters", "Name each once.")


def check_adapter(
    adapter: AdapterRequest, device: NetworkDevice, current: GuestAdapters, policy: BindingPolicy
) -> None:
    """Raises NfvError: adapter_type_unsupported, management_adapter, adapter_in_use."""
    subject = f"{adapter.name} ({adapter.mac}, {device.pci_address})"
    if not device.is_vmxnet3 and not policy.allow_other_devices:
        raise NfvError(
            ErrorCode.ADAPTER_TYPE_UNSUPPORTED,
            subject,
            f"is not a VMXNET3 adapter but {device.vendor}:{device.device}",
            "Convert it (role vm_hardware), or set allow_other_devices.",
        )
    for interface in (*device.interfaces, *device.in_use_by):
        use = current.uses.get(interface)
        if use is not None and use.management:
            raise NfvError(
                ErrorCode.MANAGEMENT_ADAPTER,
                subject,
                f"stays with the kernel: {interface} carries {use.carries}",
                "Name another adapter.",
            )
    for interface in device.interfaces:
        use = current.uses.get(interface)
        if use is not None and not policy.allow_in_use:
            away = (
                "keep DHCP and router advertisements from giving it a default route (in systemd-networkd DHCP=no and "
                "IPv6AcceptRA=no)"
                if use.default_route
                else "take addresses and routes off it"
            )
            raise NfvError(
                ErrorCode.ADAPTER_IN_USE,
                subject,
                f"stays with the kernel: {interface} carries {use.carries}",
                f"Name another adapter, {away}, or set allow_in_use.",
            )
    if device.in_use_by:
        raise NfvError(
            ErrorCode.ADAPTER_IN_USE,
            subject,
            f"stays with the kernel: it belongs to {', '.join(device.in_use_by)}",
            "Remove it from there first.",
        )


def check_groups(
    found: t.Sequence[tuple[AdapterRequest, NetworkDevice]], choice: DriverChoice, current: GuestAdapters
) -> None:
    """Raises NfvError(iommu_group_shared): vfio gives a group to a program whole, or not at all.

    Without an IOMMU, and under the uio drivers, there are no groups to keep together.
    """
    if choice.driver != "vfio-pci" or choice.unsafe:
        return
    wanted = {device.pci_address for _adapter, device in found}
    for adapter, device in found:
        members = current.groups.get(device.iommu_group or "", ())
        foreign = [one for one in members if one.pci_address not in wanted and not _harmless(one, current)]
        if foreign:
            raise NfvError(
                ErrorCode.IOMMU_GROUP_SHARED,
                f"{adapter.name} ({adapter.mac}, {device.pci_address})",
                f"cannot be bound to vfio-pci: its IOMMU group {device.iommu_group} also holds "
                f"{', '.join(_described(one, current) for one in foreign)}",
                "Bind all adapters of the group, move the adapter to a PCI slot with a group of its own, or take"
                " another driver (igb_uio, uio_pci_generic).",
            )


def _harmless(member: GroupMember, current: GuestAdapters) -> bool:
    # What this run gives back to the kernel is under the kernel's driver when the group is opened.
    given_back = member.driver == "vfio-pci" and member.pci_address in {e.pci_address for e in current.record.adapters}
    return member.harmless and not given_back


def _described(member: GroupMember, current: GuestAdapters) -> str:
    interfaces = [name for one in current.devices if one.pci_address == member.pci_address for name in one.interfaces]
    what = "/".join(interfaces) or member.kind
    return f"{member.pci_address} ({what}, driver {member.driver or 'none'})"
