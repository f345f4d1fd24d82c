# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tester that cannot be looked at; tests/integration/readiness has each row failing alone on a real one."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.tester_readiness_info import gather
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness import tester as judge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.machine import MachineFacts

INTERFACE: dict[str, t.Any] = {
    "name": "eth1",
    "address": "198.18.10.10",
    "mtu": 1500,
    "neighbours": [{"address": "198.18.10.2", "macs": None, "must_answer": False}],
}
ASKED: dict[str, t.Any] = {
    "name": "tester-1",
    "interfaces": [INTERFACE],
    "cpus": None,
    "controller_time": None,
    "clock_tolerance": 60,
    "clock_latency": 300,
}
SHOWN = [{"ifname": "lo", "flags": ["UP", "LOWER_UP"], "mtu": 65536, "address": "00:00:00:00:00:00", "addr_info": []}]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((127, "", "No such file"), "iproute_failed"),
        ((0, "[{", ""), "output_unreadable"),
        ((0, json.dumps([{"ifname": "eth1"}]), ""), "output_unreadable"),
    ],
)
def test_interfaces_that_cannot_be_told_are_unknown(answer: tuple[int, str, str], code: str) -> None:
    rows = {row["check"]: row for row in gather(lambda _argv: answer, ASKED)["rows"]}
    for check in ("interface", "mtu", "address"):
        assert (rows[check]["verdict"], rows[check]["code"]) == ("unknown", code)
    for check in ("address_taken", "neighbour 198.18.10.2"):
        assert rows[check]["verdict"] == "unknown"


def test_nothing_asked_is_told_all_the_same() -> None:
    there = judge.InterfaceFacts(up=True, carrier=True, mtu=9000, addresses=("192.0.2.1",))
    facts = judge.TesterFacts(MachineFacts((3, 11, 2), 0.0), 4, "", {"eth1": there}, {})
    rows = {
        row.check: row
        for row in judge.tester_rows(facts, judge.TesterAsked("tester-1", (judge.InterfaceAsked("eth1"),)))
    }
    assert {check for check, row in rows.items() if row.verdict.value == "not_asked"} == {
        *("clock", "cpus", "mtu", "address", "address_taken"),
    }
    assert (rows["mtu"].seen, rows["address"].seen, rows["cpus"].seen) == ("9000", "192.0.2.1", "4")


def test_two_machines_with_one_address_are_told() -> None:
    there = judge.InterfaceFacts(up=True, carrier=True, mtu=1500, addresses=())
    interface = judge.InterfaceAsked("eth1", neighbours=(judge.Neighbour("198.18.10.2"),))
    asked = judge.TesterAsked("tester-1", (interface,))
    answers = {("eth1", "198.18.10.2"): {"00:50:56:00:00:01", "00:50:56:00:00:02"}}
    row = judge.tester_rows(judge.TesterFacts(MachineFacts((3, 11, 2), 0.0), 4, "", {"eth1": there}, answers), asked)[
        -1
    ]
    assert (row.verdict.value, row.code) == ("not_ready", "address_foreign")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"address": "198.18.10.300"}, "address_invalid"),
        ({"neighbours": [{"address": "x", "macs": None, "must_answer": False}]}, "address_invalid"),
        ({"neighbours": [{"address": "198.18.10.2", "macs": ["x"], "must_answer": False}]}, "mac_invalid"),
    ],
)
def test_bad_options_are_refused_with_their_path(changed: dict[str, t.Any], code: str) -> None:
    with pytest.raises(NfvError, match=code) as refused:
        gather(lambda _argv: (0, "[]", ""), {**ASKED, "interfaces": [{**INTERFACE, **changed}]})
    assert refused.value.subject.startswith("interfaces[0].")
