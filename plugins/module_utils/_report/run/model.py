# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What run.json is made of. docs/run_report.schema.json has the same shape for other programs."""

from __future__ import annotations

import dataclasses
import typing as t

SCHEMA: t.Final = 1

# Outcomes of a host and of a run, the best first.
CLEAN: t.Final = "clean"
CHANGED: t.Final = "changed"
DRIFT: t.Final = "drift"
NOT_PROVED: t.Final = "not_proved"
REFUSED: t.Final = "refused"
FAILED: t.Final = "failed"
OUTCOMES: t.Final = (CLEAN, CHANGED, DRIFT, NOT_PROVED, REFUSED, FAILED)

# Sides: where something was changed, differs, or failed.
VSPHERE: t.Final = "vsphere"
GUEST: t.Final = "guest"
TESTER: t.Final = "tester"
CONTROLLER: t.Final = "controller"

# What a change needs before it takes effect.
NOTHING: t.Final = "nothing"
POWER_CYCLE: t.Final = "power_cycle"
REBOOT: t.Final = "reboot"
RESTART: t.Final = "restart"


@dataclasses.dataclass(frozen=True)
class RunChange:
    """One setting that was changed, or would be in check mode."""

    side: str
    """One of the sides above."""
    setting: str
    """The setting, such as ``cpu.count``; the task's name where a module lists none."""
    before: t.Any
    """Its value before; None for nothing and for what is not known."""
    after: t.Any
    """Its value afterwards; None for nothing and for what is not known."""
    needs: str
    """NOTHING, POWER_CYCLE, REBOOT or RESTART."""
    task: str
    """The task that changed it."""
    cluster: str | None = None
    """The cluster that it is of; None where it is of a VM."""


@dataclasses.dataclass(frozen=True)
class Difference:
    """One setting that is not as described."""

    side: str
    """VSPHERE or GUEST."""
    setting: str
    """The setting, such as ``cpu.count``."""
    described: t.Any
    """What the description asks for; None for nothing."""
    found: t.Any
    """What there is; None for nothing."""
    code: str | None
    """The error code of the difference, where it has one."""
    message: str
    """The difference in one sentence."""


@dataclasses.dataclass(frozen=True)
class Evidence:
    """One row of a verdict or of readiness."""

    row: str
    """What was looked at."""
    status: str
    """``passed``, ``failed``, ``skipped`` (not asked for) or ``unknown`` (the look failed)."""
    asked: str
    """What is asked for."""
    seen: str
    """What was seen."""
    message: str
    """Why it does not hold, or what to do; empty when there is nothing to say."""
    subject: str | None = None
    """Kind of the object of a row of readiness, such as ``host``; None in a verdict."""
    object: str | None = None
    """Name of the object of a row of readiness; None in a verdict."""


@dataclasses.dataclass(frozen=True)
class RunError:
    """Why a host, or the run, failed."""

    code: str | None
    """The error code that the message begins with; None for a message of somebody else."""
    message: str
    """The message, in one line."""
    side: str
    """The side that failed."""
    task: str
    """The task that failed."""


@dataclasses.dataclass(frozen=True)
class HostReport:
    """What a run did to one host, and found."""

    outcome: str
    """One of OUTCOMES."""
    looked_vsphere: bool
    """Whether vCenter answered for this VM."""
    looked_guest: bool
    """Whether the guest answered."""
    proof: str | None
    """The status of the verdict; None without one."""
    changes: tuple[RunChange, ...]
    """In the order in which they were made."""
    differences: tuple[Difference, ...]
    """How it is not as described."""
    evidence: tuple[Evidence, ...]
    """The rows of the verdict."""
    errors: tuple[RunError, ...]
    """Why it failed."""
    seconds: float
    """The time that its tasks took."""


