# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares DPDK, the adapters' drivers and the application of a running guest with its description."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.look import Installed, defects
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.requirement import Requirement
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic import binding
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.location import find, trusted
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.model import (
    AdapterRequest,
    BindingPolicy,
    GuestAdapters,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.procfs import holders
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.service import read_service
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.tuning import GuestDifference


@dataclasses.dataclass(frozen=True)
class FoundAdapter:
    """An adapter of the description in the guest."""

    name: str
    """Its name in the description."""
    mac: str
    """Its MAC address."""
    pci_address: str | None
    """Its PCI address; None when the guest has no such adapter."""
    driver: str | None
    """The driver that it has; None without one."""
    held_by: tuple[int, ...]
    """The processes that drive it through its device files."""


@dataclasses.dataclass(frozen=True)
class ObservedApplication:
    """The systemd service that polls the adapters."""

    service: str
    """Its unit."""
    state: str
    """ActiveState of systemd, such as ``active``; empty when systemd does not know it."""
    enabled: bool
    """Whether it is started at boot, by itself or by another unit."""
    process: int
    """Its main process, 0 for none."""
    program: str | None
    """Path of the program that the main process runs."""
    processes: tuple[int, ...]
    """All of its processes that drive an adapter."""


def find_adapters(
    guest: Guest, adapters: t.Sequence[AdapterRequest], current: GuestAdapters
) -> tuple[FoundAdapter, ...]:
    """Where the adapters are, in their order."""
    known = trusted(current.record, current.identity, current.devices, adapters)
    located = {adapter.name: find(adapter, current, known) for adapter in adapters}
    held = holders(guest, {handle for device in located.values() if device for handle in device.handles})
    return tuple(
        FoundAdapter(
            adapter.name,
            adapter.mac,
            device.pci_address if device else None,
            device.driver if device else None,
            tuple(sorted({pid for handle in (device.handles if device else ()) for pid in held[handle]})),
        )
        for adapter in adapters
        for device in [located[adapter.name]]
    )


def adapter_differences(
    adapters: t.Sequence[AdapterRequest], found: t.Sequence[FoundAdapter], current: GuestAdapters, policy: BindingPolicy
) -> t.Iterator[GuestDifference]:
    """Adapters that are missing, have another driver than described, or would lose it at the next boot."""
    for adapter, seen in zip(adapters, found):
        if seen.pci_address is None:
            message = f"the guest has no adapter {adapter.name} ({adapter.mac})"
            yield GuestDifference(f"adapter {adapter.name}", adapter.mac, None, ErrorCode.ADAPTER_NOT_FOUND, message)
        elif adapter.driver == "kernel" and seen.driver is None:
            yield _unbound(adapter.name, "kernel", None)
    there = [adapter for adapter, seen in zip(adapters, found) if seen.pci_address is not None]
    try:
        # Whether a program holds an adapter matters to a change, and nothing is changed here.
        plan = binding.plan(there, dataclasses.replace(current, holders={}), policy, "present")
    except NfvError as error:
        names = [adapter.name for adapter in there if adapter.driver == "pmd"]
        yield GuestDifference("adapters that can be polled", names, [], error.error_code, _sentence(error))
        return
    moved = [name for name, driver in plan.before.items() if plan.after[name] != driver]
    for name in moved:
        yield _unbound(name, plan.after[name], plan.before[name])
    if plan.changed and not moved and len(there) == len(adapters):
        message = "the files that bind the adapters at the next boot are not as dpdk_bind writes them"
        yield GuestDifference("adapters at the next boot", "bound", "not bound", ErrorCode.ADAPTER_NOT_BOUND, message)


def _unbound(name: str, asked: str, seen: str | None) -> GuestDifference:
    message = f"adapter {name} has {f'driver {seen}' if seen else 'no driver'}, described as {asked}"
    return GuestDifference(f"driver of adapter {name}", asked, seen, ErrorCode.ADAPTER_NOT_BOUND, message)


def dpdk_differences(dpdk: Installed | None, requirement: Requirement) -> t.Iterator[GuestDifference]:
    """Why the installed DPDK is not as described."""
    facts: dict[ErrorCode, tuple[str, t.Any, t.Any]] = {
        ErrorCode.DPDK_VERSION_OLD: ("DPDK", f"{requirement.version} or later", dpdk.version if dpdk else None),
        ErrorCode.PMD_MISSING: ("VMXNET3 driver of DPDK", "installed", "missing"),
        ErrorCode.SHARED_LIBRARY_MISSING: (
            "libraries that DPDK's programs do not find",
            [],
            list(dpdk.missing_libraries) if dpdk else [],
        ),
    }
    for error in defects(dpdk, requirement):
        setting, asked, seen = facts[error.error_code]
        yield GuestDifference(setting, asked, seen, error.error_code, _sentence(error))


def read_application(guest: Guest, service: str, found: t.Sequence[FoundAdapter]) -> ObservedApplication:
    """The service now, and which processes of it drive adapters."""
    seen = read_service(guest, service)
    holding = sorted({pid for adapter in found for pid in adapter.held_by})
    return ObservedApplication(
        service=service,
        state=seen.state,
        enabled=seen.starts_at_boot,
        process=seen.process,
        program=guest.link(f"/proc/{seen.process}/exe") if seen.process else None,
        processes=tuple(pid for pid in holding if f"/{service}" in (guest.text(f"/proc/{pid}/cgroup") or "")),
    )


def application_differences(
    application: ObservedApplication, program: str | None, polled: t.Sequence[FoundAdapter]
) -> t.Iterator[GuestDifference]:
    """Whether the service runs the program, starts at boot, and drives every polled adapter."""
    service = application.service
    if application.state != "active":
        seen = application.state or "unknown to systemd"
        yield _application(f"service {service}", "active", seen, f"{service} does not run: it is {seen}")
        return
    if not application.enabled:
        yield _application(f"{service} at boot", "enabled", "disabled", f"{service} is not started at boot")
    if program is not None and application.program != program:
        message = f"{service} runs {application.program}, and not {program}"
        yield _application(f"program of {service}", program, application.program, message)
    for adapter in polled:
        if not set(adapter.held_by) & set(application.processes):
            others = ", ".join(str(pid) for pid in adapter.held_by)
            seen = f"process {others}" if others else "no process"
            message = f"adapter {adapter.name} is driven by {seen}, and not by {service}"
            yield _application(f"application on adapter {adapter.name}", service, seen, message)


def _application(setting: str, asked: str, seen: str | None, message: str) -> GuestDifference:
    return GuestDifference(setting, asked, seen, ErrorCode.APPLICATION_NOT_RUNNING, message)


def _sentence(error: NfvError) -> str:
    return f"{error.subject}: {error.attempted}"
