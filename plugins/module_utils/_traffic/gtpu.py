# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subscribers' traffic through a PGW: G-PDUs (3GPP TS 29.281) on S5-U, plain packets on SGi."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets

from .streams import SERVER_PORT, TTL, UE_PORT, Arrival, Label, Stream

UPLINK, DOWNLINK = "uplink", "downlink"


@dataclasses.dataclass(frozen=True)
class ProbeSession:
    """One subscriber session, as the PGW has it."""

    name: str
    """Name of the session."""
    ue_address: str
    """IPv4 address of the subscriber."""
    local_teid: int
    """TEID that the PGW receives with."""
    peer_teid: int
    """TEID that the PGW sends with."""
    peer_address: str
    """IPv4 address of the SGW."""


@dataclasses.dataclass(frozen=True)
class GatewaySegment:
    """One layer-2 segment between the tester and the PGW."""

    mac: str
    """MAC address of the tester's interface."""
    address: str
    """IPv4 address of the tester."""
    gateway_mac: str
    """MAC address of the PGW, or of the router to it."""
    gateway_address: str
    """IPv4 address of the PGW, or of the router to it."""


def gtpu_streams(sessions: t.Sequence[ProbeSession], unknown_teid: int | None = None) -> tuple[Stream, ...]:
    """Both directions; then uplink with a TEID that no session has, and with another session's subscriber as source.

    The PGW must drop the last two. The last one needs two sessions.
    unknown_teid: a TEID that no session of the PGW has; None for one that none of these sessions has.
    """
    taken = {session.local_teid for session in sessions} | {0}
    wrong = unknown_teid or next(
        teid % 2**32 for teid in range(max(taken) + 1, max(taken) + 2**16) if teid % 2**32 not in taken
    )
    streams = (
        Stream(1, UPLINK, UPLINK),
        Stream(2, DOWNLINK, DOWNLINK),
        Stream(3, "wrong TEID", UPLINK, delivered=False, teid=wrong),
    )
    foreign = Stream(4, "wrong source", UPLINK, delivered=False, foreign=True)
    return streams if len(sessions) < 2 else (*streams, foreign)


