# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict of a deployment: every way of not being proved is seen as that."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from lab.errors import LabError
from lab.report import is_proved, parse, table

GOOD: dict[str, Any] = {
    "proved": True,
    "evidence": [
        {"name": "driver", "asked": "uio or vfio", "seen": "uio_pci_generic", "verdict": "pass", "reason": ""},
        {"name": "counters", "asked": "200 more", "seen": "200 more", "verdict": "pass", "reason": ""},
    ],
    "traffic": [{"name": "uplink", "sent": 100, "received": 100}, {"name": "wrong TEID", "sent": 100, "received": 0}],
}


def changed(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(GOOD), **changes}


def report(**hosts: object) -> dict[str, Any]:
    return {"proved": True, "created": "", "hosts": {name.replace("_", "-"): host for name, host in hosts.items()}}


def proved(document: object, hosts: tuple[str, ...] = ("pgw-1",)) -> bool:
    return is_proved(parse(document), hosts)


def test_a_sound_report_is_proved() -> None:
    assert proved(report(pgw_1=GOOD))
    assert proved(report(pgw_1=GOOD, pgw_2=GOOD), ("pgw-1", "pgw-2"))


@pytest.mark.parametrize(
    "host",
    [
        changed(proved=False),
        changed(proved="true"),
        changed(proved=None),
        changed(evidence=[]),
        changed(evidence=None),
        changed(evidence=[{**GOOD["evidence"][0], "verdict": "fail"}, GOOD["evidence"][1]]),
        changed(evidence=[{"name": "driver"}]),
        changed(traffic=[]),
        changed(traffic=[{"name": "uplink", "sent": 0, "received": 0}]),
        {},
        None,
    ],
)
def test_anything_less_is_not(host: object) -> None:
    assert not proved(report(pgw_1=host))
    assert not proved(report(pgw_1=GOOD, pgw_2=host))


def test_a_host_without_a_report_is_not_proved() -> None:
    assert not proved(report(pgw_1=GOOD), ("pgw-1", "pgw-2"))
    assert not proved(report(pgw_1=GOOD), ())


@pytest.mark.parametrize("document", [{}, [], None, "proved", 1, {"hosts": {}}, {"hosts": []}, GOOD])
def test_a_report_of_nothing_is_refused(document: object) -> None:
    with pytest.raises(LabError, match="report_invalid"):
        parse(document)


def test_the_table_names_what_failed_and_why() -> None:
    evidence = [
        GOOD["evidence"][0],
        {"name": "counters", "asked": "x", "seen": "y", "verdict": "fail", "reason": "the sender was silent"},
    ]
    lines = table(parse(report(pgw_1=changed(proved=False, evidence=evidence))))
    assert lines[0] == "pgw-1: NOT PROVED"
    assert "  driver    pass     uio_pci_generic" in lines
    assert "  counters  fail     the sender was silent" in lines
    assert "  uplink      100   100" in lines
    assert table(parse(report(pgw_1=GOOD)))[0] == "pgw-1: PROVED"


def test_long_observations_are_cut() -> None:
    lines = table(parse(report(pgw_1=changed(evidence=[{"name": "map", "seen": "x" * 500, "verdict": "pass"}]))))
    assert max(map(len, lines)) < 100


def test_the_table_tells_what_holds_with_a_remark() -> None:
    remarked = {**GOOD["evidence"][0], "reason": "1000 G-PDUs have a wrong outer UDP checksum"}
    lines = table(parse(report(pgw_1=changed(evidence=[remarked, GOOD["evidence"][1]]))))
    assert lines[lines.index("  remarks") + 1 :] == ["  driver: 1000 G-PDUs have a wrong outer UDP checksum", ""]
    assert "  remarks" not in table(parse(report(pgw_1=GOOD)))
