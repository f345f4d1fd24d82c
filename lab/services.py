# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the lab's long-running programs and keeps a record of each."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab import processes
from lab.commands import last_line
from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.processes import ProcessRecord
    from lab.state import State

SETTLE_SECONDS = 0.3
"""A program that cannot run ends well within this time."""


@dataclass(frozen=True)
class Service:
    """A long-running program of the lab."""

    name: str
    """Names its log and its record."""
    command: tuple[str, ...]
    """The program and its arguments."""
    namespace: str | None = None
    """Network namespace that it runs in; None for the machine's own."""

    @property
    def start_command(self) -> tuple[str, ...]:
        """The command that becomes the program: ip replaces itself by what it runs."""
        inside = ("ip", "netns", "exec", self.namespace) if self.namespace else ()
        return (*inside, *self.command)


def start(
    state: State, service: Service, *, ready: Callable[[], bool] | None = None, patience: float = 30
) -> ProcessRecord:
    """Start a program that outlives this command, with log run/NAME.log and record run/NAME.pid.

    Waits up to ``patience`` seconds for ``ready``. Raises ``service_failed`` with the log's last line if
    the program ends or is not ready in time.
    """
    name = service.name
    log = state.run / f"{name}.log"
    try:
        with log.open("w") as output:
            process = subprocess.Popen(
                list(service.start_command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=state.checkout,
            )
    except FileNotFoundError as error:
        raise LabError("program_missing", f"Starting {name}: {service.command[0]} not found") from error
    until = time.monotonic() + patience
    time.sleep(SETTLE_SECONDS)
    while process.poll() is None:
        record = processes.observe(process.pid)
        if record and record.command == service.command and (ready is None or ready()):
            processes.write_record(state.run / f"{name}.pid", record)
            return record
        if time.monotonic() > until:
            process.kill()
            process.wait()
            raise LabError("service_failed", f"Starting {name}: not ready after {patience:.0f} s, see {log}")
        time.sleep(0.1)
    raise LabError("service_failed", f"Starting {name}: it ended at once: {last_line(log.read_text())} (see {log})")


def stop(state: State, name: str, *, patience: float = 10) -> bool:
    """End a recorded program, by force after ``patience`` seconds; return whether it was running."""
    path = state.run / f"{name}.pid"
    record = processes.read_record(path)
    ended = record is not None and processes.end(record, patience=patience)
    path.unlink(missing_ok=True)
    return ended
