# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/gitops and a fleet in the lab's vCenter, without guests: what a branch would change; nights without a look.

`make test` runs the commands of the GitHub workflow's steps. `make test-gitops` runs the GitLab pipeline, too, in
gitlab-ci-local (NFV_FORGES).
"""

from __future__ import annotations

import json
import os
import typing as t
from dataclasses import dataclass

import pytest
import yaml
from pyVim.task import WaitForTask
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane import converge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
from tests.support.artefacts import CHECKS, check_artefacts
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

    def nightly(self, *arguments: str) -> Job:
        """The job nightly."""
        return self._job("nightly", Event.SCHEDULE, arguments=" ".join([OF_VSPHERE, *arguments]))

    def _job(self, name: str, event: Event, arguments: str) -> Job:
        """Runs a job. No secret is in its output or in an artefact, and every artefact is valid."""
        job = self.forge.job(name, event, arguments=arguments)
        secrets = [self.vcenter.password, VAULT_PASSWORD]
        assert not any(secret in job.output for secret in secrets)
        left = set(check_artefacts(job.directory / "reports", secrets))
        assert left >= {f"{name}/{artefact}" for artefact in CHECKS}, job.output
        return job


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


def test_a_branch_is_planned_and_nothing_of_it_is_done(fleet: Fleet) -> None:
    fleet.vcenter.reset_calls()
    with fleet.repository.branch("more-memory"):
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
