# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deploys the PGW in the lab and reports whether it is proved."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any

from lab import guest_modules, lifecycle, processes, report
from lab.commands import run
from lab.errors import LabError
from lab.tools import PROGRAMS, environment, install_collection, inventory_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from lab.state import State

    Say = Callable[[str], None]

PLAYBOOK = "nfv.vsphere_dpdk.deploy_pgw"
GROUP = "pgw"


class MemoryWatch:
    """The lab's peak memory: the largest sum of peak resident memories of the processes running at one moment."""

    def __init__(self, state: State) -> None:
        """Measure nothing until the context is entered."""
        self.peak_kib = 0
        self.parts_kib: dict[str, int] = {}
        self._state = state
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> MemoryWatch:
        """Measure every second."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Measure a last time and stop."""
        self._done.set()
        self._thread.join()
        self._measure()

    def _run(self) -> None:
        while not self._done.wait(1.0):
            self._measure()

    def _measure(self) -> None:
        pids = lifecycle.process_ids(self._state)
        parts = {name: processes.peak_memory_kib(pid) for name, pid in pids.items()}
        if sum(parts.values()) > self.peak_kib:
            self.peak_kib, self.parts_kib = sum(parts.values()), parts


def deploy(state: State, say: Say, more: Sequence[str] = ()) -> bool:
    """Bring the lab up, deploy, print the report's table; return whether everything is proved.

    ``more`` goes to ansible-playbook. Only a report written by this run counts.
    """
    started = time.monotonic()
    lifecycle.up(state, say)
    up_seconds = time.monotonic() - started
    reports = state.checkout / "reports"
    reports.mkdir(exist_ok=True)
    deployed = reports / "deploy.json"
    deployed.unlink(missing_ok=True)
    install_collection(state)
    say(f"ansible-playbook {PLAYBOOK}: 5-10 minutes the first time, then about 3")
    with MemoryWatch(state) as memory:
        play_started = time.monotonic()
        status = subprocess.run(
            [PROGRAMS / "ansible-playbook", *inventory_arguments(state), PLAYBOOK, *more],
            env=environment(state.checkout),
            cwd=state.checkout,
            check=False,
        ).returncode
        play_seconds = time.monotonic() - play_started
    figures: dict[str, Any] = {
        "wall_seconds": round(time.monotonic() - started, 1),
        "lab_up_seconds": round(up_seconds, 1),
        "playbook_seconds": round(play_seconds, 1),
        "playbook_status": status,
        "peak_memory_mib": memory.peak_kib // 1024,
        "peak_memory_parts_mib": {name: kib // 1024 for name, kib in memory.parts_kib.items()},
    }
    # The journal of a run that broke off may still end with an earlier run.
    modules = guest_modules.of_last_run(state, _expected_hosts(state)) if status == 0 else {}
    figures["guest_modules"] = modules
    (reports / "lab.json").write_text(json.dumps(figures, indent=2) + "\n")
    proved = _print_report(state, deployed, say) and status == 0
    say(f"wall time {figures['wall_seconds']:.0f} s, peak memory of the lab {figures['peak_memory_mib']} MiB")
    for host, names in modules.items():
        say(f"modules executed in {host}: {len(names)} ({', '.join(names)})")
    say(f"the PGW is {'PROVED' if proved else 'NOT PROVED'} (ansible-playbook ended with status {status})")
    return proved


def _expected_hosts(state: State) -> list[str]:
    listed = run(
        [PROGRAMS / "ansible-inventory", *inventory_arguments(state), "--list"],
        error_code="inventory_failed",
        attempted="Reading the lab's inventory",
        environment=environment(state.checkout),
    )
    return list(json.loads(listed).get(GROUP, {}).get("hosts", []))


def _print_report(state: State, deployed: Path, say: Say) -> bool:
    """Print the table; return whether the report proves every host of the group."""
    try:
        reports = report.parse(json.loads(deployed.read_text()))
    except FileNotFoundError:
        say("the run wrote no report: it ended before the proof")
        return False
    except (ValueError, LabError) as error:
        say(f"{deployed}: {error}")
        return False
    for line in report.table(reports):
        say(line)
    return report.is_proved(reports, _expected_hosts(state))
