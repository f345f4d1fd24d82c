# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of the traffic probe: neighbours, paced sending and counting on the two interfaces of a tester."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import fcntl
import functools
import ipaddress
import re
import secrets
import select
import socket
import struct
import time
import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets

from .af_packet import FrameSide, Interface, Port
from .frames import BACK, FORTH, FrameProbe, Wire, frame_legs
from .probe import (
    DOWNLINK,
    LARGEST_SIZE,
    SERVER_PORT,
    SMALLEST_SIZE,
    UPLINK,
    Arrival,
    Label,
    Leg,
    Probe,
    Session,
    Side,
    Tally,
    default_legs,
)

# Not in Python's socket module: linux/sockios.h, linux/if_arp.h.
_SIOCDARP = 0x8953
_ARP_COMPLETE = 0x2
_DISCARD_PORT = 9
_WARM_UP_ROUNDS = 10
_WARM_UP_SECONDS = 0.5


class Prober(t.Protocol):
    """What a run sends and how it knows what comes back: a Probe or a FrameProbe."""

    @property
    def run(self) -> int:
        """Marks the packets of this run."""

    @property
    def sessions(self) -> t.Sequence[t.Any]:
        """The packets take these in turn."""

    def frame(self, leg: Leg, label: Label) -> bytes:
        """A frame to send."""

    def read(self, direction: str, legs: t.Mapping[int, Leg], frame: bytes) -> Arrival | None:
        """A frame that was captured where the direction ends."""

    def outer_right(self, direction: str, frame: bytes) -> bool:
        """Whether the outer checksum of a captured frame is right."""


@dataclasses.dataclass(frozen=True)
class Load:
    """How much each leg sends: packets, packets a second, bytes of an inner packet, seconds to wait at the end."""

    count: int
    pps: float
    size: int
    drain: float


def _load_checks(load: Load) -> list[tuple[str, bool, str]]:
    return [
        ("count", 1 <= load.count <= 10**6, "must be 1 to 1000000 packets"),
        ("pps", 1 <= load.pps <= 10**5, "must be 1 to 100000 packets a second"),
        ("size", SMALLEST_SIZE <= load.size <= LARGEST_SIZE, f"must be {SMALLEST_SIZE} to {LARGEST_SIZE} bytes"),
        ("drain", 0 <= load.drain <= 60, "must be 0 to 60 seconds"),
    ]


def validate_frames(first: FrameSide, second: FrameSide, load: Load) -> None:
    """Refuses a run of frames that cannot be sent; raises NfvError ``traffic_invalid`` with the option's path."""
    checks = _load_checks(load)
    for name, side in (("first", first), ("second", second)):
        checks.append((f"{name}.interface", 0 < len(side.name) < 16, "must be the name of an interface"))
        right = re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", side.guest_mac) is not None
        checks.append((f"{name}.guest_mac", right, "must be a MAC address"))
    _refuse(checks)


def validate(s5u: Interface, sgi: Interface, sessions: t.Sequence[Session], load: Load) -> None:
    """Refuses a run that cannot be sent; raises NfvError ``traffic_invalid`` with the option's path."""
    checks = [
        *_load_checks(load),
        ("sessions", 1 <= len(sessions) <= 65536, "needs at least one session, at most 65536"),
    ]
    for name, side in (("s5u", s5u), ("sgi", sgi)):
        checks.append((f"{name}.interface", 0 < len(side.name) < 16, "must be the name of an interface"))
        checks.append((f"{name}.address", _is_ipv4(side.address), "must be an IPv4 address"))
        checks.append((f"{name}.gateway", _is_ipv4(side.gateway), "must be an IPv4 address"))
    for index, session in enumerate(sessions):
        path = f"sessions[{index}]"
        checks += [
            (f"{path}.ue_address", _is_ipv4(session.ue_address), "must be an IPv4 address"),
            (f"{path}.peer_address", _is_ipv4(session.peer_address), "must be an IPv4 address"),
            (f"{path}.local_teid", 0 < session.local_teid < 2**32, "must be 1 to 4294967295"),
            (f"{path}.peer_teid", 0 < session.peer_teid < 2**32, "must be 1 to 4294967295"),
        ]
    _refuse(checks)


