# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the GTP-U paths to a PGW's peers: when to send an Echo Request, and which peer is down. Pure.

3GPP TS 29.281, 7.2 and TS 23.007, 20. Times are seconds of a monotonic clock.
"""

from __future__ import annotations

import dataclasses
import typing as t

UNKNOWN, UP, DOWN = "unknown", "up", "down"
# How many TEIDs of received Error Indications are kept for each peer.
UNKNOWN_TEIDS_KEPT = 100


@dataclasses.dataclass(frozen=True)
class EchoTiming:
    """When peers are asked, and when they count as down."""

    echo_interval: float
    """Seconds between Echo Requests to a peer; at least 60 in a live network (TS 29.281, 7.2.1)."""
    response_seconds: float
    """How long to wait for each Echo Response (T3-RESPONSE)."""
    echo_requests: int
    """How many Echo Requests in a row may stay unanswered before the peer is down (N3-REQUESTS)."""


@dataclasses.dataclass
class PathPeer:
    """The path to one peer."""

    state: str = UNKNOWN
    """UNKNOWN, UP or DOWN."""
    sequence: int = 0
    """Sequence number of the latest Echo Request."""
    unanswered: int = 0
    """Echo Requests without a response since the latest response."""
    next_at: float = 0.0
    """When the next Echo Request is due."""
    asked_at: float | None = None
    """When the open Echo Request was sent; None if none is open."""
    requests_sent: int = 0
    """Echo Requests so far."""
    responses_received: int = 0
    """Echo Responses so far."""
    times_down: int = 0
    """How often the peer went down."""
    unknown_teids: dict[int, int] = dataclasses.field(default_factory=dict)
    """TEID -> Error Indications for it. The peer has no such tunnel, although this gateway sends to it."""


class Paths:
    """The paths to all peers. There are none before configure()."""

    def __init__(self) -> None:
        self.peers: dict[str, PathPeer] = {}
        self._timing: EchoTiming | None = None

    def configure(self, timing: EchoTiming, addresses: t.Iterable[str]) -> None:
        """Takes a new timing and list of peers. Peers that stay keep their state."""
        self._timing = timing
        self.peers = {address: self.peers.get(address) or PathPeer() for address in addresses}

    def due(self, now: float) -> list[tuple[str, int]]:
        """The Echo Requests to send now, as (peer, sequence number). Marks peers as down that stayed silent."""
        requests: list[tuple[str, int]] = []
        if self._timing is None:
            return requests
        for address, peer in self.peers.items():
            _expire(peer, self._timing, now)
            if peer.asked_at is None and now >= peer.next_at:
                peer.sequence = (peer.sequence + 1) % 65536
                peer.asked_at = now
                peer.next_at = now + self._timing.echo_interval
                peer.requests_sent += 1
                requests.append((address, peer.sequence))
        return requests

    def answered(self, address: str, sequence: int) -> bool:
        """Records an Echo Response. Returns False if no open request has that sequence number."""
        peer = self.peers.get(address)
        if peer is None or peer.asked_at is None or sequence != peer.sequence:
            return False
        peer.asked_at, peer.unanswered, peer.state = None, 0, UP
        peer.responses_received += 1
        return True

    def indicated(self, address: str, teid: int) -> bool:
        """Records an Error Indication. Returns False if the sender is not one of the peers."""
        peer = self.peers.get(address)
        if peer is None:
            return False
        if teid in peer.unknown_teids or len(peer.unknown_teids) < UNKNOWN_TEIDS_KEPT:
            peer.unknown_teids[teid] = peer.unknown_teids.get(teid, 0) + 1
        return True

    def shown(self) -> dict[str, dict[str, t.Any]]:
        """The peers as the status file shows them."""
        return {
            address: {
                "state": peer.state,
                "echo_requests_sent": peer.requests_sent,
                "echo_responses_received": peer.responses_received,
                "times_down": peer.times_down,
                "unknown_teids": {str(teid): count for teid, count in sorted(peer.unknown_teids.items())},
            }
            for address, peer in sorted(self.peers.items())
        }


def _expire(peer: PathPeer, timing: EchoTiming, now: float) -> None:
    """Gives up an open request whose response is overdue."""
    if peer.asked_at is None or now < peer.asked_at + timing.response_seconds:
        return
    peer.asked_at = None
    peer.unanswered += 1
    if peer.unanswered >= timing.echo_requests and peer.state != DOWN:
        peer.state = DOWN
        peer.times_down += 1
    # The request is repeated at once until the peer is down, and at the interval from then on.
    if peer.state != DOWN:
        peer.next_at = now
