# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a PGW's user plane as a whole, before anything is changed. Pure."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, Problem

Values = t.Mapping[str, t.Any]
# 3GPP TS 29.281, 5.1: the TEID has 32 bits; 0 is for signalling messages.
MAX_TEID = 2**32 - 1
# IEEE 802.1Q: 0 is for priority tags, 4095 is reserved.
MAX_VLAN = 4094
# OpenFlow's meters have 32 bits, and the burst is computed from the rate.
MAX_KBPS = 2**31 - 1
MAX_INTERVAL = 86_400
_DIRECTORY = re.compile(r"/(?:[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*)?")
# Global unicast and unique local addresses: what IANA has assigned to hosts (RFC 4291, RFC 4193).
_UNICAST = (ipaddress.IPv6Network("2000::/3"), ipaddress.IPv6Network("fc00::/7"))
_MAC = re.compile(r"[0-9a-f][02468ace]([:-][0-9a-f]{2}){5}")


def problems(s5u: Values, sgi: Values, sessions: t.Sequence[Values]) -> tuple[Problem, ...]:
    """Everything wrong with input of the right types, each with its key path such as ``pgw_sessions[0].ue_address``.

    A session's key ``source`` (such as ``ue.csv:12``) stands in the path's place. Values that are no addresses or TEIDs
    come first and alone: how they fit together cannot be told then.
    """
    found = tuple(_value_problems(s5u, sgi, sessions))
    return found or tuple(_fit_problems(s5u, sgi, sessions))


def statistics_problems(statistics: Values | None) -> tuple[Problem, ...]:
    """Everything wrong with where and how often statistics are to be written."""
    found = []
    directory = str((statistics or {}).get("textfile_directory", "/"))
    # What systemd would split or replace (systemd.syntax(7), systemd.unit(5)) stands in no such directory's name.
    if not _DIRECTORY.fullmatch(directory):
        right = "the absolute path of a directory, of letters, digits and ._-"
        found.append(_wrong("pgw_statistics.textfile_directory", right, directory, ErrorCode.PATH_INVALID))
    interval = int((statistics or {}).get("interval", 1))
    if not 1 <= interval <= MAX_INTERVAL:
        found.append(
            _wrong(
                "pgw_statistics.interval", f"from 1 to {MAX_INTERVAL} seconds", interval, ErrorCode.VALUE_OUT_OF_RANGE
            )
        )
    return tuple(found)


def place(session: Values, index: int) -> str:
    """Where the session was written: its file and line, or its place in the list."""
    return str(session.get("source") or f"pgw_sessions[{index}]")


def _value_problems(s5u: Values, sgi: Values, sessions: t.Sequence[Values]) -> t.Iterator[Problem]:
    for path, end in (("pgw_s5u", s5u), ("pgw_sgi", sgi)):
        if not _parses(ipaddress.IPv4Interface, end["address"]) or "/" not in end["address"]:
            yield _wrong(f"{path}.address", 'an address with prefix such as "198.18.1.1/24"', end["address"])
        if end.get("next_hop") and not _parses(ipaddress.IPv4Address, end["next_hop"]):
            yield _wrong(f"{path}.next_hop", "an IPv4 address", end["next_hop"])
        if end.get("vlan") is not None and not 1 <= int(end["vlan"]) <= MAX_VLAN:
            yield _wrong(f"{path}.vlan", f"from 1 to {MAX_VLAN}", end["vlan"], ErrorCode.VALUE_OUT_OF_RANGE)
        for key in ("next_hop_mac", "ipv6_next_hop_mac"):
            if end.get(key) and not _MAC.fullmatch(end[key].lower()):
                yield _wrong(f"{path}.{key}", "a unicast MAC address", end[key], ErrorCode.MAC_INVALID)
    ipv6 = sgi.get("ipv6_address")
    if ipv6 and (not _parses(ipaddress.IPv6Interface, ipv6) or "/" not in ipv6):
        yield _wrong("pgw_sgi.ipv6_address", 'an address with prefix such as "2001:db8::1/64"', ipv6)
    if sgi.get("ipv6_next_hop") and not _parses(ipaddress.IPv6Address, sgi["ipv6_next_hop"]):
        yield _wrong("pgw_sgi.ipv6_next_hop", "an IPv6 address", sgi["ipv6_next_hop"])
    for index, session in enumerate(sessions):
        yield from _session_values(place(session, index), session)


