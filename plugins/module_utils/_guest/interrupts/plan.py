# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans how a guest's kernel comes to forward by interrupts, and how the guest becomes what it was. Pure.

A plan does what can be done with what is known; the next look knows more: an adapter's interface after it was bound,
its interrupts when it is up, and the tunnel link's number when it was made.
"""

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
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.checks import check_adapter, check_unique
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.location import find, not_found, trusted
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.model import AdapterRequest, BindingPolicy

from . import gtp
from .links import device_steps, forwarding_steps, remove_link, restoring_steps, vector_steps, wanted_vectors
from .look import override_path
from .model import IRQBALANCE
from .record import RECORD, ForwardingRecord, HeldAdapter, LinkSettings, format_record

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.pci import NetworkDevice

    from .model import Current, Forwarding, ForwardingAdapter, Link

Located = t.Sequence[tuple["ForwardingAdapter", "NetworkDevice"]]
ROUNDS = 4
"""Looks after which nothing new is to be seen: bound, up, interrupts and tunnels, and one for udev's names."""


def plan_present(desired: Forwarding, current: Current) -> Plan:
    """What makes the kernel forward between the two adapters by interrupts.

    Raises NfvError before any change: frames_need_two_adapters, adapter_repeated, adapter_not_found, value_not_allowed
    for other adapters than an earlier run took, management_adapter, adapter_in_use, device_busy and
    interrupt_consent_missing; and coalescing_unsupported, which only the kernel's driver can tell.
    """
    if len(desired.adapters) != 2:
        raise NfvError(
            ErrorCode.FRAMES_NEED_TWO_ADAPTERS,
            "devices",
            f"the kernel forwards between two polled adapters, not {len(desired.adapters)}",
            "Name the two between which frames are to pass.",
        )
    located = _locate(desired, current)
    _check(located, current)
    _check_consent(desired, current)
    record = remember(desired, current, located)
    steps: list[Step] = [] if record == current.record else [WriteFile(RECORD, format_record(record), 0o600)]
    steps += [_systemctl("stop", unit) for unit in _running(desired, current)]
    binding = _binding_steps(located, record)
    old_tunnels, new_tunnels = gtp.tunnel_changes(current.tunnels, desired.tunnels)
    steps += binding or _settings_steps(located, desired, current)
    return Plan(
        steps=tuple(steps),
        before={
            "services": {unit: current.services[unit].state for unit in _all_units(desired)},
            "tunnels": [str(one) for one in old_tunnels],
            **{adapter.name: _shown(device, current.links.get(adapter.mac)) for adapter, device in located},
        },
        after={
            "services": {
                unit: "inactive" if current.services[unit].runs else current.services[unit].state
                for unit in _all_units(desired)
            },
            # Those that stay are left out: there may be thousands.
            "tunnels": [str(one) for one in new_tunnels],
            **_wanted(located, desired, current, record),
        },
        result={
            "record": RECORD,
            "forwarding": desired.forwarding,
            "stopped_units": list(record.units),
            "adapters": [_result(adapter, device, current) for adapter, device in located],
        },
        remedy="State absent gives the guest its application back; look at the kernel's log (dmesg) for the reason.",
    )


def _locate(desired: Forwarding, current: Current) -> Located:
    requests = [AdapterRequest(adapter.name, adapter.mac, "pmd") for adapter in desired.adapters]
    check_unique(requests)
    known = trusted(current.adapters.record, current.adapters.identity, current.adapters.devices, requests)
    located = []
    for adapter, request in zip(desired.adapters, requests):
        device = find(request, current.adapters, known)
        if device is None:
            raise not_found(request, current.adapters)
        located.append((adapter, device))
    return located


def _check(located: Located, current: Current) -> None:
    """Refuses adapters that somebody else uses. What an earlier run of this module gave them is its own."""
    held = {one.mac for one in current.record.adapters} if current.record else set()
    asked = {adapter.mac for adapter, _device in located}
    if held and held != asked and current.record is not None:
        raise NfvError(
            ErrorCode.VALUE_NOT_ALLOWED,
            "devices",
            f"the kernel forwards already, with {', '.join(one.name for one in current.record.adapters)} ({RECORD})",
            "Give these back first, with state absent.",
        )
    policy = BindingPolicy(allow_other_devices=True, allow_in_use=bool(held))
    for adapter, device in located:
        own = dataclasses.replace(device, in_use_by=()) if held else device
        _check_unused(AdapterRequest(adapter.name, adapter.mac, "pmd"), own, current, policy)
        stranger = next((current.strangers[one] for one in device.handles if one in current.strangers), None)
        if stranger is not None:
            raise NfvError(
                ErrorCode.DEVICE_BUSY,
                f"{adapter.name} ({device.pci_address})",
                f"cannot go from {device.driver} to the kernel: {stranger} drives it and is none of the units",
                "Name its systemd service in units, or stop it yourself. Nothing was changed.",
            )


