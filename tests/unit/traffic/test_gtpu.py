# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the probe takes for right, and each way in which a packet can come back wrong."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.gtpu import (
    DOWNLINK,
    UPLINK,
    GtpuProbe,
    ProbeSession,
    gtpu_streams,
    outer_checksum_right,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.streams import (
    Arrival,
    Label,
    Stream,
    StreamCount,
    latency_percentiles,
)
from tests.unit.traffic import gateway

STREAMS = {1: Stream(1, UPLINK, UPLINK), 2: Stream(2, DOWNLINK, DOWNLINK)}


def label(stream: int, session: int = 0) -> Label:
    return Label(0x0123456789ABCDEF, stream, session, 3, 10**18)


def arrive(probe: GtpuProbe, direction: str, **changed: t.Any) -> Arrival | None:
    number = 1 if direction == UPLINK else 2
    sent = probe.frame(STREAMS[number], label(number))
    way = gateway.uplink if direction == UPLINK else gateway.downlink
    out = way(probe, sent, **changed)
    assert out is not None
    return probe.read(direction, STREAMS, out)


def behind(probe: GtpuProbe, routers: int) -> GtpuProbe:
    """The same tester, behind so many routers at most."""
    return dataclasses.replace(probe, sgi_routers=routers)


@pytest.mark.parametrize(("ttl", "right"), [(64, True), (63, True), (61, True), (60, False), (65, False)])
def test_routers_take_from_the_ttl_as_many_as_there_are(probe: GtpuProbe, ttl: int, right: bool) -> None:
    arrival = arrive(behind(probe, 2), UPLINK, ttl=ttl)
    assert arrival is not None
    assert (arrival.problem is None) == right


def test_a_router_sends_from_its_own_mac_and_to_the_tester_alone(probe: GtpuProbe) -> None:
    frame = gateway.uplink(probe, probe.frame(STREAMS[1], label(1)))
    assert frame is not None
    routed = frame[:6] + bytes.fromhex("0200000000ff") + frame[12:]
    for routers, problem in ((0, "sent by MAC 02:00:00:00:00:ff"), (1, None)):
        arrival = behind(probe, routers).read(UPLINK, STREAMS, routed)
        assert arrival is not None
        assert (arrival.problem or "").startswith(problem or "") and bool(arrival.problem) == bool(problem)
    arrival = behind(probe, 1).read(UPLINK, STREAMS, bytes.fromhex("0200000000ee") + routed[6:])
    assert arrival is not None and "sent to MAC" in str(arrival.problem)


def test_a_teid_that_no_session_of_the_gateway_has_may_be_given(probe: GtpuProbe) -> None:
    assert [stream.teid for stream in gtpu_streams(probe.sessions[:1], 77)] == [None, None, 77]


@pytest.mark.parametrize("direction", [UPLINK, DOWNLINK])
def test_a_right_packet_arrives_without_a_problem(probe: GtpuProbe, direction: str) -> None:
    assert arrive(probe, direction) == Arrival(label(1 if direction == UPLINK else 2), None)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"ttl": 62}, "inner TTL 62"),
        ({"source": "198.19.0.9"}, "inner source 198.19.0.9"),
        ({"destination": "198.18.2.9"}, "inner destination 198.18.2.9"),
        ({"type_of_service": 4}, "inner type of service 4"),
        ({"identification": 9}, "inner identification 9"),
    ],
)
def test_a_changed_inner_packet_is_noticed(probe: GtpuProbe, changed: dict[str, t.Any], problem: str) -> None:
    arrival = arrive(probe, UPLINK, **changed)
    assert arrival
    assert problem in (arrival.problem or "")


def test_a_changed_payload_is_noticed(probe: GtpuProbe) -> None:
    out = bytearray(gateway.uplink(probe, probe.frame(STREAMS[1], label(1))) or b"")
    out[-1] ^= 0xFF
    arrival = probe.read(UPLINK, STREAMS, bytes(out))
    assert arrival
    assert "inner payload" in (arrival.problem or "")


def test_a_packet_that_the_pgw_did_not_send_is_noticed(probe: GtpuProbe) -> None:
    out = gateway.uplink(probe, probe.frame(STREAMS[1], label(1))) or b""
    foreign = out[:6] + packets.mac_bytes("02:00:00:00:99:99") + out[12:]
    astray = packets.mac_bytes("02:00:00:00:99:99") + out[6:]
    for frame, problem in ((foreign, "sent by MAC 02:00:00:00:99:99"), (astray, "sent to MAC 02:00:00:00:99:99")):
        arrival = probe.read(UPLINK, STREAMS, frame)
        assert arrival
        assert problem in (arrival.problem or "")


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"teid": 1}, "TEID 1, must be 8193"),
        ({"message_type": 254}, "GTP-U message type 254, must be 255"),
        ({"source": "198.18.1.9"}, "outer source 198.18.1.9"),
        ({"destination": "198.18.1.9"}, "outer destination 198.18.1.9"),
        ({"port": 2153}, "outer UDP port 2153"),
        ({"padding": b"\0\0"}, "bytes behind the inner packet 2"),
    ],
)
def test_a_wrong_tunnel_is_noticed(probe: GtpuProbe, changed: dict[str, t.Any], problem: str) -> None:
    arrival = arrive(probe, DOWNLINK, **changed)
    assert arrival
    assert problem in (arrival.problem or "")


