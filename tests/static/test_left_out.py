# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every test that make test leaves out is told, with what shows the same there: docs/testing.md."""

from __future__ import annotations

import ast
import re
import typing as t
from pathlib import Path

from tests.guest.test_false_passes import AGAIN, SABOTAGES
from tests.support.imports import ROOT

MARK = "pytest.mark.again"
PARTLY = "test_false_pass_is_caught_with_its_reason"


def left_out(source: str) -> set[str]:
    """The tests of a file that are marked, as a whole or in parts."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return {node.name for node in functions if any(MARK in ast.unparse(each) for each in node.decorator_list)}


class Row(t.NamedTuple):
    """A row of the table of what is left out."""

    test: str
    """The test's name."""
    parts: str
    """Of a parametrized test, those that are left out."""
    same: str
    """What shows the same."""


def told(text: str) -> list[Row]:
    (section,) = re.findall(r"(?ms)^### What make test leaves out\n(.*?)\nMinutes on", text)
    return [Row(*found) for found in re.findall(r"(?m)^\| `(test_\w+)`([^|]*)\| \d+ \| ([^|]*)\|$", section)]


ROWS = told((ROOT / "docs/testing.md").read_text())


def all_left_out(directories: t.Iterable[Path]) -> set[str]:
    files = [path for directory in directories for path in directory.glob("test_*.py")]
    return {name for path in files for name in left_out(path.read_text())}


def test_what_is_left_out_is_told() -> None:
    assert {row.test for row in ROWS} == all_left_out((ROOT / "tests/lab", ROOT / "tests/guest"))
    parts = {name for row in ROWS if row.test == PARTLY for name in re.findall(r"`(\w+)`", row.parts)}
    assert parts == AGAIN
    assert left_out("@pytest.mark.again\ndef test_one() -> None: ...\ndef test_two() -> None: ...\n") == {"test_one"}


def test_what_shows_the_same_is_there_and_not_left_out() -> None:
    for row in ROWS:
        named = {*re.findall(r"`(\w+)`", row.same)}
        assert named & AGAIN == set()
        assert re.findall(r"`(tests/[\w./]+)`", row.same) or named & SABOTAGES.keys(), row
        assert all((ROOT / path).exists() for path in re.findall(r"`(tests/[\w./]+)`", row.same))
