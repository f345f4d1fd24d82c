# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and changes the meters of a bridge in one OpenFlow 1.5 connection.

ovs-ofctl(8) sets one meter per call, and Open vSwitch takes no meters in bundles: ten thousand sessions with two rates
each would need twenty thousand processes. Section numbers are those of the OpenFlow 1.5.1 specification.

The module is also a program: ``openflow_meters.py SOCKET add FILE`` adds the meters of a file and sets their rates,
``openflow_meters.py SOCKET prune FILE`` deletes all other meters, together with the flows that still use them.
"""

from __future__ import annotations

import dataclasses
import json
import socket
import struct
import sys
import typing as t
from pathlib import Path

VERSION = 6  # OpenFlow 1.5, 7.1.1
HELLO, ERROR, ECHO_REQUEST, ECHO_REPLY = 0, 1, 2, 3
MULTIPART_REQUEST, MULTIPART_REPLY, BARRIER_REQUEST, BARRIER_REPLY, METER_MOD = 18, 19, 20, 21, 29
METER_STATS, METER_DESC = 9, 10  # 7.3.5.13, 7.3.5.14
ADD, MODIFY, DELETE = 0, 1, 2  # 7.3.4.4
KBPS, PKTPS, BURST, STATS = 1, 2, 4, 8
DROP = 1
ALL_METERS = 0xFFFFFFFF
# The burst size in milliseconds of the rate. A smaller one would drop the bursts of ordinary senders.
BURST_MS = 100
_HEADER = struct.Struct("!BBHI")
_MOD = struct.Struct("!HHI")
_BAND = struct.Struct("!HHIIxxxx")
_STATS = struct.Struct("!IH6xIQQII")
_BAND_STATS = struct.Struct("!QQ")


class MeterError(Exception):
    """The switch refused a request, or sent a message that cannot be parsed."""


@dataclasses.dataclass(frozen=True)
class Meter:
    """A meter that drops packets above a rate."""

    number: int
    """Meter number on the bridge."""
    rate: int
    """Rate in kbit/s, or in packets a second; 0 for a meter that this collection did not make."""
    packets: bool = False
    """Whether the rate is in packets a second."""

    @property
    def flags(self) -> int:
        """The meter's flags in OpenFlow."""
        return (PKTPS if self.packets else KBPS) | BURST | STATS

    @property
    def burst(self) -> int:
        """The burst size in kbit or packets."""
        return max(1, self.rate * BURST_MS // 1000)


def build(kind: int, body: bytes = b"", transaction: int = 0) -> bytes:
    """An OpenFlow message."""
    return _HEADER.pack(VERSION, kind, _HEADER.size + len(body), transaction) + body


def build_mod(command: int, meter: Meter, transaction: int) -> bytes:
    """A message that adds, modifies or deletes one meter."""
    body = _MOD.pack(command, meter.flags, meter.number)
    if command != DELETE:
        body += _BAND.pack(DROP, _BAND.size, meter.rate, meter.burst)
    return build(METER_MOD, body, transaction)


def parse_descriptions(body: bytes) -> list[Meter]:
    """The meters in the body of a multipart reply. Meters that this collection did not make have rate 0."""
    found = []
    while len(body) >= _MOD.size:
        length, flags, number = _MOD.unpack_from(body)
        if not _MOD.size <= length <= len(body):
            raise MeterError(f"a meter of {length} bytes in {len(body)}")
        rate = 0
        if length == _MOD.size + _BAND.size:
            kind, _size, rate, burst = _BAND.unpack_from(body, _MOD.size)
            meter = Meter(number, rate, bool(flags & PKTPS))
            if (kind, burst, flags & 0x7) != (DROP, meter.burst, meter.flags & 0x7):
                rate = 0
        found.append(Meter(number, rate, bool(flags & PKTPS)))
        body = body[length:]
    return found


@dataclasses.dataclass(frozen=True)
class MeterCount:
    """What a meter has counted."""

    packets: int
    """Packets that reached the meter."""
    dropped: int
    """How many of them it dropped."""


def parse_counts(body: bytes) -> dict[int, MeterCount]:
    """Meter number -> count, from the body of a multipart reply."""
    found = {}
    while len(body) >= _STATS.size:
        number, length, _flows, packets, _bytes, _seconds, _nanoseconds = _STATS.unpack_from(body)
        if not _STATS.size <= length <= len(body):
            raise MeterError(f"statistics of {length} bytes in {len(body)}")
        bands = range(_STATS.size, length - _BAND_STATS.size + 1, _BAND_STATS.size)
        found[number] = MeterCount(packets, sum(_BAND_STATS.unpack_from(body, band)[0] for band in bands))
        body = body[length:]
    return found


def changes(current: t.Iterable[Meter], desired: t.Iterable[Meter]) -> tuple[list[Meter], list[Meter], list[Meter]]:
    """The meters to add, those to modify and those to delete."""
    known = {meter.number: meter for meter in current}
    wanted = {meter.number: meter for meter in desired}
    added = [meter for number, meter in wanted.items() if number not in known]
    modified = [meter for number, meter in wanted.items() if number in known and known[number] != meter]
    return added, modified, [meter for number, meter in known.items() if number not in wanted]


class MeterConnection:
    """A connection to a bridge."""

    def __init__(self, path: str, seconds: float = 60.0) -> None:
        """Connects to a management socket such as ``/run/openvswitch/br-sgi.mgmt``. Raises OSError."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(seconds)
        self._received = b""
        self._socket.connect(path)
        self._socket.sendall(build(HELLO))

    def __enter__(self) -> MeterConnection:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def read(self) -> list[Meter]:
        """All meters of the bridge."""
        return [meter for body in self._ask(METER_DESC) for meter in parse_descriptions(body)]

    def counts(self) -> dict[int, MeterCount]:
        """Meter number -> what it has counted so far."""
        return {number: count for body in self._ask(METER_STATS) for number, count in parse_counts(body).items()}

    def _ask(self, what: int) -> list[bytes]:
        """Requests a kind of statistics of all meters; returns the bodies of the replies."""
        self._socket.sendall(build(MULTIPART_REQUEST, struct.pack("!HHxxxxIxxxx", what, 0, ALL_METERS), 1))
        bodies = []
        while True:
            kind, body = self._message()
            if kind != MULTIPART_REPLY:
                continue
            bodies.append(body[8:])
            if not int.from_bytes(body[2:4], "big") & 1:  # 7.3.5: OFPMPF_REPLY_MORE
                return bodies

    def apply(self, command: int, meters: t.Sequence[Meter]) -> None:
        """Adds, modifies or deletes meters, and waits until the switch has done so."""
        # In portions: a switch that has many errors to report must not wait for us to read while we wait for it.
        for start in range(0, len(meters), 500):
            portion = meters[start : start + 500]
            self._socket.sendall(b"".join(build_mod(command, meter, meter.number) for meter in portion))
            self._socket.sendall(build(BARRIER_REQUEST))
            while self._message()[0] != BARRIER_REPLY:
                pass

    def _message(self) -> tuple[int, bytes]:
        """The type and body of the next message. Answers Echo Requests; raises MeterError for an error message."""
        while True:
            _version, kind, length, transaction = _HEADER.unpack(self._exactly(_HEADER.size))
            body = self._exactly(length - _HEADER.size)
            if kind == ERROR:
                error, code = struct.unpack_from("!HH", body)
                raise MeterError(f"the switch refused meter {transaction} (OpenFlow error type {error}, code {code})")
            if kind != ECHO_REQUEST:
                return kind, body
            self._socket.sendall(build(ECHO_REPLY, body, transaction))

    def _exactly(self, size: int) -> bytes:
        while len(self._received) < size:
            more = self._socket.recv(65536)
            if not more:
                raise MeterError("the switch closed the connection")
            self._received += more
        data, self._received = self._received[:size], self._received[size:]
        return data


def format_file(meters: t.Iterable[Meter]) -> str:
    """The text of a file with one meter a line."""
    lines = [json.dumps([meter.number, meter.rate, meter.packets]) for meter in meters]
    return "".join(f"{line}\n" for line in lines)


def parse_file(text: str) -> list[Meter]:
    """The meters in a text that format_file() returned."""
    return [Meter(*json.loads(line)) for line in text.splitlines()]


def main(arguments: t.Sequence[str]) -> None:
    """Runs the program. Arguments: management socket, ``add`` or ``prune``, file of meters."""
    bridge, command, path = arguments
    with MeterConnection(bridge) as switch:
        added, modified, surplus = changes(switch.read(), parse_file(Path(path).read_text(encoding="utf-8")))
        if command == "add":
            switch.apply(ADD, added)
            switch.apply(MODIFY, modified)
        else:
            switch.apply(DELETE, surplus)


if __name__ == "__main__":
    main(sys.argv[1:])