def _check_unused(request: AdapterRequest, device: NetworkDevice, current: Current, policy: BindingPolicy) -> None:
    try:
        check_adapter(request, device, current.adapters, policy)
    except NfvError as error:
        if error.error_code != ErrorCode.ADAPTER_IN_USE:
            raise
        remedy = (
            "Take that off it, and run this again: only adapters that carry nothing can be given back as they were."
        )
        raise NfvError(error.error_code, error.subject, error.attempted, remedy) from error


def _check_consent(desired: Forwarding, current: Current) -> None:
    running = [unit for unit in desired.units if current.services[unit].runs]
    if running and not desired.interrupt_service:
        raise NfvError(
            ErrorCode.INTERRUPT_CONSENT_MISSING,
            ", ".join(running),
            "must stop while the kernel forwards, which interrupts its traffic; nothing was changed",
            "Allow it with interrupt_service=when_needed (playbook: comparison_interrupt_service).",
        )


def _all_units(desired: Forwarding) -> tuple[str, ...]:
    """The services that must not run: irqbalance would move the adapters' interrupts away again."""
    return (*desired.units, *((IRQBALANCE,) if desired.cpus else ()))


def _running(desired: Forwarding, current: Current) -> list[str]:
    return [unit for unit in _all_units(desired) if current.services[unit].runs]


def remember(desired: Forwarding, current: Current, located: Located) -> ForwardingRecord:
    """The record before the next change: what an earlier run has written stays, and what is seen for the first time is
    added. After a reboot the interfaces are new ones.
    """
    earlier = current.record
    same_boot = earlier is not None and earlier.boot_id == current.boot_id
    held = {one.mac: one for one in earlier.adapters} if earlier else {}
    known = {entry.mac: entry for entry in current.adapters.record.adapters}
    adapters = []
    for adapter, device in located:
        entry, link = known.get(adapter.mac), current.links.get(adapter.mac)
        before = held.get(adapter.mac)
        if before is None:
            kernel_driver = device.driver if device.interfaces else entry.kernel_driver if entry else None
            driver = device.driver or (entry.driver if entry else None)
            before = HeldAdapter(
                name=adapter.name,
                mac=adapter.mac,
                pci_address=device.pci_address,
                driver=driver or "",
                override=current.overrides[device.pci_address],
                kernel_driver=kernel_driver or driver or "",
            )
        settings = _first_settings(before.settings if same_boot else None, link)
        adapters.append(dataclasses.replace(before, pci_address=device.pci_address, settings=settings))
    units = dict.fromkeys((*(earlier.units if earlier else ()), *_running(desired, current)))
    return ForwardingRecord(current.boot_id, tuple(units), tuple(adapters))


def _first_settings(known: LinkSettings | None, link: Link | None) -> LinkSettings | None:
    if link is None:
        return known
    coalescing = link.coalescing.hex() if link.up and link.coalescing is not None else None
    if known is None:
        return LinkSettings(link.up, link.lro, link.gro, coalescing, dict(link.sysctls), dict(link.vectors))
    # Both are known once it is up: nothing has changed them before.
    return dataclasses.replace(
        known,
        coalescing=coalescing if known.coalescing is None else known.coalescing,
        vectors=known.vectors or dict(link.vectors),
    )


def _binding_steps(located: Located, record: ForwardingRecord) -> list[Step]:
    held = {one.mac: one for one in record.adapters}
    steps: list[Step] = [
        BindDriver(adapter.name, device.pci_address, "", None, held[adapter.mac].kernel_driver)
        for adapter, device in located
        if not device.interfaces
    ]
    if steps:
        # udev renames new interfaces, which it cannot once they are up.
        remedy = "Look at journalctl --unit systemd-udevd, and run this again."
        steps.append(RunCommand(("udevadm", "settle", "--timeout=30"), ErrorCode.BIND_FAILED, remedy))
    return steps


def _settings_steps(located: Located, desired: Forwarding, current: Current) -> list[Step]:
    steps = device_steps(desired, current)
    for position, (adapter, _device) in enumerate(located):
        link = current.links[adapter.mac]
        steps += forwarding_steps(adapter, link, desired)
        if link.up:
            steps += vector_steps(link.vectors, wanted_vectors(link, position, desired.cpus))
    return steps


