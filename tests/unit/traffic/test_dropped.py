# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flows that an application must drop: sent, counted and judged, also where too little or too much is dropped."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.poll_mode import poll_mode_plan
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.judge import traffic_rows
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.model import Expected
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.checks import validate_frames
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.dropped import dropped_streams
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.frames import (
    BACK,
    FORTH,
    FrameProbe,
    FrameSegment,
    frame_streams,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.run import ProbeRun
from tests.unit.evidence.test_verification import REQUEST
from tests.unit.traffic.test_frames import FIRST, LOAD, SECOND
from tests.unit.traffic.test_run import FakePort

FLOWS = [{"name": "port", "port": 40404}, {"name": "text", "direction": "back", "content": "forbidden"}]
EXPECTED = Expected((), {}, (), (), traffic="frames", dropped=("port", "text"))


def inspecting(rules: t.Collection[str]) -> t.Callable[[bytes], list[bytes]]:
    """An application that forwards what none of its rules names."""

    def forward(frame: bytes) -> list[bytes]:
        datagram = packets.parse_udp(packets.parse_ipv4(packets.parse_ethernet(frame)).payload)
        hit = {
            "port": datagram.destination_port == 40404,
            "text": b"forbidden" in datagram.payload,
            "all": True,
        }
        return [] if any(hit[rule] for rule in rules) else [frame]

    return forward


def sent_through(rules: t.Collection[str]) -> list[dict[str, t.Any]]:
    first, second = FakePort(inspecting(rules)), FakePort(inspecting(rules))
    first.other, second.other = second, first
    ports: t.Any = {FORTH: first, BACK: second}
    segments = {
        FORTH: FrameSegment("02:00:00:00:01:02", FIRST.guest_mac),
        BACK: FrameSegment("02:00:00:00:02:02", SECOND.guest_mac),
    }
    probe = FrameProbe(7, segments, LOAD.size)
    return ProbeRun(probe, ports, (*frame_streams(), *dropped_streams(FLOWS)), LOAD).measure()


def failures(rows: list[dict[str, t.Any]]) -> dict[str, str]:
    return {row.name: row.reason for row in traffic_rows(rows, EXPECTED) if row.verdict == "fail"}


def test_an_application_that_drops_what_it_must_passes() -> None:
    rows = sent_through(["port", "text"])
    assert [(row["name"], row["direction"], row["sent"], row["received"]) for row in rows] == [
        ("forth", "forth", 20, 20),
        ("back", "back", 20, 20),
        ("port", "forth", 20, 0),
        ("text", "back", 20, 0),
    ]
    assert failures(rows) == {}


@pytest.mark.parametrize(
    ("rules", "failing", "reason"),
    [
        ([], {"traffic port", "traffic text"}, "20 packets came through that must be dropped"),
        (["port"], {"traffic text"}, "20 packets came through that must be dropped"),
        (["all"], {"traffic forth", "traffic back", "traffic port", "traffic text"}, "nothing else came through"),
    ],
)
def test_an_application_that_drops_too_little_or_too_much_fails(
    rules: list[str], failing: set[str], reason: str
) -> None:
    found = failures(sent_through(rules))
    assert set(found) == failing
    assert reason in found["traffic text"]


def test_a_flow_that_was_not_sent_fails() -> None:
    rows = [row for row in sent_through(["port", "text"]) if row["name"] != "text"]
    assert failures(rows) == {"traffic text": "no traffic seen: not proved"}


@pytest.mark.parametrize(
    ("flow", "path"),
    [
        ({"name": ""}, "dropped[0].name"),
        ({"name": "forth"}, "dropped[0].name"),
        ({"name": "a", "port": 0}, "dropped[0].port"),
        ({"name": "a", "port": 40001}, "dropped[0].port"),
        ({"name": "a"}, "dropped[0]"),
        ({"name": "a", "direction": "uplink", "port": 1}, "dropped[0].direction"),
        ({"name": "a", "content": "x" * 74}, "dropped[0].content"),
    ],
)
def test_a_flow_that_cannot_be_told_apart_is_refused(flow: dict[str, t.Any], path: str) -> None:
    with pytest.raises(NfvError) as caught:
        validate_frames(FIRST, SECOND, LOAD, dropped_streams([flow]))
    assert (caught.value.error_code, caught.value.subject) == ("traffic_invalid", path)


def test_the_longest_content_is_sent() -> None:
    validate_frames(FIRST, SECOND, LOAD, dropped_streams([{"name": "a", "content": "x" * 73}]))


def test_the_plan_hands_the_flows_to_the_tester_and_to_the_judge() -> None:
    found = poll_mode_plan({**REQUEST, "traffic": "frames", "dropped": FLOWS})
    assert (found["problems"], found["options"]["dropped"], found["expected"]["dropped"]) == (
        (),
        FLOWS,
        ["port", "text"],
    )


@pytest.mark.parametrize("traffic", ["gtpu", "testpmd", "none"])
def test_other_traffic_has_no_flows_of_the_users(traffic: str) -> None:
    problems = poll_mode_plan({**REQUEST, "traffic": traffic, "dropped": FLOWS})["problems"]
    assert any("[traffic_invalid] dpdk_verify_dropped" in problem for problem in problems)
