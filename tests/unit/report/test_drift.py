# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome of a comparison, and one line for each difference."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drift import drift_report

AT = "2026-01-01T00:00:00Z"
SAME = {"present": True, "differences": [], "error": None}
DIFFERENCES = [
    {"setting": "cpu.count", "from": 2, "to": 4, "power_off_needed": True},
    {"setting": "cpu.limit_mhz", "from": 9000, "to": -1, "power_off_needed": False},
    {"setting": "memory.host_1g_pages", "from": None, "to": "TRUE", "power_off_needed": True},
]
DIFFERS = {"present": True, "differences": DIFFERENCES, "error": None}
BROKEN = {"present": True, "differences": None, "error": {"error_code": "x", "message": "[x] pgw-3: no port group"}}
MISSING = {"present": False}


@pytest.mark.parametrize(
    ("vms", "outcome"),
    [
        ([SAME, SAME], "none"),
        ([SAME, DIFFERS], "drift"),
        ([SAME, MISSING], "drift"),
        ([DIFFERS, BROKEN], "failed"),
        ([], "failed"),  # nothing compared is nothing known
    ],
)
def test_the_worst_counts(vms: list[dict[str, t.Any]], outcome: str) -> None:
    report = drift_report({f"pgw-{number}": vm for number, vm in enumerate(vms)}, AT)
    assert (report["outcome"], report["created"]) == (outcome, AT)


def test_an_error_of_the_whole_is_failure_whatever_was_seen() -> None:
    report = drift_report({}, AT, "[vcenter_unreachable] vc: no answer")
    assert (report["outcome"], report["error"]) == ("failed", "[vcenter_unreachable] vc: no answer")


def test_each_difference_is_one_line() -> None:
    assert drift_report({"a": SAME, "b": DIFFERS, "c": MISSING, "d": BROKEN}, AT)["lines"] == [
        "b: cpu.count is 2, described is 4 (needs a power cycle)",
        "b: cpu.limit_mhz is 9000, described is -1",
        "b: memory.host_1g_pages is not set, described is TRUE (needs a power cycle)",
        "c: is not there",
        "d: cannot be compared: [x] pgw-3: no port group",
    ]
