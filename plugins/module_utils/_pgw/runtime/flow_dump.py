# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the user plane back from what the switch prints of its flows. Pure."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .flows import COOKIE, HANDLER_METERS, LEARNED, TOO_BIG, TOO_BIG_UPLINK
from .model import Session, order
from .openflow_meters import Passed


@dataclasses.dataclass(frozen=True)
class Count:
    """What has come for a session so far.

    uplink_over_rate, downlink_over_rate: packets among these that its meters dropped; spoofed: uplink packets with its
    TEID and another source, dropped too.
    """

    uplink_packets: int = 0
    uplink_bytes: int = 0
    downlink_packets: int = 0
    downlink_bytes: int = 0
    uplink_over_rate: int = 0
    downlink_over_rate: int = 0
    spoofed: int = 0


@dataclasses.dataclass(frozen=True)
class Carried:
    """What the flows of the SGi bridge carry.

    counts: by Session.key; meters: the number of each session's meter by "KEY uplink" and "KEY downlink";
    unknown_teid: uplink packets of no session; unknown_destination: downlink packets for no subscriber;
    too_big: downlink packets that the tunnel has no room for; uplink_too_big: uplink packets too large for SGi.
    """

    sessions: tuple[Session, ...]
    counts: t.Mapping[str, Count]
    meters: t.Mapping[str, int]
    unknown_teid: int = 0
    unknown_destination: int = 0
    too_big: int = 0
    uplink_too_big: int = 0
    next_hop_mac: str | None = None
    ipv6_next_hop_mac: str | None = None

    @property
    def spoofed(self) -> int:
        """Uplink packets of all sessions that were dropped for their source."""
        return sum(count.spoofed for count in self.counts.values())


_COOKIE = re.compile(r"cookie=(0x[0-9a-f]+),")
_COUNTS = re.compile(r"table=(\d+), n_packets=(\d+), n_bytes=(\d+)")
_TEID = re.compile(r"\btun_id=(0x[0-9a-f]+)")
_SOURCE = re.compile(r"\b(?:nw_src|ipv6_src)=([0-9a-f.:/]+)")
_TARGET = re.compile(r"\b(?:nw_dst|ipv6_dst)=([0-9a-f.:/]+)")
_METER = re.compile(r"actions=meter:(\d+),")
_TUNNEL = re.compile(r"set_field:(0x[0-9a-f]+|\d+)->tun_id,set_field:([0-9.]+)->tun_dst")
_NEXT_HOP = re.compile(r" actions=set_field:([0-9a-f:]{17})->eth_dst")


@dataclasses.dataclass
class _Half:
    """One direction of one subscriber's address."""

    packets: int
    bytes: int
    meter: int | None
    local_teid: int | None = None
    peer: tuple[int, str] | None = None


class _Reader:
    """Collects a dump's lines."""

    def __init__(self) -> None:
        self.uplink: dict[str, _Half] = {}
        self.downlink: dict[str, _Half] = {}
        self.spoofed: dict[int, int] = {}
        self.totals = {"unknown_teid": 0, "unknown_destination": 0}
        self.macs: dict[int, str] = {}

    def line(self, line: str) -> None:
        """Takes one line of the dump; flows of others are passed over."""
        cookie, counts = _COOKIE.search(line), _COUNTS.search(line)
        if cookie is None or counts is None or int(cookie.group(1), 16) not in (COOKIE, LEARNED):
            return
        table, packets, size = (int(group) for group in counts.groups())
        fields, _actions, actions = line.partition(" actions=")
        half = _Half(packets, size, _meter(line))
        next_hop = _NEXT_HOP.search(line)
        if table == 10:
            self._uplink(fields, half)
        elif table == 3:
            self._downlink(fields, actions, half)
        elif table in (2, 12) and next_hop:
            self.macs[table] = next_hop.group(1)

    def _uplink(self, fields: str, half: _Half) -> None:
        teid, source = _TEID.search(fields), _SOURCE.search(fields)
        if teid and source:
            half.local_teid = int(teid.group(1), 16)
            self.uplink[_address(source.group(1))] = half
        elif teid:
            self.spoofed[int(teid.group(1), 16)] = half.packets
        else:
            self.totals["unknown_teid"] += half.packets

    def _downlink(self, fields: str, actions: str, half: _Half) -> None:
        target, tunnel = _TARGET.search(fields), _TUNNEL.search(actions)
        if target and tunnel:
            half.peer = int(tunnel.group(1), 0), tunnel.group(2)
            self.downlink[_address(target.group(1))] = half
        elif actions == "drop" and "in_port=" not in fields:
            self.totals["unknown_destination"] += half.packets

    def groups(self) -> list[set[str]]:
        """Addresses that belong together: by local TEID, or by peer and its TEID where no uplink flow is left."""
        together: dict[t.Any, set[str]] = {}
        for address, half in self.uplink.items():
            together.setdefault(half.local_teid, set()).add(address)
        for address, half in self.downlink.items():
            if address not in self.uplink:
                together.setdefault(half.peer, set()).add(address)
        return list(together.values())


