# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped example of a VNF of one's own, from vCenter to its proof in a real guest, and back.

Beside it a second host whose guest refuses: what happens to one must not stop the other.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from lab import lifecycle
from lab.state import State, find_state
from tests.support.playbook import ROOT, Run, run_playbook

EXAMPLE = ROOT / "examples/own_vnf/inventory"
# The lab's names of the example's networks, and the tester's interface in each.
NETWORKS = {"PG-Outside": "PG-S5U", "PG-Inside": "PG-SGi"}
TESTER = {"PG-S5U": "s5u", "PG-SGi": "sgi"}
GOOD, REFUSING = "firewall-1", "firewall-2"
# A deployment's own packets, in less time.
SHORT_PROOF = {"dpdk_verify_packets": 300, "dpdk_verify_pps": 200}


@dataclass(frozen=True)
class Site:
    """A lab that nothing is deployed in, with the example's inventory."""

    state: State
    """The running lab."""
    more: Path
    """Inventory of what the example lacks: the second host, and the way to the guests."""
    reports: Path
    """Where playbooks leave their reports."""

    def play(self, name: str, **variables: t.Any) -> Run:
        """Run one of the collection's playbooks as a user of the example would."""
        # A description on the command line is one of every host, so the run's hosts are named.
        given = {
            "nfv_hosts": "firewall",
            "nfv_report_dir": str(self.reports),
            "nfv_dataplane": dataplane(),
            "tester_interfaces": TESTER,
        }
        return run_playbook(
            f"nfv.vsphere_dpdk.{name}",
            [EXAMPLE, self.more, self.state.inventory],
            variables={**given, **SHORT_PROOF, **variables},
        )

    def report(self, name: str) -> dict[str, t.Any]:
        """The last run's report."""
        content: dict[str, t.Any] = json.loads((self.reports / f"{name}.json").read_text())
        return content


def dataplane() -> dict[str, t.Any]:
    """The example's description, on the lab's networks."""
    text = (EXAMPLE / "group_vars/firewall/dataplane.yml").read_text()
    for example, lab in NETWORKS.items():
        text = text.replace(example, lab)
    described: dict[str, t.Any] = yaml.safe_load(text)["nfv_dataplane"]
    return described


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Site]:
    directory = tmp_path_factory.mktemp("site")
    more = directory / "more.yml"
    refusing = {"hosts": {REFUSING: {"guest_tuning_reboot": "never"}}}
    more.write_text(yaml.safe_dump({"firewall": refusing, "reached_by_ssh": {"children": {"firewall": None}}}))
    state = find_state()
    lifecycle.down(state, print)
    lifecycle.up(state, print)
    yield Site(state, more, directory / "reports")
    lifecycle.down(state, print)


@pytest.fixture(scope="module")
def deployed(site: Site) -> Run:
    """The first deployment, of both hosts in one run."""
    return site.play("deploy")


def test_a_host_that_refuses_in_its_guest_stops_no_other(site: Site, deployed: Run) -> None:
    assert not deployed.succeeded
    (refusal,) = (entry for entry in deployed.tasks if entry.result.get("failed"))
    assert refusal.host == REFUSING
    assert "[reboot_consent_missing]" in refusal.result["msg"]
    hosts = site.report("deploy")["hosts"]
    assert hosts[GOOD]["status"] == "proved", hosts[GOOD]
    assert hosts[REFUSING]["status"] != "proved", hosts[REFUSING]
    assert not site.report("deploy")["proved"]
    print(json.dumps(hosts[GOOD], indent=2))


def test_a_second_run_changes_nothing_and_proves_it_again(site: Site, deployed: Run) -> None:
    assert deployed.stats[GOOD]["failures"] == 0
    run = site.play("deploy", nfv_hosts=GOOD)
    assert run.succeeded, run.failures
    assert run.changed == 0, run.changed_tasks
    assert site.report("deploy")["proved"]


def test_verify_proves_it_alone(site: Site, deployed: Run) -> None:
    assert deployed.stats[GOOD]["failures"] == 0
    run = site.play("verify", nfv_hosts=GOOD)
    assert run.succeeded, run.failures
    assert site.report("deploy")["proved"]


def test_nothing_has_drifted_but_what_is_refused(site: Site, deployed: Run) -> None:
    """The refusing guest is the negative control: it is not as described."""
    assert deployed.stats[GOOD]["failures"] == 0
    run = site.play("drift")
    assert not run.succeeded
    vms = site.report("drift")["vms"]
    assert vms[GOOD]["differences"] == [], vms[GOOD]
    assert vms[REFUSING]["differences"], vms[REFUSING]
    assert site.play("drift", nfv_hosts=GOOD).succeeded
