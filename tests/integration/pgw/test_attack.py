# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Floods from spoofed sources, and G-PDUs from sources that are no peer's."""

from __future__ import annotations

import itertools
import json
import socket
import struct
import threading
import time
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets, path_messages
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.limits import ICMP, OTHER_NEIGHBOUR
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import UserPlane
from lab.testing.pgw_packets import PEER, S5U, SERVER, SERVER6, SGI, ipv4, ipv6, outer, untunnelled
from lab.testing.tester_port import Port
from tests.integration.pgw.conftest import Bench, session, wait_for

UE, UE6, LOCAL = "198.19.0.1", "2001:db8:1:1::7", 0x10001
RATE, SECONDS = 2000, 3.0
ECHOES_PER_SECOND = 8
# Addresses that nobody answers ARP for: on S5-U's network, and elsewhere (RFC 5737, RFC 2544).
NEAR = [f"198.18.1.{number}" for number in range(10, 250)]
FAR = [f"203.0.113.{number}" for number in range(1, 250)]


@pytest.fixture(autouse=True)
def _nothing_from_before(bench: Bench) -> None:
    """A flood leaves answers in the tester's sockets, which no later test must take for its own."""
    for port in (bench.s5u, bench.sgi):
        while port.received(0.2, 1000, lambda _packet: True):
            pass


class Flood:
    """Frames at a steady rate, from a thread and a socket of their own."""

    def __init__(self, bench: Bench, sent: t.Sequence[bytes], port: str = "s5u") -> None:
        """sent: the frames, over and over again; port: the tester's end that they go to."""
        self._port = Port.of(bench.switch, port)
        self._frames = itertools.cycle(sent)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.rate = 0.0
        """Frames a second that were sent, once the context has ended."""

    def __enter__(self) -> Flood:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._port.close()

    def _run(self) -> None:
        count, began = 0, time.monotonic()
        while not self._done.is_set():
            for _frame in range(max(0, int((time.monotonic() - began) * RATE) - count)):
                self._port.send_frame(next(self._frames))
                count += 1
            time.sleep(0.005)
        self.rate = count / (time.monotonic() - began)


def spoofed() -> list[bytes]:
    """Everything that the daemon looks at, from many sources: each source asks, has a wrong TEID, and complains."""
    found = []
    for number, source in enumerate(itertools.chain.from_iterable(zip(NEAR, FAR))):
        found += [
            outer(path_messages.echo_request(number), source),
            outer(packets.build_gtpu(packets.Gtpu(packets.G_PDU, 0xBAD00000 + number, ipv4(UE, SERVER))), source),
            outer(path_messages.error_indication(0x20001 + number, source), source),
        ]
    return found


def answered(bench: Bench, seconds: float) -> tuple[set[int], set[int]]:
    """Asks as the configured peer does, and answers it; the sequence numbers of requests and of responses."""
    asked, heard = set[int](), set[int]()
    began = time.monotonic()
    while (now := time.monotonic() - began) < seconds + 2:
        if now < seconds and len(asked) < now * ECHOES_PER_SECOND:
            asked.add(0x4000 + len(asked))
            bench.s5u.send(outer(path_messages.echo_request(max(asked))))
        for packet in bench.s5u.received(0.02, 1, to_peer):
            message = untunnelled(packet)
            number = message.sequence_number or 0
            if message.message_type == path_messages.ECHO_RESPONSE:
                heard.add(number)
            elif message.message_type == path_messages.ECHO_REQUEST:
                bench.s5u.send(outer(path_messages.echo_response(number)))
        if now > seconds and asked == heard:
            break
    return asked, heard


def to_peer(packet: bytes) -> bool:
    """Whether a packet is GTP-U for the configured peer."""
    return packet[0] == 0x45 and packet[9] == packets.PROTOCOL_UDP and packet[16:20] == bytes(map(int, PEER.split(".")))


def test_floods_on_both_ends_leave_every_echo_of_a_peer_answered(
    bench: Bench, record_property: t.Callable[[str, object], None]
) -> None:
    bench.switch.converge(bench.plane(2))
    # The control: without a flood the same exchange works, and the peer is up.
    asked, heard = answered(bench, 1)
    assert asked == heard
    before = bench.switch.status()["peers"][PEER]
    strangers = [bench.s5u.framed(packet) for packet in spoofed()]
    # From SGi everybody can send packets that are too big for the tunnel, which the daemon answers.
    too_big = [bench.sgi.framed(ipv4(SERVER, UE, 1500))]
    with Flood(bench, strangers) as flood, Flood(bench, too_big, "sgi") as second:
        asked, heard = answered(bench, SECONDS)
    record_property("spoofed_packets_per_second", round(flood.rate))
    record_property("too_big_packets_per_second", round(second.rate))
    assert heard == asked
    after = bench.switch.status()["peers"]
    assert (after[PEER]["state"], after[PEER]["times_down"]) == ("up", before["times_down"])
    # What strangers claim is remembered of nobody.
    assert set(after) == {PEER} and after[PEER]["unknown_teids"] == before["unknown_teids"]


