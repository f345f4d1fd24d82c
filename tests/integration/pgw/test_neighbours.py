# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers behind a router, and next hops whose MAC is given: nobody asks for those, and nobody answers here."""

from __future__ import annotations

import ipaddress
import json
import time
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets, path_messages
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import UserPlane
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness import tester as judge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.tester import who_answers
from lab.networks import inside
from lab.testing.pgw_packets import PEER, S5U, SERVER, SERVER6, SGI, ipv4, ipv6, untunnelled
from lab.testing.tester_port import Port, is_traffic
from tests.integration.pgw.conftest import Bench, session

# RFC 5737: a peer on another network. No end has the silent addresses, or the MAC.
FAR, ROUTER = "192.0.2.10", "198.18.1.9"
SILENT, SILENT_SGI, SILENT_SGI6 = "198.18.1.77", "198.18.2.77", "2001:db8:2::77"
GIVEN = "02:00:5e:00:53:77"
UE, UE6, LOCAL, REMOTE = "198.19.0.1", "2001:db8:1:1::7", 0x10001, 0x20001


class Seen(t.NamedTuple):
    """Frames of some time: traffic with its destination MAC, and the addresses that were asked for."""

    traffic: list[tuple[str, bytes]]
    asked: set[str]


def seen(port: Port, seconds: float = 1.5) -> Seen:
    """What arrives at a port."""
    found, deadline = Seen([], set()), time.monotonic() + seconds
    while time.monotonic() < deadline:
        frame = (port.tagged(0.1) or (0, b""))[1]
        if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\1":
            found.asked.add(str(ipaddress.IPv4Address(frame[38:42])))
        elif frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[54] == 135:
            found.asked.add(str(ipaddress.IPv6Address(frame[62:78])))
        elif frame[12:14] in (b"\x08\x00", b"\x86\xdd") and is_traffic(frame[14:]):
            found.traffic.append((frame[:6].hex(":"), frame[14:]))
    return found


def far_plane(bench: Bench, **s5u: t.Any) -> UserPlane:
    return bench.plane(0, sessions=[session(1, peer_address=FAR)], s5u=s5u)


@pytest.fixture
def router(bench: Bench) -> t.Iterator[str]:
    """A router on S5-U: the tester, by another address."""
    for address in (f"{ROUTER}/24", f"{FAR}/32"):
        bench.switch.call("ip", "-n", bench.switch.tester, "address", "add", address, "dev", "s5u", here=True)
    yield ROUTER
    for address in (f"{ROUTER}/24", f"{FAR}/32"):
        bench.switch.call("ip", "-n", bench.switch.tester, "address", "del", address, "dev", "s5u", here=True)


def test_peer_behind_a_router_sends_receives_and_is_answered(bench: Bench, router: str) -> None:
    bench.switch.converge(far_plane(bench, next_hop=router))
    bench.uplink(LOCAL, ipv4(UE, SERVER), source=FAR)
    assert len(bench.sgi.received()) == 1
    bench.sgi.send(ipv4(SERVER, UE))
    ((mac, packet),) = seen(bench.s5u).traffic
    assert (mac, packets.parse_ipv4(packet).destination) == (bench.s5u.mac, FAR)
    assert untunnelled(packet).teid == REMOTE
    bench.uplink(0, b"", path_messages.ECHO_REQUEST, source=FAR)
    (answer,) = bench.s5u.received(2, 1, lambda each: each[9] == packets.PROTOCOL_UDP and each[29] == 2)
    assert packets.parse_ipv4(answer).destination == FAR
    # The way back takes the route along, which would hide another one.
    bench.switch.converge(bench.plane(1))
    assert FAR not in bench.switch.call("ip", "route")


def test_given_mac_of_the_router_is_used_unasked(bench: Bench) -> None:
    plane = far_plane(bench, next_hop=SILENT, next_hop_mac=GIVEN)
    bench.switch.converge(plane)
    assert bench.switch.decide(plane).result["peers"] == {FAR: GIVEN}
    bench.sgi.send(ipv4(SERVER, UE))
    found = seen(bench.s5u)
    assert [(mac, packets.parse_ipv4(packet).destination) for mac, packet in found.traffic] == [(GIVEN, FAR)]
    assert SILENT not in found.asked


