# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/gitops drives a gateway with a real guest: approved, deployed to its proof, changed, and compared at night.

In one forge, GitLab's unless NFV_FORGES begins with another one. What needs no guest is tested with two gateways in
tests/integration/examples/test_gitops_fleet.py.
"""

from __future__ import annotations

import os
import shutil
import time
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Connection
from tests.support.fleet import DESCRIPTION, FORGES, Fleet, changes, failures, report
from tests.support.gitops import Repository, unpack_example
from tests.support.quickstart import changed
from tests.support.running_lab import Site, fresh_lab, site

if t.TYPE_CHECKING:
    from tests.support.forges import Job

FORGE = os.environ.get("NFV_FORGES", "gitlab").split(",")[0]
# What the forge shows of a deployment that has changed something, as approved, and is proved (status 10).
DEPLOYED = {"github": "green", "gitlab": "warning"}
# The lab's neighbours of the gateway in place of the example's, which nobody is here.
LAB = {"198.18.1.254": "198.18.1.2", "198.18.2.254": "198.18.2.2"}
# The inventory gives ssh_common_args, so that the environment gives ssh_args: Ansible's own, and patience with a guest
# that is emulated, to which each transfer takes a second.
SSH = "-o ControlMaster=auto -o ControlPersist=60s -o ServerAliveInterval=15 -o ServerAliveCountMax=8"
PIPELINING = {"ANSIBLE_PIPELINING": "true"}
BOTH = {"vsphere": True, "guest": True}


@pytest.fixture(scope="module")
def here() -> t.Iterator[Site]:
    """A lab with nothing in it but the template."""
    with fresh_lab() as state:
        yield site(state)


@pytest.fixture(scope="module")
def fleet(here: Site, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """The example as it is committed at this site, before its first deployment."""
    shipped = unpack_example(tmp_path_factory.mktemp("tarball"))
    way = here.login("ANSIBLE_SSH_ARGS", beside=SSH) | PIPELINING
    # A short path: ssh's sockets are below it.
    repository = Repository.copy(shipped, tmp_path_factory.mktemp("home") / "fleet", **way)
    repository.connect(here.vcenter, here.password)
    (repository.directory / "inventory/host_vars/tester-1.yml").write_text(changed("---\n", here.tester))
    for path in ("inventory/host_vars/pgw-1.yml", "sessions/pgw-1/subscribers.csv"):
        meet_the_lab(repository, path)
    lose_the_second_gateway(repository)
    repository.begin()
    return Fleet(connection(here), repository, FORGES[FORGE](repository))


def connection(here: Site) -> Connection:
    """Somebody's own way into vCenter."""
    of = here.vcenter
    ca_path = of["vsphere_ca_path"]
    return Connection(
        of["vsphere_hostname"], of["vsphere_port"], of["vsphere_username"], here.password, ca_path=ca_path
    )


def meet_the_lab(repository: Repository, path: str) -> None:
    """Gives a file the lab's neighbours: a gateway is refused whose peers and next hop do not answer."""
    found = [address for address in LAB if address in repository.read(path)]
    assert found, path
    for address in found:
        repository.edit(path, address, LAB[address])


def lose_the_second_gateway(repository: Repository) -> None:
    """The lab has CPUs for one guest that polls, and a cluster of two hosts: two gateways kept apart need three."""
    repository.edit("inventory/hosts.yml", "    pgw-2:\n", "")
    repository.edit("inventory/group_vars/all/expected.yml", "[pgw-1, pgw-2]", "[pgw-1]")
    (repository.directory / "inventory/host_vars/pgw-2.yml").unlink()
    shutil.rmtree(repository.directory / "sessions/pgw-2")


def timed(run: t.Callable[[], Job], name: str) -> Job:
    """Runs a job, and says how long it took: docs/testing.md has these figures."""
    began = time.monotonic()
    job = run()
    print(f"{time.monotonic() - began:5.0f} s  {name}: {job.shown}")
    return job


