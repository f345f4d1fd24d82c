# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""build_image names the collection that an image's connection plugin needs and the controller lacks."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.playbook import Run, run_playbook


def build(directory: Path, connection: str) -> Run:
    inventory = directory / "inventory.json"
    host = {"ansible_connection": connection, "ansible_host": str(directory / "nowhere")}
    inventory.write_text(json.dumps({"image": {"hosts": {"golden": host}}}))
    return run_playbook("nfv.vsphere_dpdk.build_image", [inventory], timeout=120)


def test_connection_of_a_missing_collection_is_refused(tmp_path: Path) -> None:
    refused = build(tmp_path, "acme.nowhere.chroot")
    assert not refused.succeeded
    (message,) = refused.failures
    assert message.startswith("[collection_missing] golden: ")
    assert "ansible-galaxy collection install acme.nowhere," in message


def test_installed_collection_serves_its_connection(tmp_path: Path) -> None:
    """The plugin itself then looks for the image, which is not there."""
    (message,) = build(tmp_path, "community.general.chroot").failures
    assert message.endswith("nowhere is not a directory")
