# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What role dpdk_verify says, and how it ends, in each mode that sends nothing."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from tests.integration.generator.conftest import Verify
from tests.support.playbook import run_playbook

# A verdict as passive verification leaves it, of two guests.
RUNS = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Judge it
      ansible.builtin.set_fact:
        nfv_verdict:
          {status: running, proved: false, error_code: "", summary: it runs, failures: [], evidence: [], traffic: []}

    - name: Say it
      ansible.builtin.include_role: {name: nfv.vsphere_dpdk.dpdk_verify, tasks_from: report.yml}
"""


def report(directory: Path) -> dict[str, t.Any]:
    found: dict[str, t.Any] = json.loads((directory / "deploy.json").read_text())
    return found


def test_skip_looks_at_nothing_says_so_and_does_not_fail(verify: Verify, tmp_path: Path) -> None:
    run = verify(dpdk_verify_mode="skip")
    assert run.succeeded, run.output
    assert not [entry for entry in run.tasks if "ample" in entry.task], "something was looked at"
    found = report(tmp_path)
    assert (found["outcome"], found["proved"], found["hosts"]["guest-1"]["status"]) == ("skipped", False, "skipped")
    assert "not looked at" in found["message"]
    assert "not looked at" in (tmp_path / "deploy.html").read_text()


def test_passive_looks_and_fails_where_nothing_runs(verify: Verify, tmp_path: Path) -> None:
    """The negative control of a passive run that ends with 0: this machine polls nothing."""
    run = verify(dpdk_verify_mode="passive", dpdk_verify_window=2, dpdk_verify_generator="nobody")
    assert not run.succeeded
    (failure,) = (line for line in run.failures if line.startswith("[poll_mode_not_running] guest-1: "))
    assert "process: the application does not run" in failure
    assert "generator_missing" not in failure
    found = report(tmp_path)
    assert (found["outcome"], found["hosts"]["guest-1"]["status"]) == ("failed", "failed")
    assert found["message"].startswith("[poll_mode_not_running] 1 of 1 hosts")


def test_verify_in_check_mode_looks_and_is_never_green_without_a_proof(verify: Verify, tmp_path: Path) -> None:
    """Of the playbook, on this machine, which polls nothing: it ended with 0, and an earlier proof stayed."""
    (tmp_path / "deploy.json").write_text('{"outcome": "proved", "proved": true}')
    run = run_playbook(
        "nfv.vsphere_dpdk.verify",
        [tmp_path / "hosts.yml"],
        "--check",
        variables={
            "nfv_hosts": "guest-1",
            "nfv_workload": {"role": "nfv.vsphere_dpdk.vnf"},
            "vnf_name": "none",
            "vnf_program": "/usr/bin/dpdk-testpmd",
            "dpdk_verify_window": 2,
            "dpdk_verify_start_timeout": 0,
            "nfv_report_dir": str(tmp_path),
        },
    )
    assert not run.succeeded
    assert any(line.startswith("[poll_mode_not_running] guest-1: ") for line in run.failures), run.output
    assert run.changed == 0, run.changed_tasks
    assert report(tmp_path)["outcome"] == "failed"


def test_a_guest_that_runs_is_not_proved_by_check_mode(verify: Verify, tmp_path: Path) -> None:
    (tmp_path / "report.yml").write_text(RUNS)
    hosts = {"guest-1": {"dpdk_verify_mode": "traffic"}, "guest-2": {"dpdk_verify_mode": "passive"}}
    (tmp_path / "two.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    variables = {"nfv_report_dir": str(tmp_path)}
    run = run_playbook(str(tmp_path / "report.yml"), [tmp_path / "two.json"], "--check", variables=variables)
    (failure,) = run.failures
    assert failure.startswith("[verification_skipped] guest-1: check mode sends no traffic, so nothing is proved")
    assert run.stats["guest-2"]["failures"] == 0
    assert report(tmp_path)["outcome"] == "running"


def test_unknown_mode_is_refused(verify: Verify) -> None:
    run = verify(dpdk_verify_mode="quick")
    assert not run.succeeded
    assert "dpdk_verify_mode" in run.output


def test_evidence_of_a_failed_verification_can_be_checked(verify: Verify, tmp_path: Path) -> None:
    run = verify(dpdk_verify_mode="passive", dpdk_verify_window=2, nfv_evidence=True, nfv_evidence_anonymous=True)
    assert not run.succeeded
    (archive,) = tmp_path.glob("evidence-*.tar.gz")
    assert archive.stat().st_mode & 0o777 == 0o600
    checked = run_playbook("nfv.vsphere_dpdk.check_evidence", [], variables={"evidence": str(archive)})
    assert checked.succeeded, checked.output
    assert "poll_mode_not_running" in checked.output
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1
    archive.write_bytes(data)
    assert not run_playbook("nfv.vsphere_dpdk.check_evidence", [], variables={"evidence": str(archive)}).succeeded
    nothing = run_playbook("nfv.vsphere_dpdk.check_evidence", [])
    assert "[variable_missing]" in nothing.output and not nothing.succeeded
