# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/gitops/nfv_report.py: a run's status is never greener than its report; a plan is bound to what it does."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import typing as t
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.error_codes import ErrorCode
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.run.report import digest as report_digest
from tests.support.imports import ROOT

SCRIPT = ROOT / "examples/gitops/nfv_report.py"
CHANGE = {"side": "vsphere", "setting": "cpu.count", "from": 2, "to": 4, "needs": "power_cycle", "task": "Bring"}
HOST: dict[str, t.Any] = {
    "outcome": "clean",
    "looked": {"vsphere": True, "guest": True},
    "proof": None,
    "changes": [],
    "differences": [],
    "evidence": [],
    "errors": [],
    "seconds": 1.5,
}
REPORT: dict[str, t.Any] = {
    "schema": 1,
    "playbook": "deploy",
    "playbooks": ["deploy"],
    "check": False,
    "started": "2026-11-29T06:00:00Z",
    "ended": "2026-11-29T06:01:00Z",
    "seconds": 60,
    "outcome": "clean",
    "message": "clean",
    "versions": {},
    "commit": None,
    "digest": "0" * 64,
    "hosts": {"pgw-1": HOST},
    "changes": [],
    "evidence": [],
    "errors": [],
    "stages": [],
}
DRIFT = {
    "side": "vsphere",
    "setting": "cpu.reservation",
    "described": 4000,
    "found": 0,
    "code": "drift_found",
    "message": "cpu.reservation is 0, not 4000",
}


def changed(**keys: t.Any) -> dict[str, t.Any]:
    """The report with other keys, and with others of its host in ``host``."""
    report = copy.deepcopy(REPORT)
    report["hosts"]["pgw-1"].update(keys.pop("host", {}))
    return {**report, **keys}


class Script(t.NamedTuple):
    """The script, and where reports are."""

    directory: Path
    """A directory of the test's own."""

    def run(self, command: str, *reports: t.Any, since: str = "0") -> subprocess.CompletedProcess[str]:
        """Runs a command on reports; None for one that is not there, text for one that is no report."""
        paths = []
        for number, report in enumerate(reports):
            path = self.directory / f"{number}.json"
            path.unlink(missing_ok=True)
            if report is not None:
                path.write_text(report if isinstance(report, str) else json.dumps(report))
            paths.append(str(path))
        options = ["--inventory", str(self.directory)] if command == "sarif" else []
        options += [] if command == "same-plan" else ["--since", since]
        return subprocess.run(
            [sys.executable, str(SCRIPT), command, *options, *paths], capture_output=True, text=True, check=False
        )


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return Script(tmp_path)


@pytest.mark.parametrize(
    ("outcome", "status"),
    [("clean", 0), ("changed", 10), ("drift", 20), ("not_proved", 30), ("refused", 40), ("failed", 50)],
)
def test_each_outcome_has_a_status_of_its_own(script: Script, outcome: str, status: int) -> None:
    assert script.run("status", changed(outcome=outcome)).returncode == status
    # A host's outcome counts where the run's is better.
    assert script.run("status", changed(host={"outcome": outcome})).returncode == status


@pytest.mark.parametrize(
    "report",
    [
        None,
        "",
        "[]",
        changed(ended=None),
        changed(schema=2),
        changed(hosts={}),
        changed(outcome="green"),
        {key: value for key, value in REPORT.items() if key != "hosts"},
    ],
)
def test_what_is_no_report_of_a_run_that_looked_is_never_green(script: Script, report: t.Any) -> None:
    assert script.run("status", report).returncode == 50
    assert "failure" in script.run("junit", report).stdout


def test_a_report_of_an_earlier_run_is_none(script: Script) -> None:
    began = "1795932000"  # 2026-11-29T06:00:00Z
    assert script.run("status", REPORT, since=began).returncode == 0
    late = script.run("status", REPORT, since=str(int(began) + 1))
    assert late.returncode == 50
    assert "earlier run" in late.stdout


