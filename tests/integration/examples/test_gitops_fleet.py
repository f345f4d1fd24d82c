# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/gitops drives a fleet in the lab's vCenter, without guests: planned, approved, deployed, and compared.

`make test` runs the commands of the GitHub workflow's steps. `make test-gitops` runs the GitLab pipeline, too, in
gitlab-ci-local (NFV_FORGES). Without a guest nothing is proved, and a deployment is never green.
"""

from __future__ import annotations

import os
import shutil
import typing as t

import pytest
import yaml
from pyVim.task import WaitForTask
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane import converge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
from tests.support.fleet import DESCRIPTION, FORGES, Fleet, changes, failures, report
from tests.support.forges import Event
from tests.support.gitops import Repository, unpack_example
from tests.support.guests import answering_guests

from .test_examples import connection, inventory

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lab.testing.vcenter import VCenter

pytestmark = pytest.mark.playbook

VMS = ("pgw-1", "pgw-2")
# Up to guests that have addresses.
ON_VSPHERE = "--tags=vsphere"
OF_VSPHERE = '--extra-vars={"drift_sides":["vsphere"]}'


@pytest.fixture(scope="module", params=os.environ.get("NFV_FORGES", "github").split(","))
def forge_name(request: pytest.FixtureRequest) -> str:
    """One forge after the other."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def driven(forge_name: str, start_vcenter: Callable[..., VCenter]) -> VCenter:
    """The vCenter that the fleet is in, one for each forge."""
    return start_vcenter(inventory=inventory())


@pytest.fixture(scope="module")
def new_fleet(forge_name: str, driven: VCenter, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """The fleet before its first deployment."""
    shipped = unpack_example(tmp_path_factory.mktemp("tarball"))
    repository = Repository.copy(shipped, tmp_path_factory.mktemp("home") / "fleet")
    site = connection(driven)
    repository.connect(site, site.pop("vsphere_password"))
    repository.begin()
    return Fleet(driven.connection, repository, FORGES[forge_name](repository), ON_VSPHERE, OF_VSPHERE)


@pytest.fixture(scope="module")
def fleet(new_fleet: Fleet, driven: VCenter) -> Iterator[Fleet]:
    """The fleet with its VMs made, as described except for their places, and not yet started for the first time."""
    described = yaml.safe_load(new_fleet.repository.read(DESCRIPTION))["nfv_dataplane"]
    described["placement"]["cluster"] = "nfv-a"
    with Client.open(driven.connection, closed_for_writes=False) as client:
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
    converge(params, driven.connection, False, "dataplane")
    with answering_guests(driven):
        yield new_fleet


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


def test_a_branch_is_planned_and_approved_and_main_deploys_just_that(fleet: Fleet, driven: VCenter) -> None:
    driven.reset_calls()
    fleet.begin_branch("more-memory")
    fleet.repository.edit(DESCRIPTION, "size_mb: 2048", "size_mb: 3072")
    fleet.repository.commit("Give the gateways more memory")
    planned = fleet.plan()
    assert planned.shown == "red", planned.output
    assert "[plan_outdated]" in planned.output
    named = changes(planned, "plan")
    settings = "| vsphere | memory.size_mb | 2048 | 3072 | power_cycle |"
    assert named.count(settings) == 2 and {"## pgw-1", "## pgw-2"} <= set(named), named
    assert driven.mutating_calls() == {}
    assert report(planned, "plan")["versions"]["vcenter"].startswith("8.0.3 build ")

    fleet.approve_and_merge(planned, "more-memory")
    merged = fleet.deploy()
    assert merged.shown == "red" and report(merged, "deploy")["outcome"] == "not_proved", merged.output
    assert changes(merged, "deploy") == named
    assert report(merged, "deploy")["digest"] == report(planned, "plan")["digest"]

    shutil.copy(merged.directory / "known_hosts", fleet.repository.directory)
    fleet.repository.commit("Know the guests' host keys")

    # The second time nothing is planned; an approval that is left over does no harm.
    again = fleet.plan()
    assert (again.shown, report(again, "plan")["outcome"]) == ("green", "clean"), again.output


def test_what_somebody_changed_by_hand_outdates_the_plan_and_turns_the_night_red(fleet: Fleet, driven: VCenter) -> None:
    before = fleet.reserve("pgw-1", 100)
    driven.reset_calls()
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
    assert driven.mutating_calls() == {}
    fleet.reserve("pgw-1", before)
