# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides which adapter is bound to which driver: what is refused, which driver is chosen, and the steps."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.userspace_drivers import USERSPACE_DRIVERS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    BindDriver,
    Plan,
    RemoveFile,
    RunCommand,
    SetAttribute,
    Step,
    WriteFile,
)

from .addresses import Use
from .pci import INTEL, NetworkDevice, Platform
from .record import RECORD, BoundAdapter, format_record

MODULES_LOAD = "/etc/modules-load.d/nfv-vsphere-dpdk.conf"
MODPROBE = "/etc/modprobe.d/nfv-vsphere-dpdk.conf"
NO_IOMMU_PARAMETER = "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"
OVERRIDES = "/etc/driverctl.d"
DRIVERCTL = "/usr/sbin/driverctl"
_HEADER = "# Managed by the Ansible collection nfv.vsphere_dpdk.\n"


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
    recorded: tuple[BoundAdapter, ...]
    """Adapters that an earlier run bound."""
    uses: t.Mapping[str, Use]
    """What each interface carries, by its name."""
    holders: t.Mapping[str, str]
    """The program that has a device file open, by the file's path."""
    files: t.Mapping[str, str]
    """Content of those of managed_files() that exist, by path."""
    no_iommu_enabled: bool = False
    """Whether vfio's no-IOMMU mode is on now."""
    driverctl: bool = True
    """Whether driverctl is installed."""


def override_file(pci_address: str) -> str:
    """Where driverctl keeps a device's driver; its udev rule applies it at boot."""
    return f"{OVERRIDES}/pci-{pci_address}"


def managed_files(pci_addresses: t.Iterable[str]) -> tuple[str, ...]:
    """Every file that a plan may write, except the record."""
    return (MODULES_LOAD, MODPROBE, *(override_file(address) for address in pci_addresses))


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


def plan(adapters: t.Sequence[AdapterRequest], current: GuestAdapters, policy: BindingPolicy, state: str) -> Plan:
    """Plans to bind each pmd adapter to a userspace driver for good, and to give the other bound ones back.

    Raises NfvError: adapter_repeated, adapter_not_found, adapter_type_unsupported, management_adapter, adapter_in_use,
    device_busy, userspace_driver_missing, driverctl_missing.
    """
    devices = {device.pci_address: device for device in current.devices}
    ending = sorted(set(current.holders.values())) if policy.programs_end else []
    if ending:
        current = dataclasses.replace(current, holders={})
    wanted = [adapter for adapter in adapters if adapter.driver == "pmd"] if state == "present" else []
    _check_unique(adapters)
    found = [(adapter, locate(adapter, current)) for adapter in wanted]
    for adapter, device in found:
        _check_adapter(adapter, device, current, policy)
    if wanted and not current.driverctl:
        raise NfvError(
            ErrorCode.DRIVERCTL_MISSING,
            DRIVERCTL,
            "is not installed, so nothing would bind the adapters at boot",
            "Install the package driverctl.",
        )
    choice = choose_driver(policy, current.platform) if wanted else None
    keep = [_record(adapter, device, choice, current) for adapter, device in found if choice]
    kept = {entry.pci_address for entry in keep}
    leave = [entry for entry in current.recorded if entry.pci_address not in kept]
    steps = [
        *(step for entry in leave for step in _give_back(entry, devices, current)),
        *_prepare(keep, leave, choice, current),
        *(step for entry in keep for step in _move(entry, devices, entry.driver, entry.driver, current)),
        *_settle(keep, leave, current),
    ]
    rows = [*keep, *leave]
    return Plan(
        steps=tuple(steps),
        before={entry.name: devices[entry.pci_address].driver for entry in rows if entry.pci_address in devices},
        after={entry.name: entry.driver if entry in keep else entry.kernel_driver for entry in rows},
        result={"devices": [_result(entry, devices[entry.pci_address]) for entry in keep]},
        warnings=(
            *(_not_recommended(adapter, device) for adapter, device in found if not device.is_vmxnet3),
            *(f"{program} drives an adapter: it must end before the adapter is given back" for program in ending),
        ),
    )


def _not_recommended(adapter: AdapterRequest, device: NetworkDevice) -> str:
    kind = INTEL.get((device.vendor, device.device), f"{device.vendor}:{device.device}")
    return (
        f"{adapter.name} ({adapter.mac}) is {kind} and no VMXNET3 adapter: polling it works, but is not recommended; "
        "convert it with role vm_hardware."
    )


def _result(entry: BoundAdapter, device: NetworkDevice) -> dict[str, t.Any]:
    return {
        "name": entry.name,
        "mac": entry.mac,
        "pci_address": entry.pci_address,
        "driver": device.driver,
        "driver_wanted": entry.driver,
        "previous_driver": entry.kernel_driver,
    }


def _check_unique(adapters: t.Sequence[AdapterRequest]) -> None:
    for field in ("name", "mac"):
        values = [getattr(adapter, field) for adapter in adapters]
        for value in values:
            if values.count(value) > 1:
                raise NfvError(ErrorCode.ADAPTER_REPEATED, value, f"is the {field} of two adapters", "Name each once.")


