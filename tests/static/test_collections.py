# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped YAML uses content of no other collection than galaxy.yml declares."""

from __future__ import annotations

import functools
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from tests.support.imports import ROOT

SHIPPED = ("extensions/eda", "extensions/patterns", "meta", "playbooks", "plugins", "roles")


@functools.cache
def known_collections() -> set[str]:
    """Every collection of the package `ansible`, by its full name."""
    found = find_spec("ansible_collections")
    assert found is not None
    places = [Path(place) for place in found.submodule_search_locations or ()]
    names = {f"{path.parent.name}.{path.name}" for place in places for path in place.glob("*/*") if path.is_dir()}
    return {name for name in names if not name.startswith((".", "_", "ansible.builtin", "nfv."))}


def undeclared(text: str, declared: set[str]) -> list[str]:
    """What a file uses of collections that are not declared. YAML's comments may name anything."""
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    used = set(re.findall(r"(?<![\w./-])([a-z_]\w*\.[a-z_]\w*)\.[a-z_]\w*", code))
    return sorted(used & known_collections() - declared)


def declared_collections() -> set[str]:
    return set(yaml.safe_load((ROOT / "galaxy.yml").read_text())["dependencies"])


def test_only_declared_collections_are_used() -> None:
    paths = [path for folder in SHIPPED for path in (ROOT / folder).rglob("*.yml")]
    found = {str(path.relative_to(ROOT)): undeclared(path.read_text(), declared_collections()) for path in paths}
    assert len(found) > 100
    assert {name: names for name, names in found.items() if names} == {}


@pytest.mark.parametrize("declared", declared_collections())
def test_declared_collection_is_used(declared: str) -> None:
    text = "\n".join(path.read_text() for path in (ROOT / "playbooks").rglob("*.yml"))
    assert declared in undeclared(text, declared_collections() - {declared})


@pytest.mark.parametrize(
    "text",
    [
        "community.general.ini_file:",
        "when: x | community.general.json_query('a')",
        "x: \"{{ y | map('community.general.dict_kv', 'name') }}\"",
        "ansible_connection: community.general.chroot",
    ],
)
def test_collection_that_is_not_declared_is_found(text: str) -> None:
    assert undeclared(f"# ansible.posix.mount\n- {text}\n- vmware.vmware.guest_info:", {"vmware.vmware"}) == [
        "community.general"
    ]
