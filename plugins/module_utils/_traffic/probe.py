# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The traffic probe without its sockets: which packets are sent, what must arrive, and how arrivals are counted."""

from __future__ import annotations

import dataclasses
import struct
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets

UPLINK, DOWNLINK = "uplink", "downlink"
UE_PORT, SERVER_PORT = 40001, 40002
TTL = 64
# Inner IPv4 packets below 46 bytes would be padded by Ethernet; the smallest probe is above that.
SMALLEST_SIZE = 64
# Ethernet's 1500 less the outer IPv4, UDP and GTP-U headers.
LARGEST_SIZE = 1500 - packets.IPV4_BYTES - packets.UDP_BYTES - packets.GTPU_BYTES
PROBLEMS_KEPT = 5
_WARM_UP = 0x80
_LABEL = struct.Struct("!4sQBHIQ")
_MAGIC = b"NFVp"


@dataclasses.dataclass(frozen=True)
class Session:
    """One subscriber session as the PGW has it: local_teid is the PGW's, peer_teid and peer_address the SGW's."""

    name: str
    ue_address: str
    local_teid: int
    peer_teid: int
    peer_address: str


@dataclasses.dataclass(frozen=True)
class Side:
    """One interface of the tester: its own MAC and address, and the PGW's on the same segment."""

    mac: str
    address: str
    gateway_mac: str
    gateway_address: str


@dataclasses.dataclass(frozen=True)
class Leg:
    """One counted run: ``number`` marks its packets (0 to 127).

    With ``teid`` every packet carries that TEID; with ``foreign`` the inner source is the next session's subscriber.
    """

    number: int
    name: str
    direction: str
    delivered: bool = True
    teid: int | None = None
    foreign: bool = False


@dataclasses.dataclass(frozen=True)
class Label:
    """What every probe packet carries in its payload; ``sent`` in nanoseconds of CLOCK_REALTIME."""

    run: int
    leg: int
    session: int
    sequence: int
    sent: int
    warm_up: bool = False

    def pack(self) -> bytes:
        """The label's bytes at the start of the UDP payload."""
        leg = self.leg | (_WARM_UP if self.warm_up else 0)
        return _LABEL.pack(_MAGIC, self.run, leg, self.session, self.sequence, self.sent)

    @classmethod
    def unpack(cls, payload: bytes) -> Label | None:
        """The label of a probe packet's payload, None when the payload is something else."""
        if len(payload) < _LABEL.size or not payload.startswith(_MAGIC):
            return None
        _magic, run, leg, session, sequence, sent = _LABEL.unpack_from(payload)
        return cls(run, leg & ~_WARM_UP, session, sequence, sent, bool(leg & _WARM_UP))


@dataclasses.dataclass(frozen=True)
class Arrival:
    """A probe packet that came back; ``problem`` says what is wrong with it, None when it is right."""

    label: Label
    problem: str | None


def default_legs(sessions: t.Sequence[Session]) -> tuple[Leg, ...]:
    """Both directions; then uplink with a TEID that no session has, and with another session's subscriber as source.

    Of the last two nothing may arrive; the last one needs two sessions.
    """
    taken = {session.local_teid for session in sessions} | {0}
    wrong = next(teid % 2**32 for teid in range(max(taken) + 1, max(taken) + 2**16) if teid % 2**32 not in taken)
    legs = (
        Leg(1, UPLINK, UPLINK),
        Leg(2, DOWNLINK, DOWNLINK),
        Leg(3, "wrong TEID", UPLINK, delivered=False, teid=wrong),
    )
    foreign = Leg(4, "wrong source", UPLINK, delivered=False, foreign=True)
    return legs if len(sessions) < 2 else (*legs, foreign)