@dataclasses.dataclass(frozen=True)
class Stage:
    """One play, with what took longest in it."""

    name: str
    """The play's name."""
    seconds: float
    """From its start to the start of the next."""
    slowest: tuple[tuple[str, float], ...]
    """The hosts that took longest, with seconds."""
    tasks: tuple[tuple[str, float], ...]
    """The tasks that took longest, with seconds: of all hosts, until the next task begins."""


@dataclasses.dataclass(frozen=True)
class Run:
    """What a run is, whatever it finds."""

    playbook: str
    """The playbook that was called, without path, collection and suffix."""
    playbooks: tuple[str, ...]
    """The playbooks of the collection that it consists of, in order."""
    check: bool
    """Whether it runs in check mode."""
    started: str
    """ISO 8601, in UTC."""
    ended: str | None = None
    """ISO 8601, in UTC; None while it runs."""
    seconds: float = 0.0
    """How long it took."""
    collection: str | None = None
    """The collection's version."""
    ansible_core: str | None = None
    """ansible-core's version."""
    python: str | None = None
    """The controller's version of Python."""
    commit: str | None = None
    """The commit of the inventory's Git repository."""
    stages: tuple[Stage, ...] = ()
    """The plays, in order."""


@dataclasses.dataclass(frozen=True)
class RunReport:
    """All of run.json."""

    run: Run
    """What the run is."""
    outcome: str
    """The worst outcome of any host and of the run itself."""
    message: str
    """The outcome in one line."""
    digest: str
    """Of the changes in vSphere and in the guests, as ``sha256:`` and 64 digits."""
    hosts: t.Mapping[str, HostReport]
    """The hosts by name."""
    changes: tuple[RunChange, ...]
    """Changes of clusters."""
    evidence: tuple[Evidence, ...]
    """The rows of readiness."""
    errors: tuple[RunError, ...]
    """Failures that are of no single host."""
    vcenter: str | None
    """vCenter's version, where a task told it."""


def report_as_data(report: RunReport) -> dict[str, t.Any]:
    """The report as run.json has it."""
    run = report.run
    return {
        "schema": SCHEMA,
        "playbook": run.playbook,
        "playbooks": list(run.playbooks),
        "check": run.check,
        "started": run.started,
        "ended": run.ended,
        "seconds": run.seconds,
        "outcome": report.outcome,
        "message": report.message,
        "versions": {
            "collection": run.collection,
            "ansible_core": run.ansible_core,
            "python": run.python,
            "vcenter": report.vcenter,
        },
        "commit": run.commit,
        "digest": report.digest,
        "hosts": {name: _host(host) for name, host in report.hosts.items()},
        "changes": [change_as_data(change) for change in report.changes],
        "evidence": [_evidence(row) for row in report.evidence],
        "errors": [dataclasses.asdict(error) for error in report.errors],
        "stages": [
            {
                "name": stage.name,
                "seconds": stage.seconds,
                "slowest": [{"host": host, "seconds": seconds} for host, seconds in stage.slowest],
                "tasks": [{"task": task, "seconds": seconds} for task, seconds in stage.tasks],
            }
            for stage in run.stages
        ],
    }


def change_as_data(change: RunChange) -> dict[str, t.Any]:
    """A change as run.json has it."""
    data = {
        "side": change.side,
        "setting": change.setting,
        "from": change.before,
        "to": change.after,
        "needs": change.needs,
        "task": change.task,
    }
    return data if change.cluster is None else {**data, "cluster": change.cluster}


def _host(host: HostReport) -> dict[str, t.Any]:
    return {
        "outcome": host.outcome,
        "looked": {"vsphere": host.looked_vsphere, "guest": host.looked_guest},
        "proof": host.proof,
        "changes": [change_as_data(change) for change in host.changes],
        "differences": [dataclasses.asdict(difference) for difference in host.differences],
        "evidence": [_evidence(row) for row in host.evidence],
        "errors": [dataclasses.asdict(error) for error in host.errors],
        "seconds": host.seconds,
    }


def _evidence(row: Evidence) -> dict[str, t.Any]:
    return {key: value for key, value in dataclasses.asdict(row).items() if value is not None}
