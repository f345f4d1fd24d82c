# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version in an installed collection, in a checkout, and in what says none."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.collection_version import declared_version
from tests.support.imports import ROOT


def test_checkout_says_the_version_of_its_galaxy_file() -> None:
    assert f"version: {declared_version(ROOT)}\n" in (ROOT / "galaxy.yml").read_text()


def test_manifest_of_an_installed_collection_counts_before_its_galaxy_file(tmp_path: Path) -> None:
    (tmp_path / "galaxy.yml").write_text("version: 1.0.0\n")
    (tmp_path / "MANIFEST.json").write_text('{"collection_info": {"version": "2.0.0"}}')
    assert declared_version(tmp_path) == "2.0.0"


def test_collection_that_does_not_say_has_none(tmp_path: Path) -> None:
    assert declared_version(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{}", "[]", "null"])
def test_broken_metadata_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "MANIFEST.json").write_text(content)
    with pytest.raises(ValueError, match=str(tmp_path)):
        declared_version(tmp_path)
