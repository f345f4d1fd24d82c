# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What helps people to join: hooks that are the linters of `make lint`, a devcontainer, Renovate's configuration."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from tests.support.imports import ROOT

HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
RENOVATE = json.loads((ROOT / ".renovaterc.json").read_text())
DEVCONTAINER = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
# Those that it has, as https://containers.dev/implementors/json_reference/ has them. The schema refuses any other key.
DEVCONTAINER_KEYS: dict[str, type] = {
    "name": str,
    "image": str,
    "privileged": bool,
    "remoteUser": str,
    "hostRequirements": dict,
    "onCreateCommand": str,
    "updateContentCommand": str,
    "remoteEnv": dict,
    "customizations": dict,
}


def run(*command: str, directory: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NFV_VENV": sys.prefix, "PATH": f"{sys.prefix}/bin:{os.environ['PATH']}"}
    environment = {name: value for name, value in environment.items() if not name.startswith("GIT_")}
    return subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


def test_each_linter_is_a_hook_and_versions_are_pinned_once() -> None:
    linters = run("scripts/lint", "--list").stdout.split()
    (repository,) = HOOKS["repos"]
    assert repository["repo"] == "local"
    entries = {hook["id"]: hook["entry"] for hook in repository["hooks"]}
    assert entries == {name: f"scripts/lint {name}" for name in linters}
    assert not any("additional_dependencies" in hook for hook in repository["hooks"])


def test_a_linter_that_is_not_there_is_refused() -> None:
    done = run("scripts/lint", "ruf")
    assert (done.returncode, "knows no ruf" in done.stderr) == (2, True)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with the hooks and little else."""
    for name in (".pre-commit-config.yaml", "scripts/lint", "scripts/environment", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / name)
    for command in (("init", "--quiet"), ("add", "--all")):
        assert run("git", *command, directory=tmp_path).returncode == 0
    return tmp_path


def commit_hooks(clone: Path, name: str, content: str, hook: str) -> subprocess.CompletedProcess[str]:
    (clone / name).write_text(content)
    (clone / name).chmod(0o755)
    run("git", "add", name, directory=clone)
    return run("pre-commit", "run", hook, directory=clone)


@pytest.mark.parametrize(
    ("hook", "name", "right", "wrong", "says"),
    [
        ("shellcheck", "new", '#!/bin/sh\necho "$1"\n', "#!/bin/sh\necho $1\n", "SC2086"),
        ("ruff", "new.py", "import os\n\nos.sync()\n", "import os\n", "F401"),
    ],
)
def test_a_hook_passes_what_is_right_and_stops_what_is_not(
    clone: Path, hook: str, name: str, right: str, wrong: str, says: str
) -> None:
    done = commit_hooks(clone, name, right, hook)
    assert done.returncode == 0, done.stdout + done.stderr
    done = commit_hooks(clone, name, wrong, hook)
    assert done.returncode == 1
    assert says in done.stdout


def unknown_keys(configuration: t.Mapping[str, t.Any]) -> list[str]:
    return [
        name for name, value in configuration.items() if not isinstance(value, DEVCONTAINER_KEYS.get(name, type(None)))
    ]


def test_the_devcontainer_is_the_machine_that_is_supported() -> None:
    assert unknown_keys(DEVCONTAINER) == []
    assert unknown_keys({**DEVCONTAINER, "privilege": True, "image": 12}) == ["image", "privilege"]
    distribution, version = DEVCONTAINER["image"].split(":")
    assert f'"{distribution} {version}") ;;' in (ROOT / "scripts/bootstrap").read_text()
    assert run("make", "--dry-run", "--always-make", DEVCONTAINER["updateContentCommand"].split()[1]).returncode == 0


@pytest.mark.parametrize(
    ("change", "status"), [({}, 0), ({"customManagers": [{"customType": "guess"}]}, 1), ({"schedule": 5}, 1)]
)
def test_renovates_configuration_is_checked_by_its_schema(
    tmp_path: Path, change: dict[str, t.Any], status: int
) -> None:
    path = tmp_path / "renovate.json"
    path.write_text(json.dumps({**RENOVATE, **change}))
    assert run("check-jsonschema", "--builtin-schema", "vendor.renovate", str(path)).returncode == status


def test_what_renovate_may_not_update_is_what_is_pinned() -> None:
    """Its rules fit the files that they are about, so that none of them is without effect."""
    pinned = dict(re.findall(r"(?m)^([\w.-]+)==(\S+)$", (ROOT / "requirements.txt").read_text()))
    held = [rule for rule in RENOVATE["packageRules"] if "allowedVersions" in rule]
    assert len(held) == 2
    for rule in held:
        (name,) = rule["matchPackageNames"]
        assert SpecifierSet(rule["allowedVersions"]).contains(pinned[name])
    assert all((ROOT / path).is_file() for path in RENOVATE["ignorePaths"])
    (manager,) = RENOVATE["customManagers"]
    (expression,) = manager["matchStrings"]
    declared = (ROOT / "scripts/ansible-versions.txt").read_text()
    found = [match[1] for match in re.findall(expression.replace("(?<", "(?P<"), declared)]
    assert found == [line.split()[1] for line in declared.splitlines() if not line.startswith("#")]
