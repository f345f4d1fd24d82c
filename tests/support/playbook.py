"""Runs ansible-playbook on the installed collection and reads what it did from the JSON callback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARIES = Path(sys.executable).parent


@dataclass(frozen=True)
class TaskResult:
    """One task's result on one host."""

    task: str
    """The task's name, with its role."""
    host: str
    """Its name in the inventory."""
    result: dict[str, t.Any]
    """What the module returned."""


@dataclass(frozen=True)
class Run:
    """What one ansible-playbook did."""

    exit_status: int
    """ansible-playbook's."""
    tasks: tuple[TaskResult, ...]
    """The results of all tasks on all hosts, in order."""
    stats: dict[str, dict[str, int]]
    """The recap by host."""
    output: str
    """Standard output and standard error."""

    @property
    def changed(self) -> int:
        """Sum of changed tasks over all hosts."""
        return sum(stats["changed"] for stats in self.stats.values())

    @property
    def changed_tasks(self) -> list[str]:
        return [f"{entry.host}: {entry.task}" for entry in self.tasks if entry.result.get("changed")]

    @property
    def diffs(self) -> list[t.Any]:
        """Every difference that --diff would show."""
        return [entry.result["diff"] for entry in self.tasks if _differs(entry.result.get("diff"))]

    @property
    def failures(self) -> list[str]:
        """The messages of the tasks that failed or could not reach their host."""
        return [
            str(entry.result.get("msg", entry.result))
            for entry in self.tasks
            if entry.result.get("failed") or entry.result.get("unreachable")
        ]

    @property
    def succeeded(self) -> bool:
        return self.exit_status == 0

    def result_of(self, task: str) -> dict[str, t.Any]:
        """The first result of the task with this name, whatever role it is in."""
        for entry in self.tasks:
            if entry.task.rpartition(" : ")[2] == task:
                return entry.result
        raise AssertionError(f"no task named {task!r} ran:\n{self.output}")

    def fact(self, name: str) -> t.Any:
        """The value that a task has set a fact to, at last."""
        values = [entry.result.get("ansible_facts", {}) for entry in self.tasks]
        found = [facts[name] for facts in values if name in facts]
        assert found, f"no task set {name}:\n{self.output}"
        return found[-1]


def _differs(diff: t.Any) -> bool:
    if isinstance(diff, list):
        return any(_differs(part) for part in diff)
    if isinstance(diff, dict):
        return bool(diff.get("prepared")) or diff.get("before") != diff.get("after")
    return bool(diff)


def run_playbook(
    playbook: str,
    inventories: t.Sequence[Path],
    *arguments: str,
    variables: t.Mapping[str, t.Any] | None = None,
    environment: t.Mapping[str, str] | None = None,
    timeout: float = 1200,
) -> Run:
    """Run a playbook (path or FQCN) with extra variables; the caller judges the exit status.

    timeout: seconds; raises subprocess.TimeoutExpired beyond it.
    """
    done = subprocess.run(
        _command(playbook, inventories, arguments, variables),
        cwd=ROOT,
        env=_environment(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return _read(done)


def _command(
    playbook: str, inventories: t.Sequence[Path], arguments: t.Sequence[str], variables: t.Mapping[str, t.Any] | None
) -> list[str]:
    command = [str(BINARIES / "ansible-playbook"), playbook, *arguments]
    command += [f"--inventory={inventory}" for inventory in inventories]
    if variables:
        command += ["--extra-vars", json.dumps(variables)]
    return command


def _environment(more: t.Mapping[str, str] | None) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": f"{BINARIES}:{os.environ['PATH']}",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        **(more or {}),
    }


def _read(done: subprocess.CompletedProcess[str]) -> Run:
    output = f"{done.stdout}\n{done.stderr}"
    start = done.stdout.find("{\n")
    assert start >= 0, f"ansible-playbook gave no JSON (exit status {done.returncode}):\n{output}"
    report = json.JSONDecoder().raw_decode(done.stdout[start:])[0]
    tasks = tuple(
        TaskResult(task["task"]["name"], host, result)
        for play in report["plays"]
        for task in play["tasks"]
        for host, result in task["hosts"].items()
    )
    return Run(done.returncode, tasks, report["stats"], output)
