# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams of numbered packets: what each packet carries, and how those that come back are counted."""

from __future__ import annotations

import dataclasses
import struct
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.hdr_histogram import encoded
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets

# IPv4 packets below 46 bytes would be padded by Ethernet; the smallest packet of a stream is above that.
SMALLEST_SIZE = 64
# Ethernet's 1500 less the outer IPv4, UDP and GTP-U headers.
LARGEST_SIZE = 1500 - packets.IPV4_BYTES - packets.UDP_BYTES - packets.GTPU_BYTES
UE_PORT, SERVER_PORT = 40001, 40002
TTL = 64
PROBLEMS_KEPT = 5
_WARM_UP = 0x80
_LABEL = struct.Struct("!4sQBHIQ")
LABEL_BYTES = _LABEL.size
_MAGIC = b"NFVp"


@dataclasses.dataclass(frozen=True)
class Stream:
    """Packets that are sent one after the other and counted together."""

    number: int
    """Marks its packets, 0 to 127."""
    name: str
    """Its name in the result."""
    direction: str
    """The way that its packets take."""
    delivered: bool = True
    """Its packets must arrive; otherwise none may."""
    teid: int | None = None
    """Every packet carries this TEID instead of its session's."""
    foreign: bool = False
    """The inner source is the next session's subscriber."""
    port: int = SERVER_PORT
    """UDP port that its frames are sent to."""
    content: bytes = b""
    """What its frames carry behind the label."""


@dataclasses.dataclass(frozen=True)
class Label:
    """What every packet of a stream carries at the start of its UDP payload."""

    run: int
    """Random number of the run, 64 bits."""
    stream: int
    """Number of the stream."""
    session: int
    """Index of the session."""
    sequence: int
    """Number of the packet in its stream."""
    sent: int
    """When it was sent, in nanoseconds of CLOCK_REALTIME."""
    warm_up: bool = False
    """It was sent before the counted packets."""

    def pack(self) -> bytes:
        """The label as bytes."""
        stream = self.stream | (_WARM_UP if self.warm_up else 0)
        return _LABEL.pack(_MAGIC, self.run, stream, self.session, self.sequence, self.sent)

    @classmethod
    def unpack(cls, payload: bytes) -> Label | None:
        """The label at the start of a UDP payload; None when there is none."""
        if len(payload) < _LABEL.size or not payload.startswith(_MAGIC):
            return None
        _magic, run, stream, session, sequence, sent = _LABEL.unpack_from(payload)
        return cls(run, stream & ~_WARM_UP, session, sequence, sent, bool(stream & _WARM_UP))


@dataclasses.dataclass(frozen=True)
class Arrival:
    """A packet of this run that came back."""

    label: Label
    """What it carries."""
    problem: str | None
    """What is wrong with it; None when it arrived as it must."""


class Probe(t.Protocol):
    """What a run sends, and how it recognises what comes back."""

    @property
    def run(self) -> int:
        """Marks the packets of this run."""

    @property
    def sessions(self) -> t.Sequence[t.Any]:
        """The packets take these in turn."""

    def frame(self, stream: Stream, label: Label) -> bytes:
        """A frame to send."""

    def read(self, direction: str, streams: t.Mapping[int, Stream], frame: bytes) -> Arrival | None:
        """A frame captured where the direction ends; None when it does not belong to this run."""

    def outer_checksum_right(self, direction: str, frame: bytes) -> bool:
        """Whether the outer UDP checksum of a captured frame is right, or absent."""


class StreamCount:
    """What arrived of one stream."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        # Sequence numbers of the packets that arrived as they must.
        self.right: set[int] = set()
        self.warm_up: set[int] = set()
        self.duplicate = 0
        self.corrupt = 0
        self.latencies: list[int] = []
        self.problems: list[str] = []

    def add(self, arrival: Arrival, captured: int) -> None:
        """Counts one arrival. captured: nanoseconds of CLOCK_REALTIME."""
        seen = self.warm_up if arrival.label.warm_up else self.right
        if arrival.problem is not None:
            if not arrival.label.warm_up:
                self.corrupt += 1
            self.note(f"packet {arrival.label.sequence}: {arrival.problem}")
        elif arrival.label.sequence not in seen:
            seen.add(arrival.label.sequence)
            if not arrival.label.warm_up:
                self.latencies.append(captured - arrival.label.sent)
        elif not arrival.label.warm_up:
            self.duplicate += 1
            self.note(f"packet {arrival.label.sequence} arrived twice")

    def note(self, problem: str) -> None:
        """Keeps a reason why something is wrong, up to PROBLEMS_KEPT of them."""
        if len(self.problems) < PROBLEMS_KEPT:
            self.problems.append(problem)

    def row(self, asked: int, sent: int, warm_up_sent: int, pps: tuple[float, float]) -> dict[str, t.Any]:
        """The stream's row of the module's result.

        asked, sent and warm_up_sent: packets; pps: packets per second, asked for and achieved.
        """
        expected = asked if self.stream.delivered else 0
        received = len(self.right)
        missing = [number for number in range(sent) if number not in self.right] if self.stream.delivered else []
        if missing:
            self.note(f"{len(missing)} packets never arrived, the first is number {missing[0]}")
        return {
            "name": self.stream.name,
            "direction": self.stream.direction,
            "sent": sent,
            "expected": expected,
            "received": received,
            "lost": max(min(expected, sent) - received, 0),
            "duplicate": self.duplicate,
            "corrupt": self.corrupt,
            "warm_up_sent": warm_up_sent,
            "warm_up_received": len(self.warm_up),
            "pps_asked": pps[0],
            "pps_seen": round(pps[1], 1),
            "latency_us": latency_percentiles(self.latencies),
            "latency_histogram": encoded(self.latencies) if self.latencies else None,
            "problems": list(self.problems),
        }


def latency_percentiles(latencies: t.Sequence[int]) -> dict[str, float | None]:
    """Nearest-rank percentiles in microseconds of latencies in nanoseconds; None when nothing arrived."""
    ordered = sorted(latencies)

    def rank(share: float) -> float | None:
        if not ordered:
            return None
        return round(ordered[max(0, -int(-len(ordered) * share // 1) - 1)] / 1000, 1)

    return {"p50": rank(0.50), "p99": rank(0.99), "max": rank(1.0)}
