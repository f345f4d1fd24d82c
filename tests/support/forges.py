# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs jobs of the example's pipelines: GitLab's by gitlab-ci-local, GitHub's by the commands of its steps.

Each job begins in a fresh clone of the branch that is checked out, as a runner begins.
"""

from __future__ import annotations

import enum
import re
import shutil
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.support.gitops import STAGE_SECONDS, VAULT_PASSWORD, Repository
from tests.support.playbook import ROOT

GITLAB_CI_LOCAL = ROOT / ".cache/gitops-tools/node_modules/.bin/gitlab-ci-local"
SETUP = "./pipeline setup"
# What a workflow may say; anything else fails the test, which would not know what GitHub makes of it.
EXPRESSION = re.compile(r"\$\{\{ (?:secrets\.(?P<secret>\w+)|inputs\.(?P<input>\w+) \|\| (?P<default>\w+)) \}\}")
EVENT = re.compile(r"github\.event_name == '(\w+)'")


class Event(enum.Enum):
    """Why a pipeline runs: GitHub's and GitLab's names."""

    MERGE_REQUEST = ("pull_request", "merge_request_event")
    MAIN = ("push", "push")
    SCHEDULE = ("schedule", "schedule")
    BY_HAND = ("workflow_dispatch", "web")


class Job(t.NamedTuple):
    """How a job ended."""

    shown: str
    """``green``, ``warning`` or ``red``, as the forge shows it."""
    output: str
    """What it printed."""
    directory: Path
    """Where it ran: its artefacts are in ``reports``."""


class Forge(t.Protocol):
    """A forge with the repository in it."""

    def jobs(self, event: Event) -> set[str]:
        """The jobs of an event's pipeline."""

    def job(self, name: str, event: Event, accept_new_plan: bool = False, arguments: str = "") -> Job:
        """Runs a job of an event's pipeline. arguments: more of ansible-playbook, without blanks in any."""


def clone(repository: Repository) -> Path:
    """A fresh clone of the branch that is checked out."""
    jobs = repository.directory.parent / "jobs"
    directory = jobs / str(sum(path.is_dir() for path in jobs.glob("*")))
    repository.git("clone", "--quiet", str(repository.directory), str(directory))
    # Without the connections that an earlier job has left open for a minute: they were logged in.
    shutil.rmtree(repository.directory.parent / ".ansible/cp", ignore_errors=True)
    return directory


@dataclass(frozen=True)
class GitHub:
    """The workflow's steps by their commands, in the shell that it names; actions of others are not run."""

    repository: Repository
    """The repository."""

    def jobs(self, event: Event) -> set[str]:
        """The jobs of an event's pipeline."""
        return {name for name, job in self._workflow()["jobs"].items() if event.value[0] in events(job["if"])}

    def job(self, name: str, event: Event, accept_new_plan: bool = False, arguments: str = "") -> Job:
        """Runs a job of an event's pipeline. arguments: more of ansible-playbook, without blanks in any."""
        assert name in self.jobs(event), f"{name} does not run on {event}"
        directory = clone(self.repository)
        inputs = {"accept_new_plan": str(accept_new_plan).lower()} if event is Event.BY_HAND else {}
        summary = directory.parent / f"{directory.name}-summary.md"
        environment = {"NFV_ARGUMENTS": arguments, "GITHUB_STEP_SUMMARY": str(summary)}
        output, failed = "", False
        for step in self._workflow()["jobs"][name]["steps"]:
            always = step.get("if") == "always()"
            assert always or "if" not in step, step
            if failed and not always:
                continue
            if "uses" in step:
                assert_artefacts(directory, step)
                continue
            # Once is enough: it installs what is there already, and takes a third of a job's time.
            if step["run"] == SETUP and directory.name != "0":
                continue
            given = {key: evaluated(str(value), inputs) for key, value in step.get("env", {}).items()}
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=directory,
                env={**self.repository.environment, **environment, **given},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=STAGE_SECONDS,
                check=False,
            )
            failed = failed or done.returncode != 0
            output += done.stdout + done.stderr
        output += summary.read_text() if summary.exists() else ""
        return Job("red" if failed else "green", output, directory)

    def _workflow(self) -> dict[str, t.Any]:
        workflow: dict[str, t.Any] = yaml.safe_load(self.repository.read(".github/workflows/nfv.yml"))
        assert workflow["defaults"] == {"run": {"shell": "bash"}}
        return workflow


def events(condition: str) -> list[str]:
    """The events that a job's condition names. Fails the test for another condition."""
    assert EVENT.sub("", condition).replace("||", "").strip() == "", condition
    return EVENT.findall(condition)


def evaluated(value: str, inputs: t.Mapping[str, str]) -> str:
    """The value of an expression. Fails the test for one that is not known here."""
    found = EXPRESSION.fullmatch(value)
    assert found, value
    if found["secret"]:
        return {"VAULT_PASSWORD": VAULT_PASSWORD}[found["secret"]]
    return inputs.get(found["input"], found["default"])


def assert_artefacts(directory: Path, step: t.Mapping[str, t.Any]) -> None:
    """An action of others finds what it is to upload."""
    given = step.get("with", {})
    for key in ("path", "sarif_file"):
        paths = given.get(key, "").split()
        assert not paths or any((directory / path).exists() for path in paths), f"nothing to upload: {step}"


@dataclass(frozen=True)
class GitLab:
    """The pipeline in gitlab-ci-local with its shell executor, which runs the jobs that name no image."""

    repository: Repository
    """The repository."""

    def jobs(self, event: Event) -> set[str]:
        """The jobs of an event's pipeline."""
        done = self._run(self._clone(), event, "--list-csv")
        assert done.returncode == 0, done.stdout + done.stderr
        return {line.split(";")[0] for line in done.stdout.splitlines()[1:] if ";" in line}

    def job(self, name: str, event: Event, accept_new_plan: bool = False, arguments: str = "") -> Job:
        """Runs a job of an event's pipeline. arguments: more of ansible-playbook, without blanks in any."""
        directory = self._clone()
        given = {"VAULT_PASSWORD": VAULT_PASSWORD, "NFV_ARGUMENTS": arguments}
        if accept_new_plan:
            given["ACCEPT_NEW_PLAN"] = "true"
        done = self._run(directory, event, name, **given)
        output = done.stdout + done.stderr
        # Of a job that the event does not run, there is no such line.
        found = re.search(rf"^ *(PASS|WARN|FAIL) +{name}\b", output, re.MULTILINE)
        assert found, output
        shown = {"PASS": "green", "WARN": "warning", "FAIL": "red"}[found[1]]
        # gitlab-ci-local itself ends with 0 wherever a job has allow_failure, whatever exit codes that allows.
        assert shown == "red" or done.returncode == 0, output
        return Job(shown, output, directory)

    def _clone(self) -> Path:
        directory = clone(self.repository)
        path = directory / ".gitlab-ci.yml"
        text, count = re.subn(r"(?m)^  image: .*\n", "", path.read_text())
        assert count == 1, text
        path.write_text(text)
        return directory

    def _run(
        self, directory: Path, event: Event, *arguments: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        every = {"CI_PIPELINE_SOURCE": event.value[1], **variables}
        given = [part for name, value in every.items() for part in ("--variable", f"{name}={value}")]
        # GitLab sets it in pipelines of branches only.
        given += ["--unset-variable", "CI_COMMIT_BRANCH"] if event is Event.MERGE_REQUEST else []
        return subprocess.run(
            [str(GITLAB_CI_LOCAL), *given, *arguments],
            cwd=directory,
            env={**self.repository.environment, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=STAGE_SECONDS,
            check=False,
        )