def _shown(device: NetworkDevice, link: Link | None) -> dict[str, t.Any]:
    shown: dict[str, t.Any] = {"driver": device.driver}
    if link is not None:
        shown.update(
            up=link.up,
            addresses=list(link.addresses),
            neighbours=[" ".join(one) for one in link.neighbours],
            routes=[" ".join(one) for one in link.routes],
            lro=link.lro,
            gro=link.gro,
            interrupts=dict(link.vectors),
        )
    return shown


def _wanted(
    located: Located, desired: Forwarding, current: Current, record: ForwardingRecord
) -> dict[str, dict[str, t.Any]]:
    held = {one.mac: one for one in record.adapters}
    bridged = desired.forwarding == "bridge"
    wanted = {}
    for position, (adapter, device) in enumerate(located):
        link = current.links.get(adapter.mac)
        wanted[adapter.name] = {
            "driver": device.driver if device.interfaces else held[adapter.mac].kernel_driver,
            "up": True,
            "addresses": [] if bridged else list(adapter.addresses),
            "neighbours": [] if bridged else [" ".join(one) for one in adapter.neighbours],
            "routes": [] if bridged else [" ".join(one) for one in adapter.routes],
            "lro": None if link and link.lro is None else False,
            "gro": None if link and link.gro is None else False,
            "interrupts": wanted_vectors(link, position, desired.cpus) if link else {},
        }
    return wanted


def _result(adapter: ForwardingAdapter, device: NetworkDevice, current: Current) -> dict[str, t.Any]:
    link = current.links.get(adapter.mac)
    return {
        "name": adapter.name,
        "mac": adapter.mac,
        "pci_address": device.pci_address,
        "driver": device.driver,
        "interface": link.interface if link else None,
    }


def plan_absent(current: Current) -> Plan:
    """What makes the guest what the record says that it was; the record goes when nothing else is left to do.

    After a reboot only drivers and services count: addresses, offloads and the like have ended with the kernel that
    held them.
    """
    record = current.record
    if record is None:
        return Plan((), {}, {}, {"record": None, "forwarding": None, "stopped_units": [], "adapters": []})
    known = trusted(current.adapters.record, current.adapters.identity, current.adapters.devices)
    pairs = [(one, find(AdapterRequest(one.name, one.mac, "pmd"), current.adapters, known)) for one in record.adapters]
    steps: list[Step] = [remove_link(name) for name in current.made]
    for held, device in pairs:
        if device is not None:
            steps += _give_back(held, device, current, same_boot=record.boot_id == current.boot_id)
    missing = [unit for unit in record.units if not current.services[unit].unit_file_state]
    idle = [unit for unit in reversed(record.units) if not current.services[unit].runs and unit not in missing]
    steps += [_systemctl("start", unit) for unit in idle]
    return Plan(
        steps=tuple(steps) or (RemoveFile(RECORD),),
        before={
            "record": RECORD,
            "services": {unit: current.services[unit].state for unit in record.units},
            "drivers": {held.name: device.driver for held, device in pairs if device},
        },
        after={
            "record": None,
            "services": {unit: "active" if unit in idle else current.services[unit].state for unit in record.units},
            "drivers": {held.name: held.driver for held, device in pairs if device},
        },
        result={"record": None, "forwarding": None, "stopped_units": [], "adapters": []},
        warnings=(
            *(f"{held.name} ({held.mac}) is not to be seen: run role dpdk_bind" for held, one in pairs if one is None),
            *(f"{unit} ran before and is not installed any more: it stays stopped" for unit in missing),
        ),
        remedy=f"{RECORD} stays until the guest is what it was; run this again.",
    )


def _give_back(held: HeldAdapter, device: NetworkDevice, current: Current, *, same_boot: bool) -> list[Step]:
    if held.driver in USERSPACE_DRIVERS:
        if device.driver == held.driver:
            # A run that was killed may have told the kernel no more than which driver it is to choose.
            told = not same_boot or current.overrides[device.pci_address] == held.override
            return [] if told else [SetAttribute(override_path(device.pci_address), held.override)]
        return [BindDriver(held.name, device.pci_address, held.driver, held.driver, held.kernel_driver)]
    link = current.links.get(held.mac)
    if link is None or held.settings is None or not same_boot:
        return []
    return restoring_steps(link, held.settings)


def _systemctl(verb: str, unit: str) -> RunCommand:
    return RunCommand(
        ("systemctl", verb, unit), ErrorCode.UNIT_FAILED, f"Look at systemctl status {unit}, and run this again."
    )
