# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a PGW's user plane as a whole, before anything is changed. Pure."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._errors import Problem

Values = t.Mapping[str, t.Any]
# 3GPP TS 29.281, 5.1: the TEID has 32 bits; 0 is for signalling messages.
MAX_TEID = 2**32 - 1
_MAC = re.compile(r"[0-9a-f][02468ace]([:-][0-9a-f]{2}){5}")


def problems(s5u: Values, sgi: Values, sessions: t.Sequence[Values]) -> tuple[Problem, ...]:
    """Everything wrong with input of the right types, each with its key path such as ``pgw_sessions[0].ue_address``.

    Values that are no addresses or TEIDs come first and alone: how they fit together cannot be told then.
    """
    found = tuple(_value_problems(s5u, sgi, sessions))
    return found or tuple(_fit_problems(s5u, sgi, sessions))


def _value_problems(s5u: Values, sgi: Values, sessions: t.Sequence[Values]) -> t.Iterator[Problem]:
    for path, end in (("pgw_s5u", s5u), ("pgw_sgi", sgi)):
        if not _parses(ipaddress.IPv4Interface, end["address"]) or "/" not in end["address"]:
            yield _wrong(f"{path}.address", 'an address with prefix such as "198.18.1.1/24"', end["address"])
    if not _parses(ipaddress.IPv4Address, sgi["next_hop"]):
        yield _wrong("pgw_sgi.next_hop", "an IPv4 address", sgi["next_hop"])
    if sgi.get("next_hop_mac") and not _MAC.fullmatch(sgi["next_hop_mac"].lower()):
        yield _wrong("pgw_sgi.next_hop_mac", "a unicast MAC address", sgi["next_hop_mac"], "bad_mac")
    for index, session in enumerate(sessions):
        path = f"pgw_sessions[{index}]"
        for key in ("ue_address", "peer_address"):
            if not _parses(ipaddress.IPv4Address, session[key]):
                yield _wrong(f"{path}.{key}", "an IPv4 address", session[key])
        for key in ("local_teid", "peer_teid"):
            if not 1 <= int(session[key]) <= MAX_TEID:
                yield _wrong(f"{path}.{key}", f"from 1 to {MAX_TEID}", session[key], "out_of_range")


def _fit_problems(s5u: Values, sgi: Values, sessions: t.Sequence[Values]) -> t.Iterator[Problem]:
    ends = {"pgw_s5u": ipaddress.IPv4Interface(s5u["address"]), "pgw_sgi": ipaddress.IPv4Interface(sgi["address"])}
    for name, end in ends.items():
        if not _host(end.ip, end.network):
            yield _wrong(f"{name}.address", f"a host's address in {end.network}", end)
    if ends["pgw_s5u"].network.overlaps(ends["pgw_sgi"].network):
        message = f"its network overlaps pgw_s5u's {ends['pgw_s5u'].network}"
        yield Problem("pgw_sgi.address", message, "networks_overlap")
    if s5u["adapter"] == sgi["adapter"]:
        yield Problem("pgw_sgi.adapter", f"{sgi['adapter']} is already pgw_s5u's; name another", "duplicate_name")
    next_hop = ipaddress.IPv4Address(sgi["next_hop"])
    if not _host(next_hop, ends["pgw_sgi"].network) or next_hop == ends["pgw_sgi"].ip:
        network = ends["pgw_sgi"].network
        yield _wrong("pgw_sgi.next_hop", f"another host's address in {network}", next_hop, "off_link")
    for index, session in enumerate(sessions):
        yield from _session_problems(f"pgw_sessions[{index}]", session, ends)
    yield from _duplicates(sessions)


def _session_problems(path: str, session: Values, ends: t.Mapping[str, ipaddress.IPv4Interface]) -> t.Iterator[Problem]:
    subscriber = ipaddress.IPv4Address(session["ue_address"])
    peer, s5u = ipaddress.IPv4Address(session["peer_address"]), ends["pgw_s5u"]
    for name, end in ends.items():
        if subscriber in end.network:
            message = f"{subscriber} lies in {name}'s network {end.network}; take it from a pool of its own"
            yield Problem(f"{path}.ue_address", message, "bad_address")
    if subscriber.is_multicast or subscriber.is_unspecified or subscriber.is_loopback:
        yield _wrong(f"{path}.ue_address", "a host's address", subscriber)
    if not _host(peer, s5u.network) or peer == s5u.ip:
        message = f"another host's address in pgw_s5u's network {s5u.network}"
        yield _wrong(f"{path}.peer_address", message, peer, "off_link")


def _duplicates(sessions: t.Sequence[Values]) -> t.Iterator[Problem]:
    """What must tell sessions apart, and does not."""
    keys = (("name",), ("ue_address",), ("local_teid",), ("peer_address", "peer_teid"))
    taken: dict[tuple[str, ...], str] = {}
    for index, session in enumerate(sessions):
        for key in keys:
            value = tuple(str(session[part]) for part in key)
            path = f"pgw_sessions[{index}]"
            owner = taken.setdefault((*key, *value), path)
            if owner != path:
                message = f"{' '.join(value)} is already taken by {owner}"
                yield Problem(f"{path}.{key[-1]}", message, "duplicate_session")


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


def _wrong(path: str, right: str, value: t.Any, error_code: str = "bad_address") -> Problem:
    return Problem(path, f"must be {right}, not {value}", error_code)