@dataclasses.dataclass(frozen=True)
class Probe:
    """One run of the tester: where it stands, the sessions it uses, and the size of an inner IPv4 packet in bytes."""

    run: int
    s5u: Side
    sgi: Side
    sessions: tuple[Session, ...]
    size: int

    def inner(self, leg: Leg, label: Label) -> packets.Ipv4:
        """The subscriber's packet: UE to server on the uplink, server to UE on the downlink."""
        ue = self.sessions[(label.session + leg.foreign) % len(self.sessions)].ue_address
        source, destination = (ue, self.sgi.address) if leg.direction == UPLINK else (self.sgi.address, ue)
        ports = (UE_PORT, SERVER_PORT) if leg.direction == UPLINK else (SERVER_PORT, UE_PORT)
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

    def frame(self, leg: Leg, label: Label) -> bytes:
        """The Ethernet frame that the tester sends: a G-PDU on S5-U, the plain packet on SGi."""
        inner = packets.build_ipv4(self.inner(leg, label))
        if leg.direction == DOWNLINK:
            return packets.build_ethernet(self.sgi.gateway_mac, self.sgi.mac, inner)
        session = self.sessions[label.session]
        teid = session.local_teid if leg.teid is None else leg.teid
        source, destination = session.peer_address, self.s5u.gateway_address
        message = packets.build_gtpu(packets.Gtpu(packets.G_PDU, teid, inner))
        datagram = packets.build_udp(packets.Udp(packets.GTPU_PORT, packets.GTPU_PORT, message), source, destination)
        outer = packets.Ipv4(source, destination, packets.PROTOCOL_UDP, TTL, label.sequence & 0xFFFF, datagram)
        return packets.build_ethernet(self.s5u.gateway_mac, self.s5u.mac, packets.build_ipv4(outer))

    def read(self, direction: str, legs: t.Mapping[int, Leg], frame: bytes) -> Arrival | None:
        """Judges a frame captured where the direction ends: SGi for uplink, S5-U for downlink.

        None for a frame that is not of this run: other traffic, or a packet damaged beyond recognition (it then counts
        as lost).
        """
        try:
            outer = packets.parse_ipv4(packets.parse_ethernet(frame))
            tunnel = packets.parse_gtpu(packets.parse_udp(outer.payload).payload) if direction == DOWNLINK else None
            inner = packets.parse_ipv4(tunnel.payload) if tunnel else outer
            label = Label.unpack(packets.parse_udp(inner.payload).payload)
        except packets.PacketError:
            return None
        if label is None or label.run != self.run or label.session >= len(self.sessions) or label.leg not in legs:
            return None
        leg = legs[label.leg]
        problem = self._frame_problem(direction, frame) or self._inner_problem(leg, label, inner)
        if tunnel is not None and not problem:
            problem = self._tunnel_problem(label, outer, tunnel, inner)
        return Arrival(label, problem)

    def outer_right(self, direction: str, frame: bytes) -> bool:
        """Whether the UDP checksum around a G-PDU is right; so it is where there is no tunnel."""
        return direction != DOWNLINK or outer_checksum_right(frame)

    def _frame_problem(self, direction: str, frame: bytes) -> str | None:
        side = self.sgi if direction == UPLINK else self.s5u
        if frame[0:6] != packets.mac_bytes(side.mac):
            return f"sent to MAC {frame[0:6].hex(':')}, the tester has {side.mac}"
        if frame[6:12] != packets.mac_bytes(side.gateway_mac):
            return f"sent by MAC {frame[6:12].hex(':')}, the PGW has {side.gateway_mac}"
        return None

    def _inner_problem(self, leg: Leg, label: Label, inner: packets.Ipv4) -> str | None:
        sent = self.inner(leg, label)
        if not inner.checksum_right:
            return "inner IPv4 header checksum is wrong"
        # RFC 1812, 5.3.1: a router takes one off; a gateway that bridges leaves it.
        if inner.ttl not in (TTL, TTL - 1):
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


class Tally:
    """What arrived of one leg. ``right`` holds the sequence numbers of packets that arrived as they must."""

    def __init__(self, leg: Leg) -> None:
        self.leg = leg
        self.right: set[int] = set()
        self.warm_up: set[int] = set()
        self.duplicate = 0
        self.corrupt = 0
        self.latencies: list[int] = []
        self.problems: list[str] = []

    def add(self, arrival: Arrival, captured: int) -> None:
        """Counts one arrival; ``captured`` in nanoseconds of CLOCK_REALTIME."""
        seen = self.warm_up if arrival.label.warm_up else self.right
        if arrival.problem is not None:
            if not arrival.label.warm_up:
                self.corrupt += 1
            self.note(f"packet {arrival.label.sequence}: {arrival.problem}")
        elif arrival.label.sequence not in seen:
            seen.add(arrival.label.sequence)
            if not arrival.label.warm_up:
                self.latencies.append(captured - arrival.label.sent)
        elif not arrival.label.warm_up:
            self.duplicate += 1
            self.note(f"packet {arrival.label.sequence} arrived twice")

    def note(self, problem: str) -> None:
        """Keeps the first reasons why something is wrong."""
        if len(self.problems) < PROBLEMS_KEPT:
            self.problems.append(problem)

    def row(self, count: int, sent: int, warm_up_sent: int, pps: tuple[float, float]) -> dict[str, t.Any]:
        """The leg's row of the module's result: packets asked for and sent, packets a second asked for and achieved."""
        expected = count if self.leg.delivered else 0
        received = len(self.right)
        missing = [number for number in range(sent) if number not in self.right] if self.leg.delivered else []
        if missing:
            self.note(f"{len(missing)} packets never arrived, the first is number {missing[0]}")
        return {
            "name": self.leg.name,
            "direction": self.leg.direction,
            "sent": sent,
            "expected": expected,
            "received": received,
            "lost": max(min(expected, sent) - received, 0),
            "duplicate": self.duplicate,
            "corrupt": self.corrupt,
            "warm_up_sent": warm_up_sent,
            "warm_up_received": len(self.warm_up),
            "pps_asked": pps[0],
            "pps_seen": round(pps[1], 1),
            "latency_us": latency_percentiles(self.latencies),
            "problems": list(self.problems),
        }


def latency_percentiles(latencies: t.Sequence[int]) -> dict[str, float | None]:
    """Nearest-rank percentiles in microseconds of latencies in nanoseconds; None when nothing arrived."""
    ordered = sorted(latencies)

    def rank(share: float) -> float | None:
        if not ordered:
            return None
        return round(ordered[max(0, -int(-len(ordered) * share // 1) - 1)] / 1000, 1)

    return {"p50": rank(0.50), "p99": rank(0.99), "max": rank(1.0)}
