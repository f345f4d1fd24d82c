# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frames of a trial: their sizes, and that every one is what its direction needs."""

from __future__ import annotations

import collections

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.frames import FrameSegment
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.gtpu import GatewaySegment, ProbeSession
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.rate.composition import (
    CHECK_SEQUENCE_BYTES,
    FRAMES,
    HEADERS_BYTES,
    TUNNEL_BYTES,
    frame_sizes,
    gtpu_ring,
    mixed,
    plain_ring,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.rate.trial import LABEL, RING_FRAMES

SIDES = (
    GatewaySegment("02:00:00:00:00:01", "198.18.1.2", "02:00:00:00:00:11", "198.18.1.1"),
    GatewaySegment("02:00:00:00:00:02", "198.18.2.2", "02:00:00:00:00:12", "198.18.2.1"),
)
SESSIONS = [
    ProbeSession("ue-1", "198.19.0.1", 0x1001, 0x2001, "198.18.1.2"),
    ProbeSession("ue-2", "198.19.0.2", 0x1002, 0x2002, "198.18.1.2"),
]


@pytest.mark.parametrize("tunnelled", [False, True])
@pytest.mark.parametrize("frame", FRAMES)
def test_a_ring_is_a_whole_number_of_mixes(frame: str, tunnelled: bool) -> None:
    sizes = frame_sizes(frame, tunnelled)
    ring = mixed(sizes)
    assert RING_FRAMES - 12 < len(ring) <= RING_FRAMES
    counted = collections.Counter(ring)
    rounds = len(ring) // sum(size.share for size in sizes)
    assert counted == {size.bytes: size.share * rounds for size in sizes}
    assert ring == mixed(sizes)
    assert max(ring) + (TUNNEL_BYTES if tunnelled else 0) <= 1518
    assert min(ring) >= HEADERS_BYTES + LABEL.size + CHECK_SEQUENCE_BYTES


def test_imix_is_seven_four_and_one() -> None:
    sizes = frame_sizes("imix", tunnelled=False)
    assert [(size.bytes, size.share) for size in sizes] == [(64, 7), (594, 4), (1518, 1)]
    # Otherwise a stamp in every twelfth frame would only see one size.
    assert len(set(mixed(sizes)[::12])) > 1


def test_plain_frames_go_to_the_guest_in_flows() -> None:
    ring = plain_ring(
        "forth", FrameSegment("02:00:00:00:00:01", "02:00:00:00:00:11"), mixed(frame_sizes("64", False)), 4
    )
    assert {len(frame) for frame in ring} == {60}
    assert {frame[:6].hex(":") for frame in ring} == {"02:00:00:00:00:11"}
    parsed = [packets.parse_ipv4(packets.parse_ethernet(frame)) for frame in ring]
    assert {(packet.source, packet.destination) for packet in parsed} == {("198.18.1.250", "198.18.2.250")}
    assert all(packet.checksum_right for packet in parsed)
    assert len({packets.parse_udp(packet.payload).source_port for packet in parsed}) == 4
    # A label that is written later would make a checksum wrong.
    assert {packets.parse_udp(packet.payload).checksum for packet in parsed} == {0}


def test_the_uplink_leaves_as_g_pdus_of_all_sessions() -> None:
    ring = gtpu_ring("uplink", SIDES, SESSIONS, mixed(frame_sizes("64", True)))
    assert {len(frame) for frame in ring} == {60 + TUNNEL_BYTES}
    teids = collections.Counter()
    for frame in ring:
        assert frame[:6].hex(":") == "02:00:00:00:00:11"
        outer = packets.parse_ipv4(packets.parse_ethernet(frame))
        assert (outer.source, outer.destination) == ("198.18.1.2", "198.18.1.1")
        datagram = packets.parse_udp(outer.payload)
        assert (datagram.destination_port, datagram.checksum) == (packets.GTPU_PORT, 0)
        message = packets.parse_gtpu(datagram.payload)
        inner = packets.parse_ipv4(message.payload)
        assert {session.local_teid: session.ue_address for session in SESSIONS}[message.teid] == inner.source
        assert inner.destination == "198.18.2.2"
        assert packets.parse_udp(inner.payload).checksum == 0
        teids[message.teid] += 1
    assert teids == {0x1001: len(ring) // 2, 0x1002: len(ring) // 2}


def test_the_downlink_leaves_as_plain_packets_to_all_subscribers() -> None:
    ring = gtpu_ring("downlink", SIDES, SESSIONS, mixed(frame_sizes("imix", True)))
    assert {frame[:6].hex(":") for frame in ring} == {"02:00:00:00:00:12"}
    parsed = [packets.parse_ipv4(packets.parse_ethernet(frame)) for frame in ring]
    assert {packet.source for packet in parsed} == {"198.18.2.2"}
    assert {packet.destination for packet in parsed} == {"198.19.0.1", "198.19.0.2"}
