# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/gitops drives a fleet in the lab's vCenter, without guests: planned, approved, deployed, and compared.

`make test` runs the commands of the GitHub workflow's steps. `make test-gitops` runs the GitLab pipeline, too, in
gitlab-ci-local (NFV_FORGES). Without a guest nothing is proved, and a deployment is never green.
"""

from __future__ import annotations

import json
import os
import shutil
import typing as t
import xml.etree.ElementTree as ET
from dataclasses import dataclass

import pytest
import yaml
from pyVim.task import WaitForTask
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane import converge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
from tests.support.artefacts import CHECKS, check_artefacts
from tests.support.by_hand import reserve_cpu
from tests.support.forges import Event, Forge, GitHub, GitLab, Job
from tests.support.gitops import VAULT_PASSWORD, Repository, unpack_example
from tests.support.guests import answering_guests

from .test_examples import connection, inventory

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lab.testing.vcenter import VCenter

pytestmark = pytest.mark.playbook

FORGES = {"github": GitHub, "gitlab": GitLab}
VMS = ("pgw-1", "pgw-2")
DESCRIPTION = "inventory/group_vars/pgw/dataplane.yml"
# Up to guests that have addresses.
ON_VSPHERE = "--tags=vsphere"
# A deployment begins with a plan.
STAGES_BEFORE = {"deploy": "plan"}
OF_VSPHERE = '--extra-vars={"drift_sides":["vsphere"]}'


@dataclass(frozen=True)
class Fleet:
    """The example's repository in a forge, and the vCenter that it drives."""

    vcenter: VCenter
    """The vCenter."""
    repository: Repository
    """The repository; main is checked out."""
    forge: Forge
    """The forge."""

    def plan(self) -> Job:
        """The job plan of a merge request of the branch that is checked out."""
        return self._job("plan", Event.MERGE_REQUEST, arguments=ON_VSPHERE)

    def deploy(self, accept_new_plan: bool = False) -> Job:
        """The job deploy, after a merge, or by hand with a plan that nobody has approved."""
        event = Event.BY_HAND if accept_new_plan else Event.MAIN
        return self._job("deploy", event, accept_new_plan=accept_new_plan, arguments=ON_VSPHERE)

    def nightly(self, *arguments: str) -> Job:
        """The job nightly."""
        return self._job("nightly", Event.SCHEDULE, arguments=" ".join([OF_VSPHERE, *arguments]))

    def _job(self, name: str, event: Event, accept_new_plan: bool = False, arguments: str = "") -> Job:
        """Runs a job. No secret is in its output or in an artefact, and every artefact is valid."""
        job = self.forge.job(name, event, accept_new_plan, arguments)
        secrets = [self.vcenter.password, VAULT_PASSWORD]
        assert not any(secret in job.output for secret in secrets)
        left = set(check_artefacts(job.directory / "reports", secrets))
        wanted = {f"{stage}/{artefact}" for stage in {name, STAGES_BEFORE.get(name, name)} for artefact in CHECKS}
        assert left >= wanted, job.output
        return job

    def reserve(self, name: str, mhz: int) -> int:
        """Somebody changes the CPU reservation of a VM by hand. Returns what it was."""
        return reserve_cpu(self.vcenter.connection, name, mhz)


@pytest.fixture(scope="module", params=os.environ.get("NFV_FORGES", "github").split(","))
def new_fleet(
    request: pytest.FixtureRequest, start_vcenter: Callable[..., VCenter], tmp_path_factory: pytest.TempPathFactory
) -> Fleet:
    """The fleet before its first deployment."""
    vcenter = start_vcenter(inventory=inventory())
    shipped = unpack_example(tmp_path_factory.mktemp("tarball"))
    repository = Repository.copy(shipped, tmp_path_factory.mktemp("home") / "fleet")
    site = connection(vcenter)
    repository.connect(site, site.pop("vsphere_password"))
    repository.begin()
    return Fleet(vcenter, repository, FORGES[request.param](repository))


@pytest.fixture(scope="module")
def fleet(new_fleet: Fleet) -> Iterator[Fleet]:
    """The fleet with its VMs made, as described except for their places, and not yet started for the first time."""
    described = yaml.safe_load(new_fleet.repository.read(DESCRIPTION))["nfv_dataplane"]
    described["placement"]["cluster"] = "nfv-a"
    with Client.open(new_fleet.vcenter.connection, closed_for_writes=False) as client:
        datacenter = client.content.rootFolder.childEntity[0]
        template = datacenter.vmFolder.childEntity[0].childEntity[0]
        location = vim.vm.RelocateSpec(pool=datacenter.hostFolder.childEntity[0].resourcePool)
        for name in VMS:
            WaitForTask(template.Clone(datacenter.vmFolder, name, vim.vm.CloneSpec(location=location, powerOn=False)))
    params = {
        "vms": [{"name": name} for name in VMS],
        "dataplane": described,
        "state": "present",
        "power_cycle": "never",
        "datacenter": "nfv-dc",
    }
    converge(params, new_fleet.vcenter.connection, False, "dataplane")
    with answering_guests(new_fleet.vcenter):
        yield new_fleet