def locate(adapter: AdapterRequest, current: GuestAdapters) -> NetworkDevice:
    """The device with the adapter's MAC address, or else the recorded one if no other adapter has taken its place.

    Raises NfvError(adapter_not_found).
    """
    for device in current.devices:
        if device.mac == adapter.mac:
            return device
    for entry in current.recorded:
        for device in current.devices:
            if entry.mac == adapter.mac and entry.pci_address == device.pci_address and device.mac is None:
                return device
    seen = [f"{device.mac or 'no MAC'} at {device.pci_address}" for device in current.devices]
    raise NfvError(
        ErrorCode.ADAPTER_NOT_FOUND,
        f"{adapter.name} ({adapter.mac})",
        f"is not among this guest's adapters: {', '.join(seen) or 'there are none'}",
        "Compare the VM's adapters in vSphere with the description.",
    )


def _check_adapter(
    adapter: AdapterRequest, device: NetworkDevice, current: GuestAdapters, policy: BindingPolicy
) -> None:
    subject = f"{adapter.name} ({adapter.mac}, {device.pci_address})"
    if not device.is_vmxnet3 and not policy.allow_other_devices:
        raise NfvError(
            ErrorCode.ADAPTER_TYPE_UNSUPPORTED,
            subject,
            f"is not a VMXNET3 adapter but {device.vendor}:{device.device}",
            "Convert it (role vm_hardware), or set allow_other_devices.",
        )
    for interface in device.interfaces:
        use = current.uses.get(interface)
        if use is not None and (use.management or not policy.allow_in_use):
            raise NfvError(
                ErrorCode.MANAGEMENT_ADAPTER if use.management else ErrorCode.ADAPTER_IN_USE,
                subject,
                f"stays with the kernel: {interface} carries {use.carries}",
                "Name another adapter"
                + ("." if use.management else ", take addresses and routes off it, or set allow_in_use."),
            )
    if device.in_use_by:
        raise NfvError(
            ErrorCode.ADAPTER_IN_USE,
            subject,
            f"stays with the kernel: it belongs to {', '.join(device.in_use_by)}",
            "Remove it from there first.",
        )


def _record(
    adapter: AdapterRequest, device: NetworkDevice, choice: DriverChoice, current: GuestAdapters
) -> BoundAdapter:
    known = [entry.kernel_driver for entry in current.recorded if entry.mac == adapter.mac]
    driver = device.driver if device.mac is not None and device.driver else None
    return BoundAdapter(adapter.name, adapter.mac, device.pci_address, driver or known[0], choice.driver)


def _move(
    entry: BoundAdapter, devices: t.Mapping[str, NetworkDevice], override: str, driver: str, current: GuestAdapters
) -> list[Step]:
    device = devices[entry.pci_address]
    if device.driver == driver:
        return []
    for handle in device.handles:
        if handle in current.holders:
            raise NfvError(
                ErrorCode.DEVICE_BUSY,
                f"{entry.name} ({entry.pci_address})",
                f"cannot go from {device.driver} to {driver}: {current.holders[handle]} drives it",
                "Stop that program first.",
            )
    return [BindDriver(entry.name, entry.pci_address, override, driver, entry.kernel_driver)]


def _give_back(entry: BoundAdapter, devices: t.Mapping[str, NetworkDevice], current: GuestAdapters) -> list[Step]:
    device = devices.get(entry.pci_address)
    # The VM no longer has it, or another adapter has taken its place and the kernel already drives that one.
    if device is None or device.interfaces:
        return []
    return _move(entry, devices, "", entry.kernel_driver, current)


def _prepare(
    keep: t.Sequence[BoundAdapter], leave: t.Sequence[BoundAdapter], choice: DriverChoice | None, current: GuestAdapters
) -> list[Step]:
    """What must happen before a device changes drivers. The record comes first: the MAC cannot be read afterwards."""
    if choice is None:
        return []
    steps: list[Step] = []
    if not set(keep) <= set(current.recorded):
        steps.append(WriteFile(RECORD, format_record([*keep, *leave])))
    options = f"{_HEADER}options vfio enable_unsafe_noiommu_mode=1\n" if choice.unsafe else None
    steps += _file(MODPROBE, options, current)
    steps += _file(MODULES_LOAD, f"{_HEADER}{choice.driver}\n", current)
    devices = {device.pci_address: device for device in current.devices}
    if any(devices[entry.pci_address].driver != choice.driver for entry in keep):
        steps.append(
            RunCommand(("modprobe", choice.driver), ErrorCode.MODPROBE_FAILED, "Look at the kernel's log (dmesg).")
        )
        if choice.unsafe and not current.no_iommu_enabled:
            steps.append(SetAttribute(NO_IOMMU_PARAMETER, "Y"))
    return steps


def _settle(keep: t.Sequence[BoundAdapter], leave: t.Sequence[BoundAdapter], current: GuestAdapters) -> list[Step]:
    """What makes the bindings permanent. It is written last, so that no boot uses a driver that has failed."""
    steps: list[Step] = []
    for entry in keep:
        steps += _file(override_file(entry.pci_address), f"{entry.driver}\n", current)
    for entry in leave:
        steps += _file(override_file(entry.pci_address), None, current)
    if not keep:
        steps += [*_file(MODULES_LOAD, None, current), *_file(MODPROBE, None, current)]
        return [*steps, RemoveFile(RECORD)] if current.recorded else steps
    return [*steps, WriteFile(RECORD, format_record(keep))] if leave else steps


def _file(path: str, content: str | None, current: GuestAdapters) -> list[Step]:
    if current.files.get(path) == content:
        return []
    return [RemoveFile(path) if content is None else WriteFile(path, content)]


def userspace_handles(devices: t.Iterable[NetworkDevice]) -> tuple[str, ...]:
    """The device files of all devices that a program may be driving."""
    return tuple(handle for device in devices if device.driver in USERSPACE_DRIVERS for handle in device.handles)