def test_right_teid_from_a_host_that_is_no_peer_of_the_session_is_dropped_and_counted(bench: Bench) -> None:
    other, third = NEAR[1], NEAR[2]
    plane = bench.plane(0, sessions=[session(1, peer_sources=[third, other, PEER]), session(2)])
    bench.switch.converge(plane)
    bench.sgi.received(0.1, 99)
    dropped, sessions = bench.dropped(plane), counted(bench, plane)
    for source in (NEAR[0], FAR[0]):
        for packet in (ipv4(UE, SERVER), ipv4(UE, SERVER, ttl=128), ipv6(UE6, SERVER6)):
            bench.uplink(LOCAL, packet, source=source)
    # A peer's other address is one of that session alone, and leaves the inner source to be checked.
    bench.uplink(LOCAL + 1, ipv4("198.19.0.2", SERVER), source=other)
    bench.uplink(LOCAL, ipv4("198.19.0.2", SERVER), source=other)
    assert bench.sgi.received() == []
    # The control: the peer sends from each of its addresses.
    for source, packet in ((PEER, ipv4(UE, SERVER)), (other, ipv4(UE, SERVER, ttl=128)), (third, ipv6(UE6, SERVER6))):
        bench.uplink(LOCAL, packet, source=source)
        assert len(bench.sgi.received()) == 1, source
    after = bench.dropped(plane)
    rise = {reason: after[reason] - dropped[reason] for reason in after if after[reason] != dropped[reason]}
    assert rise == {"wrong_source": 4, "spoofed_source": 1, "uplink": 5, "strangers": 3}
    # Uplink packets, spoofed, wrong source.
    rises = [tuple(map(int.__sub__, *pair)) for pair in zip(counted(bench, plane), sessions, strict=True)]
    assert rises == [(3, 1, 3), (0, 0, 1)]
    found = bench.switch.decide(plane)
    assert found.result["sessions"][0]["peer_sources"] == (other, third)
    assert found.before == found.after


def counted(bench: Bench, plane: UserPlane) -> list[tuple[int, ...]]:
    """Uplink packets, spoofed ones and those from a wrong source of each session."""
    names = ("uplink_packets", "spoofed", "wrong_source")
    return [tuple(found[name] for name in names) for found in bench.switch.decide(plane).result["sessions"]]


def test_check_of_the_outer_source_can_be_turned_off_and_on_again(bench: Bench) -> None:
    checked, unchecked = bench.plane(2), bench.plane(2, s5u={"check_outer_source": False})
    for plane, passes in ((unchecked, 1), (checked, 0)):
        bench.switch.converge(plane)
        for source in (NEAR[0], FAR[0]):
            bench.uplink(LOCAL, ipv4(UE, SERVER), source=source)
            assert len(bench.sgi.received(0.3)) == passes, source
            # A subscriber's own address is checked all the same.
            bench.uplink(LOCAL, ipv4("198.19.0.2", SERVER), source=source)
            assert bench.sgi.received(0.3) == []


@pytest.mark.parametrize("end", ["s5u", "sgi"])
def test_floods_of_arp_and_icmp_reach_the_kernel_within_limits(
    bench: Bench, end: str, record_property: t.Callable[[str, object], None]
) -> None:
    bench.switch.converge(bench.plane(2))
    own, peer, network = (S5U, PEER, "198.18.1") if end == "s5u" else (SGI, SERVER, "198.18.2")
    port = bench.s5u if end == "s5u" else bench.sgi
    # The control: what is counted below is what the kernel gets.
    before = kernel_received(bench, end)
    port.send_frame(arp_request(port, peer, own))
    wait_for(lambda: kernel_received(bench, end) > before, 2)
    frames = [
        frame
        for number in range(10, 250)
        for frame in (arp_request(port, f"{network}.{number}", own), port.framed(ping(f"{network}.{number}", own)))
    ]
    before, began = kernel_received(bench, end), time.monotonic()
    answered = 0
    with Flood(bench, frames, end) as flood:
        for _turn in range(10):
            port.send_frame(arp_request(port, peer, own))
            answered += arp_replies(port, peer, 1.0)
            time.sleep(0.15)
    record_property("frames_per_second", round(flood.rate))
    seconds = time.monotonic() - began
    # Two meters, each with a burst of a tenth of a second, and what the peer itself asks.
    limits = sum(meter.rate * (seconds + 0.2) for meter in (OTHER_NEIGHBOUR, ICMP))
    assert kernel_received(bench, end) - before <= limits + 40
    assert answered == 10


def kernel_received(bench: Bench, end: str) -> int:
    """Frames that the kernel has received from a bridge."""
    (link,) = json.loads(bench.switch.call("ip", "-json", "-statistics", "link", "show", f"br-{end}"))
    return int(link["stats64"]["rx"]["packets"])


def arp_request(port: Port, source: str, target: str) -> bytes:
    """A host's ARP request (RFC 826) to the gateway."""
    head = packets.mac_bytes(port.switch_mac) + packets.mac_bytes(port.mac) + b"\x08\x06"
    asker = packets.mac_bytes(port.mac) + socket.inet_aton(source)
    return head + b"\0\1\x08\0\6\4\0\1" + asker + bytes(6) + socket.inet_aton(target)


def arp_replies(port: Port, to: str, seconds: float) -> int:
    """Whether an ARP reply for a host arrives, 0 or 1."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        frame = (port.tagged(left) or (0, b""))[1]
        if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2" and frame[38:42] == socket.inet_aton(to):
            return 1
    return 0


def ping(source: str, target: str) -> bytes:
    """An ICMP echo request."""
    body = struct.pack("!BBHHH", 8, 0, 0, 1, 1)
    body = body[:2] + packets.internet_checksum(body).to_bytes(2, "big") + body[4:]
    return packets.build_ipv4(packets.Ipv4(source, target, path_messages.PROTOCOL_ICMP, 64, 1, body))
