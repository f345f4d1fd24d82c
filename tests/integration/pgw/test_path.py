# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The handler beside the switch: path management, Error Indications, and packets that are too large."""

from __future__ import annotations

import ipaddress
import time
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets, path_messages
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import UserPlane
from lab.testing.pgw_packets import PEER, S5U, SERVER, SERVER6, SGI, ipv4, ipv6, outer, untunnelled
from tests.integration.pgw.conftest import Bench, wait_for

UE, UE6, LOCAL = "198.19.0.1", "2001:db8:1:1::7", 0x10001


@pytest.fixture(scope="module")
def plane(bench: Bench) -> UserPlane:
    plane = bench.plane(2)
    bench.switch.converge(plane)
    wait_for(lambda: bool(bench.switch.status()["peers"]))
    return plane


def of_kind(kind: int) -> t.Callable[[bytes], bool]:
    """Accepts GTP-U messages of one type."""

    def accept(packet: bytes) -> bool:
        return packet[0] == 0x45 and packet[9] == packets.PROTOCOL_UDP and packet[28] >> 5 == 1 and packet[29] == kind

    return accept


def counters(bench: Bench) -> dict[str, int]:
    time.sleep(0.8)
    return dict(bench.switch.status()["counters"])


def test_echo_request_is_answered_with_recovery_at_the_port_it_came_from(bench: Bench, plane: UserPlane) -> None:
    request = packets.build_gtpu(packets.Gtpu(path_messages.ECHO_REQUEST, 0, b"", 0x1234))
    bench.s5u.send(outer(request, port=33333))
    (answer,) = bench.s5u.received(2, 1, of_kind(path_messages.ECHO_RESPONSE))
    datagram = packets.parse_udp(packets.parse_ipv4(answer).payload)
    message = untunnelled(answer)
    assert (datagram.source_port, datagram.destination_port) == (packets.GTPU_PORT, 33333)
    assert (message.teid, message.sequence_number, message.payload) == (0, 0x1234, b"\x0e\x00")
    assert packets.udp_checksum_right(packets.parse_ipv4(answer).payload, S5U, PEER)


def test_unknown_teid_is_indicated_and_a_known_one_is_not(bench: Bench, plane: UserPlane) -> None:
    before = counters(bench)
    bench.uplink(0xABCDEF01, ipv4(UE, SERVER))
    (answer,) = bench.s5u.received(2, 1, of_kind(path_messages.ERROR_INDICATION))
    message = untunnelled(answer)
    address = bytes(int(part) for part in S5U.split("."))
    assert message.payload == b"\x10" + (0xABCDEF01).to_bytes(4, "big") + b"\x85\x00\x04" + address
    assert (message.teid, message.sequence_number) == (0, 0)
    # The controls: a session's packet, and a spoofed one in its tunnel, are no reason for an indication.
    bench.uplink(LOCAL, ipv4(UE, SERVER))
    bench.uplink(LOCAL, ipv4("198.19.0.2", SERVER))
    assert bench.s5u.received(1, 1, of_kind(path_messages.ERROR_INDICATION)) == []
    assert counters(bench)["error_indications_sent"] == before["error_indications_sent"] + 1


def test_peer_goes_down_and_comes_up_again(bench: Bench, plane: UserPlane) -> None:
    def state() -> str:
        return str(bench.switch.status()["peers"][PEER]["state"])

    wait_for(lambda: state() == "down")
    # A response that nobody asked for brings nobody up.
    bench.s5u.send(outer(path_messages.echo_response(0xFFFF)))
    time.sleep(1)
    assert state() == "down"
    deadline = time.monotonic() + 10
    while state() != "up" and time.monotonic() < deadline:
        for request in bench.s5u.received(1, 1, of_kind(path_messages.ECHO_REQUEST)):
            bench.s5u.send(outer(path_messages.echo_response(untunnelled(request).sequence_number or 0)))
        time.sleep(0.6)
    assert state() == "up"
    wait_for(lambda: state() == "down")


def test_what_peers_say_is_counted(bench: Bench, plane: UserPlane) -> None:
    before = counters(bench)
    bench.s5u.send(outer(path_messages.error_indication(0x20001, PEER)))
    bench.s5u.send(outer(packets.build_gtpu(packets.Gtpu(path_messages.END_MARKER, LOCAL, b""))))
    bench.s5u.send(outer(packets.build_gtpu(packets.Gtpu(77, 0, b""))))
    after = counters(bench)
    changed = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert changed == {"error_indications_received": 1, "end_markers_received": 1, "messages_not_understood": 1}
    assert bench.switch.status()["peers"][PEER]["unknown_teids"] == {str(0x20001): 1}


def test_packet_too_big_is_answered_and_the_largest_is_not(bench: Bench, plane: UserPlane) -> None:
    bench.sgi.received(0.3, 99)
    for size in (1464, 1465):
        bench.sgi.send(ipv4(SERVER, UE, size))
        through = bench.s5u.received(0.5)
        said = [packets.parse_ipv4(packet) for packet in bench.sgi.received(1)]
        assert (len(through), len(said)) == ((1, 0) if size == 1464 else (0, 1))
    (answer,) = said
    assert (answer.source, answer.destination, answer.protocol) == (SGI, SERVER, path_messages.PROTOCOL_ICMP)
    assert answer.payload[:2] == b"\x03\x04" and int.from_bytes(answer.payload[6:8], "big") == 1464
    assert packets.internet_checksum(answer.payload) == 0
    assert packets.parse_ipv4_header(answer.payload[8:] + bytes(1465)).destination == UE


