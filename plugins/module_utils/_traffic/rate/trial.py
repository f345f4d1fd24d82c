# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One trial: frames of both directions at a rate for so long, and what came through of them.

The process that is called sends; a child counts, so that neither waits for the other. Every frame has the number of
the trial, and its own in a ring of frames. What was sent of a number, less what arrived of it, was lost; what arrived
beyond that is a duplicate.
"""

from __future__ import annotations

import array
import collections
import dataclasses
import json
import os
import select
import signal
import socket
import struct
import time
import typing as t

from .mmsg import Catcher, FrameRing

MAGIC: t.Final = 0x4E56
LABEL: t.Final = struct.Struct("!HIHQ")
"""Magic number, trial, number in the ring, and when it was sent (ns of CLOCK_REALTIME; 0: not noted)."""
RING_FRAMES: t.Final = 512
_BURST = 64
_STAMP = struct.Struct("!Q")
_STAMP_OFFSET = LABEL.size - _STAMP.size
_NAP_SECONDS = 0.0002
_PACKET_STATISTICS = (263, 6)
"""SOL_PACKET and PACKET_STATISTICS of linux/if_packet.h."""


@dataclasses.dataclass(frozen=True)
class Way:
    """One direction through the guest."""

    name: str
    """Its name in the result."""
    departure: socket.socket
    """The packet socket that sends."""
    arrival: socket.socket
    """The packet socket on the other side, with a filter that passes no frame shorter than up to its label's end."""
    ring: FrameRing
    """RING_FRAMES frames or fewer, with room for a label."""
    departure_offset: int
    """Where the label begins in a frame that is sent."""
    arrival_offset: int
    """Where it begins in a frame that arrives."""


@dataclasses.dataclass(frozen=True)
class TrialLoad:
    """What to send."""

    pps: float
    """Packets a second of each direction."""
    seconds: float
    """How long."""
    drain_seconds: float
    """How long to wait for late packets."""
    stamped_every: int = 0
    """One frame of about so many tells when it was sent, and so its latency; 0: none does."""
    burst: int = 0
    """Frames of each direction that are sent back to back in place of the rate; ``seconds`` is then the longest time
    that they may take."""

    @property
    def intended(self) -> int:
        """Frames of each direction that it asks for."""
        return self.burst or int(self.pps * self.seconds)

    def due(self, elapsed: float) -> int:
        """How many of these are to be sent after so many seconds."""
        return self.burst or min(int(elapsed * self.pps) + 1, self.intended)


@dataclasses.dataclass(frozen=True)
class WayCount:
    """What one direction's trial counted, in packets."""

    name: str
    """The direction."""
    intended: int
    """Those that the load asks for."""
    sent: int
    """Those that the kernel took in time."""
    received: int
    """Those that came through, each counted once."""
    duplicate: int
    """Those that came through once more."""
    dropped_by_tester: int
    """Those that the tester's own socket had no room for: with any, the trial says nothing."""
    latencies: dict[int, int]
    """How many stamped frames took so many nanoseconds from sending to the kernel's time stamp: see latency_kept()."""


@dataclasses.dataclass(frozen=True)
class TrialOutcome:
    """One trial."""

    start: float
    """When the first frame was sent, in seconds of CLOCK_REALTIME."""
    seconds: float
    """How long it sent."""
    counts: tuple[WayCount, ...]
    """One for each direction."""


def latency_kept(nanoseconds: int) -> int:
    """A latency with its first eleven binary digits, which is the resolution of an HdrHistogram of three decimal ones.

    Never below 1, for the clock may be set back meanwhile.
    """
    longer = max(nanoseconds.bit_length() - 11, 0)
    return max(nanoseconds, 1) >> longer << longer


def run_trial(ways: t.Sequence[Way], number: int, load: TrialLoad) -> TrialOutcome:
    """Run one trial. number: another one than that of any trial before. Raises OSError."""
    for way in ways:
        _label(way, number)
    ready, child = _start_counting(ways, number)
    try:
        os.read(ready, 1)
        start, began = time.time(), time.monotonic()
        sent = _send(ways, load)
        seconds = time.monotonic() - began
        time.sleep(load.drain_seconds)
        os.kill(child, signal.SIGTERM)
        counted = _read_all(ready)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        os.close(ready)
        os.waitpid(child, 0)
    counts = [_count(way, load.intended, sent[way.name], counted[way.name]) for way in ways]
    return TrialOutcome(start, seconds, tuple(counts))


def _label(way: Way, number: int) -> None:
    for index, offset in enumerate(way.ring.offsets):
        LABEL.pack_into(way.ring.buffer, offset + way.departure_offset, MAGIC, number, index, 0)


