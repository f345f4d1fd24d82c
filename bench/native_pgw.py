# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PGW's user plane in Open vSwitch's userspace datapath on this machine, and traffic on its sessions."""

from __future__ import annotations

import contextlib
import itertools
import struct
import threading
import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest import packets
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.sessions import UserPlane
from tests.support.native_port import Port
from tests.support.native_switch import NativeSwitch

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# RFC 2544, appendix C.2.2, and RFC 3849: addresses for tests.
PEER, S5U, SERVER, SGI = "198.18.1.2", "198.18.1.1", "198.18.2.2", "198.18.2.1"
SERVER6, SGI6 = "2001:db8:2::2", "2001:db8:2::1"
UPLINK, DOWNLINK = "uplink", "downlink"
_SEQUENCE = struct.Struct("!Q")
# In front of a test packet's content: IPv4 and UDP, and a G-PDU's headers on S5-U.
_CONTENT = {UPLINK: 20 + 8, DOWNLINK: 20 + 8 + 8 + 20 + 8}


def subscriber(number: int) -> str:
    """The IPv4 address of a session, counted from 1."""
    return f"198.19.{number // 256}.{number % 256}"


def session(number: int, peer_teid: int | None = None) -> dict[str, t.Any]:
    """A session as operators have them: IPv4 and IPv6, and a rate in each direction, which takes five flows and two
    meters.
    """
    return {
        "name": f"ue-{number}",
        "ue_address": subscriber(number),
        "ue_ipv6_prefix": f"2001:db8:1:{number:x}::/64",
        "local_teid": 0x10000 + number,
        "peer_teid": peer_teid or 0x20000 + number,
        "peer_address": PEER,
        "uplink_kbps": 50_000,
        "downlink_kbps": 100_000,
    }


def plane(sessions: Sequence[dict[str, t.Any]]) -> UserPlane:
    """A user plane with these sessions, between the tester's two ports."""
    return UserPlane.of(
        s5u={"adapter": "s5u", "address": f"{S5U}/24"},
        sgi={
            "adapter": "sgi",
            "address": f"{SGI}/24",
            "next_hop": SERVER,
            "ipv6_address": f"{SGI6}/64",
            "ipv6_next_hop": SERVER6,
        },
        sessions=sessions,
        path={},
    )


@contextlib.contextmanager
def native_switch() -> Iterator[NativeSwitch]:
    """A switch whose tester answers for peer, server and next hops; ends it afterwards."""
    switch = NativeSwitch()
    try:
        switch.start()
        for port, addresses in (("s5u", (f"{PEER}/24",)), ("sgi", (f"{SERVER}/24", f"{SERVER6}/64"))):
            for address in addresses:
                more = ("nodad",) if ":" in address else ()
                switch.call("ip", "-n", switch.tester, "address", "add", address, "dev", port, *more, here=True)
        yield switch
    finally:
        switch.stop()


class Traffic:
    """Packets in both directions on some sessions, until the context ends; each is numbered.

    sent: how many of each direction so far; arrived: by direction, the number of each packet and when (monotonic
    seconds).
    """

    def __init__(self, switch: NativeSwitch, numbers: Sequence[int], packets_per_second: int) -> None:
        self.sent = 0
        self.arrived: dict[str, dict[int, float]] = {UPLINK: {}, DOWNLINK: {}}
        self._numbers, self._interval = numbers, 1 / packets_per_second
        self._ports = {"s5u": Port(switch, "s5u"), "sgi": Port(switch, "sgi")}
        self._done, self._closed = threading.Event(), threading.Event()
        self._sender = threading.Thread(target=self._send)
        self._receivers = [
            threading.Thread(target=self._receive, args=(self._ports[port], direction))
            for port, direction in (("sgi", UPLINK), ("s5u", DOWNLINK))
        ]

    def __enter__(self) -> Traffic:
        for thread in (*self._receivers, self._sender):
            thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._done.set()
        self._sender.join()
        time.sleep(1)  # for what is under way
        self._closed.set()
        for thread in self._receivers:
            thread.join()
        for port in self._ports.values():
            port.close()

    def lost(self) -> dict[str, int]:
        """Packets that did not arrive, by direction; to be asked when the context has ended."""
        return {direction: self.sent - len(arrived) for direction, arrived in self.arrived.items()}

    def first_since(self, number: int, seconds: float) -> dict[str, float]:
        """When the first packet of each direction arrived among those sent from this number on.

        Raises TimeoutError when there is none for so many seconds.
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
        for sequence, number in zip(itertools.count(), itertools.cycle(self._numbers)):
            if self._done.is_set():
                return
            content, ue = _SEQUENCE.pack(sequence), subscriber(number)
            inner = _udp_packet(ue, SERVER, content)
            gtpu = packets.build_gtpu(packets.Gtpu(packets.G_PDU, 0x10000 + number, inner))
            self._ports["s5u"].send(_udp_packet(PEER, S5U, gtpu, packets.GTPU_PORT))
            self._ports["sgi"].send(_udp_packet(SERVER, ue, content))
            self.sent = sequence + 1
            time.sleep(max(0.0, began + self.sent * self._interval - time.monotonic()))

    def _receive(self, port: Port, direction: str) -> None:
        start = _CONTENT[direction]
        while not self._closed.is_set():
            for packet in port.received(0.1):
                if len(packet) >= start + _SEQUENCE.size:
                    self.arrived[direction][_SEQUENCE.unpack_from(packet, start)[0]] = time.monotonic()


def _udp_packet(source: str, destination: str, content: bytes, port: int = 5000) -> bytes:
    datagram = packets.build_udp(packets.Udp(port, port, content), source, destination)
    return packets.build_ipv4(packets.Ipv4(source, destination, packets.PROTOCOL_UDP, 64, 1, datagram))
