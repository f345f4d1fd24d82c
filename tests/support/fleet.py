# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pipeline of examples/gitops in a forge, which drives a vCenter: its jobs, and what they leave."""

from __future__ import annotations

import json
import typing as t
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from tests.support.artefacts import CHECKS, check_artefacts
from tests.support.by_hand import reserve_cpu
from tests.support.forges import Event, Forge, GitHub, GitLab, Job
from tests.support.gitops import VAULT_PASSWORD, Repository

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Connection

FORGES: dict[str, t.Callable[[Repository], Forge]] = {"github": GitHub, "gitlab": GitLab}
# A deployment begins with a plan.
STAGES_BEFORE = {"deploy": "plan"}
DESCRIPTION = "inventory/group_vars/pgw/dataplane.yml"


@dataclass(frozen=True)
class Fleet:
    """The example's repository in a forge, and the vCenter that it drives."""

    connection: Connection
    """Somebody's own way into vCenter."""
    repository: Repository
    """The repository; main is checked out."""
    forge: Forge
    """The forge."""
    deployments: str = ""
    """More arguments of ansible-playbook in the jobs plan and deploy."""
    comparisons: str = ""
    """Those in the job nightly."""

    def plan(self) -> Job:
        """The job plan of a merge request of the branch that is checked out."""
        return self._job("plan", Event.MERGE_REQUEST, arguments=self.deployments)

    def deploy(self, accept_new_plan: bool = False) -> Job:
        """The job deploy, after a merge, or by hand with a plan that nobody has approved."""
        event = Event.BY_HAND if accept_new_plan else Event.MAIN
        return self._job("deploy", event, accept_new_plan=accept_new_plan, arguments=self.deployments)

    def nightly(self, *arguments: str) -> Job:
        """The job nightly."""
        return self._job("nightly", Event.SCHEDULE, arguments=" ".join([self.comparisons, *arguments]))

    def _job(self, name: str, event: Event, accept_new_plan: bool = False, arguments: str = "") -> Job:
        """Runs a job. No secret is in its output or in an artefact, and every artefact is valid."""
        job = self.forge.job(name, event, accept_new_plan, arguments)
        secrets = [self.connection.password, VAULT_PASSWORD]
        assert not any(secret in job.output for secret in secrets)
        left = set(check_artefacts(job.directory / "reports", secrets))
        wanted = {f"{stage}/{artefact}" for stage in {name, STAGES_BEFORE.get(name, name)} for artefact in CHECKS}
        assert left >= wanted, job.output
        return job

    def reserve(self, name: str, mhz: int) -> int:
        """Somebody changes the CPU reservation of a VM by hand. Returns what it was."""
        return reserve_cpu(self.connection, name, mhz)

    def begin_branch(self, name: str) -> None:
        """A branch of main, which is checked out."""
        self.repository.git("switch", "--quiet", "--create", name)

    def approve_and_merge(self, planned: Job, name: str) -> None:
        """Approves the plan of a merge request in its branch, and merges it; main is checked out."""
        self.repository.approve(planned.directory / "reports/plan")
        self.repository.git("switch", "--quiet", "main")
        self.repository.git("merge", "--quiet", name)


def report(job: Job, stage: str) -> dict[str, t.Any]:
    """run.json of a stage of the job."""
    content: dict[str, t.Any] = json.loads((job.directory / f"reports/{stage}/run.json").read_text())
    return content


def changes(job: Job, stage: str) -> list[str]:
    """The VMs and their settings as a stage's Markdown names them, without what became of each VM."""
    lines = (job.directory / f"reports/{stage}/plan.md").read_text().replace("\\", "").splitlines()
    named = [line for line in lines if line.startswith(("## ", "| vsphere |", "| guest |"))]
    return [line.partition(":")[0] if line.startswith("## ") else line for line in named]


def failures(job: Job, stage: str) -> set[tuple[str | None, str | None]]:
    """The cases that failed in a stage's JUnit report, by class and name."""
    root = ET.parse(job.directory / f"reports/{stage}/junit.xml").getroot()  # noqa: S314 - of our own making
    cases = (case for case in root.iter("testcase") if case.find("failure") is not None)
    return {(case.get("classname"), case.get("name")) for case in cases}
