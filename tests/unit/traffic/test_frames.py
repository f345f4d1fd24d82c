# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames through an application that forwards between two ports: what counts, and each way to come back wrong."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.af_packet import FrameInterface
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.checks import PacedLoad, validate_frames
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.frames import (
    BACK,
    FORTH,
    FrameProbe,
    FrameSegment,
    frame_streams,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.run import ProbeRun
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.streams import Label
from tests.unit.traffic.test_run import FakePort, Way

STREAMS = {stream.number: stream for stream in frame_streams()}
LOAD = PacedLoad(count=20, pps=2000, size=128, drain=0.2)
FIRST, SECOND = FrameInterface("eth1", "00:50:56:01:00:02"), FrameInterface("eth2", "00:50:56:01:00:03")


@pytest.fixture
def frames() -> FrameProbe:
    segments = {
        FORTH: FrameSegment("02:00:00:00:01:02", FIRST.guest_mac),
        BACK: FrameSegment("02:00:00:00:02:02", SECOND.guest_mac),
    }
    return FrameProbe(7, segments, 128)


def label(number: int) -> Label:
    return Label(7, number, 0, 3, 10**18)


def changed(frame: bytes, **fields: t.Any) -> bytes:
    """The frame with other MAC addresses, as testpmd's mode ``mac`` writes them, and changed fields of the packet."""
    packet = packets.parse_ipv4(packets.parse_ethernet(frame))
    rebuilt = packets.build_ipv4(dataclasses.replace(packet, **fields))
    return packets.build_ethernet("02:00:00:00:00:01", "00:50:56:01:00:03", rebuilt)


def test_a_frame_goes_to_the_guests_adapter(frames: FrameProbe) -> None:
    sent = frames.frame(STREAMS[1], label(1))
    assert sent[:12] == packets.mac_bytes(FIRST.guest_mac) + packets.mac_bytes("02:00:00:00:01:02")
    assert len(sent) == 14 + 128


@pytest.mark.parametrize("fields", [{}, {"ttl": 63}])
def test_forwarding_may_change_the_header_and_route(frames: FrameProbe, fields: dict[str, t.Any]) -> None:
    arrival = frames.read(FORTH, STREAMS, changed(frames.frame(STREAMS[1], label(1)), **fields))
    assert arrival is not None
    assert (arrival.label, arrival.problem) == (label(1), None)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"ttl": 60}, "TTL 60"),
        ({"source": "198.18.9.9"}, "source differs"),
        ({"identification": 9}, "identification differs"),
    ],
)
def test_a_changed_packet_is_no_right_one(frames: FrameProbe, fields: dict[str, t.Any], problem: str) -> None:
    arrival = frames.read(FORTH, STREAMS, changed(frames.frame(STREAMS[1], label(1)), **fields))
    assert arrival is not None
    assert problem in str(arrival.problem)


def test_a_frame_that_comes_back_where_it_was_sent_is_no_right_one(frames: FrameProbe) -> None:
    arrival = frames.read(BACK, STREAMS, frames.frame(STREAMS[1], label(1)))
    assert arrival is not None
    assert "the side that it was sent from" in str(arrival.problem)


def test_other_frames_are_none_of_this_run(frames: FrameProbe) -> None:
    assert frames.read(FORTH, STREAMS, b"\0" * 60) is None
    other = dataclasses.replace(frames, run=8)
    assert frames.read(FORTH, STREAMS, other.frame(STREAMS[1], Label(8, 1, 0, 3, 10**18))) is None


def run(frames: FrameProbe, forth: Way, back: Way) -> dict[str, dict[str, t.Any]]:
    first, second = FakePort(forth), FakePort(back)
    first.other, second.other = second, first
    ports: t.Any = {FORTH: first, BACK: second}
    return {row["name"]: row for row in ProbeRun(frames, ports, frame_streams(), LOAD).measure()}


def test_a_run_through_a_forwarder(frames: FrameProbe) -> None:
    rows = run(frames, lambda frame: [changed(frame)], lambda frame: [frame])
    for name in (FORTH, BACK):
        row = rows[name]
        assert (row["direction"], row["sent"], row["received"], row["lost"]) == (name, 20, 20, 0)
        assert (row["duplicate"], row["corrupt"], row["bad_outer_checksum"]) == (0, 0, 0)


def test_a_forwarder_that_drops_and_doubles(frames: FrameProbe) -> None:
    rows = run(frames, lambda _frame: [], lambda frame: [frame, frame])
    assert (rows[FORTH]["received"], rows[FORTH]["lost"]) == (0, 20)
    assert rows[BACK]["duplicate"] == 20


@pytest.mark.parametrize(
    ("first", "path"),
    [(FrameInterface("", FIRST.guest_mac), "first.interface"), (FrameInterface("eth1", "00:50:56"), "first.guest_mac")],
)
def test_frames_that_cannot_be_sent(first: FrameInterface, path: str) -> None:
    with pytest.raises(NfvError) as caught:
        validate_frames(first, SECOND, LOAD)
    assert (caught.value.error_code, caught.value.subject) == ("traffic_invalid", path)
