# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's rulebook as ansible-rulebook runs it, and a record of the playbooks that it starts."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import typing as t
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULEBOOK = ROOT / ".cache/rulebook/bin/ansible-rulebook"
STARTING, STOPPING = 240, 240
"""Seconds within which it hears events, and within which it ends when it is told to."""

# Notes what a playbook is started with, and then runs it, or does not.
_RECORDER = """\
#!{python}
import json, os, sys, time, yaml
files = [word[1:] for word in sys.argv if word.startswith("@") and word.endswith("extravars")]
if files:
    given = yaml.safe_load(open(files[0]))
    event = given["nfv_event"]
    name = sys.argv[-1].rpartition(".")[2]
    run = {{"playbook": name, "given": given, "vm": event["inventory_name"], "kinds": event["kinds"],
           "count": event["count"], "began": time.time(), "pid": os.getpid(),
           "private": os.path.dirname(os.path.dirname(files[0]))}}
    with open({runs!r}, "a") as file:
        file.write(json.dumps(run) + "\\n")
    if not {real}:
        sys.exit({status})
os.execv({program!r}, [{program!r}, *sys.argv[1:]])
"""


class Rulebook:
    """ansible-rulebook with a directory of its own, which has its inventory, its position and its reports."""

    def __init__(self, directory: Path, vcenter: t.Any, *, real: bool = False, status: int = 0) -> None:
        """real: whether playbooks are run; otherwise each is only noted, and ends with the status."""
        self.directory = directory
        self.reports = directory / "events"
        self.inventory = directory / "inventory"
        self.port = vcenter.port
        self.variables: dict[str, t.Any] = {}
        self.source: Path | None = None
        self._vcenter = vcenter
        self._process: subprocess.Popen[bytes] | None = None
        self._runs = directory / "runs"
        (directory / "ansible.cfg").write_text("[defaults]\nlocalhost_warning = false\n")
        self.reports.mkdir()
        (self.inventory / "group_vars").mkdir(parents=True)
        binaries = directory / "bin"
        binaries.mkdir()
        recorder = binaries / "ansible-playbook"
        program = str(Path(sys.executable).parent / "ansible-playbook")
        recorder.write_text(
            _RECORDER.format(python=sys.executable, runs=str(self._runs), real=real, status=status, program=program)
        )
        recorder.chmod(0o755)

    def start(self) -> None:
        """Starts it, and waits until it has polled twice: its rule engine starts between."""
        variables = {
            "vsphere_hostname": self._vcenter.hostname,
            "vsphere_port": self.port,
            "vsphere_ca_path": str(self._vcenter.ca_path),
            "nfv_event_dir": str(self.reports),
            **self.variables,
        }
        (self.directory / "variables.json").write_text(json.dumps(variables))
        command = [RULEBOOK, "--rulebook", "nfv.vsphere_dpdk.vm_events", "--inventory", self.inventory]
        command += [
            "--vars",
            self.directory / "variables.json",
            "--max-concurrent-actions",
            "4",
            "--shutdown-delay",
            "30",
        ]
        if self.source is not None:
            command += ["--source-dir", self.source]
        polls = self._polls()
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(each) for each in command],
                cwd=self.directory,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        waited_for(lambda: self._polls() > polls + 1 or self._process.poll() is not None, STARTING)  # type: ignore[union-attr]
        assert self._process.poll() is None, self.log

    def _environment(self) -> dict[str, str]:
        binaries = (self.directory / "bin", RULEBOOK.parent, Path(sys.executable).parent)
        return os.environ | {
            "PATH": ":".join([*map(str, binaries), os.environ["PATH"]]),
            "PWD": str(self.directory),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
            # Not the repository's: with pipelining, tests.support.firmware cannot tell modules apart.
            "ANSIBLE_CONFIG": str(self.directory / "ansible.cfg"),
            "ANSIBLE_HOME": str(self.directory / "home"),
            # Read-only: an answer changes nothing.
            "VMWARE_USER": self._vcenter.readonly_username,
            "VMWARE_PASSWORD": self._vcenter.readonly_password,
        }

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ends it, and its playbooks with it when it is killed; returns its exit status."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            if how == signal.SIGKILL:
                os.killpg(process.pid, how)
            else:
                process.send_signal(how)
        try:
            return process.wait(STOPPING)
        finally:
            self._end_playbooks()

    def _end_playbooks(self) -> None:
        """Ends those that are left: ansible-runner gives each a session of its own, where it outlives the rulebook."""
        for run in self.runs:
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                if run["private"].encode() in Path(f"/proc/{run['pid']}/cmdline").read_bytes():
                    os.killpg(run["pid"], signal.SIGKILL)

    def ended(self, seconds: float) -> int:
        """Waits until it ends by itself; returns its exit status."""
        assert self._process is not None
        return self._process.wait(seconds)

    @property
    def log(self) -> str:
        """What it printed."""
        return (self.directory / "log").read_text(errors="replace")

    @property
    def runs(self) -> list[dict[str, t.Any]]:
        """The playbooks that were started, in order, each with its VM, and with what of the event it was given."""
        lines = self._runs.read_text().splitlines() if self._runs.exists() else []
        return [json.loads(line) for line in lines]

    def answers(self, playbook: str = "drift_after_event") -> Counter[str]:
        """How often the playbook was started, by VM."""
        return Counter(run["vm"] for run in self.runs if run["playbook"] == playbook)

    def report(self, directory: str, playbook: str) -> dict[str, t.Any] | None:
        """run.json of an answer that has ended, by the VM's directory; None before."""
        path = self.reports / directory / playbook / "run.json"
        found: dict[str, t.Any] | None = json.loads(path.read_text()) if path.exists() else None
        return found if found is not None and found["ended"] else None

    def _polls(self) -> int:
        return int(self._vcenter.calls().get("DestroyCollector", 0))


def waited_for(condition: t.Callable[[], t.Any], seconds: float) -> t.Any:
    """Waits until a condition has a value that is true; returns its last one."""
    deadline = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found