def report(job: Job, stage: str) -> dict[str, t.Any]:
    """run.json of a stage of the job."""
    content: dict[str, t.Any] = json.loads((job.directory / f"reports/{stage}/run.json").read_text())
    return content


def changes(path: Path) -> list[str]:
    """The VMs and their settings as the Markdown's lines name them, without what became of each VM."""
    lines = path.read_text().replace("\\", "").splitlines()
    return [line.partition(":")[0] if line.startswith("## ") else line for line in lines if line[:3] in ("## ", "| v")]


def failures(job: Job, stage: str) -> set[tuple[str | None, str | None]]:
    """The cases that failed in a stage's JUnit report, by class and name."""
    root = ET.parse(job.directory / f"reports/{stage}/junit.xml").getroot()  # noqa: S314 - of our own making
    cases = (case for case in root.iter("testcase") if case.find("failure") is not None)
    return {(case.get("classname"), case.get("name")) for case in cases}


def test_each_event_has_its_jobs(new_fleet: Fleet) -> None:
    assert {event: new_fleet.forge.jobs(event) for event in Event} == {
        Event.MERGE_REQUEST: {"lint", "plan"},
        Event.MAIN: {"deploy"},
        Event.SCHEDULE: {"nightly"},
        Event.BY_HAND: {"deploy"},
    }


def test_a_vcenter_out_of_reach_is_no_drift(new_fleet: Fleet) -> None:
    night = new_fleet.nightly("--extra-vars=vsphere_port=1")
    assert (night.shown, report(night, "nightly")["outcome"]) == ("red", "failed")
    assert "[vcenter_unreachable]" in night.output


def test_an_inventory_without_a_host_is_no_drift(new_fleet: Fleet) -> None:
    with new_fleet.repository.branch("empty"):
        (new_fleet.repository.directory / "inventory/hosts.yml").write_text("---\npgw:\n")
        new_fleet.repository.commit("Lose the hosts")
        night = new_fleet.nightly()
    assert (night.shown, report(night, "nightly")["outcome"]) == ("red", "failed")
    assert [error["code"] for error in report(night, "nightly")["errors"]] == ["hosts_missing"]


def test_a_branch_is_planned_and_approved_and_main_deploys_just_that(fleet: Fleet) -> None:
    fleet.vcenter.reset_calls()
    fleet.repository.git("switch", "--quiet", "--create", "more-memory")
    fleet.repository.edit(DESCRIPTION, "size_mb: 2048", "size_mb: 3072")
    fleet.repository.commit("Give the gateways more memory")
    planned = fleet.plan()
    assert planned.shown == "red", planned.output
    assert "[plan_outdated]" in planned.output
    named = changes(planned.directory / "reports/plan/plan.md")
    settings = "| vsphere | memory.size_mb | 2048 | 3072 | power_cycle |"
    assert named.count(settings) == 2 and {"## pgw-1", "## pgw-2"} <= set(named), named
    assert fleet.vcenter.mutating_calls() == {}
    assert report(planned, "plan")["versions"]["vcenter"].startswith("8.0.3 build ")

    fleet.repository.approve(planned.directory / "reports/plan")
    fleet.repository.git("switch", "--quiet", "main")
    fleet.repository.git("merge", "--quiet", "more-memory")
    merged = fleet.deploy()
    assert merged.shown == "red" and report(merged, "deploy")["outcome"] == "not_proved", merged.output
    assert changes(merged.directory / "reports/deploy/plan.md") == named
    assert report(merged, "deploy")["digest"] == report(planned, "plan")["digest"]

    shutil.copy(merged.directory / "known_hosts", fleet.repository.directory)
    fleet.repository.commit("Know the guests' host keys")

    # The second time nothing is planned; an approval that is left over does no harm.
    again = fleet.plan()
    assert (again.shown, report(again, "plan")["outcome"]) == ("green", "clean"), again.output


def test_what_somebody_changed_by_hand_outdates_the_plan_and_turns_the_night_red(fleet: Fleet) -> None:
    before = fleet.reserve("pgw-1", 100)
    fleet.vcenter.reset_calls()
    refused = fleet.deploy()
    assert refused.shown == "red"
    assert [error["code"] for error in report(refused, "deploy")["errors"]] == ["plan_outdated"]
    assert ("deploy", "plan_outdated") in failures(refused, "deploy")
    assert f"pgw-1 vsphere cpu.reservation_mhz: 100 to {before}" in refused.output

    night = fleet.nightly()
    assert night.shown == "red"
    assert report(night, "nightly")["outcome"] == "drift"
    assert ("pgw-1", "vsphere.cpu.reservation_mhz") in failures(night, "nightly")
    assert "pgw-2" not in {of for of, _name in failures(night, "nightly")}
    assert fleet.vcenter.mutating_calls() == {}
    fleet.reserve("pgw-1", before)
