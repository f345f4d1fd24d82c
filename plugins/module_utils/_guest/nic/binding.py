# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides which adapter is bound to which driver, and the steps. Pure."""

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

from .boot_files import MODPROBE, MODULES_LOAD, disabling_steps, enabling_steps, file_steps, override_steps
from .checks import check_adapter, check_groups, check_unique, choose_driver
from .location import doubt, find, hidden_devices, not_found, trusted
from .model import AdapterRequest, BindingPolicy, DriverChoice, GuestAdapters
from .pci import INTEL, NetworkDevice
from .record import RECORD, BoundAdapter, format_record

NO_IOMMU_PARAMETER = "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"
_HEADER = "# Managed by the Ansible collection nfv.vsphere_dpdk.\n"


def plan(adapters: t.Sequence[AdapterRequest], current: GuestAdapters, policy: BindingPolicy, state: str) -> Plan:
    """Plans to bind each pmd adapter to a userspace driver for good, and to give the other bound ones back.

    Where a device without a MAC address may be another adapter than the recorded one, this plan gives it back to the
    kernel and does nothing else. The next plan sees its MAC address and does the rest.

    Raises NfvError: adapter_repeated, adapter_not_found, adapter_type_unsupported, management_adapter, adapter_in_use,
    iommu_group_shared, device_busy, userspace_driver_missing.
    """
    ending = sorted(set(current.holders.values())) if policy.programs_end else []
    if ending:
        current = dataclasses.replace(current, holders={})
    wanted = [adapter for adapter in adapters if adapter.driver == "pmd"] if state == "present" else []
    check_unique(adapters)
    known = trusted(current.record, current.identity, current.devices, adapters)
    located = [(adapter, find(adapter, current, known)) for adapter in wanted]
    found = [(adapter, device) for adapter, device in located if device is not None]
    for adapter, device in found:
        check_adapter(adapter, device, current, policy)
    choice = choose_driver(policy, current.platform) if wanted else None
    if len(found) < len(wanted):
        strays = _strays(found, current)
        if not strays:
            raise not_found(next(adapter for adapter, device in located if device is None), current)
        return _uncover(strays, adapters, current)
    if choice:
        # Now that all are found: a member that was still to be found might have seemed a foreign one.
        check_groups(found, choice, current)
    return _bind(found, choice, current, ending)


def _strays(
    found: t.Sequence[tuple[AdapterRequest, NetworkDevice]], current: GuestAdapters
) -> dict[str, NetworkDevice]:
    """The devices without a MAC address that may be an adapter which is looked for, by PCI address."""
    taken = {device.pci_address for _adapter, device in found}
    return {address: device for address, device in hidden_devices(current).items() if address not in taken}


def _uncover(
    strays: t.Mapping[str, NetworkDevice], adapters: t.Sequence[AdapterRequest], current: GuestAdapters
) -> Plan:
    """Gives devices back to the kernel, whose drivers show their MAC addresses."""
    why = (
        doubt(current.record, current.identity, current.devices, adapters)
        or "an adapter of the description is not to be seen"
    )
    entries = [entry for entry in current.record.adapters if entry.pci_address in strays]
    warning = (
        f"{', '.join(sorted(strays))}: first given back to the kernel, which shows the MAC addresses, because {why};"
        " then the adapters are found anew."
    )
    return Plan(
        steps=(
            *override_steps(current.record, (), current.files),
            *(step for entry in entries for step in _move(entry, strays[entry.pci_address], "", None, current, why)),
        ),
        before={address: device.driver for address, device in strays.items()},
        after={entry.pci_address: entry.kernel_driver for entry in entries},
        result={"devices": []},
        warnings=(warning,),
    )


