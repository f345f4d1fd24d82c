# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that the lab starts: recorded, found again and ended by their id."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

START_TIME_FIELD = 22 - 3
"""proc(5): starttime is field 22 of /proc/PID/stat; fields are counted here from the third, after the name."""


@dataclass(frozen=True)
class ProcessRecord:
    """Identity of a process. The kernel may reuse an id, but not with the same start time and command."""

    pid: int
    """Process id."""
    started: int
    """Clock ticks between boot and the start of the process."""
    command: tuple[str, ...]
    """Its arguments, the program first."""


def observe(pid: int) -> ProcessRecord | None:
    """Return the process with this id; None if there is none, or only a zombie."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if not command:
        return None
    started = int(status.rsplit(")", 1)[1].split()[START_TIME_FIELD])
    return ProcessRecord(pid, started, tuple(os.fsdecode(part) for part in command.rstrip(b"\0").split(b"\0")))


def is_ours(record: ProcessRecord, observed: ProcessRecord | None) -> bool:
    """Tell whether an observed process is the recorded one."""
    return observed == record


def is_running(record: ProcessRecord | None) -> bool:
    """Tell whether a recorded process still runs."""
    return record is not None and is_ours(record, observe(record.pid))


def write_record(path: Path, record: ProcessRecord) -> None:
    """Write a record atomically, for later commands."""
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(asdict(record)))
    temporary.replace(path)


def read_record(path: Path) -> ProcessRecord | None:
    """Return a record; None if there is none that can be read."""
    try:
        kept = json.loads(path.read_text())
        return ProcessRecord(int(kept["pid"]), int(kept["started"]), tuple(kept["command"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def end(record: ProcessRecord, *, patience: float = 10) -> bool:
    """End a recorded process: SIGTERM, after ``patience`` seconds SIGKILL.

    Returns whether it was running. Does nothing to a process that is not the recorded one.
    """
    if not is_running(record):
        return False
    for chosen, wait in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        try:
            os.kill(record.pid, chosen)
        except ProcessLookupError:
            return True
        until = time.monotonic() + wait
        while time.monotonic() < until:
            if not is_running(record):
                return True
            time.sleep(0.05)
    return True


def peak_memory_kib(pid: int) -> int:
    """Return the peak resident memory of a process in KiB (proc(5): VmHWM); 0 if it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)
