# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the session that is set aside for verification: it takes no live subscriber's and no peer's address. Pure."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, Problem

from .check_fit import session_place

Values = t.Mapping[str, t.Any]
PATH = "pgw_verify_session"


def verify_session_problems(
    verify: Values, s5u: Values, sgi: Values, sessions: t.Sequence[Values]
) -> t.Iterator[Problem]:
    """Every problem between the session and the rest of a user plane, whose values are right by themselves."""
    for key, used in _taken(s5u, sgi, sessions).items():
        address = str(ipaddress.IPv4Address(verify[key])) if verify.get(key) else None
        if address in used:
            message = f"{address} is already {used[address]}; verification needs an address of its own"
            yield Problem(f"{PATH}.{key}", message, ErrorCode.SESSION_REPEATED)
    near, peer = ipaddress.IPv4Interface(s5u["address"]), ipaddress.IPv4Address(verify["peer_address"])
    if peer not in near.network:
        message = f"must be in pgw_s5u's network {near.network}, where the tester's interface is, not {peer}"
        yield Problem(f"{PATH}.peer_address", message, ErrorCode.NEXT_HOP_OFF_LINK)
    yield from _server_problems(verify, near, ipaddress.IPv4Interface(sgi["address"]))


def _taken(s5u: Values, sgi: Values, sessions: t.Sequence[Values]) -> dict[str, dict[str, str]]:
    """The addresses in use, and what they are, by the key of the session that must not be one of them."""
    own = {str(ipaddress.IPv4Interface(end["address"]).ip): f"{name}.address" for name, end in _ends(s5u, sgi)}
    own.update({str(end["next_hop"]): f"{name}.next_hop" for name, end in _ends(s5u, sgi) if end.get("next_hop")})
    peers: dict[str, str] = {}
    subscribers: dict[str, str] = {}
    for index, session in enumerate(sessions):
        place = session_place(session, index)
        peers.setdefault(str(session["peer_address"]), f"{place}.peer_address")
        for number, source in enumerate(session.get("peer_sources") or ()):
            peers.setdefault(str(source), f"{place}.peer_sources[{number}]")
        if session.get("ue_address"):
            subscribers[str(session["ue_address"])] = f"{place}.ue_address"
    everything = {**own, **peers, **subscribers}
    return {"peer_address": everything, "ue_address": {**own, **peers}, "server_address": everything}


def _ends(s5u: Values, sgi: Values) -> tuple[tuple[str, Values], ...]:
    return (("pgw_s5u", s5u), ("pgw_sgi", sgi))


def _server_problems(verify: Values, s5u: ipaddress.IPv4Interface, sgi: ipaddress.IPv4Interface) -> t.Iterator[Problem]:
    server = ipaddress.IPv4Address(verify["server_address"])
    gateway = ipaddress.IPv4Address(verify["server_gateway"]) if verify.get("server_gateway") else None
    if server in s5u.network:
        message = f"lies in pgw_s5u's network {s5u.network}; it must be behind pgw_sgi"
        yield Problem(f"{PATH}.server_address", message, ErrorCode.ADDRESS_INVALID)
    elif server not in sgi.network and gateway is None:
        message = f"is missing: {server} is not in pgw_sgi's network {sgi.network}, so the tester needs a router there"
        yield Problem(f"{PATH}.server_gateway", message, ErrorCode.KEY_MISSING)
    if gateway == server:
        message = f"must be another host's address than server_address, not {gateway}"
        yield Problem(f"{PATH}.server_gateway", message, ErrorCode.ADDRESS_INVALID)
