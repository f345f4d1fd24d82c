# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""README.md names everything that the collection offers, and a role's every variable; neither names anything else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

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


def variables(text: str) -> set[str]:
    """The variables in the first column of the table of a role's README."""
    cells = re.findall(r"(?m)^\| (`\w+`(?:, `\w+`)*) \|", text.partition("| Variable | Default | Meaning |")[2])
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def options(role: Path) -> set[str]:
    """The variables that the entry points of a role take."""
    entries = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"].values()
    return {name for entry in entries for name in entry.get("options") or ()}


@pytest.mark.parametrize("role", sorted(KINDS["role"]))
def test_a_role_explains_its_variables(role: str) -> None:
    path = ROOT / "roles" / role
    told = variables((path / "README.md").read_text())
    assert options(path) <= told
    # Further tables have the keys of single variables.
    assert {name for name in told if name.startswith((f"{role}_", "nfv_"))} <= options(path)


def test_a_variable_that_is_not_explained_is_found() -> None:
    text = "| Variable | Default | Meaning |\n|---|---|---|\n| `vnf_a`, `vnf_b` | `c` | of `vnf_d` |\n"
    assert variables(text) == {"vnf_a", "vnf_b"}