def _refuse(checks: t.Iterable[tuple[str, bool, str]]) -> None:
    for path, right, rule in checks:
        if not right:
            raise NfvError(ErrorCode.TRAFFIC_INVALID, path, "checking the asked traffic failed", f"It {rule}.")


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def resolve(interface: Interface, timeout: float = 5.0) -> str | None:
    """The MAC of the PGW on this interface by a fresh ARP exchange of the kernel; None when nobody answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trigger:
        _forget_neighbour(trigger, interface)
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                trigger.sendto(b"", (interface.gateway, _DISCARD_PORT))
            for _attempt in range(10):
                mac = _neighbour(interface)
                if mac is not None:
                    return mac
                time.sleep(0.05)
    return None


def _forget_neighbour(control: socket.socket, interface: Interface) -> None:
    """Deletes the kernel's entry, which may be of an earlier machine with this address (struct arpreq, arp(7))."""
    address = struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(interface.gateway))
    request = address + bytes(16) + bytes(4) + bytes(16) + interface.name.encode().ljust(16, b"\0")
    with contextlib.suppress(OSError):
        fcntl.ioctl(control, _SIOCDARP, request)


def _neighbour(interface: Interface) -> str | None:
    for row in map(str.split, Path("/proc/net/arp").read_text(encoding="ascii").splitlines()[1:]):
        if row[0] == interface.gateway and row[5] == interface.name and int(row[2], 16) & _ARP_COMPLETE:
            return row[3]
    return None