def _bind(
    found: t.Sequence[tuple[AdapterRequest, NetworkDevice]],
    choice: DriverChoice | None,
    current: GuestAdapters,
    ending: t.Sequence[str],
) -> Plan:
    devices = {device.pci_address: device for device in current.devices}
    keep = [_entry(adapter, device, choice, current) for adapter, device in found if choice]
    kept = {entry.pci_address for entry in keep}
    leave = [entry for entry in current.record.adapters if entry.pci_address not in kept]
    steps = [
        *(step for entry in leave for step in _give_back(entry, devices, current)),
        *_prepare(keep, leave, choice, current),
        *(step for entry in keep for step in _take(entry, devices[entry.pci_address], current)),
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


def _entry(
    adapter: AdapterRequest, device: NetworkDevice, choice: DriverChoice, current: GuestAdapters
) -> BoundAdapter:
    known = [entry.kernel_driver for entry in current.record.adapters if entry.mac == adapter.mac]
    driver = device.driver if device.mac is not None and device.driver else None
    return BoundAdapter(adapter.name, adapter.mac, device.pci_address, driver or known[0], choice.driver)


def _take(entry: BoundAdapter, device: NetworkDevice, current: GuestAdapters) -> list[Step]:
    return _move(entry, device, entry.driver, entry.driver, current)


def _give_back(entry: BoundAdapter, devices: t.Mapping[str, NetworkDevice], current: GuestAdapters) -> list[Step]:
    device = devices.get(entry.pci_address)
    # The VM no longer has it, or another adapter has taken its place and the kernel already drives that one.
    if device is None or device.interfaces:
        return []
    return _move(entry, device, "", None, current)


def _move(
    entry: BoundAdapter,
    device: NetworkDevice,
    override: str,
    driver: str | None,
    current: GuestAdapters,
    why: str = "",
) -> list[Step]:
    """Steps that give a device to a driver, None for whichever the kernel chooses. Raises NfvError(device_busy)."""
    if device.driver == driver and driver is not None:
        return []
    for handle in device.handles:
        if handle in current.holders:
            reason = f", which it has to because {why}" if why else ""
            where = driver or "the kernel's driver"
            raise NfvError(
                ErrorCode.DEVICE_BUSY,
                f"{entry.name} ({entry.pci_address})",
                f"cannot go from {device.driver} to {where}{reason}: {current.holders[handle]} drives it",
                "Stop that program first.",
            )
    return [BindDriver(entry.name, entry.pci_address, override, driver, entry.kernel_driver)]


def _prepare(
    keep: t.Sequence[BoundAdapter], leave: t.Sequence[BoundAdapter], choice: DriverChoice | None, current: GuestAdapters
) -> list[Step]:
    """What must happen before a device changes drivers. The record comes first: the MAC cannot be read afterwards."""
    if choice is None:
        return []
    steps: list[Step] = []
    if not set(keep) <= set(current.record.adapters) or not _is_own(current):
        steps.append(WriteFile(RECORD, format_record([*keep, *leave], current.identity.uuid)))
    options = f"{_HEADER}options vfio enable_unsafe_noiommu_mode=1\n" if choice.unsafe else None
    steps += file_steps(MODPROBE, options, current.files)
    steps += file_steps(MODULES_LOAD, f"{_HEADER}{choice.driver}\n", current.files)
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
    steps = override_steps(current.record, keep, current.files)
    enabled, files = current.boot_unit_enabled, current.files
    if not keep:
        steps += [*file_steps(MODULES_LOAD, None, files), *file_steps(MODPROBE, None, files)]
        steps += disabling_steps(files, enabled=enabled)
        return [*steps, RemoveFile(RECORD)] if current.record.adapters else steps
    steps += enabling_steps(keep, files, enabled=enabled)
    return [*steps, WriteFile(RECORD, format_record(keep, current.identity.uuid))] if leave else steps


def _is_own(current: GuestAdapters) -> bool:
    """Whether the record says that it is this machine's, as far as the machine can be told."""
    machine, own = current.record.machine, current.identity.uuid
    return machine == own or (machine is not None and current.identity.is_machine(machine))


def userspace_handles(devices: t.Iterable[NetworkDevice]) -> tuple[str, ...]:
    """The device files of all devices that a program may be driving."""
    return tuple(handle for device in devices if device.driver in USERSPACE_DRIVERS for handle in device.handles)
