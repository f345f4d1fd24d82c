# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""irqbalance kept off the polling CPUs by a drop-in of its unit.

irqbalance moves interrupts between CPUs at run time. Recent releases leave isolated CPUs alone by themselves; older
ones must be set in IRQBALANCE_BANNED_CPULIST (irqbalance(1)).
"""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest, unfinished_name
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    Plan,
    RemoveDirectory,
    RemoveFile,
    RunCommand,
    Step,
    WriteFile,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.service import is_outdated, read_service

PROGRAM = "/usr/sbin/irqbalance"
UNIT = "irqbalance.service"
DROP_IN = f"/etc/systemd/system/{UNIT}.d/nfv-vsphere-dpdk.conf"
_DIRECTORY, _SLASH, _NAME = DROP_IN.rpartition("/")


def drop_in(polling_cpus: str) -> str:
    """The drop-in's content for a list of CPUs."""
    return (
        "# Managed by the Ansible collection nfv.vsphere_dpdk.\n"
        "[Service]\n"
        f"Environment=IRQBALANCE_BANNED_CPULIST={polling_cpus}\n"
    )


def plan(guest: Guest, polling_cpus: str, state: str) -> Plan:
    """What makes irqbalance, where it is installed, avoid the polling CPUs (state present) or forget them (absent).

    A running irqbalance that has not read its unit, because an earlier run was killed in between, is restarted. One
    that does not run is not started.
    """
    installed = guest.exists(PROGRAM)
    current = guest.text(DROP_IN)
    banned = polling_cpus if state == "present" and installed else None
    wanted = None if state == "absent" else current if banned is None else drop_in(banned)
    steps: list[Step] = []
    if wanted is None:
        steps += _remove(guest)
    elif wanted != current:
        steps.append(WriteFile(DROP_IN, wanted))
    outdated = bool(steps) or (installed and is_outdated(guest, read_service(guest, UNIT), DROP_IN))
    if outdated and installed:
        steps += [_systemctl("daemon-reload"), _systemctl("try-restart", UNIT)]
    return Plan(
        steps=tuple(steps),
        before={"drop_in": current, "in_effect": not outdated},
        after={"drop_in": wanted, "in_effect": True},
        result={"installed": installed, "banned_cpus": banned},
    )


def _remove(guest: Guest) -> t.Iterator[Step]:
    """Removes the drop-in and what a killed run has left of one; and the directory with it, if nothing else is there.

    A directory without the drop-in is an administrator's, even an empty one.
    """
    there = guest.names(_DIRECTORY)
    ours = [name for name in (_NAME, unfinished_name(_NAME)) if name in there]
    for name in ours:
        yield RemoveFile(f"{_DIRECTORY}/{name}")
    if ours and len(ours) == len(there):
        yield RemoveDirectory(_DIRECTORY)


def _systemctl(*arguments: str) -> RunCommand:
    return RunCommand(
        ("systemctl", *arguments), ErrorCode.UNIT_FAILED, f"Look at systemctl status {UNIT}, and run this again."
    )