def _session_values(path: str, session: Values) -> t.Iterator[Problem]:
    for key in ("ue_address", "peer_address"):
        if (key == "peer_address" or session.get(key)) and not _parses(ipaddress.IPv4Address, session[key]):
            yield _wrong(f"{path}.{key}", "an IPv4 address", session[key])
    prefix = session.get("ue_ipv6_prefix")
    if prefix and not _parses(ipaddress.IPv6Network, prefix):
        yield _wrong(f"{path}.ue_ipv6_prefix", 'an IPv6 prefix such as "2001:db8:1::/64" without host bits', prefix)
    if not prefix and not session.get("ue_address"):
        yield Problem(
            f"{path}.ue_address", "is missing, and so is ue_ipv6_prefix; give one or both", ErrorCode.KEY_MISSING
        )
    for key in ("local_teid", "peer_teid"):
        if not 1 <= int(session[key]) <= MAX_TEID:
            yield _wrong(f"{path}.{key}", f"from 1 to {MAX_TEID}", session[key], ErrorCode.VALUE_OUT_OF_RANGE)
    for key in ("uplink_kbps", "downlink_kbps"):
        if session.get(key) is not None and not 1 <= int(session[key]) <= MAX_KBPS:
            yield _wrong(f"{path}.{key}", f"from 1 to {MAX_KBPS} kbit/s", session[key], ErrorCode.VALUE_OUT_OF_RANGE)


def _fit_problems(s5u: Values, sgi: Values, sessions: t.Sequence[Values]) -> t.Iterator[Problem]:
    ends = {"pgw_s5u": ipaddress.IPv4Interface(s5u["address"]), "pgw_sgi": ipaddress.IPv4Interface(sgi["address"])}
    for name, end in ends.items():
        if not _host(end.ip, end.network):
            yield _wrong(f"{name}.address", f"a host's address in {end.network}", end)
    if ends["pgw_s5u"].network.overlaps(ends["pgw_sgi"].network):
        message = f"its network overlaps pgw_s5u's {ends['pgw_s5u'].network}"
        yield Problem("pgw_sgi.address", message, ErrorCode.NETWORKS_OVERLAP)
    if s5u["adapter"] == sgi["adapter"]:
        yield Problem(
            "pgw_sgi.adapter", f"{sgi['adapter']} is already pgw_s5u's; name another", ErrorCode.NAME_REPEATED
        )
    for name, hop in (("pgw_s5u", s5u.get("next_hop")), ("pgw_sgi", sgi["next_hop"])):
        network = ends[name].network
        if hop and (not _host(ipaddress.IPv4Address(hop), network) or ipaddress.IPv4Address(hop) == ends[name].ip):
            yield _wrong(f"{name}.next_hop", f"another host's address in {network}", hop, ErrorCode.NEXT_HOP_OFF_LINK)
    if s5u.get("next_hop_mac") and not s5u.get("next_hop"):
        yield Problem("pgw_s5u.next_hop_mac", "needs pgw_s5u.next_hop", ErrorCode.KEY_MISSING)
    yield from _ipv6_problems(sgi, sessions)
    for index, session in enumerate(sessions):
        yield from _session_problems(place(session, index), session, ends, bool(s5u.get("next_hop")))
    yield from _duplicates(sessions)
    yield from _overlaps(sessions)


def _ipv6_problems(sgi: Values, sessions: t.Sequence[Values]) -> t.Iterator[Problem]:
    if not sgi.get("ipv6_address"):
        for key in ("ipv6_next_hop", "ipv6_next_hop_mac"):
            if sgi.get(key):
                yield Problem(f"pgw_sgi.{key}", "needs pgw_sgi.ipv6_address", ErrorCode.KEY_MISSING)
        needing = next((place(entry, index) for index, entry in enumerate(sessions) if entry.get("ue_ipv6_prefix")), "")
        if needing:
            yield Problem(
                "pgw_sgi.ipv6_address", f"is missing, and {needing}.ue_ipv6_prefix needs it", ErrorCode.KEY_MISSING
            )
        return
    own = ipaddress.IPv6Interface(sgi["ipv6_address"])
    if own.ip.is_link_local or own.ip.is_multicast or own.ip.is_unspecified:
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
    for index, session in enumerate(sessions):
        prefix = session.get("ue_ipv6_prefix")
        if prefix and ipaddress.IPv6Network(prefix).overlaps(own.network):
            message = f"{prefix} overlaps pgw_sgi's network {own.network}; take it from a pool of its own"
            yield Problem(f"{place(session, index)}.ue_ipv6_prefix", message, ErrorCode.ADDRESS_INVALID)