def test_router_whose_mac_is_not_given_is_asked_and_without_an_answer_nothing_goes(bench: Bench) -> None:
    """The control: the test above sees requests, and what is given is what lets packets through."""
    plane = far_plane(bench, next_hop=SILENT)
    bench.switch.converge(bench.plane(1))
    bench.switch.call("ovs-appctl", "tnl/neigh/flush")
    seen(bench.s5u, 0.2)
    bench.switch.converge(plane)
    assert bench.switch.decide(plane).result["peers"] == {FAR: None}
    bench.sgi.send(ipv4(SERVER, UE))
    found = seen(bench.s5u, 3)
    assert found.traffic == []
    assert SILENT in found.asked


def test_another_given_mac_takes_effect_at_once(bench: Bench) -> None:
    other = GIVEN.replace("77", "78")
    for mac in (GIVEN, other):
        bench.switch.converge(far_plane(bench, next_hop=SILENT, next_hop_mac=mac))
        bench.sgi.send(ipv4(SERVER, UE))
        assert [to for to, _packet in seen(bench.s5u, 1).traffic] == [mac]
    # The kernel asks for its own entry once more, and has no address until the flow has answered.
    deadline = time.monotonic() + 10
    while (found := kernels_neighbours(bench).get(SILENT)) != other and time.monotonic() < deadline:
        time.sleep(0.2)
    assert found == other


def kernels_neighbours(bench: Bench) -> dict[str, str | None]:
    """The kernel's neighbours on S5-U and their MAC addresses."""
    near = json.loads(bench.switch.call("ip", "-json", "neighbour", "show", "dev", "br-s5u"))
    return {entry["dst"]: entry.get("lladdr") for entry in near}


@pytest.mark.parametrize("given", [True, False])
def test_given_macs_of_sgi_next_hops_are_used_unasked(bench: Bench, given: bool) -> None:
    macs = {"next_hop_mac": GIVEN.upper().replace(":", "-"), "ipv6_next_hop_mac": GIVEN} if given else {}
    hops = {"next_hop": SILENT_SGI, "ipv6_next_hop": SILENT_SGI6, **macs}
    bench.switch.converge(None)
    plane = bench.plane(1, sgi=hops)
    bench.switch.converge(plane)
    bench.uplink(LOCAL, ipv4(UE, SERVER))
    bench.uplink(LOCAL, ipv6(UE6, SERVER6))
    found = seen(bench.sgi, 3)
    assert {SILENT_SGI, SILENT_SGI6} & found.asked == (set() if given else {SILENT_SGI, SILENT_SGI6})
    # Without an answer a packet has no next hop to go to; with the MAC given both have.
    assert [mac for mac, _packet in found.traffic if mac == GIVEN] == ([GIVEN] * 2 if given else [])
    result = bench.switch.decide(plane).result
    assert result["next_hop_mac"] == result["ipv6_next_hop_mac"] == (GIVEN if given else None)
    assert S5U not in found.asked


def test_tester_that_asks_before_it_sends_finds_the_pgw_and_nobody_else(bench: Bench) -> None:
    """An ARP probe comes from 0.0.0.0, which is no configured peer: the user plane answers all the same."""
    bench.switch.converge(bench.plane(1))
    asked = [
        judge.InterfaceAsked("s5u", PEER, neighbours=(judge.Neighbour(S5U), judge.Neighbour(SILENT))),
        judge.InterfaceAsked("sgi", SERVER, neighbours=(judge.Neighbour(SGI),)),
    ]
    with inside(bench.switch.tester):
        found = who_answers(asked, {bytes.fromhex(port.mac.replace(":", "")) for port in (bench.s5u, bench.sgi)})
    # Linux answers on every interface, so that the switch's end of the cable answers, too; a DPDK port has none.
    assert bench.s5u.switch_mac in found["s5u", S5U]
    assert bench.sgi.switch_mac in found["sgi", SGI]
    assert {key for key, macs in found.items() if not macs} == {("s5u", PEER), ("s5u", SILENT), ("sgi", SERVER)}
