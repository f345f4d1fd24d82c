# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans to start the resident sampler, to end it, and to remove what it left; reads its samples."""

from __future__ import annotations

import fcntl
import functools
import json
import os
import pkgutil
import sys
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    Plan,
    RemoveDirectory,
    RemoveFile,
    RunCommand,
    Step,
    WriteFile,
)

from . import resident_sampler

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest

# In memory, and of root alone: /run is a tmpfs (file-hierarchy(7)).
DIRECTORY = "/run/nfv-guest-sampler"
PROGRAM, SETTINGS = f"{DIRECTORY}/resident_sampler.py", f"{DIRECTORY}/settings.json"
SAMPLES, LOCK = f"{DIRECTORY}/samples.jsonl", f"{DIRECTORY}/lock"


@functools.cache
def program() -> str:
    """Source of the sampler, from a folder or from the zip file that Ansible sends."""
    source = pkgutil.get_data(resident_sampler.__name__, "resident_sampler.py")
    if source is None:
        raise AssertionError("the collection lacks resident_sampler.py")
    return source.decode()


def settings_text(guest: Guest, devices: t.Mapping[str, str], unit: str | None, interval: float, timeout: float) -> str:
    """Content of the settings: what a sampler is to sample, how often and how long, in seconds."""
    settings = {
        "devices": dict(devices),
        "unit": unit,
        "interval": interval,
        "timeout": timeout,
        "samples": str(guest.path(SAMPLES)),
        "lock": str(guest.path(LOCK)),
    }
    return json.dumps(settings) + "\n"


def runs(guest: Guest) -> bool:
    """Whether a sampler runs: it holds the lock, which the kernel releases with the process."""
    try:
        descriptor = os.open(guest.path(LOCK), os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def read_samples(guest: Guest) -> list[dict[str, t.Any]]:
    """The samples that are there; a line that is still being written is left out."""
    whole, _newline, _part = (guest.text(SAMPLES) or "").rpartition("\n")
    return [json.loads(line) for line in whole.splitlines()]


def plan_started(guest: Guest, settings: str) -> Plan:
    """What makes one sampler run with these settings. One that ended by itself is started anew."""
    running = runs(guest)
    if running and guest.text(SETTINGS) == settings:
        return _plan([], running=True, wanted=True, samples=[])
    steps: list[Step] = [*_ending(guest, running)]
    if guest.text(PROGRAM) != program():
        steps.append(WriteFile(PROGRAM, program(), 0o600))
    steps += [RemoveFile(SAMPLES), WriteFile(SETTINGS, settings, 0o600), _run(guest, "start")]
    return _plan(steps, running=running, wanted=True, samples=[])


def plan_stopped(guest: Guest) -> Plan:
    """What ends the sampler; its samples stay until the next one starts."""
    running = runs(guest)
    return _plan([*_ending(guest, running)], running=running, wanted=False, samples=read_samples(guest))


def plan_absent(guest: Guest) -> Plan:
    """What ends the sampler and removes all that is its own."""
    running = runs(guest)
    files = [f"{DIRECTORY}/{name}" for name in guest.names(DIRECTORY)]
    steps: list[Step] = [*_ending(guest, running), *(RemoveFile(path) for path in files)]
    if guest.exists(DIRECTORY):
        steps.append(RemoveDirectory(DIRECTORY))
    return _plan(steps, running=running, wanted=False, samples=[])


def _plan(steps: t.Sequence[Step], *, running: bool, wanted: bool, samples: list[dict[str, t.Any]]) -> Plan:
    return Plan(
        steps=tuple(steps),
        before={"running": running},
        after={"running": wanted},
        result={"running": running, "samples": samples, "clock_ticks": os.sysconf("SC_CLK_TCK")},
        remedy="Look at the guest's journal for what ends processes, and run this again.",
    )


def _ending(guest: Guest, running: bool) -> t.Iterator[Step]:
    if running:
        yield _run(guest, "end")


def _run(guest: Guest, verb: str) -> RunCommand:
    return RunCommand(
        (sys.executable, "-I", "-S", str(guest.path(PROGRAM)), verb, str(guest.path(SETTINGS))),
        ErrorCode.SAMPLER_FAILED,
        "Look at the guest's free memory, and at /run; nothing else was changed.",
    )
