# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""readiness.yml tells ready, not ready and could not look apart; deploy.yml begins only when everything is ready."""

from __future__ import annotations

import json
import sys
import typing as t

import pytest
from pyVim.task import WaitForTask

from .conftest import DESCRIPTION, REPOSITORY
from .test_check_mode_playbooks import report_address

PLAYBOOKS = REPOSITORY / "playbooks"
NOWHERE = {
    **DESCRIPTION,
    "adapters": [*DESCRIPTION["adapters"][:2], {**DESCRIPTION["adapters"][2], "network": "PG-No"}],
}
UNREACHABLE = {"vsphere_port": 1}
# A guest that is this machine.
LOCAL = f"ansible_connection=local ansible_python_interpreter={sys.executable}"


class Readiness:
    """Runs of readiness.yml and deploy.yml, with the report of readiness."""

    def __init__(self, ansible: t.Any) -> None:
        self._ansible = ansible
        self.reports = ansible.directory / "reports"

    def run(self, playbook: str = "readiness", *arguments: str, **variables: t.Any) -> tuple[t.Any, dict[str, t.Any]]:
        # Most inventories here have no tester.
        fixed = {"nfv_report_dir": str(self.reports), "dpdk_verify_mode": "passive"}
        run = self._ansible.playbook(PLAYBOOKS / f"{playbook}.yml", *arguments, **{**fixed, **variables})
        written = self.reports / "readiness.json"
        text = written.read_text() if written.exists() else "{}"
        assert self._ansible.inventory["vsphere_password"] not in text
        return run, json.loads(text)

    def earlier(self) -> None:
        """An earlier run has found everything ready."""
        self.reports.mkdir(exist_ok=True)
        (self.reports / "readiness.json").write_text(json.dumps({"outcome": "ready", "rows": []}))

    def hosts(self, text: str) -> None:
        (self._ansible.directory / "hosts.ini").write_text(text)


@pytest.fixture
def readiness(ansible: t.Any) -> Readiness:
    return Readiness(ansible)


def test_ready(readiness: Readiness, vcenter: t.Any) -> None:
    vcenter.reset_calls()
    run, report = readiness.run()
    assert run.status == 0, run.output
    assert report["outcome"] == "ready"
    assert {row["subject"] for row in report["rows"]} >= {"vcenter", "cluster", "host", "network", "template", "plan"}
    assert sum(host["changed"] for host in run.recap.values()) == 0
    assert vcenter.mutating_calls() == {}
    assert sorted(path.name for path in readiness.reports.iterdir()) == [
        "readiness.html",
        "readiness.json",
        "run.json",
    ]


def test_not_ready_and_not_looked_are_told_apart(readiness: Readiness) -> None:
    run, report = readiness.run("readiness", nfv_dataplane=NOWHERE, dpdk_verify_mode="traffic")
    assert (run.status, report["outcome"]) == (2, "not_ready")
    assert run.failure()["msg"].startswith("[readiness_not_met] 2 of ")
    assert "network PG-No, exists: " in run.failure()["msg"]
    # The inventory has no tester, either.
    assert "tester testers, exists: asked a host that sends traffic through pgw-it" in run.failure()["msg"]

    # Check mode says the same.
    run, report = readiness.run("readiness", "--check", **UNREACHABLE)
    assert (run.status, report["outcome"]) == (2, "unknown")
    assert run.failure()["msg"].startswith("[readiness_unknown] ")
    # No tester is asked for in passive mode.
    assert {row["verdict"] for row in report["rows"] if row["subject"] != "tester"} == {"unknown"}


def test_run_that_breaks_off_leaves_no_earlier_report(readiness: Readiness) -> None:
    readiness.earlier()
    run, report = readiness.run(nfv_dataplane={"cpu": {}})
    assert (run.status, report["outcome"]) == (2, "unknown")
    readiness.earlier()
    readiness.hosts("[pgw]\n")
    run, report = readiness.run()
    assert (run.status != 0, report["outcome"]) == (True, "unknown")
    assert report["message"].startswith("[hosts_missing] ")


