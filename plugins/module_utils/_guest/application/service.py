# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A DPDK application as a systemd service: its unit, and what installs, restarts or removes it."""

from __future__ import annotations

import dataclasses
import os
import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.systemd import command_line
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    Plan,
    RemoveDirectory,
    RemoveFile,
    RunCommand,
    Step,
    WriteFile,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.procfs import holders
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.service import UNITS, is_outdated, read_service

from .files import (
    ApplicationFile,
    Owned,
    owned_with,
    read_owned,
    record,
    refuse_files_of_others,
    remove_steps,
    state_of,
    wanted_state,
    write_steps,
)

NEVER: t.Final = "never"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_FILE_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# Where systemd and this collection mount hugetlbfs. EAL's files there keep their pages until they are removed (DPDK's
# "EAL parameters", --huge-unlink).
_HUGEPAGES = ("/dev/hugepages", "/dev/nfv_hugepages2M", "/dev/nfv_hugepages1G")


@dataclasses.dataclass(frozen=True)
class DpdkService:
    """An application that systemd runs."""

    name: str
    """Lower-case letters, digits and hyphens; the unit is ``vnf-NAME.service``."""
    file_prefix: str
    """EAL's ``--file-prefix``, which names the runtime directory and the hugepage files."""
    command: tuple[str, ...] = ()
    """The program's whole path and its arguments."""
    restart_policy: str = "on-failure"
    """``Restart=`` of systemd.service(5)."""
    restart_seconds: int = 5
    """``RestartSec=`` of systemd.service(5)."""
    files: tuple[ApplicationFile, ...] = ()
    """What it reads."""

    @property
    def unit(self) -> str:
        """The unit's name."""
        return f"vnf-{self.name}.service"

    @property
    def path(self) -> str:
        """The unit's file."""
        return f"{UNITS}/{self.unit}"


def check_names(service: DpdkService) -> None:
    """Raises NfvError, unit_name_invalid, for a name that no unit or no runtime directory can have."""
    if not _NAME.fullmatch(service.name) or not _FILE_PREFIX.fullmatch(service.file_prefix):
        raise NfvError(
            ErrorCode.UNIT_NAME_INVALID,
            service.name,
            "the name must be at most 31 lower-case letters, digits and hyphens, and the file prefix"
            f" '{service.file_prefix}' letters, digits and ._-",
        )


def check_program(guest: Guest, service: DpdkService) -> None:
    """Raises NfvError, program_missing, unless the command's program is there and may be executed."""
    program = guest.path(service.command[0])
    if not program.is_file() or not os.access(program, os.X_OK):
        raise NfvError(
            ErrorCode.PROGRAM_MISSING,
            service.command[0],
            "is not an executable program in the guest",
            "Install it first, and give its whole path.",
        )


def unit_text(service: DpdkService, owned: Owned = Owned()) -> str:  # noqa: B008 - it is frozen
    """The unit's content; owned: what it records as ours. Raises NfvError: argument_invalid."""
    return f"""\
# Managed by the Ansible collection nfv.vsphere_dpdk.
[Unit]
Description=DPDK application {service.name}
# The first gives the adapters to their userspace drivers at boot.
After=nfv-dpdk-bind.service systemd-modules-load.service network.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart={command_line(service.command)}
Restart={service.restart_policy}
RestartSec={service.restart_seconds}
# vfio pins the hugepages that the adapters write to.
LimitMEMLOCK=infinity
TimeoutStopSec=30

[Install]
WantedBy=multi-user.target
{record(owned)}"""