def test_junit_names_the_setting_that_drifted_and_the_row_that_failed(script: Script) -> None:
    row = {"row": "polling", "status": "failed", "asked": "100 %", "seen": "3 %", "message": "a CPU idles \x1b"}
    passed = {**row, "row": "forwarding", "status": "passed"}
    report = changed(outcome="drift", host={"outcome": "drift", "differences": [DRIFT], "evidence": [row, passed]})
    root = ET.fromstring(script.run("junit", report).stdout)  # noqa: S314 - of our own making
    (suite,) = [each for each in root if each.get("name") == "pgw-1"]
    failed = {each.get("name") for each in suite if each.find("failure") is not None}
    assert failed == {"outcome", "vsphere.cpu.reservation", "polling"}
    assert (suite.get("tests"), suite.get("failures")) == ("4", "3")
    # The control: of a clean run, every case passes.
    clean = ET.fromstring(script.run("junit", REPORT).stdout)  # noqa: S314
    assert clean.find(".//failure") is None


def test_markdown_says_what_changes_and_what_it_interrupts(script: Script) -> None:
    host = {"outcome": "changed", "changes": [CHANGE], "looked": {"vsphere": True, "guest": False}}
    text = script.run("markdown", changed(check=True, outcome="changed", host=host)).stdout
    assert "| vsphere | cpu.count | 2 | 4 | power_cycle |" in text
    assert "- pgw-1 is power-cycled" in text
    assert "- not looked at: guest" in text
    refused = {"code": "key_unknown", "message": "[key_unknown] pgw-1: a|b <x>", "side": "controller", "task": "x"}
    text = script.run("markdown", changed(outcome="refused", host={"outcome": "refused", "errors": [refused]})).stdout
    assert "a\\|b \\<x\\>" in text


def test_prometheus_has_a_time_of_proof_for_what_is_proved_only(script: Script) -> None:
    text = script.run("prometheus", changed(host={"proof": "proved"})).stdout
    assert 'nfv_run_status{playbook="deploy"} 0' in text
    assert 'nfv_host_proved{host="pgw-1"} 1' in text
    assert 'nfv_host_proved_timestamp_seconds{host="pgw-1"}' in text
    assert "nfv_host_proved_timestamp" not in script.run("prometheus", changed(host={"proof": "failed"})).stdout


def plan(*changes: t.Mapping[str, t.Any], digest: str = "a") -> dict[str, t.Any]:
    host = {"outcome": "changed", "changes": list(changes)}
    return changed(check=True, outcome="changed", digest=digest * 64, host=host)


def test_a_plan_is_the_approved_one_while_its_changes_are(script: Script) -> None:
    assert script.run("same-plan", plan(CHANGE), plan(CHANGE)).returncode == 0
    other = script.run("same-plan", plan(CHANGE), plan({**CHANGE, "to": 8}, digest="b"))
    assert other.returncode == 40
    assert "[plan_outdated]" in other.stderr
    assert "approved, and no longer planned: pgw-1 vsphere cpu.count: 2 to 4" in other.stderr
    assert "planned, and not approved: pgw-1 vsphere cpu.count: 2 to 8" in other.stderr


@pytest.mark.parametrize(
    ("approved", "fresh", "status"),
    [
        (None, plan(CHANGE), 40),
        ("{}", plan(CHANGE), 40),
        (plan(CHANGE), None, 50),
        (plan(CHANGE), {**plan(CHANGE), "outcome": "failed"}, 50),
        # A deployment is no plan.
        (plan(CHANGE), {**plan(CHANGE), "check": False}, 50),
        ({**plan(CHANGE), "check": False}, plan(CHANGE), 40),
    ],
)
def test_a_plan_that_nobody_has_approved_or_made_is_refused(
    script: Script, approved: t.Any, fresh: t.Any, status: int
) -> None:
    assert script.run("same-plan", approved, fresh).returncode == status


