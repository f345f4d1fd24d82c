# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pgw_sessions returns and shows of a user plane, as plain data. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .runtime.flow_dump import SessionCount
from .runtime.model import S5U_BRIDGE, SGI_BRIDGE, Session
from .runtime.session_statistics import dropped

if t.TYPE_CHECKING:
    from .desired import Desired
    from .observe import ObservedPlane

_ENDS = {"s5u": S5U_BRIDGE, "sgi": SGI_BRIDGE}


def result_of(observed: ObservedPlane, desired: Desired) -> dict[str, t.Any]:
    """The module's result."""
    carried = observed.carried
    counts = {key: dataclasses.asdict(count) for key, count in carried.counts.items()}
    nothing = dataclasses.asdict(SessionCount())
    neighbours = observed.tunnel_neighbours
    return {
        "sessions": [{**_shown(session), **counts.get(session.key, nothing)} for session in carried.sessions],
        "dropped": dropped(carried),
        "next_hop_mac": carried.next_hop_mac,
        "ipv6_next_hop_mac": carried.ipv6_next_hop_mac,
        "peers": {peer: neighbours.get(neighbour) for peer, neighbour in desired.peers.items()},
        "silent": silent_neighbours(observed, desired),
    }


def silent_neighbours(observed: ObservedPlane, desired: Desired) -> list[str]:
    """The peers and SGi next hops whose MAC addresses are not known; for a peer behind a router, the router's."""
    silent = [peer for peer, neighbour in desired.peers.items() if neighbour not in observed.tunnel_neighbours]
    macs = (observed.carried.next_hop_mac, observed.carried.ipv6_next_hop_mac)
    return silent + [hop for hop, mac in zip(desired.next_hops, macs) if mac is None]


def shown_change(observed: ObservedPlane, desired: Desired) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """The ends and the sessions that differ, before and after. Equal sessions, often thousands, are only counted."""
    current = observed.carried.sessions
    staying = set(current) & set(desired.sessions)
    return (
        _shown_side(current, staying, observed.addresses),
        _shown_side(desired.sessions, staying, desired.addresses),
    )


def _shown_side(
    sessions: t.Sequence[Session], staying: t.Container[Session], addresses: t.Mapping[str, frozenset[str]]
) -> dict[str, t.Any]:
    ends = {end: ", ".join(sorted(addresses[bridge])) for end, bridge in _ENDS.items() if addresses[bridge]}
    return {
        "sessions": [_shown(session) for session in sessions if session not in staying],
        "session_count": len(sessions),
        "ends": ends,
    }


def _shown(session: Session) -> dict[str, t.Any]:
    return {key: value for key, value in dataclasses.asdict(session).items() if value is not None}