def _session_problems(
    path: str, session: Values, ends: t.Mapping[str, ipaddress.IPv4Interface], routed: bool
) -> t.Iterator[Problem]:
    if session.get("ue_address"):
        subscriber = ipaddress.IPv4Address(session["ue_address"])
        for name, end in ends.items():
            if subscriber in end.network:
                message = f"{subscriber} lies in {name}'s network {end.network}; take it from a pool of its own"
                yield Problem(f"{path}.ue_address", message, ErrorCode.ADDRESS_INVALID)
        if subscriber.is_multicast or subscriber.is_unspecified or subscriber.is_loopback:
            yield _wrong(f"{path}.ue_address", "a host's address", subscriber)
    if session.get("ue_ipv6_prefix"):
        prefix = ipaddress.IPv6Network(session["ue_ipv6_prefix"])
        if not any(prefix.subnet_of(unicast) for unicast in _UNICAST):
            yield _wrong(f"{path}.ue_ipv6_prefix", "a prefix in 2000::/3 or fc00::/7", prefix)
    peer, s5u = ipaddress.IPv4Address(session["peer_address"]), ends["pgw_s5u"]
    near = _host(peer, s5u.network) and peer != s5u.ip
    far = routed and peer not in s5u.network and peer.is_global | peer.is_private and not peer.is_multicast
    if not near and not far:
        message = f"another host's address in pgw_s5u's network {s5u.network}, or pgw_s5u.next_hop given"
        yield _wrong(f"{path}.peer_address", message, peer, ErrorCode.NEXT_HOP_OFF_LINK)


def _duplicates(sessions: t.Sequence[Values]) -> t.Iterator[Problem]:
    """What must tell sessions apart, and does not."""
    keys = (("name",), ("ue_address",), ("local_teid",), ("peer_address", "peer_teid"))
    taken: dict[tuple[str, ...], str] = {}
    for index, session in enumerate(sessions):
        path = place(session, index)
        for key in keys:
            if session.get(key[0]) is None:
                continue
            value = tuple(str(session[part]) for part in key)
            owner = taken.setdefault((*key, *value), f"{index} {path}")
            if owner != f"{index} {path}":
                message = f"{' '.join(value)} is already taken by {owner.partition(' ')[2]}"
                yield Problem(f"{path}.{key[-1]}", message, ErrorCode.SESSION_REPEATED)


def _overlaps(sessions: t.Sequence[Values]) -> t.Iterator[Problem]:
    """IPv6 prefixes that share addresses: in the order of their first addresses, one must end before the next."""
    prefixes = sorted(
        (ipaddress.IPv6Network(session["ue_ipv6_prefix"]), index)
        for index, session in enumerate(sessions)
        if session.get("ue_ipv6_prefix")
    )
    widest = None
    for network, index in prefixes:
        if widest is not None and network.network_address <= widest[0].broadcast_address:
            owner = place(sessions[widest[1]], widest[1])
            message = f"{network} overlaps {widest[0]} of {owner}"
            yield Problem(f"{place(sessions[index], index)}.ue_ipv6_prefix", message, ErrorCode.SESSION_REPEATED)
        if widest is None or network.broadcast_address > widest[0].broadcast_address:
            widest = network, index


def _parses(kind: t.Callable[[str], t.Any], value: t.Any) -> bool:
    try:
        kind(str(value))
    except ValueError:
        return False
    return True


def _host(address: ipaddress.IPv4Address, network: ipaddress.IPv4Network) -> bool:
    # RFC 3021: a network of two addresses has no network and broadcast address.
    edges = () if network.prefixlen >= 31 else (network.network_address, network.broadcast_address)
    return address in network and address not in edges


def _wrong(path: str, right: str, value: t.Any, error_code: ErrorCode = ErrorCode.ADDRESS_INVALID) -> Problem:
    return Problem(path, f"must be {right}, not {value}", error_code)