def assert_proved(job: Job) -> None:
    """The deployment has changed something, and is proved in each of its reports."""
    assert job.shown == DEPLOYED[FORGE], job.output
    whole = report(job, "deploy")
    of_it = whole["hosts"]["pgw-1"]
    assert (whole["outcome"], of_it["outcome"], of_it["proof"]) == ("changed", "changed", "proved"), job.output
    assert of_it["looked"] == BOTH
    assert not any(of == "pgw-1" for of, _name in failures(job, "deploy")), failures(job, "deploy")
    metrics = (job.directory / "reports/deploy/nfv.prom").read_text().splitlines()
    assert {'nfv_run_status{playbook="deploy"} 10', 'nfv_host_proved{host="pgw-1"} 1'} <= set(metrics), metrics


def test_what_a_merge_request_approves_is_deployed_to_its_proof(fleet: Fleet, here: Site) -> None:
    fleet.begin_branch("first-gateway")
    planned = timed(fleet.plan, "the plan of a gateway that is not there")
    assert planned.shown == "red", planned.output
    assert "[plan_outdated]" in planned.output
    named = changes(planned, "plan")
    assert "## pgw-1" in named and any(line.startswith("| vsphere | vm | - | made as described") for line in named), (
        named
    )

    fleet.approve_and_merge(planned, "first-gateway")
    deployed = timed(fleet.deploy, "its deployment")
    assert_proved(deployed)
    assert report(deployed, "plan")["digest"] == report(planned, "plan")["digest"]

    # The keys that the guest has made, not the one that all clones of the template have.
    known = (deployed.directory / "known_hosts").read_text()
    assert known and all(line.startswith("pgw-1 ") for line in known.splitlines()), known
    assert here.keys.host_public_key.read_text().split()[1] not in known
    shutil.copy(deployed.directory / "known_hosts", fleet.repository.directory)
    fleet.repository.commit("Know the guest's host keys")


def test_a_branch_changes_just_what_its_plan_names(fleet: Fleet) -> None:
    """One more hugepage: the running guest gets it without a reboot, and its switch need not restart."""
    fleet.begin_branch("one-more-hugepage")
    fleet.repository.edit(DESCRIPTION, "amount_mb: 512", "amount_mb: 514")
    fleet.repository.commit("Give the gateway one more hugepage")
    planned = timed(fleet.plan, "the plan of a change")
    assert planned.shown == "red", planned.output
    named = changes(planned, "plan")
    assert "| guest | hugepages hugepages of 2048 kB | 256 | 257 | nothing |" in named, named
    assert "## Interrupted" not in named and not any(line.startswith("| vsphere |") for line in named), named
    assert report(planned, "plan")["hosts"]["pgw-1"]["looked"] == BOTH

    fleet.approve_and_merge(planned, "one-more-hugepage")
    deployed = timed(fleet.deploy, "its deployment")
    assert_proved(deployed)
    assert changes(deployed, "deploy") == named
    assert report(deployed, "deploy")["digest"] == report(planned, "plan")["digest"]

    again = timed(fleet.plan, "the plan of nothing")
    assert (again.shown, report(again, "plan")["outcome"]) == ("green", "clean"), again.output


def test_the_night_is_green_until_somebody_changes_the_vm_by_hand(fleet: Fleet) -> None:
    quiet = timed(fleet.nightly, "a night without drift")
    assert (quiet.shown, report(quiet, "nightly")["outcome"]) == ("green", "clean"), quiet.output
    assert report(quiet, "nightly")["hosts"]["pgw-1"]["looked"] == BOTH

    before = fleet.reserve("pgw-1", 100)
    red = timed(fleet.nightly, "a night after a change by hand")
    assert (red.shown, report(red, "nightly")["outcome"]) == ("red", "drift"), red.output
    assert failures(red, "nightly") >= {("pgw-1", "vsphere.cpu.reservation_mhz")}
    # The guest was looked at, too, and is as described.
    assert report(red, "nightly")["hosts"]["pgw-1"]["looked"] == BOTH
    assert not any(str(name).startswith("guest.") for _of, name in failures(red, "nightly"))
    fleet.reserve("pgw-1", before)
