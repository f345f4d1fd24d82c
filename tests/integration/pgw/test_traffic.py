# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets through the flows: what goes through, byte for byte, and what does not."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import UserPlane
from lab.testing.pgw_packets import PEER, SERVER, SERVER6, ipv4, ipv6, outer, routed, untunnelled
from tests.integration.pgw.conftest import Bench, session

SIZES = [64, 128, 576, 1280, 1400, 1464]
UE, UE6 = "198.19.0.1", "2001:db8:1:1::7"
LOCAL, REMOTE = 0x10001, 0x20001


@pytest.fixture(scope="module")
def plane(bench: Bench) -> UserPlane:
    plane = bench.plane(3)
    done = bench.switch.converge(plane)
    assert done.changed
    return plane


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("packet", [ipv4, ipv6])
def test_both_directions_byte_for_byte(
    bench: Bench, plane: UserPlane, size: int, packet: t.Callable[..., bytes]
) -> None:
    ue, server = (UE, SERVER) if packet is ipv4 else (UE6, SERVER6)
    up, down = packet(ue, server, size), packet(server, ue, size)
    bench.uplink(LOCAL, up)
    bench.sgi.send(down)
    assert bench.sgi.received() == [routed(up)]
    (outside,) = bench.s5u.received()
    message = untunnelled(outside)
    assert (message.message_type, message.teid, message.payload) == (packets.G_PDU, REMOTE, routed(down))
    assert packets.parse_ipv4(outside).destination == PEER


@pytest.mark.parametrize("ttl", [2, 32, 64, 79, 80, 96, 111, 112, 128, 255])
def test_uplink_at_every_ttl(bench: Bench, plane: UserPlane, ttl: int) -> None:
    """Open vSwitch takes an uplink packet's IP version from its ninth byte, which is IPv4's TTL."""
    up = ipv4(UE, SERVER, ttl=ttl)
    bench.uplink(LOCAL, up)
    assert bench.sgi.received() == [routed(up)]


def test_uplink_from_every_sort_of_ipv6_source(bench: Bench, plane: UserPlane) -> None:
    """The ninth byte is the first of an IPv6 source address."""
    for number, first in enumerate(("2001", "3ffe", "fc00", "fd60"), start=1):
        changed = bench.plane(0, sessions=[session(1, ue_ipv6_prefix=f"{first}:db8:9:{number}::/64")])
        bench.switch.converge(changed)
        up = ipv6(f"{first}:db8:9:{number}::5", SERVER6)
        bench.uplink(LOCAL, up)
        assert bench.sgi.received() == [routed(up)], first
    bench.switch.converge(plane)


@pytest.mark.parametrize("size", range(28, 62))
def test_padding_of_short_frames_stays_outside(bench: Bench, plane: UserPlane, size: int) -> None:
    down = ipv4(SERVER, UE, size)
    bench.sgi.send(down, pad=60)
    (outside,) = bench.s5u.received()
    assert untunnelled(outside).payload == routed(down)


def test_shortest_packets_of_both_versions_are_cut_too(bench: Bench, plane: UserPlane) -> None:
    for down in (packets.build_ipv4(packets.Ipv4(SERVER, UE, 253, 64, 1, b"")), ipv6(SERVER6, UE6, 40)):
        bench.sgi.send(down, pad=60)
        (outside,) = bench.s5u.received()
        assert untunnelled(outside).payload == routed(down)


@pytest.mark.parametrize(
    ("teid", "inner", "counter"),
    [
        (0x999, ipv4(UE, SERVER), "unknown_teid"),
        (LOCAL, ipv4("198.19.0.2", SERVER), "spoofed_source"),
        (LOCAL, ipv6("2001:db8:1:2::7", SERVER6), "spoofed_source"),
    ],
)
def test_wrong_uplink_is_dropped_and_counted(
    bench: Bench, plane: UserPlane, teid: int, inner: bytes, counter: str
) -> None:
    before = bench.dropped(plane)
    bench.uplink(teid, inner)
    assert bench.sgi.received() == []
    after = bench.dropped(plane)
    assert {key for key in after if after[key] != before[key]} == {counter, "uplink"}
    assert after[counter] == before[counter] + 1
    bench.s5u.received(0.2, 9)


@pytest.mark.parametrize("down", [ipv4(SERVER, "198.19.0.77"), ipv6(SERVER6, "2001:db8:1:77::1")])
def test_unknown_destination_is_dropped_and_counted(bench: Bench, plane: UserPlane, down: bytes) -> None:
    before = bench.dropped(plane)
    bench.sgi.send(down)
    assert bench.s5u.received() == []
    assert bench.dropped(plane)["unknown_destination"] == before["unknown_destination"] + 1


def test_packet_from_sgi_cannot_enter_the_tunnel(bench: Bench, plane: UserPlane) -> None:
    bench.sgi.send(outer(packets.build_gtpu(packets.Gtpu(packets.G_PDU, LOCAL, ipv4(UE, SERVER)))))
    assert bench.sgi.received() == []
    # The control: the same message is taken on S5-U.
    bench.uplink(LOCAL, ipv4(UE, SERVER))
    assert len(bench.sgi.received()) == 1


def test_change_shows_sessions_and_leaves_the_others_their_counters(bench: Bench, plane: UserPlane) -> None:
    bench.uplink(LOCAL, ipv4(UE, SERVER))
    assert len(bench.sgi.received()) == 1
    bench.dropped(plane)
    carried = bench.switch.decide(plane).result["sessions"][0]["uplink_packets"]
    bench.switch.converge(plane)
    changed = bench.plane(0, sessions=[session(1), session(3, peer_teid=0x30003), session(4, ue_ipv6_prefix=None)])
    done = bench.switch.converge(changed)
    assert [entry["name"] for entry in done.before["sessions"]] == ["ue-2", "ue-3"]
    assert [entry["name"] for entry in done.after["sessions"]] == ["ue-3", "ue-4"]
    result = bench.switch.decide(changed).result
    assert [entry["name"] for entry in result["sessions"]] == ["ue-1", "ue-3", "ue-4"]
    assert result["sessions"][0]["uplink_packets"] == carried
    bench.switch.converge(plane)


@pytest.mark.parametrize(
    "up", [ipv4(UE, SERVER, ttl=64), ipv4(UE, SERVER, ttl=128), ipv6(UE6, SERVER6)], ids=["64", "128", "v6"]
)
def test_change_takes_effect_on_packets_that_keep_coming(bench: Bench, plane: UserPlane, up: bytes) -> None:
    """Also on those that Open vSwitch looks up twice, and whose entries it can delete but not change."""
    for wanted, arrives in ((bench.plane(0, sessions=[session(3)]), 0), (plane, 1)) * 2:
        bench.uplink(LOCAL, up)
        bench.sgi.received(0.2, 9)
        bench.switch.converge(wanted)
        bench.uplink(LOCAL, up)
        assert len(bench.sgi.received(0.5)) == arrives
