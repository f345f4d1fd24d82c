# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames for an application that forwards between two ports: what is sent and what must arrive at the other side.

The packets are IPv4 and UDP, so that every kind of forwarding lets them pass; what an application may change on the way
is the Ethernet header (testpmd's modes ``io`` and ``mac`` differ in it) and the TTL (a router's share).
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets

from .probe import SERVER_PORT, TTL, UE_PORT, Arrival, Label, Leg

FORTH, BACK = "forth", "back"
# RFC 2544, appendix C.2.2: addresses for tests of network devices. Nobody has these two, so that nobody answers.
ADDRESSES = {FORTH: ("198.18.1.250", "198.18.2.250"), BACK: ("198.18.2.250", "198.18.1.250")}


@dataclasses.dataclass(frozen=True)
class Wire:
    """One side: the MAC of the tester's interface, and of the guest's adapter on the same segment."""

    mac: str
    guest_mac: str


@dataclasses.dataclass(frozen=True)
class FrameProbe:
    """A run of frames between two sides; ``sides`` by the direction that enters there, ``size`` bytes a packet."""

    run: int
    sides: t.Mapping[str, Wire]
    size: int
    sessions: tuple[None, ...] = (None,)

    def frame(self, leg: Leg, label: Label) -> bytes:
        """The Ethernet frame that the tester sends to the guest's adapter."""
        side = self.sides[leg.direction]
        return packets.build_ethernet(side.guest_mac, side.mac, packets.build_ipv4(self._packet(leg, label)))

    def _packet(self, leg: Leg, label: Label) -> packets.Ipv4:
        source, destination = ADDRESSES[leg.direction]
        start = label.pack()
        payload = start.ljust(self.size - packets.IPV4_BYTES - packets.UDP_BYTES, b"\0")
        datagram = packets.build_udp(packets.Udp(UE_PORT, SERVER_PORT, payload), source, destination)
        return packets.Ipv4(source, destination, packets.PROTOCOL_UDP, TTL, label.sequence & 0xFFFF, datagram)

    def read(self, direction: str, legs: t.Mapping[int, Leg], frame: bytes) -> Arrival | None:
        """Judges a frame captured where the direction ends; None when it is not of this run."""
        try:
            packet = packets.parse_ipv4(packets.parse_ethernet(frame))
            label = Label.unpack(packets.parse_udp(packet.payload).payload)
        except packets.PacketError:
            return None
        if label is None or label.run != self.run or label.leg not in legs:
            return None
        leg = legs[label.leg]
        if leg.direction != direction:
            return Arrival(label, f"sent {leg.direction}, arrived on the side that it was sent from")
        return Arrival(label, _difference(packet, self._packet(leg, label)))

    def outer_right(self, _direction: str, _frame: bytes) -> bool:
        """There is no tunnel whose checksum could be wrong."""
        return True


def frame_legs() -> tuple[Leg, ...]:
    """Both directions; nothing that such an application must drop is known."""
    return (Leg(1, FORTH, FORTH), Leg(2, BACK, BACK))


def _difference(arrived: packets.Ipv4, sent: packets.Ipv4) -> str | None:
    if not arrived.checksum_right:
        return "IPv4 header checksum is wrong"
    if arrived.ttl not in (TTL, TTL - 1):
        return f"TTL {arrived.ttl}, sent with {TTL}"
    for field in ("source", "destination", "protocol", "identification", "payload"):
        if getattr(arrived, field) != getattr(sent, field):
            return f"{field} differs from what was sent"
    return None
