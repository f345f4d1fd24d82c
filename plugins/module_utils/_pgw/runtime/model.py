# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PGW's user plane as data: its two ends, its sessions, and the meters that enforce their rates. Pure."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import typing as t

from .packets import GTPU_BYTES, IPV4_BYTES, UDP_BYTES
from .path_state import EchoTiming

S5U_BRIDGE, SGI_BRIDGE = "br-s5u", "br-sgi"
BRIDGES = (S5U_BRIDGE, SGI_BRIDGE)
# The headers of a G-PDU in front of the subscriber's packet (3GPP TS 29.281, 4.4 and 5.1).
TUNNEL_BYTES = IPV4_BYTES + UDP_BYTES + GTPU_BYTES
DEFAULT_MTU = 1500
# Lower meter numbers are those of limits.py.
FIRST_SESSION_METER = 16
DIRECTIONS = ("uplink", "downlink")
# Name of the session that is set aside for verification, unless its description gives another.
VERIFY_SESSION_NAME = "verification"


@dataclasses.dataclass(frozen=True)
class Session:
    """A subscriber's bearer on S5/S8-U. Read back from a switch, a field is None if its flow is missing."""

    name: str | None
    """Name in results and diffs."""
    ue_address: str | None
    """The subscriber's IPv4 address; None for a subscriber with IPv6 alone."""
    local_teid: int | None
    """TEID of the uplink G-PDUs, which the PGW receives."""
    peer_teid: int | None
    """TEID of the downlink G-PDUs, which the PGW sends."""
    peer_address: str | None
    """IPv4 address of the peer, the SGW, which downlink G-PDUs go to and uplink G-PDUs come from."""
    ue_ipv6_prefix: str | None = None
    """The subscriber's IPv6 prefix; None for a subscriber with IPv4 alone."""
    uplink_kbps: int | None = None
    """APN-AMBR or MBR in kbit/s (3GPP TS 29.274, 8.7 and 8.15); None for no limit."""
    downlink_kbps: int | None = None
    """The same for the downlink."""
    peer_sources: tuple[str, ...] = ()
    """Other IPv4 addresses that the peer sends uplink G-PDUs from, sorted; empty if sources are not checked."""

    @property
    def key(self) -> str:
        """The subscriber's address, which identifies the session in the switch."""
        return str(self.ue_address or self.ue_ipv6_prefix)


@dataclasses.dataclass(frozen=True)
class StatisticsExport:
    """A timer that writes statistics to files."""

    textfile_directory: str
    """Directory that the node exporter's textfile collector reads."""
    interval: int
    """Seconds between the end of one export and the start of the next."""