def test_guest_that_runs_has_rows_and_one_that_is_another_machine_is_unknown(
    readiness: Readiness, vcenter: t.Any, make_vm: t.Callable[..., t.Any]
) -> None:
    off, on, silent = make_vm(), make_vm(), make_vm()
    for machine in (on, silent):
        WaitForTask(machine.PowerOn())
    report_address(vcenter, on)
    readiness.hosts("[pgw]\n" + "".join(f"{machine.name} {LOCAL}\n" for machine in (off, on, silent)))
    run, report = readiness.run()
    guests = {row["object"]: row for row in report["rows"] if row["subject"] == "guest"}
    assert {name: row["verdict"] for name, row in guests.items()} == {on.name: "unknown", silent.name: "unknown"}
    # This machine is not the VM, by its DMI UUID.
    assert "guest_identity" in guests[on.name]["seen"]
    assert "[guest_address_missing]" in guests[silent.name]["seen"]
    assert (run.status, report["outcome"]) == (2, "unknown")


def test_a_first_boot_of_one_host_says_nothing_of_the_others(readiness: Readiness) -> None:
    """The look runs once, for all hosts; the template of all of them has adapters that are converted."""
    for told, verdict in (("", "unknown"), (" nfv_guest={}", "ready")):
        readiness.hosts(f"[pgw]\npgw-a nfv_guest={{}}\npgw-b{told}\n")
        _run, report = readiness.run(nfv_template_management_found=False)
        (row,) = [row for row in report["rows"] if row["check"] == "management_adapter"]
        assert row["verdict"] == verdict


def test_tester_is_asked_for_what_it_is_to_send_from(readiness: Readiness) -> None:
    """Nobody may have the address of a gateway whose VM is not there yet."""
    readiness.hosts(f"[pgw]\npgw-new {LOCAL}\n[testers]\ntester-1 {LOCAL} tester_s5u_interface=absent0\n")
    run, report = readiness.run(
        pgw_s5u={"adapter": "s5u", "address": "198.18.1.1/24", "mtu": 1500},
        pgw_sessions=[{"peer_address": "198.18.1.2"}],
        nfv_hosts="pgw",
    )
    assert (run.status, report["outcome"]) == (2, "not_ready"), run.output
    found = {row["check"]: row for row in report["rows"] if row["object"] == "tester-1 absent0"}
    assert found["interface"]["code"] == "tester_interface_unusable"
    assert found["address"]["asked"] == "198.18.1.2"
    assert found["neighbour 198.18.1.1"]["asked"] == "nobody answers"
    assert {row["verdict"] for check, row in found.items() if check != "interface"} == {"unknown"}


def test_deploy_begins_only_when_ready(readiness: Readiness, vcenter: t.Any) -> None:
    vcenter.reset_calls()
    run, report = readiness.run("deploy", nfv_dataplane=NOWHERE, nfv_readiness="required")
    assert run.status == 2
    assert run.failure()["msg"].startswith("[readiness_not_met] ") and "Nothing was changed" in run.failure()["msg"]
    assert report["outcome"] == "not_ready"
    run, _report = readiness.run("deploy", nfv_readiness="required", **UNREACHABLE)
    assert run.failure()["msg"].startswith("[readiness_unknown] ")
    assert vcenter.mutating_calls() == {}


@pytest.mark.parametrize(("mode", "shown"), [("warn", True), ("skip", False)])
def test_deploy_that_may_go_on_meets_what_is_missing(readiness: Readiness, mode: str, shown: bool) -> None:
    run, report = readiness.run("deploy", "--check", nfv_dataplane=NOWHERE, nfv_readiness=mode)
    assert run.failure()["error_code"] == "network_not_found"
    assert ("[readiness_not_met]" in run.output) is shown
    assert bool(report) is shown


def test_deploy_accepts_what_it_is_told_to_accept(readiness: Readiness) -> None:
    mode = {"nfv_readiness": "required", "nfv_template_management_found": False}
    run, report = readiness.run("deploy", "--check", **mode)
    assert run.failure()["msg"].startswith("[readiness_unknown] ")
    accepted = ["template.management_adapter"]
    run, report = readiness.run("deploy", "--check", nfv_readiness_accepted=accepted, **mode)
    assert (run.status, report["outcome"]) == (0, "ready")


def test_deploy_refuses_a_mode_that_is_not_known(readiness: Readiness) -> None:
    run, report = readiness.run("deploy", "--check", nfv_readiness="maybe")
    assert run.failure()["msg"].startswith("[value_not_allowed] nfv_readiness must be one of ")
    assert report == {}
