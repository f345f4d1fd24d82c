# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads sessions and counters back from the flows that ovs-ofctl prints. Pure."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .flows import COOKIE, LEARNED, WRONG_SOURCE
from .limits import TOO_BIG_DOWNLINK, TOO_BIG_UPLINK
from .model import Session, order
from .openflow_meters import Meter, MeterCount
from .packets import GTPU_PORT


@dataclasses.dataclass(frozen=True)
class SessionCount:
    """What a session's flows and meters have counted so far."""

    uplink_packets: int = 0
    """Packets from the subscriber, dropped ones included."""
    uplink_bytes: int = 0
    """Their bytes."""
    downlink_packets: int = 0
    """Packets to the subscriber, dropped ones included."""
    downlink_bytes: int = 0
    """Their bytes."""
    uplink_over_rate: int = 0
    """Uplink packets that the session's meter dropped."""
    downlink_over_rate: int = 0
    """Downlink packets that the session's meter dropped."""
    spoofed: int = 0
    """Uplink packets with the session's TEID and another inner source, all dropped; not part of uplink_packets."""
    wrong_source: int = 0
    """The same with another outer source, from a host that is not the session's peer."""


@dataclasses.dataclass(frozen=True)
class Carried:
    """The sessions that the flows of the SGi bridge carry, and what these flows have counted."""

    sessions: tuple[Session, ...]
    """The sessions, sorted by order()."""
    counts: t.Mapping[str, SessionCount]
    """Session.key -> what its flows and meters have counted."""
    meters: t.Mapping[str, int]
    """"KEY uplink" and "KEY downlink" -> number of the session's meter."""
    unknown_teid: int = 0
    """Uplink packets that belong to no session."""
    strangers: int = 0
    """GTP-U packets from outside the S5/S8-U network that no peer sent."""
    unknown_destination: int = 0
    """Downlink packets for no subscriber."""
    too_big: int = 0
    """Downlink packets larger than the tunnel's MTU."""
    uplink_too_big: int = 0
    """Uplink packets larger than SGi's MTU."""
    next_hop_mac: str | None = None
    """MAC address of the SGi next hop; None while the switch has not learned it."""
    ipv6_next_hop_mac: str | None = None
    """The same for IPv6."""

    @property
    def spoofed(self) -> int:
        """Uplink packets of all sessions that were dropped because of their inner source."""
        return sum(count.spoofed for count in self.counts.values())

    @property
    def wrong_source(self) -> int:
        """Uplink packets of all sessions that were dropped because of their outer source."""
        return sum(count.wrong_source for count in self.counts.values())


_COOKIE = re.compile(r"cookie=(0x[0-9a-f]+),")
_COUNTS = re.compile(r"table=(\d{1,20}), n_packets=(\d{1,20}), n_bytes=(\d{1,20})")
_PRIORITY = re.compile(r"\bpriority=(\d{1,20})")
_TEID = re.compile(r"\btun_id=(0x[0-9a-f]+)")
_OUTER_SOURCE = re.compile(r"\btun_src=([0-9.]+)")
_SOURCE = re.compile(r"\b(?:nw_src|ipv6_src)=([0-9a-f.:/]+)")
_TARGET = re.compile(r"\b(?:nw_dst|ipv6_dst)=([0-9a-f.:/]+)")
_METER = re.compile(r"actions=meter:(\d{1,20}),")
_TUNNEL = re.compile(r"set_field:(0x[0-9a-f]+|\d{1,20})->tun_id,set_field:([0-9.]+)->tun_dst")
_NEXT_HOP = re.compile(r" actions=set_field:([0-9a-f:]{17})->eth_dst")