@dataclasses.dataclass(frozen=True)
class GtpuProbe:
    """A run of subscribers' packets."""

    run: int
    """Random number that marks its packets, 64 bits."""
    s5u: GatewaySegment
    """Where the tester plays the SGW."""
    sgi: GatewaySegment
    """Where the tester plays a server."""
    sessions: tuple[ProbeSession, ...]
    """The sessions that the packets take in turn."""
    size: int
    """Bytes of an inner IPv4 packet."""
    sgi_routers: int = 0
    """Routers on SGi between the PGW and the tester, at most: each rewrites MAC addresses and takes one off the TTL."""

    def inner(self, stream: Stream, label: Label) -> packets.Ipv4:
        """The subscriber's packet: UE to server on the uplink, server to UE on the downlink."""
        ue = self.sessions[(label.session + stream.foreign) % len(self.sessions)].ue_address
        source, destination = (ue, self.sgi.address) if stream.direction == UPLINK else (self.sgi.address, ue)
        ports = (UE_PORT, SERVER_PORT) if stream.direction == UPLINK else (SERVER_PORT, UE_PORT)
        start = label.pack()
        filler = self.size - packets.IPV4_BYTES - packets.UDP_BYTES - len(start)
        datagram = packets.Udp(
            ports[0], ports[1], start + bytes(range(256)) * (filler // 256) + bytes(range(filler % 256))
        )
        return packets.Ipv4(
            source=source,
            destination=destination,
            protocol=packets.PROTOCOL_UDP,
            ttl=TTL,
            identification=label.sequence & 0xFFFF,
            payload=packets.build_udp(datagram, source, destination),
        )

    def frame(self, stream: Stream, label: Label) -> bytes:
        """The Ethernet frame that the tester sends: a G-PDU on S5-U, the plain packet on SGi."""
        inner = packets.build_ipv4(self.inner(stream, label))
        if stream.direction == DOWNLINK:
            return packets.build_ethernet(self.sgi.gateway_mac, self.sgi.mac, inner)
        session = self.sessions[label.session]
        teid = session.local_teid if stream.teid is None else stream.teid
        source, destination = session.peer_address, self.s5u.gateway_address
        message = packets.build_gtpu(packets.Gtpu(packets.G_PDU, teid, inner))
        datagram = packets.build_udp(packets.Udp(packets.GTPU_PORT, packets.GTPU_PORT, message), source, destination)
        outer = packets.Ipv4(source, destination, packets.PROTOCOL_UDP, TTL, label.sequence & 0xFFFF, datagram)
        return packets.build_ethernet(self.s5u.gateway_mac, self.s5u.mac, packets.build_ipv4(outer))

    def read(self, direction: str, streams: t.Mapping[int, Stream], frame: bytes) -> Arrival | None:
        """Compares a frame captured where the direction ends, SGi for uplink and S5-U for downlink, with what was sent.

        None for a frame that does not belong to this run, or is damaged beyond recognition; that packet counts as lost.
        """
        try:
            outer = packets.parse_ipv4(packets.parse_ethernet(frame))
            tunnel = packets.parse_gtpu(packets.parse_udp(outer.payload).payload) if direction == DOWNLINK else None
            inner = packets.parse_ipv4(tunnel.payload) if tunnel else outer
            label = Label.unpack(packets.parse_udp(inner.payload).payload)
        except packets.PacketError:
            return None
        if label is None or label.run != self.run or label.session >= len(self.sessions) or label.stream not in streams:
            return None
        stream = streams[label.stream]
        problem = self._frame_problem(direction, frame) or self._inner_problem(stream, label, inner)
        if tunnel is not None and not problem:
            problem = self._tunnel_problem(label, outer, tunnel, inner)
        return Arrival(label, problem)

    def outer_checksum_right(self, direction: str, frame: bytes) -> bool:
        """Whether the outer UDP checksum of a G-PDU is right; True for packets outside a tunnel."""
        return direction != DOWNLINK or outer_checksum_right(frame)

    def _frame_problem(self, direction: str, frame: bytes) -> str | None:
        side = self.sgi if direction == UPLINK else self.s5u
        if frame[0:6] != packets.mac_bytes(side.mac):
            return f"sent to MAC {frame[0:6].hex(':')}, the tester has {side.mac}"
        # Behind a router, packets may go one way through it and the other way past it.
        routed = direction == UPLINK and self.sgi_routers
        if not routed and frame[6:12] != packets.mac_bytes(side.gateway_mac):
            return f"sent by MAC {frame[6:12].hex(':')}, the PGW has {side.gateway_mac}"
        return None

    def _inner_problem(self, stream: Stream, label: Label, inner: packets.Ipv4) -> str | None:
        sent = self.inner(stream, label)
        if not inner.checksum_right:
            return "inner IPv4 header checksum is wrong"
        # RFC 1812, 5.3.1: a router takes one off; a gateway that bridges leaves it.
        if not TTL - 1 - self.sgi_routers <= inner.ttl <= TTL:
            return f"inner TTL {inner.ttl}, sent with {TTL}"
        for field in ("source", "destination", "protocol", "type_of_service", "identification", "payload"):
            if getattr(inner, field) != getattr(sent, field):
                return f"inner {field.replace('_', ' ')} {_shown(inner, field)}, sent as {_shown(sent, field)}"
        return None

    def _tunnel_problem(
        self, label: Label, outer: packets.Ipv4, tunnel: packets.Gtpu, inner: packets.Ipv4
    ) -> str | None:
        session = self.sessions[label.session]
        padding = len(tunnel.payload) - packets.IPV4_BYTES - len(inner.payload)
        checks = (
            ("outer IPv4 header checksum right", outer.checksum_right, True),
            ("outer source", outer.source, self.s5u.gateway_address),
            ("outer destination", outer.destination, session.peer_address),
            ("outer UDP port", packets.parse_udp(outer.payload).destination_port, packets.GTPU_PORT),
            ("GTP-U message type", tunnel.message_type, packets.G_PDU),
            ("TEID", tunnel.teid, session.peer_teid),
            ("bytes behind the inner packet", padding, 0),
        )
        for what, seen, asked in checks:
            if seen != asked:
                return f"{what} {seen}, must be {asked}"
        return None


def outer_checksum_right(frame: bytes) -> bool:
    """Whether the UDP checksum of the frame's outer datagram is right or absent; any UDP socket drops it otherwise."""
    outer = packets.parse_ipv4(packets.parse_ethernet(frame))
    return packets.udp_checksum_right(outer.payload, outer.source, outer.destination)


def _shown(packet: packets.Ipv4, field: str) -> str:
    value = getattr(packet, field)
    return f"of {len(value)} bytes ({value[-16:].hex()} at its end)" if isinstance(value, bytes) else str(value)
