# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment: ansible-builder makes its context, and the collections list what they need.

tests/gitops/test_execution_environment.py runs a playbook with exactly that.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from tests.support.execution_environment import DEFINITION, create_context, install_collections, listed
from tests.support.playbook import ROOT


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_collections(tmp_path_factory.mktemp("ee"))


def test_ansible_builder_makes_the_context(tmp_path: Path) -> None:
    done = create_context(DEFINITION, tmp_path / "context")
    assert done.returncode == 0, done.stdout + done.stderr
    asked = yaml.safe_load(DEFINITION.read_text())
    file = (tmp_path / "context/Containerfile").read_text()
    assert f'EE_BASE_IMAGE="{asked["images"]["base_image"]["name"]}"' in file
    packages = [asked["dependencies"][name]["package_pip"] for name in ("ansible_core", "ansible_runner")]
    assert f'ANSIBLE_INSTALL_REFS="{" ".join(packages)}"' in file
    required = yaml.safe_load((tmp_path / "context/_build/requirements.yml").read_text())
    assert [each["name"] for each in required["collections"]] == ["nfv.vsphere_dpdk"]


@pytest.mark.parametrize(
    ("old", "new"), [("galaxy: requirements.yml", "galaxy: collections.yml"), ("package_pip", "pip_package")]
)
def test_ansible_builder_refuses_a_wrong_definition(old: str, new: str, tmp_path: Path) -> None:
    shutil.copy(DEFINITION.with_name("requirements.yml"), tmp_path)
    wrong = tmp_path / DEFINITION.name
    wrong.write_text(DEFINITION.read_text().replace(old, new))
    refused = create_context(wrong, tmp_path / "context")
    assert refused.returncode == 1
    assert new.rpartition(": ")[2] in refused.stdout + refused.stderr


def test_ansible_builder_makes_the_context_of_the_decision_environment(tmp_path: Path) -> None:
    done = create_context(DEFINITION.with_name("decision-environment.yml"), tmp_path / "context")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_collection_lists_what_its_code_needs(collections: Path) -> None:
    found = listed(collections)
    needed = [Requirement(line) for line in (ROOT / "meta/ee-requirements.txt").read_text().split()]
    assert {each.name for each in needed} <= {Requirement(line).name for line in found.python}
    assert {line.split()[0] for line in found.system} == {"openssh-clients", "openssh-client", "git-core", "git"}
    # A user's own machine has the same.
    own = [Requirement(line) for line in (ROOT / "examples/gitops/requirements.txt").read_text().splitlines()[1:]]
    assert {each.name for each in own} - {"ansible-core"} <= {each.name for each in needed}
    assert next(str(each) for each in own if each.name == "ansible-core") == str(Requirement(found.ansible[0]))


def test_a_collection_that_lists_nothing_is_seen(collections: Path, tmp_path: Path) -> None:
    spoiled = tmp_path / "collections"
    shutil.copytree(collections, spoiled)
    (spoiled / "ansible_collections/nfv/vsphere_dpdk/meta/execution-environment.yml").unlink()
    names = {Requirement(line).name for line in listed(spoiled).python}
    assert "MLRsearch" not in names


def test_the_tarball_has_what_the_definition_names(collections: Path) -> None:
    ours = collections / "ansible_collections/nfv/vsphere_dpdk"
    named = yaml.safe_load((ours / "meta/execution-environment.yml").read_text())
    assert named["version"] == 3
    assert all((ours / path).is_file() for path in named["dependencies"].values())
    files = {each["name"] for each in json.loads((ours / "FILES.json").read_text())["files"]}
    assert "examples/gitops/execution-environment.yml" in files
