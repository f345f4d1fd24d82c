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