def test_a_packet_that_was_not_encapsulated_does_not_count(probe: GtpuProbe) -> None:
    """A tester that hears its own downlink packet on S5-U must not take it for the PGW's."""
    assert probe.read(DOWNLINK, STREAMS, probe.frame(STREAMS[2], label(2))) is None
    assert probe.read(UPLINK, STREAMS, probe.frame(STREAMS[1], label(1))) is None


def test_a_packet_of_another_run_does_not_count(probe: GtpuProbe) -> None:
    old = Label(1, 1, 0, 3, 10**18)
    assert probe.read(UPLINK, STREAMS, gateway.uplink(probe, probe.frame(STREAMS[1], old)) or b"") is None


def test_outer_checksum(probe: GtpuProbe) -> None:
    out = bytearray(gateway.downlink(probe, probe.frame(STREAMS[2], label(2))) or b"")
    assert outer_checksum_right(bytes(out))
    out[40] ^= 0x01
    assert not outer_checksum_right(bytes(out))
    out[40:42] = b"\0\0"
    assert outer_checksum_right(bytes(out))


@pytest.mark.parametrize("size", [64, 65, 128, 283, 284, 600, 1464])
def test_sizes_are_those_of_the_inner_packet(probe: GtpuProbe, size: int) -> None:
    one = GtpuProbe(probe.run, probe.s5u, probe.sgi, probe.sessions, size)
    assert len(packets.build_ipv4(one.inner(STREAMS[1], label(1)))) == size


@pytest.mark.parametrize("teids", [(1,), (4097, 4098), (2**32 - 1,), (2**32 - 1, 1), (2**32 - 2, 2**32 - 1, 1, 2)])
def test_the_wrong_teid_is_of_no_session_and_not_zero(teids: tuple[int, ...]) -> None:
    sessions = [ProbeSession(str(teid), "198.19.0.1", teid, 1, "198.18.1.2") for teid in teids]
    wrong = next(stream for stream in gtpu_streams(sessions) if stream.name == "wrong TEID").teid
    assert wrong
    assert wrong not in teids
    assert 0 < wrong < 2**32


def test_one_session_has_no_foreign_source() -> None:
    assert "wrong source" not in [
        stream.name for stream in gtpu_streams([ProbeSession("a", "198.19.0.1", 1, 1, "198.18.1.2")])
    ]


def tallied(*arrivals: tuple[int, str | None, bool], delivered: bool = True) -> dict[str, t.Any]:
    count = StreamCount(Stream(1, UPLINK, UPLINK, delivered=delivered))
    for sequence, problem, warm_up in arrivals:
        count.add(Arrival(Label(1, 1, 0, sequence, 1000, warm_up), problem), 3000)
    return count.row(3, 3, 1, (100.0, 99.95))


def test_tally_counts_each_packet_once() -> None:
    row = tallied((0, None, True), (0, None, False), (1, None, False), (1, None, False))
    assert [row[key] for key in ("sent", "received", "lost", "duplicate", "corrupt")] == [3, 2, 1, 1, 0]
    assert (row["warm_up_sent"], row["warm_up_received"]) == (1, 1)
    assert row["problems"] == ["packet 1 arrived twice", "1 packets never arrived, the first is number 2"]
    assert row["latency_us"] == {"p50": 2.0, "p99": 2.0, "max": 2.0}
    assert (row["pps_asked"], row["pps_seen"]) == (100.0, 100.0)


def test_tally_keeps_changed_packets_apart() -> None:
    row = tallied((0, "inner TTL 3, sent with 64", False), (1, None, False), (2, None, False))
    assert [row[key] for key in ("received", "lost", "corrupt")] == [2, 1, 1]
    assert row["problems"][0] == "packet 0: inner TTL 3, sent with 64"


def test_tally_of_what_must_be_dropped() -> None:
    quiet, leaking = tallied(delivered=False), tallied((0, None, False), delivered=False)
    assert (quiet["expected"], quiet["received"], quiet["lost"], quiet["problems"]) == (0, 0, 0, [])
    assert leaking["received"] == 1


def test_a_thousand_problems_are_told_by_the_first() -> None:
    count = StreamCount(Stream(1, UPLINK, UPLINK))
    for number in range(1000):
        count.note(str(number))
    assert count.problems == ["0", "1", "2", "3", "4"]


def test_percentiles_are_nearest_rank() -> None:
    assert latency_percentiles([]) == {"p50": None, "p99": None, "max": None}
    assert latency_percentiles([n * 1000 for n in range(1, 101)]) == {"p50": 50.0, "p99": 99.0, "max": 100.0}
    assert latency_percentiles([5000]) == {"p50": 5.0, "p99": 5.0, "max": 5.0}