def test_a_plan_that_changes_neither_vsphere_nor_a_guest_needs_no_approval(script: Script) -> None:
    """Known host keys, which are beside Ansible, may be new."""
    known_hosts = {**CHANGE, "side": "controller", "setting": "known_hosts", "needs": "nothing"}
    fresh = {**plan(known_hosts), "digest": report_digest({}, ())}
    assert script.run("same-plan", plan(CHANGE, digest="b"), fresh).returncode == 0
    assert script.run("same-plan", plan(CHANGE, digest="b"), plan(known_hosts)).returncode == 40


def test_a_refused_deployment_leaves_a_report_that_changes_nothing_and_says_why(script: Script) -> None:
    left = script.directory / "deploy/run.json"
    run = [sys.executable, str(SCRIPT), "same-plan", "--refusal", str(left)]
    paths = []
    for name, made in (("approved", plan(CHANGE)), ("fresh", plan({**CHANGE, "to": 8}, digest="b"))):
        paths.append(script.directory / name)
        paths[-1].write_text(json.dumps(made))
    # The control: the approved plan is refused by nobody.
    assert subprocess.run([*run, paths[0], paths[0]], check=False).returncode == 0
    assert not left.exists()
    assert subprocess.run([*run, *paths], check=False).returncode == 40
    refused = json.loads(left.read_text())
    (error,) = refused["errors"]
    assert error["code"] == ErrorCode.PLAN_OUTDATED
    assert "cpu.count: 2 to 8" in error["message"]
    assert (refused["check"], refused["hosts"]["pgw-1"]["changes"]) == (False, [])
    assert refused["digest"] == report_digest({}, ())
    assert script.run("status", refused).returncode == 40
    assert 'name="plan_outdated"' in script.run("junit", refused).stdout


def test_sarif_points_at_the_key(script: Script) -> None:
    inventory = script.directory
    (inventory / "group_vars/pgw").mkdir(parents=True)
    (inventory / "host_vars").mkdir()
    group = "---\nnfv_dataplane:\n  memory:\n    count: 1\n  cpu:\n    # count: 2\n    count: x\n"
    group += "  adapters:\n    - {name: mgmt}\n    - {name: s5u, queues: 0}\n"
    (inventory / "group_vars/pgw/dataplane.yml").write_text(group)
    (inventory / "host_vars/pgw-1.yml").write_text("pgw_s5u: {adapter: s5u, address: 198.18.1.1}\n")
    (inventory / "hosts.yml").write_text("pgw:\n")
    messages = {
        "[value_type_wrong] pgw-1: nfv_dataplane.cpu.count must be a number": ("group_vars/pgw/dataplane.yml", 7, 5),
        "[value_too_small] pgw-1: nfv_dataplane.adapters[1].queues is 0": ("group_vars/pgw/dataplane.yml", 10, 19),
        "[key_missing] pgw-1: nfv_dataplane.cpu.polling is missing": ("group_vars/pgw/dataplane.yml", 5, 3),
        "[address_invalid] pgw-1: pgw_s5u.address needs a prefix": ("host_vars/pgw-1.yml", 1, 25),
        f"[value_type_wrong] pgw-1: pgw_sessions[2] of {inventory}/sessions/pgw-1.csv:3 must be a number": (
            "sessions/pgw-1.csv",
            3,
            1,
        ),
        "[variable_missing] pgw-1: pgw_sgi must be set": ("hosts.yml", 1, 1),
    }
    error = {"code": "several_errors", "message": "; ".join(messages), "side": "controller", "task": "Check"}
    report = changed(outcome="refused", host={"outcome": "refused", "errors": [error]})
    (run,) = json.loads(script.run("sarif", report).stdout)["runs"]
    found = {}
    for result in run["results"]:
        (location,) = result["locations"]
        region = location["physicalLocation"]["region"]
        file = Path(location["physicalLocation"]["artifactLocation"]["uri"]).relative_to(inventory)
        found[result["message"]["text"]] = (file.as_posix(), region["startLine"], region["startColumn"])
    assert found == messages