@contextlib.contextmanager
def quiet_ports(s5u: Interface, sgi: Interface) -> t.Iterator[None]:
    """Holds the UDP ports that probes arrive at, so that the tester's kernel answers none with an ICMP error."""
    with contextlib.ExitStack() as stack:
        for address, port in ((s5u.address, packets.GTPU_PORT), (sgi.address, SERVER_PORT)):
            held = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            try:
                held.bind((address, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:  # Somebody else holds it: as good.
                    raise NfvError(
                        ErrorCode.TESTER_ADDRESS_MISSING,
                        address,
                        f"binding UDP port {port} on the tester failed: {error.strerror}",
                        "Give the tester's interface this address.",
                    ) from error
        yield


class Run:
    """One run over both interfaces: sends each leg and counts everything that arrives until the end."""

    def __init__(self, probe: Prober, ports: t.Mapping[str, Port], legs: t.Sequence[Leg], load: Load) -> None:
        self._probe = probe
        self._ports = ports
        self._legs = {leg.number: leg for leg in legs}
        self._load = load
        self._tallies = {leg.number: Tally(leg) for leg in legs}
        self._sent: dict[int, tuple[int, int, float]] = {}
        self.bad_outer_checksums = dict.fromkeys(self._legs, 0)

    def measure(self) -> list[dict[str, t.Any]]:
        """Sends every leg, one after the other; one row a leg."""
        for leg in self._legs.values():
            warm_up = self._warm_up(leg) if leg.delivered else 0
            self._sent[leg.number] = (self._load.count, warm_up, self._send(leg))
            self._wait(self._load.drain, functools.partial(self._complete, self._tallies[leg.number]))
        rows = []
        for number, tally in self._tallies.items():
            sent, warm_up, pps = self._sent[number]
            row = tally.row(self._load.count, sent, warm_up, (self._load.pps, pps))
            rows.append({**row, "bad_outer_checksum": self.bad_outer_checksums[number]})
        return rows

    def _complete(self, tally: Tally) -> bool:
        return tally.leg.delivered and len(tally.right) >= self._load.count

    def _label(self, leg: Leg, sequence: int, warm_up: bool = False) -> Label:
        session = sequence % len(self._probe.sessions)
        return Label(self._probe.run, leg.number, session, sequence, time.time_ns(), warm_up)

    def _warm_up(self, leg: Leg) -> int:
        """Sends a packet for each session until all arrive, so that the PGW knows its neighbours; returns how many."""
        tally = self._tallies[leg.number]
        size = len(self._probe.sessions)
        for round_number in range(_WARM_UP_ROUNDS):
            wanted = range(round_number * size, (round_number + 1) * size)
            for sequence in wanted:
                self._wait(1 / self._load.pps)
                self._port(leg).send(self._probe.frame(leg, self._label(leg, sequence, warm_up=True)))
            if self._wait(_WARM_UP_SECONDS, functools.partial(tally.warm_up.issuperset, wanted)):
                break
        return (round_number + 1) * size

    def _send(self, leg: Leg) -> float:
        """Sends the counted packets at the asked pace and returns the achieved one, in packets a second."""
        port = self._port(leg)
        start = time.monotonic()
        for sequence in range(self._load.count):
            self._wait(start + sequence / self._load.pps - time.monotonic())
            port.send(self._probe.frame(leg, self._label(leg, sequence)))
        elapsed = time.monotonic() - start
        return (self._load.count - 1) / elapsed if self._load.count > 1 and elapsed > 0 else 0.0

    def _port(self, leg: Leg) -> Port:
        return self._ports[leg.direction]

    def _wait(self, seconds: float, done: t.Callable[[], bool] = lambda: False) -> bool:
        """Captures for that long, or until done; also takes what is there when there is no time to wait."""
        deadline = time.monotonic() + seconds
        while not done():
            left = deadline - time.monotonic()
            ready, _writable, _failed = select.select(list(self._ports.values()), [], [], max(left, 0))
            for port in ready:
                self._take(port)
            if left <= 0:
                return done()
        return True

    def _take(self, port: Port) -> None:
        """Counts the frames waiting at a port, a bounded number so that sending stays on time."""
        # What arrives at a port entered the guest by the other one.
        direction = next(name for name, one in self._ports.items() if one is not port)
        for _burst in range(64):
            captured = port.receive()
            if captured is None:
                return
            arrival = self._probe.read(direction, self._legs, captured[0])
            if arrival is None:
                continue
            if not arrival.label.warm_up and not self._probe.outer_right(direction, captured[0]):
                self.bad_outer_checksums[arrival.label.leg] += 1
            self._tallies[arrival.label.leg].add(arrival, captured[1])


def run_probe(
    s5u: Interface, sgi: Interface, sessions: t.Sequence[Session], load: Load
) -> tuple[list[dict[str, t.Any]], int]:
    """Both directions and what must be dropped; the rows, and how many frames the tester's own capture dropped.

    A PGW that answers no ARP is a row with nothing sent, no error: it is an observation. Raises NfvError when the
    tester itself is not fit.
    """
    legs = default_legs(sessions)
    with contextlib.ExitStack() as stack:
        stack.enter_context(quiet_ports(s5u, sgi))
        ports = []
        for interface in (s5u, sgi):
            ports.append(Port(interface))
            stack.callback(ports[-1].close)
        gateways = [resolve(interface) for interface in (s5u, sgi)]
        silent = [side for side, mac in zip((s5u, sgi), gateways) if mac is None]
        if silent:
            return silent_rows(legs, load, silent), 0
        sides = [
            Side(port.mac, side.address, str(mac), side.gateway) for port, side, mac in zip(ports, (s5u, sgi), gateways)
        ]
        probe = Probe(secrets.randbits(64), sides[0], sides[1], tuple(sessions), load.size)
        # A direction's frames leave by the interface where it starts.
        rows = Run(probe, {UPLINK: ports[0], DOWNLINK: ports[1]}, legs, load).measure()
    return rows, sum(port.dropped for port in ports)


def run_frames(first: FrameSide, second: FrameSide, load: Load) -> tuple[list[dict[str, t.Any]], int]:
    """Frames from the first side to the second and back; the rows, and how many frames the tester's capture dropped."""
    with contextlib.ExitStack() as stack:
        ports = []
        for side in (first, second):
            ports.append(Port(side, promiscuous=True))
            stack.callback(ports[-1].close)
        wires = [Wire(port.mac, side.guest_mac) for port, side in zip(ports, (first, second))]
        probe = FrameProbe(secrets.randbits(64), {FORTH: wires[0], BACK: wires[1]}, load.size)
        rows = Run(probe, {FORTH: ports[0], BACK: ports[1]}, frame_legs(), load).measure()
    return rows, sum(port.dropped for port in ports)


def silent_rows(legs: t.Sequence[Leg], load: Load, silent: t.Sequence[Interface]) -> list[dict[str, t.Any]]:
    """The rows of a run that could not begin, because nobody answers ARP on the silent interfaces."""
    rows = []
    for leg in legs:
        tally = Tally(leg)
        for side in silent:
            tally.note(f"nothing sent: nobody answers ARP for {side.gateway} on {side.name}")
        rows.append({**tally.row(load.count, 0, 0, (load.pps, 0.0)), "bad_outer_checksum": 0})
    return rows