@dataclasses.dataclass(frozen=True)
class UserPlane:
    """The description of a PGW's user plane. The addresses of its ends have their prefix length."""

    s5u_address: str
    """Own IPv4 address on S5/S8-U."""
    sgi_address: str
    """Own IPv4 address on SGi."""
    next_hop: str
    """Router on SGi that takes all uplink IPv4 packets."""
    next_hop_mac: str | None
    """Its MAC address; None if the switch learns it from ARP."""
    sessions: tuple[Session, ...]
    """All sessions, that of verification included, sorted by order()."""
    path_management: EchoTiming
    """When peers are asked, and when they count as down."""
    s5u_next_hop: str | None = None
    """Router to peers outside the S5/S8-U network."""
    s5u_next_hop_mac: str | None = None
    """Its MAC address; None if the kernel resolves it by ARP."""
    s5u_vlan: int | None = None
    """VLAN of frames on S5/S8-U; None for untagged frames."""
    sgi_vlan: int | None = None
    """VLAN of frames on SGi; None for untagged frames."""
    s5u_mtu: int = DEFAULT_MTU
    """Largest IP packet on S5/S8-U in bytes."""
    sgi_mtu: int = DEFAULT_MTU
    """Largest IP packet on SGi in bytes."""
    ipv6_address: str | None = None
    """Own IPv6 address on SGi; None without IPv6."""
    ipv6_next_hop: str | None = None
    """Router on SGi that takes all uplink IPv6 packets."""
    ipv6_next_hop_mac: str | None = None
    """Its MAC address; None if the switch learns it from neighbour discovery."""
    statistics: StatisticsExport | None = None
    """The timer that exports statistics; None for none."""
    check_outer_source: bool = True
    """Whether an uplink G-PDU must come from its session's peer."""
    verify_peer: str | None = None
    """The tester's address in the session that is set aside for verification: a peer that is there for a verification
    only, so that path management leaves it alone and nobody misses it. None without such a session."""

    @classmethod
    def of(
        cls,
        s5u: t.Mapping[str, t.Any],
        sgi: t.Mapping[str, t.Any],
        sessions: t.Sequence[t.Mapping[str, t.Any]],
        path_management: t.Mapping[str, int],
        statistics: t.Mapping[str, t.Any] | None = None,
        verify_session: t.Mapping[str, t.Any] | None = None,
    ) -> UserPlane:
        """The user plane that valid options of the module pgw_sessions describe (see check.problems()).

        Addresses get the spelling in which kernel and switch print them: 198.18.1.1/255.255.255.0 is 198.18.1.1/24.
        """
        check = s5u.get("check_outer_source") is not False
        described = [*sessions, *([{"name": VERIFY_SESSION_NAME, **_given(verify_session)}] if verify_session else [])]
        return cls(
            s5u_address=_interface(s5u["address"]),
            sgi_address=_interface(sgi["address"]),
            next_hop=sgi["next_hop"],
            next_hop_mac=_mac(sgi.get("next_hop_mac")),
            sessions=tuple(sorted((_session(entry, check) for entry in described), key=order)),
            path_management=EchoTiming(**path_management),
            s5u_next_hop=s5u.get("next_hop"),
            s5u_next_hop_mac=_mac(s5u.get("next_hop_mac")),
            s5u_vlan=s5u.get("vlan"),
            sgi_vlan=sgi.get("vlan"),
            s5u_mtu=s5u.get("mtu") or DEFAULT_MTU,
            sgi_mtu=sgi.get("mtu") or DEFAULT_MTU,
            ipv6_address=_interface(sgi["ipv6_address"]) if sgi.get("ipv6_address") else None,
            ipv6_next_hop=str(ipaddress.IPv6Address(sgi["ipv6_next_hop"])) if sgi.get("ipv6_next_hop") else None,
            ipv6_next_hop_mac=_mac(sgi.get("ipv6_next_hop_mac")),
            statistics=StatisticsExport(**statistics) if statistics else None,
            check_outer_source=check,
            verify_peer=str(verify_session["peer_address"]) if verify_session else None,
        )

    @property
    def peers(self) -> tuple[str, ...]:
        """The addresses of all peers, each once."""
        return tuple(sorted({str(session.peer_address) for session in self.sessions}))

    @property
    def managed_peers(self) -> tuple[str, ...]:
        """The peers that must be there: all but the tester of the session that is set aside for verification."""
        return tuple(peer for peer in self.peers if peer != self.verify_peer)

    @property
    def peer_sources(self) -> tuple[str, ...]:
        """The other addresses that peers send from, each once."""
        sources = {source for session in self.sessions for source in session.peer_sources}
        return tuple(sorted(sources - set(self.peers)))

    @property
    def s5u_network(self) -> ipaddress.IPv4Network:
        """The network of S5/S8-U."""
        return ipaddress.IPv4Interface(self.s5u_address).network

    @property
    def far_addresses(self) -> tuple[str, ...]:
        """The addresses of peers, those they only send from included, that are reached through s5u_next_hop."""
        addresses = (*self.peers, *self.peer_sources)
        return tuple(address for address in addresses if ipaddress.IPv4Address(address) not in self.s5u_network)

    @property
    def s5u_neighbours(self) -> frozenset[str]:
        """The hosts on the S5/S8-U network that the gateway speaks to: peers, and the router to the others."""
        far = set(self.far_addresses)
        near = {address for address in (*self.peers, *self.peer_sources) if address not in far}
        return frozenset(near | ({str(self.s5u_next_hop)} if far else set()))

    @property
    def tunnel_mtu(self) -> int:
        """The largest packet of a subscriber in bytes that a G-PDU can carry on S5/S8-U."""
        return self.s5u_mtu - TUNNEL_BYTES

    @property
    def sgi_is_narrower(self) -> bool:
        """Whether a packet of a subscriber may fit into the tunnel and be too large for SGi."""
        return self.sgi_mtu < self.tunnel_mtu


def _given(options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The options that are set; a module's other ones are None."""
    return {key: value for key, value in options.items() if value is not None}


def _interface(text: str) -> str:
    return str(ipaddress.ip_interface(text))


def _mac(text: str | None) -> str | None:
    # Every spelling that _core.mac_address takes; this package imports nothing of it.
    digits = re.sub("[.:-]", "", text or "").strip().lower()
    return ":".join(re.findall("..", digits)) or None


def _session(entry: t.Mapping[str, t.Any], check_outer_source: bool) -> Session:
    prefix = entry.get("ue_ipv6_prefix")
    sources = set(entry.get("peer_sources") or ()) if check_outer_source else set()
    return Session(
        name=entry["name"],
        ue_address=entry.get("ue_address"),
        local_teid=int(entry["local_teid"]),
        peer_teid=int(entry["peer_teid"]),
        peer_address=entry["peer_address"],
        ue_ipv6_prefix=str(ipaddress.IPv6Network(prefix)) if prefix else None,
        uplink_kbps=entry.get("uplink_kbps"),
        downlink_kbps=entry.get("downlink_kbps"),
        peer_sources=tuple(sorted(sources - {entry["peer_address"]})),
    )


def order(session: Session) -> tuple[int, int]:
    """A sort key: subscribers with IPv4 by address, then those with IPv6 alone."""
    if session.ue_address:
        return 0, int(ipaddress.IPv4Address(session.ue_address))
    return 1, int(ipaddress.IPv6Network(session.ue_ipv6_prefix or "::/0").network_address)


def session_rates(plane: UserPlane) -> dict[str, int]:
    """The rate of each limited session and direction in kbit/s, by "KEY uplink" and "KEY downlink"."""
    return {
        f"{session.key} {direction}": kbps
        for session in plane.sessions
        for direction, kbps in zip(DIRECTIONS, (session.uplink_kbps, session.downlink_kbps))
        if kbps is not None
    }


def allocate_meters(names: t.Iterable[str], previous: t.Mapping[str, int]) -> dict[str, int]:
    """A meter number for each name that session_rates() returns.

    ``previous`` is the allocation in the switch. Names keep their numbers, so that a change of one session touches no
    other session's flows.
    """
    wanted = list(names)
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
