# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pipelines of examples/gitops by their forges' linters, and SARIF by its schema (scripts/gitops-tools)."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tests.support.forges import GITLAB_CI_LOCAL
from tests.support.playbook import ROOT
from tests.unit.examples.test_gitops_report import REPORT, SCRIPT

ACTIONLINT = ROOT / ".cache/gitops-tools/bin/actionlint"
WORKFLOW = ROOT / "examples/gitops/github-workflow.yml"
SARIF_SCHEMA = ROOT / ".cache/gitops-tools/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
PIPELINE = ROOT / "examples/gitops/gitlab-ci.yml"


def run(*command: Path | str, directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], cwd=directory, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_workflow_passes_actionlint(tmp_path: Path) -> None:
    done = run(ACTIONLINT, WORKFLOW, directory=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_actionlint_finds_a_job_that_waits_for_none_there_is(tmp_path: Path) -> None:
    wrong = tmp_path / "nfv.yml"
    wrong.write_text(WORKFLOW.read_text().replace("needs: lint", "needs: lints"))
    done = run(ACTIONLINT, wrong, directory=tmp_path)
    assert done.returncode == 1
    assert "lints" in done.stdout


def test_gitlab_ci_local_refuses_a_pipeline_that_gitlab_refuses(tmp_path: Path) -> None:
    """A stage that does not exist; the control is every job of tests/integration/examples/test_gitops_fleet.py."""
    run("git", "init", "--quiet", directory=tmp_path)
    for stage, accepted in (("nightly", True), ("noon", False)):
        (tmp_path / ".gitlab-ci.yml").write_text(PIPELINE.read_text().replace("stage: nightly", f"stage: {stage}"))
        done = run(GITLAB_CI_LOCAL, "--list", directory=tmp_path)
        assert (done.returncode == 0) is accepted, done.stdout + done.stderr


def test_sarif_is_as_its_schema_says(tmp_path: Path) -> None:
    report = copy.deepcopy(REPORT)
    message = "[key_unknown] pgw-1: nfv_dataplane.cpu.poling is unknown; [variable_missing] pgw-1: pgw_sgi must be set"
    error = {"code": "several_errors", "message": message, "side": "controller", "task": "Check"}
    report["hosts"]["pgw-1"].update(outcome="refused", errors=[error])
    (tmp_path / "run.json").write_text(json.dumps(report))
    done = run(sys.executable, SCRIPT, "sarif", "run.json", directory=tmp_path)
    log = json.loads(done.stdout)
    assert len(log["runs"][0]["results"]) == 2
    schema = jsonschema.Draft4Validator(json.loads(SARIF_SCHEMA.read_text()))
    schema.validate(log)
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    with pytest.raises(jsonschema.ValidationError):
        schema.validate(log)
