# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report was made with: versions, and the commit of the inventory."""

from __future__ import annotations

import platform
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleLookupError
from ansible.release import __version__ as ansible_core

from ansible_collections.nfv.vsphere_dpdk.plugins.lookup.provenance import LookupModule
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.provenance import inventory_commit
from tests.support.imports import ROOT


def test_versions_are_those_of_this_controller() -> None:
    (found,) = LookupModule().run([], {})
    collection = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    expected = {"nfv.vsphere_dpdk": collection, "ansible-core": ansible_core, "Python": platform.python_version()}
    assert found == {"versions": expected, "commit": None}


def test_terms_are_refused() -> None:
    with pytest.raises(AnsibleLookupError, match="takes no terms"):
        LookupModule().run(["x"], {})


def test_commit_is_that_of_the_first_source_that_is_a_file(tmp_path: Path) -> None:
    hosts = tmp_path / "inventory/hosts.yml"
    hosts.parent.mkdir()
    hosts.write_text("{}")
    assert inventory_commit([str(hosts)]) is None
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    commit = inventory_commit(["host-1,", str(hosts)])
    assert re.fullmatch("[0-9a-f]{40}", str(commit))
    assert commit == inventory_commit([str(hosts.parent)])
    (found,) = LookupModule().run([], {"ansible_inventory_sources": [str(hosts)]})
    assert found["commit"] == commit


def test_without_git_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert inventory_commit([str(tmp_path)]) is None
