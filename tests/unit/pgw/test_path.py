# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Path management decides whom to ask and who is down, and its messages are those of TS 29.281."""

from __future__ import annotations

import ipaddress
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import flows, packets, path_messages
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.flows import HANDLER_METERS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.path_daemon import Files, Handler
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.path_state import (
    INDICATED_KEPT,
    Paths,
    Timing,
)

PEER = "198.18.1.2"
TIMING = Timing(interval=60, response=3, requests=2)


@pytest.fixture
def paths() -> Paths:
    made = Paths(TIMING)
    made.configure(TIMING, [PEER])
    return made


def test_answered_peer_is_up_and_asked_again_after_the_interval(paths: Paths) -> None:
    assert paths.due(0) == [(PEER, 1)]
    assert paths.answered(PEER, 1)
    assert paths.peers[PEER].state == "up"
    assert paths.due(59.9) == []
    assert paths.due(60) == [(PEER, 2)]


def test_silent_peer_is_asked_again_at_once_then_down_then_up(paths: Paths) -> None:
    assert paths.due(0) == [(PEER, 1)]
    assert paths.due(2.9) == []
    assert paths.due(3) == [(PEER, 2)]
    assert paths.peers[PEER].state == "unknown"
    assert paths.due(6) == [] and paths.peers[PEER].state == "down"
    assert paths.due(63) == [(PEER, 3)]
    assert paths.answered(PEER, 3)
    assert (paths.peers[PEER].state, paths.peers[PEER].times_down) == ("up", 1)


def test_response_nobody_asked_for_changes_nothing(paths: Paths) -> None:
    assert not paths.answered(PEER, 0)
    paths.due(0)
    assert not paths.answered(PEER, 7) and not paths.answered("198.18.1.9", 1)
    assert paths.peers[PEER].state == "unknown"


def test_peers_that_stay_keep_their_state(paths: Paths) -> None:
    paths.due(0)
    paths.answered(PEER, 1)
    paths.configure(TIMING, ["198.18.1.3", PEER])
    assert {address: peer.state for address, peer in paths.peers.items()} == {PEER: "up", "198.18.1.3": "unknown"}


def test_a_flood_of_error_indications_is_remembered_in_part(paths: Paths) -> None:
    for teid in range(INDICATED_KEPT + 50):
        assert paths.indicated(PEER, teid)
    assert len(paths.peers[PEER].indicated) == INDICATED_KEPT
    assert not paths.indicated("198.18.1.9", 1)


def test_kinds_are_those_that_the_switch_tells() -> None:
    kinds = path_messages.UNKNOWN_TEID, path_messages.TOO_BIG, path_messages.SIGNAL, path_messages.TOO_BIG_UPLINK
    assert set(HANDLER_METERS) == set(kinds)
    assert path_messages.TO_NEXT_HOP == flows.TO_NEXT_HOP


def test_messages_byte_for_byte() -> None:
    assert path_messages.echo_request(5).hex() == "3201000400000000" + "00050000"
    assert path_messages.echo_response(5).hex() == "3202000600000000" + "00050000" + "0e00"
    indication = path_messages.error_indication(0x01020304, "198.18.1.1")
    assert indication.hex() == "321a001000000000" + "00000000" + "1001020304" + "850004c6120101"
    assert path_messages.indicated_teid(packets.parse_gtpu(indication)) == 0x01020304


def packet(source: str = "198.18.2.2", protocol: int = 17, payload: bytes = bytes(1480)) -> bytes:
    return packets.build_ipv4(packets.Ipv4(source, "198.19.0.1", protocol, 64, 1, payload))


@pytest.mark.parametrize(
    ("big", "answers"),
    [
        (packet(), 1),
        (packet(protocol=1, payload=b"\x08" + bytes(1479)), 1),
        (packet(protocol=1, payload=b"\x03" + bytes(1479)), 0),
        (packet(source="224.0.0.1"), 0),
        (packet(source=str(ipaddress.IPv4Address(0))), 0),
        (b"\x60" + bytes(1499), 0),
        (b"", 0),
    ],
)
def test_what_must_not_be_answered_is_not(big: bytes, answers: int) -> None:
    assert len(path_messages.too_big(big, ("198.18.2.1", "2001:db8:2::1"), 1464)) == answers


def test_handler_counts_what_it_cannot_read_and_what_it_cannot_send() -> None:
    def refuse(*_: t.Any) -> None:
        raise OSError("no route")

    handler = Handler(refuse, refuse)
    handler.configure(
        {
            "s5u_address": "198.18.1.1",
            "sgi_address": "198.18.2.1",
            "ipv6_address": None,
            "tunnel_mtu": 1464,
            "sgi_mtu": 1500,
            "peers": [PEER],
            "echo_interval": 60,
            "response_seconds": 3,
            "echo_requests": 5,
        }
    )
    handler.frame(b"\x02\x03" + bytes(12) + b"no packet")
    handler.frame(b"\x02\x01" + bytes(12) + packet())
    handler.frame(b"\x33\x33" + bytes(60))
    handler.tick(0)
    counters = {name: count for name, count in handler.status()["counters"].items() if count}
    assert counters == {"messages_not_understood": 1, "send_failures": 2}


def test_configuration_is_read_when_it_changes(tmp_path: t.Any) -> None:
    files = Files(tmp_path / "in.json", tmp_path / "out.json")
    assert files.changed() is None
    (tmp_path / "in.json").write_text("{")
    assert files.changed() is None
    (tmp_path / "new").write_text('{"a": 1}')
    (tmp_path / "new").rename(tmp_path / "in.json")
    assert files.changed() == {"a": 1}
    assert files.changed() is None
    files.write({"peers": {}})
    assert (tmp_path / "out.json").read_text() == '{\n "peers": {}\n}\n'
