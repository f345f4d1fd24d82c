# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PGW's user plane as data: its two ends, its sessions, and the meters that hold them to their rates. Pure."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

S5U_BRIDGE, SGI_BRIDGE = "br-s5u", "br-sgi"
# A G-PDU's headers in front of the subscriber's packet: IPv4, UDP, GTP-U (3GPP TS 29.281, 4.4 and 5.1).
TUNNEL_BYTES = 20 + 8 + 8
DEFAULT_MTU = 1500
# The meters below are the handler's; a session's come after them.
FIRST_SESSION_METER = 16
# 3GPP TS 29.281, 7.2.1: not more often than every 60 s. T3-RESPONSE and N3-REQUESTS are the operator's (TS 23.007, 20).
PATH_DEFAULTS = {"echo_interval": 60, "response_seconds": 3, "echo_requests": 5}
# Reading ten thousand sessions takes seconds of a CPU (docs/pgw.md).
STATISTICS_DEFAULTS = {"interval": 60}
BOTH_WAYS = ("uplink", "downlink")


@dataclasses.dataclass(frozen=True)
class Session:
    """A subscriber's bearer on S5/S8-U.

    ue_address, ue_ipv6_prefix: an IPv4 address, an IPv6 network, or both; local_teid: the TEID that we receive on;
    peer_teid: the one that we send to; uplink_kbps, downlink_kbps: APN-AMBR or MBR in kbit/s (3GPP TS 29.274, 8.7 and
    8.15), None for no limit.
    """

    name: str | None
    ue_address: str | None
    local_teid: int | None
    peer_teid: int | None
    peer_address: str | None
    ue_ipv6_prefix: str | None = None
    uplink_kbps: int | None = None
    downlink_kbps: int | None = None

    @property
    def key(self) -> str:
        """What tells the session from all others in the switch: its subscriber's address."""
        return str(self.ue_address or self.ue_ipv6_prefix)


@dataclasses.dataclass(frozen=True)
class UserPlane:
    """The two ends and the sessions; addresses of ends have their prefix length, MTUs are bytes of IP packet.

    A MAC of a next hop that is None: learned by ARP or neighbour discovery. s5u_next_hop: router to peers that are
    not on S5-U's own network. vlan None: untagged. statistics None: none are written to files; else
    ``textfile_directory`` and ``interval`` in seconds.
    """

    s5u_address: str
    sgi_address: str
    next_hop: str
    next_hop_mac: str | None
    sessions: tuple[Session, ...]
    s5u_next_hop: str | None = None
    s5u_next_hop_mac: str | None = None
    s5u_vlan: int | None = None
    sgi_vlan: int | None = None
    s5u_mtu: int = DEFAULT_MTU
    sgi_mtu: int = DEFAULT_MTU
    ipv6_address: str | None = None
    ipv6_next_hop: str | None = None
    ipv6_next_hop_mac: str | None = None
    path: t.Mapping[str, int] = dataclasses.field(default_factory=PATH_DEFAULTS.copy)
    statistics: t.Mapping[str, t.Any] | None = None

    @classmethod
    def of(
        cls,
        s5u: t.Mapping[str, t.Any],
        sgi: t.Mapping[str, t.Any],
        sessions: t.Sequence[t.Mapping[str, t.Any]],
        path: t.Mapping[str, int] | None = None,
        statistics: t.Mapping[str, t.Any] | None = None,
    ) -> UserPlane:
        """The plane that valid input describes (see sessions_check.problems())."""
        return cls(
            s5u_address=s5u["address"],
            sgi_address=sgi["address"],
            next_hop=sgi["next_hop"],
            next_hop_mac=_mac(sgi.get("next_hop_mac")),
            sessions=tuple(sorted(map(_session, sessions), key=order)),
            s5u_next_hop=s5u.get("next_hop"),
            s5u_next_hop_mac=_mac(s5u.get("next_hop_mac")),
            s5u_vlan=s5u.get("vlan"),
            sgi_vlan=sgi.get("vlan"),
            s5u_mtu=s5u.get("mtu") or DEFAULT_MTU,
            sgi_mtu=sgi.get("mtu") or DEFAULT_MTU,
            ipv6_address=sgi.get("ipv6_address"),
            ipv6_next_hop=sgi.get("ipv6_next_hop"),
            ipv6_next_hop_mac=_mac(sgi.get("ipv6_next_hop_mac")),
            path={**PATH_DEFAULTS, **(path or {})},
            statistics={**STATISTICS_DEFAULTS, **statistics} if statistics else None,
        )

    @property
    def peers(self) -> tuple[str, ...]:
        """The addresses of all peers, once each."""
        return tuple(sorted({str(session.peer_address) for session in self.sessions}))

    @property
    def far_peers(self) -> tuple[str, ...]:
        """The peers that are reached through s5u_next_hop."""
        network = ipaddress.IPv4Interface(self.s5u_address).network
        return tuple(peer for peer in self.peers if ipaddress.IPv4Address(peer) not in network)

    def via(self, peer: str) -> str:
        """The neighbour that G-PDUs to a peer are sent to: the peer itself, or the router to it."""
        near = ipaddress.IPv4Address(peer) in ipaddress.IPv4Interface(self.s5u_address).network
        return peer if near else str(self.s5u_next_hop)

    @property
    def tunnel_mtu(self) -> int:
        """The largest subscriber's packet in bytes that a G-PDU can carry on S5-U."""
        return self.s5u_mtu - TUNNEL_BYTES

    @property
    def narrows(self) -> bool:
        """Whether a subscriber's packet that fits into the tunnel may be too large for SGi."""
        return self.sgi_mtu < self.tunnel_mtu