def _send(ways: t.Sequence[Way], load: TrialLoad) -> dict[str, int]:
    """Send at the rate until the time is over; return what was sent by direction. What is late then stays unsent."""
    intended = load.intended
    sent = dict.fromkeys([way.name for way in ways], 0)
    strides = {way.name: _stride(load.stamped_every, way.ring.count) for way in ways}
    start = time.monotonic()
    while True:
        elapsed = time.monotonic() - start
        due = load.due(elapsed)
        idle = True
        for way in ways:
            burst = min(due - sent[way.name], _BURST, way.ring.count)
            if burst > 0:
                if strides[way.name]:
                    _stamp(way, sent[way.name], burst, strides[way.name])
                sent[way.name] += way.ring.send(way.departure.fileno(), sent[way.name], burst)
                idle = False
        if elapsed >= load.seconds or min(sent.values()) >= intended:
            return sent
        if idle:
            time.sleep(_NAP_SECONDS)


def _stride(wanted: int, ring: int) -> int:
    """The next number that divides the ring, so that the same frames of it are stamped each time; 0 for none."""
    return next(number for number in range(min(wanted, ring), ring + 1) if ring % number == 0) if wanted else 0


def _stamp(way: Way, first: int, count: int, every: int) -> None:
    """Note the time in those frames of a burst that carry it. The ring is a whole number of strides."""
    now = time.time_ns()
    for number in range(first + -first % every, first + count, every):
        offset = way.ring.offsets[number % way.ring.count] + way.departure_offset + _STAMP_OFFSET
        _STAMP.pack_into(way.ring.buffer, offset, now)


def _start_counting(ways: t.Sequence[Way], number: int) -> tuple[int, int]:
    """Fork the child that counts; return the pipe that it writes to, once when it is ready and then its counts."""
    reading, writing = os.pipe()
    sender = os.getpid()
    child = os.fork()
    if child:
        os.close(writing)
        return reading, child
    status = 1
    try:
        os.close(reading)
        counted = _count_until_ended(ways, number, writing, sender)
        with os.fdopen(writing, "w") as result:
            json.dump(counted, result)
        status = 0
    finally:
        os._exit(status)


def _count_until_ended(ways: t.Sequence[Way], number: int, ready: int, sender: int) -> dict[str, t.Any]:
    """Count until SIGTERM, or until the sender is gone, who then cannot send it any more."""
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda signum, _frame: ended.append(signum))
    tallies = [_Tally(way, number) for way in ways]
    poll = select.poll()
    by_descriptor = {tally.way.arrival.fileno(): tally for tally in tallies}
    for descriptor in by_descriptor:
        poll.register(descriptor, select.POLLIN)
    for tally in tallies:
        tally.forget()
    os.write(ready, b".")
    while not ended and os.getppid() == sender:
        for descriptor, _event in poll.poll(20):
            by_descriptor[descriptor].take()
    for tally in tallies:
        while tally.take():
            pass
    return {tally.way.name: tally.result() for tally in tallies}


class _Tally:
    """What arrived of one direction."""

    def __init__(self, way: Way, number: int) -> None:
        self.way = way
        self._trial = number
        layout = struct.Struct(f"!{way.arrival_offset}x{LABEL.format.lstrip('!')}")
        self._catcher = Catcher(way.arrival, layout)
        self._received = array.array("I", bytes(4 * way.ring.count))
        self._latencies: collections.Counter[int] = collections.Counter()

    def forget(self) -> None:
        """Let go of what waits from before, and of the kernel's count of what it dropped."""
        while any(True for _frame in self._catcher.take()):
            pass
        self.way.arrival.getsockopt(*_PACKET_STATISTICS, 8)

    def take(self) -> bool:
        """Count the frames that wait; return whether there were any."""
        any_frame = False
        trial, received, count = self._trial, self._received, self.way.ring.count
        for (magic, number, index, sent), captured in self._catcher.take():
            any_frame = True
            if magic == MAGIC and number == trial and index < count:
                received[index] += 1
                if sent:
                    self._latencies[latency_kept(captured - sent)] += 1
        return any_frame

    def result(self) -> dict[str, t.Any]:
        dropped = struct.unpack("@II", self.way.arrival.getsockopt(*_PACKET_STATISTICS, 8))[1]
        return {"received": list(self._received), "dropped": dropped, "latencies": list(self._latencies.items())}


def _read_all(descriptor: int) -> dict[str, t.Any]:
    parts = []
    while True:
        part = os.read(descriptor, 1 << 16)
        if not part:
            break
        parts.append(part)
    counted: dict[str, t.Any] = json.loads(b"".join(parts))
    return counted


def _count(way: Way, intended: int, sent: int, counted: t.Mapping[str, t.Any]) -> WayCount:
    rounds, more = divmod(sent, way.ring.count)
    pairs = [(rounds + (index < more), received) for index, received in enumerate(counted["received"])]
    return WayCount(
        way.name,
        intended,
        sent,
        received=sum(min(pair) for pair in pairs),
        duplicate=sum(max(received - sent_of_it, 0) for sent_of_it, received in pairs),
        dropped_by_tester=counted["dropped"],
        latencies=dict(counted["latencies"]),
    )
