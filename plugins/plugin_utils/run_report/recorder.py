# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the callback run_report has seen of a run so far."""

from __future__ import annotations

import dataclasses
import re
import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.error_codes import ErrorCode
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.run.model import (
    CONTROLLER,
    Run,
    RunError,
    RunReport,
    Stage,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.run.read import Finding, TaskResult, findings
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.run.report import run_report

from .file import now

UNFINISHED: t.Final = RunError(
    ErrorCode.RUN_UNFINISHED.value,
    f"[{ErrorCode.RUN_UNFINISHED}] run: it has not ended, or was killed, so nothing is known; look at its output, and"
    " run it again",
    CONTROLLER,
    "",
)
"""What a report says until its run has ended."""

# Tells what no host told, and is never rescued.
_NOBODY: t.Final = ""
_SLOWEST: t.Final = 5
_SECRET: t.Final = re.compile(r"passw(or)?d|passphrase|secret|token|private_key", re.IGNORECASE)


@dataclasses.dataclass
class _Play:
    """A play while it runs."""

    name: str
    """Its name."""
    begun: float
    """When it began, by the monotonic clock."""
    gate: bool
    """Whether it is a playbook's first one, whose hosts are not those of the run."""
    hosts: dict[str, float] = dataclasses.field(default_factory=dict)
    """Seconds of tasks by host."""
    begun_tasks: list[tuple[str, float]] = dataclasses.field(default_factory=list)
    """The tasks by their IDs, in their order, with when the first host began each."""
    names: dict[str, str] = dataclasses.field(default_factory=dict)
    """Names of tasks by their IDs."""
    ended: float | None = None
    """When it ended."""

    @property
    def tasks(self) -> dict[str, float]:
        """Seconds by task, of all hosts, until the next task begins: with many of them, Ansible takes most itself."""
        ends = [*(begun for _task, begun in self.begun_tasks[1:]), self.ended or self.begun]
        spent: dict[str, float] = {}
        for (task_id, begun), end in zip(self.begun_tasks, ends):
            name = self.names.get(task_id, "a task without an end")
            spent[name] = spent.get(name, 0.0) + end - begun
        return spent


class Recorder:
    """Takes plays and results in their order, and gives the report at the end."""

    def __init__(self, run: Run, clock: t.Callable[[], float] = time.monotonic) -> None:
        self.run = run
        self.secrets: set[str] = set()
        self._clock = clock
        self._begun = clock()
        self._plays: list[_Play] = []
        self._hosts: dict[str, None] = {}
        self._findings: list[Finding] = []
        self._running: dict[tuple[str, str], float] = {}

    def play(self, name: str, gate: bool) -> None:
        """A play begins. gate: whether it is a playbook's first one, whose hosts are not those of the run."""
        self._end_play()
        self._plays.append(_Play(name, self._clock(), gate))

    def task_begins(self, host: str, task_id: str) -> None:
        """A task begins on a host."""
        begun = self._running[host, task_id] = self._clock()
        tasks = self._plays[-1].begun_tasks
        if not tasks or tasks[-1][0] != task_id:
            tasks.append((task_id, begun))

    def task_ends(self, ended: TaskResult, task_id: str) -> None:
        """A task has ended on a host."""
        play = self._plays[-1]
        self._time(play, ended, task_id)
        self.secrets.update(secrets_of(ended.arguments))
        if play.gate:
            ended = dataclasses.replace(ended, run_once=True)
        else:
            self._hosts.setdefault(ended.host)
        self._findings.extend(findings(ended))

    def missed(self, task: str, reason: str) -> None:
        """What a task said could not be taken, so that the report must not be green."""
        code = ErrorCode.REPORT_INCOMPLETE
        message = f"[{code}] run.json: what the task {task!r} said could not be read: {reason}"
        self._findings.append(Finding(None, RunError(code.value, message, CONTROLLER, task), _NOBODY))

    def report(self, failed: t.Collection[str]) -> RunReport:
        """The report. failed: the hosts for which the run ended with an error."""
        self._end_play()
        stages = tuple(_stage(play) for play in self._plays)
        run = dataclasses.replace(self.run, ended=now(), seconds=round(self._clock() - self._begun, 3), stages=stages)
        seconds = {host: round(sum(play.hosts.get(host, 0.0) for play in self._plays), 3) for host in self._hosts}
        return run_report(run, seconds, self._findings, {*failed, _NOBODY})

    def _time(self, play: _Play, ended: TaskResult, task_id: str) -> None:
        spent = self._clock() - self._running.pop((ended.host, task_id), self._clock())
        play.hosts[ended.host] = play.hosts.get(ended.host, 0.0) + spent
        play.names[task_id] = ended.task

    def _end_play(self) -> None:
        if self._plays and self._plays[-1].ended is None:
            self._plays[-1].ended = self._clock()


def secrets_of(arguments: t.Any) -> t.Iterator[str]:
    """The texts that a task's options hold under names of secrets, at any depth."""
    if isinstance(arguments, dict):
        for name, value in arguments.items():
            if isinstance(value, str) and _SECRET.search(str(name)):
                yield value
            else:
                yield from secrets_of(value)
    elif isinstance(arguments, (list, tuple)):
        for value in arguments:
            yield from secrets_of(value)


def _stage(play: _Play) -> Stage:
    return Stage(
        play.name, round((play.ended or play.begun) - play.begun, 3), _longest(play.hosts), _longest(play.tasks)
    )


def _longest(seconds: t.Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    named = sorted(seconds.items(), key=lambda one: one[1], reverse=True)[:_SLOWEST]
    return tuple((name, round(spent, 3)) for name, spent in named)
