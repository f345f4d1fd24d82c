# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The second half of the check: whether right values fit together. Pure."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, Problem
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import visible

Values = t.Mapping[str, t.Any]
# What IANA has assigned to hosts: global unicast and unique local addresses (RFC 4291, RFC 4193).
_UNICAST = (ipaddress.IPv6Network("2000::/3"), ipaddress.IPv6Network("fc00::/7"))
# The longest path on Linux (PATH_MAX), with a line.
_LONGEST_SOURCE = 4096 + 20


def session_place(session: t.Any, index: int) -> str:
    """Where a session was written: its file and line, or its place in the list."""
    source = session.get("source") if isinstance(session, t.Mapping) else None
    if isinstance(source, str) and 0 < len(source) <= _LONGEST_SOURCE:
        return visible(source)
    return f"pgw_sessions[{index}]"


def fit_problems(s5u: Values, sgi: Values, sessions: t.Sequence[Values]) -> t.Iterator[Problem]:
    """Every problem between values that are right by themselves."""
    ends = {"pgw_s5u": ipaddress.IPv4Interface(s5u["address"]), "pgw_sgi": ipaddress.IPv4Interface(sgi["address"])}
    wrong = [name for name, end in ends.items() if not _is_unicast(end.ip) or not _is_host(end.ip, end.network)]
    for name in wrong:
        yield _wrong(f"{name}.address", f"a host's address in {ends[name].network}", ends[name])
    if wrong:
        return
    if ends["pgw_s5u"].network.overlaps(ends["pgw_sgi"].network):
        message = f"its network overlaps pgw_s5u's {ends['pgw_s5u'].network}"
        yield Problem("pgw_sgi.address", message, ErrorCode.NETWORKS_OVERLAP)
    if s5u["adapter"] == sgi["adapter"]:
        message = f"{sgi['adapter']} is already pgw_s5u's; name another"
        yield Problem("pgw_sgi.adapter", message, ErrorCode.NAME_REPEATED)
    for name, hop in (("pgw_s5u", s5u.get("next_hop")), ("pgw_sgi", sgi["next_hop"])):
        network = ends[name].network
        if hop and (not _is_host(ipaddress.IPv4Address(hop), network) or ipaddress.IPv4Address(hop) == ends[name].ip):
            yield _wrong(f"{name}.next_hop", f"another host's address in {network}", hop, ErrorCode.NEXT_HOP_OFF_LINK)
    if s5u.get("next_hop_mac") and not s5u.get("next_hop"):
        yield Problem("pgw_s5u.next_hop_mac", "needs pgw_s5u.next_hop", ErrorCode.KEY_MISSING)
    yield from _ipv6_problems(sgi, sessions)
    for index, session in enumerate(sessions):
        yield from _session_problems(session_place(session, index), session, ends, bool(s5u.get("next_hop")))
    yield from _overlaps(sessions)


def _ipv6_problems(sgi: Values, sessions: t.Sequence[Values]) -> t.Iterator[Problem]:
    prefixes = {
        session_place(session, index): session["ue_ipv6_prefix"]
        for index, session in enumerate(sessions)
        if session.get("ue_ipv6_prefix")
    }
    if not sgi.get("ipv6_address"):
        for key in ("ipv6_next_hop", "ipv6_next_hop_mac"):
            if sgi.get(key):
                yield Problem(f"pgw_sgi.{key}", "needs pgw_sgi.ipv6_address", ErrorCode.KEY_MISSING)
        for place in [*prefixes][:1]:
            message = f"is missing, and {place}.ue_ipv6_prefix needs it"
            yield Problem("pgw_sgi.ipv6_address", message, ErrorCode.KEY_MISSING)
        return
    own = ipaddress.IPv6Interface(sgi["ipv6_address"])
    if not any(own.ip in unicast for unicast in _UNICAST):
        yield _wrong("pgw_sgi.ipv6_address", "a host's global or unique local address", own)
        return
    if not sgi.get("ipv6_next_hop"):
        yield Problem("pgw_sgi.ipv6_next_hop", "is missing: uplink IPv6 packets need a router", ErrorCode.KEY_MISSING)
        return
    hop = ipaddress.IPv6Address(sgi["ipv6_next_hop"])
    if hop == own.ip or not (hop in own.network or hop.is_link_local):
        yield _wrong(
            "pgw_sgi.ipv6_next_hop", f"another host's address in {own.network}", hop, ErrorCode.NEXT_HOP_OFF_LINK
        )
    for place, prefix in prefixes.items():
        if ipaddress.IPv6Network(prefix).overlaps(own.network):
            message = f"{prefix} overlaps pgw_sgi's network {own.network}; take it from a pool of its own"
            yield Problem(f"{place}.ue_ipv6_prefix", message, ErrorCode.ADDRESS_INVALID)


