# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of the tester: paced sending and counting on its two interfaces."""

from __future__ import annotations

import contextlib
import functools
import secrets
import select
import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets

from .address_probe import require_unclaimed
from .af_packet import FrameInterface, GatewayInterface, PacketSocket
from .arp import claim
from .checks import PacedLoad
from .frames import BACK, FORTH, FrameProbe, FrameSegment, frame_streams
from .gtpu import DOWNLINK, UPLINK, GatewaySegment, GtpuProbe, ProbeSession, gtpu_streams
from .neighbours import quiet_ports, resolve
from .streams import Label, Probe, Stream, StreamCount

_WARM_UP_ROUNDS = 10
_WARM_UP_SECONDS = 0.5


class ProbeRun:
    """One run over both interfaces: sends each stream and counts everything that arrives until the end."""

    def __init__(
        self, probe: Probe, ports: t.Mapping[str, PacketSocket], streams: t.Sequence[Stream], load: PacedLoad
    ) -> None:
        self._probe = probe
        self._ports = ports
        self._streams = {stream.number: stream for stream in streams}
        self._load = load
        self._counts = {stream.number: StreamCount(stream) for stream in streams}
        self._sent: dict[int, tuple[int, int, float]] = {}
        self.bad_outer_checksums = dict.fromkeys(self._streams, 0)

    def measure(self) -> list[dict[str, t.Any]]:
        """Sends one stream after the other; returns a row for each."""
        for stream in self._streams.values():
            warm_up = self._warm_up(stream) if stream.delivered else 0
            self._sent[stream.number] = (self._load.count, warm_up, self._send(stream))
            self._wait(self._load.drain, functools.partial(self._complete, self._counts[stream.number]))
        rows = []
        for number, count in self._counts.items():
            sent, warm_up, pps = self._sent[number]
            row = count.row(self._load.count, sent, warm_up, (self._load.pps, pps))
            rows.append({**row, "bad_outer_checksum": self.bad_outer_checksums[number]})
        return rows

    def _complete(self, count: StreamCount) -> bool:
        return count.stream.delivered and len(count.right) >= self._load.count

    def _label(self, stream: Stream, sequence: int, warm_up: bool = False) -> Label:
        session = sequence % len(self._probe.sessions)
        return Label(self._probe.run, stream.number, session, sequence, time.time_ns(), warm_up)

    def _warm_up(self, stream: Stream) -> int:
        """Sends a packet for each session until all arrive, so that the PGW knows its neighbours; how many it sent."""
        count = self._counts[stream.number]
        size = len(self._probe.sessions)
        for round_number in range(_WARM_UP_ROUNDS):
            wanted = range(round_number * size, (round_number + 1) * size)
            for sequence in wanted:
                self._wait(1 / self._load.pps)
                self._port(stream).send(self._probe.frame(stream, self._label(stream, sequence, warm_up=True)))
            if self._wait(_WARM_UP_SECONDS, functools.partial(count.warm_up.issuperset, wanted)):
                break
        return (round_number + 1) * size

    def _send(self, stream: Stream) -> float:
        """Sends the counted packets at the rate asked for; returns the achieved rate in packets per second."""
        port = self._port(stream)
        start = time.monotonic()
        for sequence in range(self._load.count):
            self._wait(start + sequence / self._load.pps - time.monotonic())
            port.send(self._probe.frame(stream, self._label(stream, sequence)))
        elapsed = time.monotonic() - start
        return (self._load.count - 1) / elapsed if self._load.count > 1 and elapsed > 0 else 0.0

    def _port(self, stream: Stream) -> PacketSocket:
        return self._ports[stream.direction]

    def _wait(self, seconds: float, done: t.Callable[[], bool] = lambda: False) -> bool:
        """Captures for so many seconds, or until done; returns whether it is done. 0 takes what waits already."""
        deadline = time.monotonic() + seconds
        while not done():
            left = deadline - time.monotonic()
            ready, _writable, _failed = select.select(list(self._ports.values()), [], [], max(left, 0))
            for port in ready:
                self._take(port)
            if left <= 0:
                return done()
        return True

    def _take(self, port: PacketSocket) -> None:
        """Counts the frames that wait at a port; at most 64, so that sending stays on time."""
        # What arrives at one port entered the guest by the other.
        direction = next(name for name, one in self._ports.items() if one is not port)
        for _burst in range(64):
            captured = port.receive()
            if captured is None:
                return
            arrival = self._probe.read(direction, self._streams, captured[0])
            if arrival is None:
                continue
            if not arrival.label.warm_up and not self._probe.outer_checksum_right(direction, captured[0]):
                self.bad_outer_checksums[arrival.label.stream] += 1
            self._counts[arrival.label.stream].add(arrival, captured[1])