@dataclasses.dataclass
class _Direction:
    """The flow of one direction of one subscriber's address."""

    packets: int
    """Packets so far."""
    bytes: int
    """Bytes so far."""
    meter: int | None
    """Number of its meter."""
    local_teid: int | None = None
    """TEID of an uplink flow."""
    peer: tuple[int, str] | None = None
    """TEID and address of the peer of a downlink flow."""
    outer_sources: frozenset[str] = frozenset()
    """Outer sources of uplink flows; empty if they are not checked."""

    def plus(self, other: _Direction) -> _Direction:
        """Both flows, which differ in the outer source alone."""
        return dataclasses.replace(
            self,
            packets=self.packets + other.packets,
            bytes=self.bytes + other.bytes,
            outer_sources=self.outer_sources | other.outer_sources,
        )


class _Reader:
    """Collects the lines of a dump."""

    def __init__(self) -> None:
        self.uplink: dict[str, _Direction] = {}
        self.downlink: dict[str, _Direction] = {}
        self.spoofed: dict[int, int] = {}
        self.wrong_source: dict[int, int] = {}
        self.totals = {"unknown_teid": 0, "unknown_destination": 0, "strangers": 0}
        self.macs: dict[int, str] = {}

    def line(self, line: str) -> None:
        """Reads one line. Ignores flows that this collection did not make."""
        cookie, counts = _COOKIE.search(line), _COUNTS.search(line)
        if cookie is None or counts is None or int(cookie.group(1), 16) not in (COOKIE, LEARNED):
            return
        table, packets, size = (int(group) for group in counts.groups())
        fields, _actions, actions = line.partition(" actions=")
        half = _Direction(packets, size, _meter(line))
        next_hop = _NEXT_HOP.search(line)
        if table == 10:
            self._uplink(fields, half)
        elif table == 3:
            self._downlink(fields, actions, half)
        elif table in (2, 12) and next_hop:
            self.macs[table] = next_hop.group(1)
        elif f"tp_dst={GTPU_PORT}" in fields and actions == "drop":
            self.totals["strangers"] += packets

    def _uplink(self, fields: str, half: _Direction) -> None:
        teid, source, outer = _TEID.search(fields), _SOURCE.search(fields), _OUTER_SOURCE.search(fields)
        if teid is None:
            self.totals["unknown_teid"] += half.packets
            return
        number = int(teid.group(1), 16)
        if source:
            half.local_teid = number
            half.outer_sources = frozenset(outer.groups() if outer else ())
            address = _address(source.group(1))
            self.uplink[address] = half.plus(self.uplink[address]) if address in self.uplink else half
        else:
            priority = _PRIORITY.search(fields)
            wrong = priority is not None and int(priority.group(1)) == WRONG_SOURCE
            counted = self.wrong_source if wrong else self.spoofed
            counted[number] = counted.get(number, 0) + half.packets

    def _downlink(self, fields: str, actions: str, half: _Direction) -> None:
        target, tunnel = _TARGET.search(fields), _TUNNEL.search(actions)
        if target and tunnel:
            half.peer = int(tunnel.group(1), 0), tunnel.group(2)
            self.downlink[_address(target.group(1))] = half
        elif actions == "drop" and "in_port=" not in fields:
            self.totals["unknown_destination"] += half.packets

    def groups(self) -> list[set[str]]:
        """The addresses of each session: they share a local TEID, or without uplink flows a peer and its TEID."""
        together: dict[t.Any, set[str]] = {}
        for address, half in self.uplink.items():
            together.setdefault(half.local_teid, set()).add(address)
        for address, half in self.downlink.items():
            if address not in self.uplink:
                together.setdefault(half.peer, set()).add(address)
        return list(together.values())


def _address(text: str) -> str:
    """Adds the prefix length that ovs-ofctl omits from a single IPv6 address."""
    return f"{text}/128" if ":" in text and "/" not in text else text


def _meter(line: str) -> int | None:
    found = _METER.search(line)
    return int(found.group(1)) if found else None