def _address(text: str) -> str:
    """ovs-ofctl leaves the length of a whole IPv6 address away."""
    return f"{text}/128" if ":" in text and "/" not in text else text


def _meter(line: str) -> int | None:
    found = _METER.search(line)
    return int(found.group(1)) if found else None


@dataclasses.dataclass(frozen=True)
class Metering:
    """The meters of the switch: kbit/s of each session's, and what each has seen."""

    rates: t.Mapping[int, int] = dataclasses.field(default_factory=dict)
    passed: t.Mapping[int, Passed] = dataclasses.field(default_factory=dict)

    def came(self, kind: int) -> int:
        """Packets of a kind that came for the handler."""
        return self.passed.get(HANDLER_METERS[kind][0], Passed(0, 0)).packets

    def dropped(self, number: int | None) -> int:
        """Packets that a meter has dropped."""
        return 0 if number is None else self.passed.get(number, Passed(0, 0)).dropped


def carried(dump: str, names: t.Mapping[str, str], metering: Metering | None = None) -> Carried:
    """Reads ``ovs-ofctl --no-names dump-flows`` of the SGi bridge back.

    names: Session.key -> name. A session of which only one direction is there has None for what the other would tell.
    The packets that are too big are those that came to the handler's meter: a flow behind check_pkt_larger counts every
    packet of the datapath's flow, whichever way it went.
    """
    metering = metering or Metering()
    reader = _Reader()
    for line in dump.splitlines():
        reader.line(line)
    sessions, counts, meters = [], {}, {}
    for addresses in reader.groups():
        session, count, own = _joined(reader, addresses, names, metering)
        sessions.append(session)
        counts[session.key] = count
        meters.update(own)
    return Carried(
        tuple(sorted(sessions, key=order)),
        counts,
        meters,
        too_big=metering.came(TOO_BIG),
        uplink_too_big=metering.came(TOO_BIG_UPLINK),
        next_hop_mac=reader.macs.get(2),
        ipv6_next_hop_mac=reader.macs.get(12),
        **reader.totals,
    )


def _joined(
    reader: _Reader, addresses: set[str], names: t.Mapping[str, str], metering: Metering
) -> tuple[Session, Count, dict[str, int]]:
    ups = [reader.uplink[address] for address in addresses if address in reader.uplink]
    downs = [reader.downlink[address] for address in addresses if address in reader.downlink]
    local_teid = ups[0].local_teid if ups else None
    peer = downs[0].peer if downs else None
    ipv4 = next((address for address in addresses if ":" not in address), None)
    ipv6 = next((address for address in addresses if ":" in address), None)
    key = str(ipv4 or ipv6)
    own = {f"{key} {way}": halves[0].meter for way, halves in (("uplink", ups), ("downlink", downs)) if halves}
    meters = {name: number for name, number in own.items() if number is not None}
    session = Session(
        name=names.get(key),
        ue_address=ipv4,
        local_teid=local_teid,
        peer_teid=peer[0] if peer else None,
        peer_address=peer[1] if peer else None,
        ue_ipv6_prefix=ipv6,
        uplink_kbps=metering.rates.get(meters.get(f"{key} uplink", 0)),
        downlink_kbps=metering.rates.get(meters.get(f"{key} downlink", 0)),
    )
    count = Count(
        sum(half.packets for half in ups),
        sum(half.bytes for half in ups),
        sum(half.packets for half in downs),
        sum(half.bytes for half in downs),
        metering.dropped(meters.get(f"{key} uplink")),
        metering.dropped(meters.get(f"{key} downlink")),
        reader.spoofed.get(local_teid or 0, 0),
    )
    return session, count, meters
