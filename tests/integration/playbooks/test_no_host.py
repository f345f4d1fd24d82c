"""No playbook is green without having looked: no host, a failed inventory, a limit or tags that leave nothing to do."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t
from pathlib import Path

import pytest

from tests.support.playbook import BINARIES, ROOT

HOSTS = {
    "pgw": {"hosts": {"pgw-1": {}}},
    "testers": {"hosts": {"tester-1": {}}},
    "group_that_is_empty": {"hosts": {}},
}
# The reports of an earlier run, which was green.
GREEN = {"drift": ("drift.json", {"outcome": "none"}), "deploy": ("deploy.json", {"outcome": "proved", "proved": True})}
REPORTS = {
    "drift": "drift",
    "verify": "deploy",
    "deploy_pgw": "deploy",
    "drift_after_event": "drift",
    "verify_after_event": "deploy",
}


class Pipeline:
    """A working directory with an inventory and the green reports of an earlier run."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.reports = directory / "reports"
        self.output = ""

    def run(self, playbook: str, inventory: str, *arguments: str, **variables: t.Any) -> int:
        """Runs a playbook and returns its exit status."""
        self.reports.mkdir(exist_ok=True)
        (self.reports / "run.json").write_text(json.dumps({"outcome": "clean", "ended": "2026-01-01T00:00:00Z"}))
        for name, content in GREEN.values():
            (self.reports / name).write_text(json.dumps(content))
        command = [str(BINARIES / "ansible-playbook"), f"nfv.vsphere_dpdk.{playbook}", f"--inventory={inventory}"]
        command += [*filter(None, arguments), "--extra-vars", json.dumps(variables)]
        environment = os.environ | {
            "PATH": f"{BINARIES}:{os.environ['PATH']}",
            "PWD": str(self.directory),
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/collections"),
        }
        done = subprocess.run(
            command,
            cwd=self.directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        self.output = " ".join(f"{done.stdout}\n{done.stderr}".split())
        return done.returncode

    def report(self, kind: str) -> dict[str, t.Any]:
        content: dict[str, t.Any] = json.loads((self.reports / GREEN[kind][0]).read_text())
        return content

    @property
    def hosts(self) -> str:
        """An inventory in which each group is as HOSTS says."""
        path = self.directory / "hosts.json"
        path.write_text(json.dumps(HOSTS))
        return str(path)

    @property
    def failing(self) -> str:
        """A dynamic inventory that fails, of which Ansible only warns."""
        path = self.directory / "dynamic.sh"
        path.write_text("#!/bin/sh\nexit 1\n")
        path.chmod(0o755)
        return str(path)


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    return Pipeline(tmp_path)


def assert_red(pipeline: Pipeline, playbook: str, status: int, code: str) -> None:
    """The run failed with the code, and no report of an earlier run is left that says otherwise."""
    assert status != 0, pipeline.output
    assert f"[{code}]" in pipeline.output
    report = pipeline.report(REPORTS[playbook])
    assert report["outcome"] == "failed"
    assert f"[{code}]" in report["message"]
    run = json.loads((pipeline.reports / "run.json").read_text())
    assert (run["outcome"], run["playbook"], run["errors"][0]["code"]) == ("failed", playbook, code)
    assert run["ended"]


@pytest.mark.parametrize(("playbook", "limit"), [("drift", "--limit=pgw-1"), ("drift", ""), ("verify", "--limit=!all")])
def test_inventory_that_failed_with_a_warning_is_red_whatever_the_limit(
    pipeline: Pipeline, playbook: str, limit: str
) -> None:
    status = pipeline.run(playbook, pipeline.failing, limit)
    assert "No inventory was parsed" in pipeline.output
    assert_red(pipeline, playbook, status, "hosts_missing")


def test_limit_that_leaves_other_hosts_only(pipeline: Pipeline) -> None:
    assert_red(pipeline, "drift", pipeline.run("drift", pipeline.hosts, "--limit=tester-1"), "hosts_missing")


def test_pattern_that_matches_nobody(pipeline: Pipeline) -> None:
    assert_red(pipeline, "verify", pipeline.run("verify", pipeline.hosts, nfv_hosts="nobody"), "hosts_missing")


@pytest.mark.parametrize(("playbook", "name"), [("drift_after_event", "all"), ("verify_after_event", "pgw")])
def test_an_event_of_a_vm_that_is_named_like_a_pattern_is_of_no_host(
    pipeline: Pipeline, playbook: str, name: str
) -> None:
    status = pipeline.run(playbook, pipeline.hosts, nfv_event={"inventory_name": name})
    assert_red(pipeline, playbook, status, "hosts_missing")


def test_the_implicit_localhost_is_no_vm_whatever_is_set_for_all(pipeline: Pipeline) -> None:
    status = pipeline.run("verify", pipeline.failing, nfv_dataplane={}, nfv_workload={"role": "nfv.vsphere_dpdk.vnf"})
    assert_red(pipeline, "verify", status, "hosts_missing")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        # nfv_dataplane is written wrong: without the workload, nothing would tell that the host should be dealt with.
        (
            {"nfv_dataplan": {}, "nfv_workload": {"role": "nfv.vsphere_dpdk.vnf"}},
            "[variable_missing] vnf-1: nfv_dataplane",
        ),
        # Ansible chooses hosts without the inventory's variables, and would deal with this one all the same.
        ({"nfv_dataplane": {}, "nfv_hosts": "others"}, "[hosts_missing] vnf-1: the inventory sets nfv_hosts to others"),
    ],
)
def test_no_host_is_left_out_or_taken_unseen(pipeline: Pipeline, variables: dict[str, t.Any], said: str) -> None:
    path = pipeline.directory / "hosts.json"
    groups = {"vnfs": {"hosts": {"vnf-1": variables}}, "others": {"hosts": {"vnf-2": {"nfv_dataplane": {}}}}}
    path.write_text(json.dumps(groups))
    assert pipeline.run("verify", str(path), vsphere_hostname="vcenter.example.com") != 0
    assert said in pipeline.output
    assert pipeline.report("deploy")["outcome"] == "failed"