@dataclasses.dataclass(frozen=True)
class MeterReading:
    """The meters of the switch at one moment."""

    rates: t.Mapping[int, int] = dataclasses.field(default_factory=dict)
    """Number of a session's meter -> rate in kbit/s."""
    counts: t.Mapping[int, MeterCount] = dataclasses.field(default_factory=dict)
    """Number of any meter -> what it has counted."""

    @classmethod
    def of(cls, meters: t.Iterable[Meter], counts: t.Mapping[int, MeterCount]) -> MeterReading:
        """The reading of all meters of the bridge."""
        return cls({meter.number: meter.rate for meter in meters if not meter.packets}, counts)

    def reached(self, meter: Meter) -> int:
        """Packets that reached a meter, those that it dropped included."""
        return self.counts.get(meter.number, MeterCount(0, 0)).packets

    def dropped(self, number: int | None) -> int:
        """Packets that a meter has dropped."""
        return 0 if number is None else self.counts.get(number, MeterCount(0, 0)).dropped


def carried(dump: str, names: t.Mapping[str, str], reading: MeterReading | None = None) -> Carried:
    """Parses the output of ``ovs-ofctl --no-names dump-flows`` for the SGi bridge, followed by that for S5/S8-U's.

    ``names`` maps Session.key to the session's name. The daemon's meters tell how many packets were too big: a flow
    behind check_pkt_larger counts every packet of its datapath flow, whichever branch it took.
    """
    reading = reading or MeterReading()
    reader = _Reader()
    for line in dump.splitlines():
        reader.line(line)
    sessions, counts, meters = [], {}, {}
    for addresses in reader.groups():
        session, count, own = _joined(reader, addresses, names, reading)
        sessions.append(session)
        counts[session.key] = count
        meters.update(own)
    return Carried(
        tuple(sorted(sessions, key=order)),
        counts,
        meters,
        too_big=reading.reached(TOO_BIG_DOWNLINK),
        uplink_too_big=reading.reached(TOO_BIG_UPLINK),
        next_hop_mac=reader.macs.get(2),
        ipv6_next_hop_mac=reader.macs.get(12),
        **reader.totals,
    )


def _joined(
    reader: _Reader, addresses: set[str], names: t.Mapping[str, str], reading: MeterReading
) -> tuple[Session, SessionCount, dict[str, int]]:
    ups = [reader.uplink[address] for address in addresses if address in reader.uplink]
    downs = [reader.downlink[address] for address in addresses if address in reader.downlink]
    local_teid = ups[0].local_teid if ups else None
    peer = downs[0].peer if downs else None
    ipv4 = next((address for address in addresses if ":" not in address), None)
    ipv6 = next((address for address in addresses if ":" in address), None)
    key = str(ipv4 or ipv6)
    sources = frozenset[str]().union(*(half.outer_sources for half in ups))
    own = {f"{key} {way}": halves[0].meter for way, halves in (("uplink", ups), ("downlink", downs)) if halves}
    meters = {name: number for name, number in own.items() if number is not None}
    session = Session(
        name=names.get(key),
        ue_address=ipv4,
        local_teid=local_teid,
        peer_teid=peer[0] if peer else None,
        peer_address=peer[1] if peer else None,
        ue_ipv6_prefix=ipv6,
        uplink_kbps=reading.rates.get(meters.get(f"{key} uplink", 0)),
        downlink_kbps=reading.rates.get(meters.get(f"{key} downlink", 0)),
        peer_sources=tuple(sorted(sources - {peer[1] if peer else ""})),
    )
    count = SessionCount(
        sum(half.packets for half in ups),
        sum(half.bytes for half in ups),
        sum(half.packets for half in downs),
        sum(half.bytes for half in downs),
        reading.dropped(meters.get(f"{key} uplink")),
        reading.dropped(meters.get(f"{key} downlink")),
        reader.spoofed.get(local_teid or 0, 0),
        reader.wrong_source.get(local_teid or 0, 0),
    )
    return session, count, meters
