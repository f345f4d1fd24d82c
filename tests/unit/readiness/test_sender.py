# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is to send the traffic of the proof, and whether the inventory has it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.row import Row
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.sender import sender_rows

ASKED = {"mode": "traffic", "traffic": "", "tester": "", "generator": ""}


def rows(**asked: t.Any) -> list[Row]:
    return sender_rows({"pgw-1": {**ASKED, **asked}}, ["pgw-1", "tester-1", "generator-1"])


@pytest.mark.parametrize(
    ("asked", "verdict", "code", "seen"),
    [
        ({}, "not_ready", "tester_missing", "no host in the group testers"),
        ({"tester": "gone"}, "not_ready", "tester_missing", "no host gone"),
        ({"traffic": "testpmd", "tester": "tester-1"}, "not_ready", "generator_missing", "in the group generators"),
        ({"tester": "tester-1"}, "ready", None, "in the inventory"),
        ({"traffic": "testpmd", "generator": "generator-1"}, "ready", None, "in the inventory"),
        ({"mode": "passive"}, "not_asked", None, "dpdk_verify_mode is passive for pgw-1"),
        ({"mode": "skip"}, "not_asked", None, "dpdk_verify_mode is skip for pgw-1"),
        ({"traffic": "none"}, "not_asked", None, "dpdk_verify_traffic is none for pgw-1"),
    ],
)
def test_one_row_says_whether_there_is_a_sender(
    asked: dict[str, str], verdict: str, code: str | None, seen: str
) -> None:
    (row,) = rows(**asked)
    assert (row.verdict, row.code) == (verdict, code)
    assert seen in row.seen
    assert bool(row.remedy) is (verdict == "not_ready")


def test_guests_of_one_sender_share_its_row() -> None:
    guests = {name: {**ASKED, "tester": tester} for name, tester in (("a", "t-1"), ("b", "t-1"), ("c", "t-2"))}
    found = sender_rows(guests, ["t-1"])
    assert [(row.object, row.verdict.value) for row in found] == [("t-1", "ready"), ("t-2", "not_ready")]
    assert "a, b" in found[0].asked