def _session_problems(
    path: str, session: Values, ends: t.Mapping[str, ipaddress.IPv4Interface], routed: bool
) -> t.Iterator[Problem]:
    if session.get("ue_address"):
        subscriber = ipaddress.IPv4Address(session["ue_address"])
        for name, end in ends.items():
            if subscriber in end.network:
                message = f"{subscriber} lies in {name}'s network {end.network}; take it from a pool of its own"
                yield Problem(f"{path}.ue_address", message, ErrorCode.ADDRESS_INVALID)
        if not _is_unicast(subscriber):
            yield _wrong(f"{path}.ue_address", "a host's address", subscriber)
    if session.get("ue_ipv6_prefix"):
        prefix = ipaddress.IPv6Network(session["ue_ipv6_prefix"])
        if not any(prefix.subnet_of(unicast) for unicast in _UNICAST):
            yield _wrong(f"{path}.ue_ipv6_prefix", "a prefix in 2000::/3 or fc00::/7", prefix)
    yield from _peer_problem(f"{path}.peer_address", session["peer_address"], ends["pgw_s5u"], routed)
    for index, source in enumerate(session.get("peer_sources") or ()):
        yield from _peer_problem(f"{path}.peer_sources[{index}]", source, ends["pgw_s5u"], routed)


def _peer_problem(path: str, address: str, s5u: ipaddress.IPv4Interface, routed: bool) -> t.Iterator[Problem]:
    peer = ipaddress.IPv4Address(address)
    near = _is_host(peer, s5u.network) and peer != s5u.ip
    far = routed and peer not in s5u.network and _is_unicast(peer)
    if not near and not far:
        right = f"another host's address in pgw_s5u's network {s5u.network}, or pgw_s5u.next_hop given"
        yield _wrong(path, right, peer, ErrorCode.NEXT_HOP_OFF_LINK)


def _overlaps(sessions: t.Sequence[Values]) -> t.Iterator[Problem]:
    """IPv6 prefixes that share addresses: sorted by first address, each must begin behind the end of all before it."""
    prefixes = sorted(
        (ipaddress.IPv6Network(session["ue_ipv6_prefix"]), index)
        for index, session in enumerate(sessions)
        if session.get("ue_ipv6_prefix")
    )
    widest = None
    for network, index in prefixes:
        if widest is not None and network.network_address <= widest[0].broadcast_address:
            message = f"{network} overlaps {widest[0]} of {session_place(sessions[widest[1]], widest[1])}"
            path = f"{session_place(sessions[index], index)}.ue_ipv6_prefix"
            yield Problem(path, message, ErrorCode.SESSION_REPEATED)
        if widest is None or network.broadcast_address > widest[0].broadcast_address:
            widest = network, index


def _is_unicast(address: ipaddress.IPv4Address) -> bool:
    return not (address.is_multicast or address.is_unspecified or address.is_loopback or address.is_reserved)


def _is_host(address: ipaddress.IPv4Address, network: ipaddress.IPv4Network) -> bool:
    # RFC 3021: a network of two addresses has no network and broadcast address.
    edges = () if network.prefixlen >= 31 else (network.network_address, network.broadcast_address)
    return address in network and address not in edges


def _wrong(path: str, right: str, value: t.Any, error_code: ErrorCode = ErrorCode.ADDRESS_INVALID) -> Problem:
    return Problem(path, f"must be {right}, not {value}", error_code)
