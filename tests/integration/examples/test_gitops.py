# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/gitops, copied out of the tarball: what a copy needs, and the stage lint."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml

from tests.support.gitops import PREFIX, Repository, unpack_example
from tests.support.playbook import ROOT


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example as the collection's tarball has it."""
    return unpack_example(tmp_path_factory.mktemp("tarball"))


@pytest.fixture
def repository(shipped: Path, tmp_path: Path) -> Repository:
    return Repository.copy(shipped, tmp_path / "fleet")


def test_the_tarball_has_all_that_a_copy_needs(shipped: Path) -> None:
    files = {path.relative_to(shipped).as_posix() for path in shipped.rglob("*") if path.is_file()}
    source = ROOT / PREFIX
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "."],
        cwd=source,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert files == set(tracked)
    assert {"pipeline", "gitlab-ci.yml", "github-workflow.yml", "gitignore", "nfv_report.py"} <= files
    for name in ("pipeline", "vault-password"):
        assert os.access(shipped / name, os.X_OK), name


def test_both_pipelines_run_the_same_stages(shipped: Path) -> None:
    def stages(value: t.Any) -> set[str]:
        lines = json.dumps(value).split("./pipeline ")[1:]
        return {line.split('"')[0].split()[0] for line in lines}

    gitlab = yaml.safe_load((shipped / "gitlab-ci.yml").read_text())
    github = yaml.safe_load((shipped / "github-workflow.yml").read_text())
    assert stages(gitlab) == stages(github) == {"setup", "lint", "plan", "deploy", "nightly"}


def test_an_error_fails_in_lint_at_its_line_without_a_secret(repository: Repository) -> None:
    passed = repository.stage("lint")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    path = "inventory/group_vars/pgw/dataplane.yml"
    repository.edit(path, 'polling: "1"', 'poling: "1"')
    refused = repository.stage("lint")
    assert refused.returncode == 40, refused.stdout + refused.stderr
    (run,) = json.loads(repository.read("reports/lint/lint.sarif"))["runs"]
    places = [each["locations"][0]["physicalLocation"] for each in run["results"] if each["ruleId"] == "key_unknown"]
    line = next(n for n, text in enumerate(repository.read(path).splitlines(), 1) if "poling" in text)
    assert {(each["artifactLocation"]["uri"], each["region"]["startLine"]) for each in places} == {(path, line)}