def test_ipv6_packet_too_big_is_answered(bench: Bench, plane: UserPlane) -> None:
    bench.sgi.send(ipv6(SERVER6, UE6, 1465))
    (answer,) = bench.sgi.received(2)
    assert answer[6] == path_messages.PROTOCOL_ICMPV6
    assert answer[40] == 2 and int.from_bytes(answer[44:48], "big") == 1464
    pseudo = answer[8:40] + (len(answer) - 40).to_bytes(4, "big") + b"\0\0\0\x3a"
    assert packets.internet_checksum(pseudo + answer[40:]) == 0
    bench.sgi.send(ipv6(SERVER6, UE6, 1464))
    assert len(bench.s5u.received()) == 1


@pytest.fixture
def narrow(bench: Bench, plane: UserPlane) -> t.Iterator[UserPlane]:
    """SGi with a smaller MTU than what the tunnel lets through."""
    narrow = bench.plane(2, sgi={"mtu": 1280})
    bench.switch.converge(narrow)
    # The handler looks at its configuration twice a second.
    time.sleep(1)
    bench.sgi.received(0.2, 99)
    yield narrow
    bench.switch.converge(plane)
    time.sleep(1)


def test_uplink_packet_too_big_for_sgi_is_answered_into_the_tunnel(bench: Bench, narrow: UserPlane) -> None:
    before = bench.dropped(narrow)["uplink_too_big"]
    for size in (1280, 1281):
        bench.uplink(LOCAL, ipv4(UE, SERVER, size))
        through, said = bench.sgi.received(0.5), bench.s5u.received(1)
        assert (len(through), len(said)) == ((1, 0) if size == 1280 else (0, 1))
    message = untunnelled(said[0])
    answer = packets.parse_ipv4(message.payload)
    assert message.teid == 0x20001
    assert (answer.source, answer.destination, answer.protocol) == (SGI, UE, path_messages.PROTOCOL_ICMP)
    assert answer.payload[:2] == b"\x03\x04" and int.from_bytes(answer.payload[6:8], "big") == 1280
    assert packets.internet_checksum(answer.payload) == 0
    assert bench.dropped(narrow)["uplink_too_big"] == before + 1


def test_ipv6_uplink_packet_too_big_for_sgi_is_answered_into_the_tunnel(bench: Bench, narrow: UserPlane) -> None:
    bench.uplink(LOCAL, ipv6(UE6, SERVER6, 1281))
    (said,) = bench.s5u.received(2)
    message = untunnelled(said)
    answer = message.payload
    assert message.teid == 0x20001 and answer[24:40] == ipaddress.IPv6Address(UE6).packed
    assert answer[6] == path_messages.PROTOCOL_ICMPV6
    assert answer[40] == 2 and int.from_bytes(answer[44:48], "big") == 1280
    bench.uplink(LOCAL, ipv6(UE6, SERVER6, 1280))
    assert len(bench.sgi.received()) == 1


def test_uplink_packet_that_may_be_fragmented_is(bench: Bench, narrow: UserPlane) -> None:
    whole = fragmentable(ipv4(UE, SERVER, 1400))
    bench.uplink(LOCAL, whole)
    parts = bench.sgi.received(2, 2)
    headers = [packets.parse_ipv4_header(part) for part in parts]
    assert [(header.offset, header.more_fragments) for header in headers] == [(0, True), (157, False)]
    assert b"".join(part[20:] for part in parts) == whole[20:]
    assert all(packets.internet_checksum(part[:20]) == 0 and part[8] == 63 for part in parts)
    assert bench.s5u.received(0.5) == []


def test_what_fits_the_tunnel_fits_a_network_as_wide(bench: Bench, plane: UserPlane) -> None:
    """The control: without a narrower SGi the same packets go through."""
    bench.uplink(LOCAL, ipv4(UE, SERVER, 1464))
    bench.uplink(LOCAL, ipv6(UE6, SERVER6, 1464))
    assert len(bench.sgi.received(1, 2)) == 2
    assert bench.s5u.received(0.5) == []


def fragmentable(packet: bytes) -> bytes:
    """An IPv4 packet without "don't fragment"."""
    whole = bytearray(packet)
    whole[6:8] = whole[10:12] = b"\0\0"
    whole[10:12] = packets.internet_checksum(bytes(whole[:20])).to_bytes(2, "big")
    return bytes(whole)


def test_packet_that_may_be_fragmented_is(bench: Bench, plane: UserPlane) -> None:
    whole = fragmentable(ipv4(SERVER, UE, 1500))
    bench.sgi.send(whole)
    parts = [untunnelled(packet).payload for packet in bench.s5u.received(2, 2)]
    headers = [packets.parse_ipv4_header(part) for part in parts]
    assert [(header.offset, header.more_fragments) for header in headers] == [(0, True), (180, False)]
    assert b"".join(part[20:] for part in parts) == whole[20:]
    assert all(packets.internet_checksum(part[:20]) == 0 and part[8] == 63 for part in parts)
    assert bench.sgi.received(0.5) == []
