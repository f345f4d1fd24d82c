# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of ansible-playbook share packed modules if they run the same copy of the collection."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.playbook import ROOT, run_playbook

MODULE = "nfv.vsphere_dpdk.vm_dataplane_info"
# Refused before any connection, after the module was packed and started.
TASK = {MODULE: {"hostname": "127.0.0.1", "port": 1, "username": "", "password": "", "vms": [{}]}}


def packed(directory: Path) -> dict[str, int]:
    """When each packed module was written, in nanoseconds, by copy and name."""
    found = directory.glob("*/*vm_dataplane_info*")
    return {f"{path.parent.name}/{path.name}": path.stat().st_mtime_ns for path in found if path.suffix != ".lock"}


@pytest.mark.playbook
def test_a_module_is_packed_once_for_each_copy_of_the_collection(packed_modules: Path, tmp_path: Path) -> None:
    play = tmp_path / "play.yml"
    play.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [TASK]}]))
    other = tmp_path / "other/ansible_collections/nfv/vsphere_dpdk"
    shutil.copytree(ROOT / "plugins", other / "plugins", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "meta", other / "meta")

    def run(**environment: str) -> dict[str, int]:
        done = run_playbook(str(play), [], "--inventory=localhost,", environment={**environment})
        assert not done.succeeded
        return packed(packed_modules)

    first = run()
    assert first
    assert run() == first
    # The control: another copy may be another version.
    third = run(ANSIBLE_COLLECTIONS_PATH=str(tmp_path / "other"))
    assert third.items() > first.items()