def run_gtpu(
    s5u: GatewayInterface,
    sgi: GatewayInterface,
    sessions: t.Sequence[ProbeSession],
    load: PacedLoad,
    sgi_routers: int = 0,
    unknown_teid: int | None = None,
) -> tuple[list[dict[str, t.Any]], int]:
    """Sends every stream of gtpu_streams(); returns the rows, and how many frames the tester's own capture dropped.

    sgi_routers: routers between the PGW and the tester on SGi, at most; unknown_teid: see gtpu_streams().
    A PGW that does not answer ARP is an observation, so the rows say that nothing was sent. Raises NfvError for the
    tester's own faults: tester_address_missing, tester_address_taken, tester_interface_unusable.
    """
    streams = gtpu_streams(sessions, unknown_teid)
    with contextlib.ExitStack() as stack:
        stack.enter_context(quiet_ports(s5u, sgi))
        require_unclaimed((s5u, sgi))
        ports = []
        for interface in (s5u, sgi):
            ports.append(PacketSocket(interface))
            stack.callback(ports[-1].close)
        gateways = [resolve(interface) for interface in (s5u, sgi)]
        silent = [side for side, mac in zip((s5u, sgi), gateways) if mac is None]
        if silent:
            return silent_rows(streams, load, silent), 0
        sides = [
            GatewaySegment(port.mac, side.address, str(mac), side.gateway)
            for port, side, mac in zip(ports, (s5u, sgi), gateways)
        ]
        for port, side in zip(ports, sides):
            port.send(
                claim(
                    packets.mac_bytes(port.mac), side.address, packets.mac_bytes(side.gateway_mac), side.gateway_address
                )
            )
        probe = GtpuProbe(secrets.randbits(64), sides[0], sides[1], tuple(sessions), load.size, sgi_routers)
        # A direction's frames leave by the interface where it starts.
        rows = ProbeRun(probe, {UPLINK: ports[0], DOWNLINK: ports[1]}, streams, load).measure()
    return rows, sum(port.dropped for port in ports)


def run_frames(
    first: FrameInterface, second: FrameInterface, load: PacedLoad, dropped: t.Sequence[Stream] = ()
) -> tuple[list[dict[str, t.Any]], int]:
    """Sends frames from the first interface to the second and back; returns as run_gtpu() does.

    dropped: further streams, of which nothing may arrive.
    Raises NfvError(tester_interface_unusable).
    """
    with contextlib.ExitStack() as stack:
        ports = []
        for side in (first, second):
            ports.append(PacketSocket(side, promiscuous=True))
            stack.callback(ports[-1].close)
        segments = [FrameSegment(port.mac, side.guest_mac) for port, side in zip(ports, (first, second))]
        probe = FrameProbe(secrets.randbits(64), {FORTH: segments[0], BACK: segments[1]}, load.size)
        streams = (*frame_streams(), *dropped)
        rows = ProbeRun(probe, {FORTH: ports[0], BACK: ports[1]}, streams, load).measure()
    return rows, sum(port.dropped for port in ports)


def silent_rows(
    streams: t.Sequence[Stream], load: PacedLoad, silent: t.Sequence[GatewayInterface]
) -> list[dict[str, t.Any]]:
    """The rows of a run that could not begin because nobody answers ARP on the silent interfaces."""
    rows = []
    for stream in streams:
        count = StreamCount(stream)
        for side in silent:
            count.note(f"nothing sent: nobody answers ARP for {side.gateway} on {side.name}")
        rows.append({**count.row(load.count, 0, 0, (load.pps, 0.0)), "bad_outer_checksum": 0})
    return rows
