# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which frames a trial sends: their sizes, and one ring of them for each direction. Pure.

No UDP datagram has a checksum (RFC 768: 0 is none), because the label in it is written when the frame is sent.
"""

from __future__ import annotations

import dataclasses
import random
import struct
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.frames import ADDRESSES, FrameSegment
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.gtpu import (
    UPLINK,
    GatewaySegment,
    ProbeSession,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.streams import SERVER_PORT, TTL, UE_PORT

from .trial import RING_FRAMES

CHECK_SEQUENCE_BYTES: t.Final = 4
"""The frame check sequence, which counts in a frame's size as RFC 2544 does, and which the adapter adds."""
HEADERS_BYTES: t.Final = packets.ETHERNET_BYTES + packets.IPV4_BYTES + packets.UDP_BYTES
"""Where the label begins in a plain frame."""
TUNNEL_BYTES: t.Final = packets.IPV4_BYTES + packets.UDP_BYTES + packets.GTPU_BYTES
"""How much longer a frame is as a G-PDU."""
FRAMES: t.Final = ("64", "512", "1400", "imix")
"""The sizes that can be asked for."""
_IMIX: t.Final = ((64, 7), (594, 4), (1518, 1))


@dataclasses.dataclass(frozen=True)
class FrameSize:
    """One size in a mix of frames."""

    bytes: int
    """Bytes of an Ethernet frame outside a tunnel, check sequence included."""
    share: int
    """How many frames of the mix have it."""


def frame_sizes(frame: str, tunnelled: bool) -> tuple[FrameSize, ...]:
    """The sizes of one of FRAMES.

    IMIX is 7:4:1 frames of 64, 594 and 1518 bytes, which is 340 on average. In a tunnel, the longest has 1482, for its
    G-PDU must not be longer than 1518.
    """
    if frame != "imix":
        return (FrameSize(int(frame), 1),)
    longest = _IMIX[-1][0] - (TUNNEL_BYTES if tunnelled else 0)
    return tuple(FrameSize(min(size, longest), share) for size, share in _IMIX)


def mixed(sizes: t.Sequence[FrameSize]) -> tuple[int, ...]:
    """The size of each frame of a ring of at most RING_FRAMES: a whole number of mixes, in an order that is always the
    same and has no period."""
    one = [size.bytes for size in sizes for _frame in range(size.share)]
    ring = one * (RING_FRAMES // len(one))
    random.Random(len(ring)).shuffle(ring)  # noqa: S311 - an order, no secret
    return tuple(ring)


def plain_ring(direction: str, segment: FrameSegment, sizes: t.Sequence[int], flows: int) -> list[bytes]:
    """Frames to the guest's adapter, in flows that differ in their UDP source port.

    direction: FORTH or BACK of frames.ADDRESSES.
    """
    source, destination = ADDRESSES[direction]
    return [
        packets.build_ethernet(
            segment.guest_mac, segment.mac, _packet(source, destination, (UE_PORT - index % flows, SERVER_PORT), size)
        )
        for index, size in enumerate(sizes)
    ]


def gtpu_ring(
    direction: str,
    sides: tuple[GatewaySegment, GatewaySegment],
    sessions: t.Sequence[ProbeSession],
    sizes: t.Sequence[int],
) -> list[bytes]:
    """Subscribers' packets, in sessions that take turns: G-PDUs to S5-U on the uplink, plain ones to SGi on the other.

    direction: UPLINK or DOWNLINK; sides: S5-U and SGi.
    """
    s5u, sgi = sides
    ring = []
    for index, size in enumerate(sizes):
        session = sessions[index % len(sessions)]
        if direction == UPLINK:
            inner = _packet(session.ue_address, sgi.address, (UE_PORT, SERVER_PORT), size)
            message = packets.build_gtpu(packets.Gtpu(packets.G_PDU, session.local_teid, inner))
            ports = (packets.GTPU_PORT, packets.GTPU_PORT)
            outer = _datagram(session.peer_address, s5u.gateway_address, ports, message)
            ring.append(packets.build_ethernet(s5u.gateway_mac, s5u.mac, outer))
        else:
            inner = _packet(sgi.address, session.ue_address, (SERVER_PORT, UE_PORT), size)
            ring.append(packets.build_ethernet(sgi.gateway_mac, sgi.mac, inner))
    return ring


def _packet(source: str, destination: str, ports: tuple[int, int], size: int) -> bytes:
    """The IPv4 packet of a plain frame of so many bytes, with room for a label."""
    return _datagram(source, destination, ports, bytes(size - CHECK_SEQUENCE_BYTES - HEADERS_BYTES))


def _datagram(source: str, destination: str, ports: tuple[int, int], payload: bytes) -> bytes:
    header = struct.pack("!HHHH", *ports, packets.UDP_BYTES + len(payload), 0)
    return packets.build_ipv4(packets.Ipv4(source, destination, packets.PROTOCOL_UDP, TTL, 0, header + payload))
