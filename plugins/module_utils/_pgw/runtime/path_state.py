# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the paths to a PGW's peers (3GPP TS 29.281, 7.2; TS 23.007, 20): when to ask, and who is down. Pure.

Runs in the guest without Ansible; see path_daemon.py. Times are seconds of a monotonic clock.
"""

from __future__ import annotations

import dataclasses
import typing as t

UNKNOWN, UP, DOWN = "unknown", "up", "down"


@dataclasses.dataclass(frozen=True)
class Timing:
    """interval: between Echo Requests to a peer in seconds (TS 29.281, 7.2.1: at least 60 in a live network);
    response: how long to wait for each response (T3-RESPONSE); requests: how many in a row may stay without one
    (N3-REQUESTS) before the peer is down.
    """

    interval: float = 60.0
    response: float = 3.0
    requests: int = 5


@dataclasses.dataclass
class Peer:
    """One peer; asked_at: when the open request was sent, None when none is open."""

    state: str = UNKNOWN
    sequence: int = 0
    unanswered: int = 0
    next_at: float = 0.0
    asked_at: float | None = None
    requests_sent: int = 0
    responses_received: int = 0
    times_down: int = 0
    indicated: dict[int, int] = dataclasses.field(default_factory=dict)


# TEIDs of received Error Indications that are remembered for each peer.
INDICATED_KEPT = 100


class Paths:
    """All peers."""

    def __init__(self, timing: Timing) -> None:
        self.timing = timing
        self.peers: dict[str, Peer] = {}

    def configure(self, timing: Timing, addresses: t.Iterable[str]) -> None:
        """Takes up a new list of peers; those that stay keep their state."""
        self.timing = timing
        self.peers = {address: self.peers.get(address) or Peer() for address in addresses}

    def due(self, now: float) -> list[tuple[str, int]]:
        """The Echo Requests to send now, as peer and sequence number; also decides who is down."""
        asked = []
        for address, peer in self.peers.items():
            if peer.asked_at is not None and now >= peer.asked_at + self.timing.response:
                peer.asked_at = None
                peer.unanswered += 1
                if peer.unanswered >= self.timing.requests and peer.state != DOWN:
                    peer.state = DOWN
                    peer.times_down += 1
                # Until the peer is down the request is repeated at once, afterwards at the interval.
                if peer.state != DOWN:
                    peer.next_at = now
            if peer.asked_at is None and now >= peer.next_at:
                peer.sequence = (peer.sequence + 1) % 65536
                peer.asked_at = now
                peer.next_at = now + self.timing.interval
                peer.requests_sent += 1
                asked.append((address, peer.sequence))
        return asked

    def answered(self, address: str, sequence: int) -> bool:
        """Takes an Echo Response; False for one that nobody asked for."""
        peer = self.peers.get(address)
        if peer is None or peer.asked_at is None or sequence != peer.sequence:
            return False
        peer.asked_at, peer.unanswered, peer.state = None, 0, UP
        peer.responses_received += 1
        return True

    def indicated(self, address: str, teid: int) -> bool:
        """Takes an Error Indication: the peer does not know a tunnel that we send to. False for a stranger's."""
        peer = self.peers.get(address)
        if peer is None:
            return False
        if teid in peer.indicated or len(peer.indicated) < INDICATED_KEPT:
            peer.indicated[teid] = peer.indicated.get(teid, 0) + 1
        return True

    def shown(self) -> dict[str, dict[str, t.Any]]:
        """The peers as they stand in the status file."""
        return {
            address: {
                "state": peer.state,
                "echo_requests_sent": peer.requests_sent,
                "echo_responses_received": peer.responses_received,
                "times_down": peer.times_down,
                "unknown_teids": {str(teid): count for teid, count in sorted(peer.indicated.items())},
            }
            for address, peer in sorted(self.peers.items())
        }
