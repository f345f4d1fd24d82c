# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of an installed collection, and of what is not there."""

from __future__ import annotations

import json
from pathlib import Path

import ansible_collections.vmware.vmware as installed
import pytest
from ansible.errors import AnsibleLookupError

from ansible_collections.nfv.vsphere_dpdk.plugins.lookup.collection_version import LookupModule


def test_installed_collection_says_its_version() -> None:
    manifest = json.loads((Path(installed.__path__[0]) / "MANIFEST.json").read_text())
    assert LookupModule().run(["vmware.vmware"]) == [manifest["collection_info"]["version"]]


def test_collection_that_is_not_there_has_no_version() -> None:
    assert LookupModule().run(["acme.nowhere", "vmware.nowhere"]) == ["", ""]


def test_broken_metadata_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "MANIFEST.json").write_text("{}")
    monkeypatch.setattr(installed.__spec__, "submodule_search_locations", [str(tmp_path)])
    with pytest.raises(AnsibleLookupError, match=str(tmp_path)):
        LookupModule().run(["vmware.vmware"])


def test_collection_that_does_not_say_has_an_unknown_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed.__spec__, "submodule_search_locations", [str(tmp_path)])
    assert LookupModule().run(["vmware.vmware"]) == ["*"]


@pytest.mark.parametrize("name", ["vmware", "vmware.", "a.b.c", "os path.x", ""])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(AnsibleLookupError, match=r"namespace\.name"):
        LookupModule().run([name])