def _mac(text: str | None) -> str | None:
    return (text or "").lower().replace("-", ":") or None


def _session(entry: t.Mapping[str, t.Any]) -> Session:
    prefix = entry.get("ue_ipv6_prefix")
    return Session(
        name=entry["name"],
        ue_address=entry.get("ue_address"),
        local_teid=int(entry["local_teid"]),
        peer_teid=int(entry["peer_teid"]),
        peer_address=entry["peer_address"],
        ue_ipv6_prefix=str(ipaddress.IPv6Network(prefix)) if prefix else None,
        uplink_kbps=entry.get("uplink_kbps"),
        downlink_kbps=entry.get("downlink_kbps"),
    )


def order(session: Session) -> tuple[int, int]:
    """A session's place in lists: IPv4 subscribers by address, then those with IPv6 alone."""
    if session.ue_address:
        return 0, int(ipaddress.IPv4Address(session.ue_address))
    return 1, int(ipaddress.IPv6Network(session.ue_ipv6_prefix or "::/0").network_address)


def allocate_meters(plane: UserPlane, previous: t.Mapping[str, int]) -> dict[str, int]:
    """The number of each limited session's meter and direction, by "KEY uplink" and "KEY downlink".

    previous: as it is in the switch. Sessions keep their numbers, so that a change touches no other session's flows.
    """
    wanted = [
        f"{session.key} {way}"
        for session in plane.sessions
        for way, kbps in zip(BOTH_WAYS, (session.uplink_kbps, session.downlink_kbps))
        if kbps is not None
    ]
    kept = {name: previous[name] for name in wanted if name in previous}
    taken = set(kept.values())
    number = FIRST_SESSION_METER
    for name in wanted:
        if name in kept:
            continue
        while number in taken:
            number += 1
        kept[name] = number
        taken.add(number)
    return kept


def rates(plane: UserPlane, meters: t.Mapping[str, int]) -> dict[int, int]:
    """Meter number -> kbit/s."""
    found = {}
    for session in plane.sessions:
        for way, kbps in zip(BOTH_WAYS, (session.uplink_kbps, session.downlink_kbps)):
            if kbps is not None:
                found[meters[f"{session.key} {way}"]] = kbps
    return found
