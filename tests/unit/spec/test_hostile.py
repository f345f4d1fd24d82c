# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that are meant to break the reader: each is a problem with a path, found at once."""

from __future__ import annotations

import copy
import time
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.dataplane import FilterModule
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane
from tests.support.hostile import HOSTILE

Description = dict[str, t.Any]

PLACES = [
    ("cpu",),
    ("cpu", "count"),
    ("cpu", "polling"),
    ("cpu", "reserve_all"),
    ("memory", "size_mb"),
    ("memory", "hugepages"),
    ("memory", "hugepages", 0),
    ("adapters",),
    ("adapters", 1),
    ("adapters", 1, "name"),
    ("adapters", 1, "network"),
    ("adapters", 1, "driver"),
    ("adapters", 1, "mac"),
    ("placement", "cluster"),
    ("placement", "numa"),
    ("placement", "hosts"),
    ("profile",),
]


def with_value(description: Description, where: tuple[t.Any, ...], value: t.Any) -> Description:
    changed = copy.deepcopy(description)
    target: t.Any = changed
    for key in where[:-1]:
        target = target[key]
    target[where[-1]] = value
    return changed


@pytest.mark.parametrize("where", PLACES, ids=lambda where: ".".join(map(str, where)))
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_value_is_a_problem_with_a_path(
    description: Description, where: tuple[t.Any, ...], kind: str
) -> None:
    hostile = with_value(description, where, HOSTILE[kind])
    began = time.monotonic()
    dataplane, problems = parse_dataplane(hostile)
    assert time.monotonic() - began < 1
    assert dataplane is None
    assert all(len(str(problem)) < 700 and str(problem).isprintable() for problem in problems)
    assert {problem.path for problem in problems if problem.path.startswith("nfv_dataplane.")}


@pytest.mark.parametrize(
    "character", ["\x00", "\x1b", "\x7f", "\u0085", "\u200b", "\u202e", "\u2028", "\u2066", "\ufeff"]
)
@pytest.mark.parametrize("where", [("adapters", 1, "network"), ("placement", "cluster"), ("placement", "hosts")])
def test_a_name_with_a_hidden_character_is_refused(
    description: Description, where: tuple[t.Any, ...], character: str
) -> None:
    _dataplane, (problem,) = parse_dataplane(with_value(description, where, f"PG{character}1"))
    assert problem.error_code == "value_malformed"
    assert "controls how text is shown" in problem.message


def test_a_name_in_any_script_is_taken(description: Description) -> None:
    for name in ("PG Zürich", "ネットワーク", "شبكة"):
        assert parse_dataplane(with_value(description, ("adapters", 1, "network"), name))[1] == ()


@pytest.mark.parametrize("text", ["0042", "00001001", "4_2", " 4", "4\n", "+4", "٤", "0x4", "4.0", "1e1"])
def test_text_that_is_no_plain_number_is_refused(description: Description, text: str) -> None:
    _dataplane, (problem, *_others) = parse_dataplane(with_value(description, ("cpu", "count"), text))
    assert (problem.path, problem.error_code) == ("nfv_dataplane.cpu.count", "value_type_wrong")


def test_many_problems_are_found_at_once_and_told_in_short(description: Description) -> None:
    filters = FilterModule().filters()
    began = time.monotonic()
    for where, value in (
        (("cpu",), {f"{'k' * 30}{number}": 1 for number in range(50_000)}),
        (("adapters",), [{"nam": 1}] * 50_000),
        (("memory", "hugepages"), [{}] * 50_000),
        (("placement", "must_keep"), ["x"] * 50_000),
        (("placement", "keep_apart_from"), [f"vm-{number}" for number in range(100_000)]),
    ):
        problems = filters["dataplane_problems"](with_value(description, where, value))
        assert len(filters["problems_text"](problems)) < 10_000
    assert time.monotonic() - began < 5


def test_a_message_tells_twenty_problems_and_how_many_more() -> None:
    problems = [{"error_code": "key_unknown", "path": f"k{number}", "message": "is unknown"} for number in range(50)]
    text = FilterModule().filters()["problems_text"](problems, "pgw-1")
    assert text.count("[key_unknown] pgw-1: ") == 20
    assert text.endswith("; and 30 more")
