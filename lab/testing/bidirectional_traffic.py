# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbered packets through a PGW in both directions at once, and which of them arrived."""

from __future__ import annotations

import itertools
import secrets
import struct
import threading
import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets
from lab.testing.pgw_packets import SERVER, g_pdu

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.testing.tester_port import Port

UPLINK, DOWNLINK = "uplink", "downlink"
PORT = 5000
# The run's mark and the packet's number.
_LABEL = struct.Struct("!QQ")
# In front of a test packet's content: IPv4 and UDP, and a G-PDU's headers on S5-U.
_CONTENT = {UPLINK: 20 + 8, DOWNLINK: 20 + 8 + 8 + 20 + 8}


class Subscriber(t.NamedTuple):
    """A session that carries traffic."""

    address: str
    """The subscriber's IPv4 address."""
    local_teid: int
    """The TEID on which the PGW receives."""


class Traffic:
    """Numbered packets in both directions on some sessions, until the context ends."""

    sent: int
    """Packets sent so far in each direction."""
    arrived: dict[str, dict[int, float]]
    """Arrival time of each packet by direction and number, in seconds of the monotonic clock."""

    def __init__(self, s5u: Port, sgi: Port, subscribers: Sequence[Subscriber], packets_per_second: int) -> None:
        self.sent = 0
        self._run = secrets.randbits(64)
        self.arrived = {UPLINK: {}, DOWNLINK: {}}
        self._subscribers, self._interval = subscribers, 1 / packets_per_second
        self._s5u, self._sgi = s5u, sgi
        self._done, self._closed = threading.Event(), threading.Event()
        self._sender = threading.Thread(target=self._send)
        self._receivers = [
            threading.Thread(target=self._receive, args=(port, direction))
            for port, direction in ((sgi, UPLINK), (s5u, DOWNLINK))
        ]

    def __enter__(self) -> Traffic:
        for thread in (*self._receivers, self._sender):
            thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._done.set()
        self._sender.join()
        time.sleep(1)  # for packets under way
        self._closed.set()
        for thread in self._receivers:
            thread.join()

    def lost(self) -> dict[str, int]:
        """Packets that did not arrive, by direction; valid once the context has ended."""
        return {direction: self.sent - len(arrived) for direction, arrived in self.arrived.items()}

    def longest_gap(self) -> dict[str, float]:
        """The longest time in seconds between two arrivals, by direction; needs at least two in each."""
        gaps = {}
        for direction, arrived in self.arrived.items():
            moments = sorted(arrived.values())
            gaps[direction] = max(later - earlier for earlier, later in zip(moments, moments[1:]))
        return gaps

    def first_since(self, number: int, seconds: float) -> dict[str, float]:
        """When the first packet with at least this number arrived, by direction (monotonic seconds).

        Raises TimeoutError if a direction has none after so many seconds.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = {
                direction: min(when for each, when in list(arrived.items()) if each >= number)
                for direction, arrived in self.arrived.items()
                if any(each >= number for each in list(arrived))
            }
            if len(found) == len(self.arrived):
                return found
            time.sleep(0.02)
        raise TimeoutError(f"after {seconds} s packets arrived in {len(found)} of 2 directions")

    def _send(self) -> None:
        began = time.monotonic()
        for sequence, (ue, teid) in zip(itertools.count(), itertools.cycle(self._subscribers)):
            if self._done.is_set():
                return
            content = _LABEL.pack(self._run, sequence)
            self._s5u.send(g_pdu(teid, _udp_packet(ue, SERVER, content)))
            self._sgi.send(_udp_packet(SERVER, ue, content))
            self.sent = sequence + 1
            time.sleep(max(0.0, began + self.sent * self._interval - time.monotonic()))

    def _receive(self, port: Port, direction: str) -> None:
        start = _CONTENT[direction]
        while not self._closed.is_set():
            for packet in port.received(0.1):
                if len(packet) < start + _LABEL.size:
                    continue
                run, sequence = _LABEL.unpack_from(packet, start)
                if run == self._run:
                    self.arrived[direction][sequence] = time.monotonic()


def _udp_packet(source: str, destination: str, content: bytes) -> bytes:
    datagram = packets.build_udp(packets.Udp(PORT, PORT, content), source, destination)
    return packets.build_ipv4(packets.Ipv4(source, destination, packets.PROTOCOL_UDP, 64, 1, datagram))
