# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever frames the switch hands over: the daemon answers or counts them, and never ends."""

from __future__ import annotations

import struct
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets, path_messages
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.handover import REASONS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.path_daemon import Handler
from tests.fuzz.fuzzing import Random, finds, fuzz, torn_bytes

OWN, PEER, SOURCE, STRANGER = "198.18.1.1", "198.18.1.2", "198.18.1.3", "198.18.1.99"
CONFIGURATION = {
    "s5u_address": OWN,
    "tunnel_mtu": 1464,
    "sgi_mtu": 1500,
    "sgi_address": "198.18.2.1",
    "ipv6_address": "2001:db8:2::1",
    "echo_interval": 60,
    "response_seconds": 3,
    "echo_requests": 5,
    "s5u_network": "198.18.1.0/24",
    "peers": [PEER],
    "peer_sources": [SOURCE],
}


def signalling(message: bytes, sender: str = PEER) -> bytes:
    datagram = packets.build_udp(packets.Udp(2152, 2152, message), sender, OWN)
    return packets.build_ipv4(packets.Ipv4(sender, OWN, packets.PROTOCOL_UDP, 64, 1, datagram))


def handed_over(reason: int, packet: bytes) -> bytes:
    return struct.pack("!HIH4sH", reason, 0x1001, 0, bytes((198, 18, 1, 2)), 0x0800) + packet


IPV6 = bytes.fromhex("6000000005a01140") + bytes(range(32)) + b"x" * 1440
PACKETS = (
    signalling(path_messages.echo_request(7)),
    signalling(path_messages.echo_response(7)),
    signalling(path_messages.error_indication(0x2001, PEER)),
    packets.build_ipv4(packets.Ipv4("198.18.2.2", "198.19.0.1", packets.PROTOCOL_UDP, 64, 1, b"x" * 1480)),
    IPV6,
)
INPUTS = 2000


def torn_message(rng: Random) -> bytes:
    """A message whose headers are right, and whose content is not."""
    content = torn_bytes(rng, bytes((path_messages.TEID_DATA_I, 0, 0, 0x20, 1)))
    kind = rng.choice((1, 2, 26, 31, 254, 255, rng.randint(0, 255)))
    return packets.build_gtpu(packets.Gtpu(kind, rng.getrandbits(32), content, rng.choice((None, 7))))


def made(rng: Random) -> list[bytes]:
    """Some frames: torn in the message's content, in the message, or in the packet."""
    frames = []
    for _frame in range(rng.randint(1, 4)):
        packet = rng.choice(
            (
                signalling(torn_message(rng), rng.choice((PEER, SOURCE, STRANGER, OWN))),
                signalling(torn_bytes(rng, path_messages.echo_request(7))),
                torn_bytes(rng, rng.choice(PACKETS)),
            )
        )
        frames.append(torn_bytes(rng, handed_over(rng.choice(tuple(REASONS)), packet), most=1))
    return frames


def check(frames: t.Sequence[bytes]) -> None:
    sent: list[bytes] = []
    injected: list[bytes] = []
    handler = Handler(lambda _peer, _port, message: sent.append(message), injected.append)
    handler.configure(CONFIGURATION)
    for number, frame in enumerate(frames):
        handler.frame(frame)
        handler.tick(100.0 * number)
    assert all(len(frame) <= packets.ETHERNET_BYTES + 1500 for frame in injected)
    for message in sent:
        parsed = packets.parse_gtpu(message)
        assert packets.build_gtpu(parsed) == message
    status = handler.status()
    assert all(count >= 0 for count in status["counters"].values())
    assert len(str(status)) < 5000


def test_frames() -> None:
    fuzz(made, check, INPUTS)


def test_the_fuzzer_finds_a_planted_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(message: packets.Gtpu) -> int:
        return int(struct.unpack_from("!I", message.payload, 1)[0])

    monkeypatch.setattr(path_messages, "indicated_teid", careless)
    assert isinstance(finds(made, check, INPUTS), struct.error)