def test_limit_that_leaves_no_host_ends_before_the_collection(pipeline: Pipeline) -> None:
    """Ansible itself refuses before it reads a playbook, so the report stays: docs/fleets.md tells what to do."""
    assert pipeline.run("drift", pipeline.hosts, "--limit=group_that_is_empty") == 1
    assert "leaves us with no hosts to target" in pipeline.output


def test_tags_leave_nothing_of_a_look_out(pipeline: Pipeline) -> None:
    assert pipeline.run("drift", pipeline.hosts, "--tags=nothing") != 0, pipeline.output
    assert pipeline.report("drift")["outcome"] == "failed"


def test_tags_that_select_no_work_are_refused(pipeline: Pipeline) -> None:
    assert pipeline.run("deploy_pgw", pipeline.hosts, "--tags=gest") != 0, pipeline.output
    assert "[checks_skipped]" in pipeline.output


@pytest.mark.parametrize("arguments", ["--skip-tags=always", "--start-at-task=nothing"])
def test_drift_without_its_checks_is_red(pipeline: Pipeline, arguments: str) -> None:
    assert_red(pipeline, "drift", pipeline.run("drift", pipeline.hosts, arguments), "checks_skipped")


@pytest.mark.parametrize("playbook", ["verify", "deploy_pgw"])
def test_run_that_ends_before_its_proof_leaves_no_earlier_one(pipeline: Pipeline, playbook: str) -> None:
    status = pipeline.run(playbook, pipeline.hosts)
    assert "[variable_missing]" in pipeline.output
    assert status != 0
    report = pipeline.report("deploy")
    assert (report["outcome"], report["proved"], list(report["hosts"])) == ("failed", False, ["pgw-1"])
    assert "[poll_mode_not_proved]" in report["message"]
    page = (pipeline.reports / "deploy.html").read_text()
    assert "Not proved" in page


def test_listing_needs_no_host_and_leaves_reports_alone(pipeline: Pipeline) -> None:
    assert pipeline.run("drift", pipeline.failing, "--list-tasks", "--limit=pgw-1") == 0, pipeline.output
    assert pipeline.report("drift") == GREEN["drift"][1]


def test_expected_vms_are_named_in_the_report_where_it_is_kept(pipeline: Pipeline) -> None:
    """No host has a variable, but group_vars/all beside the inventory says where reports are."""
    (pipeline.directory / "group_vars").mkdir()
    pipeline.reports = pipeline.directory / "elsewhere"
    (pipeline.directory / "group_vars/all.yml").write_text(f"nfv_report_dir: {pipeline.reports}\n")
    status = pipeline.run("drift", pipeline.failing, "--limit=pgw-1", drift_expected=["pgw-1", "pgw-2"])
    assert_red(pipeline, "drift", status, "hosts_missing")
    vms = pipeline.report("drift")["vms"]
    assert {name: vm["outcome"] for name, vm in vms.items()} == {"pgw-1": "failed", "pgw-2": "failed"}


def test_expecting_nothing_is_refused(pipeline: Pipeline) -> None:
    """An empty list is what a failed look into Git gives."""
    assert pipeline.run("drift", pipeline.hosts, drift_expected=[]) != 0
    assert "[value_malformed] drift_expected" in pipeline.output
    assert pipeline.report("drift")["outcome"] == "failed"
