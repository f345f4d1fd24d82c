# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames through an application that forwards between two ports.

The packets are IPv4 and UDP, which every kind of forwarding passes. The application may change the Ethernet header, as
testpmd's modes ``io`` and ``mac`` do differently, and decrement the TTL, as a router does.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets

from .streams import TTL, UE_PORT, Arrival, Label, Stream

FORTH, BACK = "forth", "back"
# RFC 2544, appendix C.2.2: addresses for tests of network devices. No machine has these two, so none answers.
ADDRESSES = {FORTH: ("198.18.1.250", "198.18.2.250"), BACK: ("198.18.2.250", "198.18.1.250")}


@dataclasses.dataclass(frozen=True)
class FrameSegment:
    """One layer-2 segment between the tester and the guest."""

    mac: str
    """MAC address of the tester's interface."""
    guest_mac: str
    """MAC address of the guest's adapter."""


@dataclasses.dataclass(frozen=True)
class FrameProbe:
    """A run of frames between two segments."""

    run: int
    """Random number that marks its packets, 64 bits."""
    segments: t.Mapping[str, FrameSegment]
    """The segment that each direction starts from."""
    size: int
    """Bytes of an IPv4 packet."""
    sessions: tuple[None, ...] = (None,)
    """Frames have no sessions."""

    def frame(self, stream: Stream, label: Label) -> bytes:
        """The Ethernet frame that the tester sends to the guest's adapter."""
        segment = self.segments[stream.direction]
        return packets.build_ethernet(segment.guest_mac, segment.mac, packets.build_ipv4(self._packet(stream, label)))

    def _packet(self, stream: Stream, label: Label) -> packets.Ipv4:
        source, destination = ADDRESSES[stream.direction]
        start = label.pack() + stream.content
        payload = start.ljust(self.size - packets.IPV4_BYTES - packets.UDP_BYTES, b"\0")
        datagram = packets.build_udp(packets.Udp(UE_PORT, stream.port, payload), source, destination)
        return packets.Ipv4(source, destination, packets.PROTOCOL_UDP, TTL, label.sequence & 0xFFFF, datagram)

    def read(self, direction: str, streams: t.Mapping[int, Stream], frame: bytes) -> Arrival | None:
        """Compares a frame captured where the direction ends with what was sent; None when it is not of this run."""
        try:
            packet = packets.parse_ipv4(packets.parse_ethernet(frame))
            label = Label.unpack(packets.parse_udp(packet.payload).payload)
        except packets.PacketError:
            return None
        if label is None or label.run != self.run or label.stream not in streams:
            return None
        stream = streams[label.stream]
        if stream.direction != direction:
            return Arrival(label, f"sent {stream.direction}, arrived on the side that it was sent from")
        return Arrival(label, _difference(packet, self._packet(stream, label)))

    def outer_checksum_right(self, _direction: str, _frame: bytes) -> bool:
        """True: frames have no tunnel whose checksum could be wrong."""
        return True


def frame_streams() -> tuple[Stream, ...]:
    """Both directions. What an application must drop, only its user knows: see dropped.py."""
    return (Stream(1, FORTH, FORTH), Stream(2, BACK, BACK))


def _difference(arrived: packets.Ipv4, sent: packets.Ipv4) -> str | None:
    if not arrived.checksum_right:
        return "IPv4 header checksum is wrong"
    if arrived.ttl not in (TTL, TTL - 1):
        return f"TTL {arrived.ttl}, sent with {TTL}"
    for field in ("source", "destination", "protocol", "identification", "payload"):
        if getattr(arrived, field) != getattr(sent, field):
            return f"{field} differs from what was sent"
    return None