def plan_present(guest: Guest, service: DpdkService, restart: str, *, start: bool = True) -> Plan:
    """What makes the service run by its unit, now and at every boot.

    restart: ``never`` refuses to restart what runs; start: whether one that does not run is started.
    Raises NfvError: file_foreign and restart_required, before any change.
    """
    current = guest.text(service.path)
    before = read_owned(current)
    refuse_files_of_others(guest, service.files, before)
    owned = owned_with(guest, service.files, before)
    wanted = unit_text(service, owned)
    now = read_service(guest, service.unit)
    writes = write_steps(guest, service.files)
    read = [service.path, *owned.files]
    outdated = current != wanted or bool(writes) or any(is_outdated(guest, now, path) for path in read)
    if restart == NEVER and outdated and now.state == "active":
        raise _restart_required(service)
    starts = outdated or (start and not now.runs)
    # The record is written before what it records, so that a killed run leaves nothing that nobody knows.
    steps = remove_steps(guest, before, owned)
    if current != wanted:
        steps.append(WriteFile(service.path, wanted))
    steps += [*writes, *_systemd_steps(service, outdated, enabled=now.enabled, starts=starts)]
    return Plan(
        steps=tuple(steps),
        before={
            "unit": current,
            "files": {file.path: state_of(guest, file) for file in service.files},
            "enabled": now.enabled,
            "state": now.state,
            "in_effect": not outdated,
        },
        after={
            "unit": wanted,
            "files": {file.path: wanted_state(file) for file in service.files},
            "enabled": True,
            "state": "active" if starts else now.state,
            "in_effect": True,
        },
        result={
            "unit": service.unit,
            "command": list(service.command),
            "files": [file.path for file in service.files],
        },
    )


def _systemd_steps(service: DpdkService, outdated: bool, *, enabled: bool, starts: bool) -> list[Step]:
    """What lets systemd read the unit and run it."""
    steps: list[Step] = []
    if outdated:
        steps.append(_systemctl(service, "daemon-reload"))
    if outdated or not enabled:
        steps.append(_systemctl(service, "enable", service.unit))
    if outdated:
        steps.append(_systemctl(service, "restart", service.unit))
    elif starts:
        steps.append(_systemctl(service, "start", service.unit))
    return steps


def _restart_required(service: DpdkService) -> NfvError:
    return NfvError(
        ErrorCode.RESTART_REQUIRED,
        service.unit,
        "runs with another command or other files and must be restarted, which interrupts its traffic; nothing was"
        " changed",
        "Allow it with restart=when_needed (role vnf: vnf_restart).",
    )


def plan_absent(guest: Guest, service: DpdkService) -> Plan:
    """What stops the service and removes its files, its unit, its hugepage files and its runtime directory."""
    unit = guest.text(service.path)
    steps: list[Step] = []
    if unit is not None:
        steps += [
            _systemctl(service, "disable", "--now", service.unit),
            # Before the unit, which records them.
            *remove_steps(guest, read_owned(unit)),
            RemoveFile(service.path),
            _systemctl(service, "daemon-reload"),
        ]
    runtime = f"/run/dpdk/{service.file_prefix}"
    foreign = _foreign_processes(guest, service, runtime)
    pages = [
        f"{directory}/{name}"
        for directory in _HUGEPAGES
        for name in guest.names(directory)
        if name.startswith(f"{service.file_prefix}map_") and not foreign
    ]
    steps += [RemoveFile(path) for path in pages]
    there = guest.names(runtime)
    files = [name for name in there if not guest.path(f"{runtime}/{name}").is_dir()]
    # EAL makes no directories in its own.
    removable = guest.exists(runtime) and not foreign and len(files) == len(there)
    if not foreign:
        steps += [RemoveFile(f"{runtime}/{name}") for name in files]
    if removable:
        steps.append(RemoveDirectory(runtime))
    return Plan(
        steps=tuple(steps),
        before={"unit": unit, "hugepage_files": len(pages), "runtime_directory": guest.exists(runtime)},
        after={"unit": None, "hugepage_files": 0, "runtime_directory": guest.exists(runtime) and not removable},
        result={"unit": service.unit, "command": [], "files": []},
        warnings=tuple(
            f"{runtime} and its hugepage files stay: process {pid} uses them, which is not of {service.unit}"
            for pid in foreign
        ),
    )


def _foreign_processes(guest: Guest, service: DpdkService, runtime: str) -> list[int]:
    """The processes outside the service that run with its file prefix: EAL keeps its file ``config`` open."""
    config = f"{runtime}/config"
    resolved = {config, f"/var{config}"} if guest.exists(config) else set()
    pids = {pid for found in holders(guest, resolved).values() for pid in found}
    return sorted(pid for pid in pids if f"/{service.unit}" not in (guest.text(f"/proc/{pid}/cgroup") or ""))


def _systemctl(service: DpdkService, *arguments: str) -> RunCommand:
    remedy = f"Look at systemctl status {service.unit}, and run this again."
    return RunCommand(("systemctl", *arguments), ErrorCode.UNIT_FAILED, remedy)
