# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""README.md names everything that the collection offers, and nothing that it does not."""

from __future__ import annotations

import re

import pytest

from tests.support.imports import ROOT

KINDS = {
    "playbook": {path.stem for path in (ROOT / "playbooks").glob("*.yml")},
    "role": {path.parent.name for path in (ROOT / "roles").glob("*/README.md")},
    "module": {path.stem for path in (ROOT / "plugins/modules").glob("*.py")},
    "lookup": {path.stem for path in (ROOT / "plugins/lookup").glob("*.py")},
    "filter": {path.stem for path in (ROOT / "plugins/filter").glob("*.yml")},
}


def rows(kind: str) -> set[str]:
    """The names in the first column of every table of one kind."""
    tables = re.findall(rf"(?m)^\| {kind} \|.*\n\|[-|]+\n((?:\|.*\n)+)", (ROOT / "README.md").read_text())
    cells = [row.split("|")[1] for table in tables for row in table.splitlines()]
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


@pytest.mark.parametrize("kind", KINDS)
def test_the_tables_are_complete(kind: str) -> None:
    assert KINDS[kind]
    assert rows(kind) == KINDS[kind]
