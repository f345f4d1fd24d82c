# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten thousand sessions, VLANs, rates, a killed switch, and the way back."""

from __future__ import annotations

import dataclasses
import statistics
import threading
import time

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import RunCommand
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import UserPlane
from lab.testing.bidirectional_traffic import Subscriber, Traffic
from lab.testing.pgw_packets import PEER, SERVER, ipv4, untunnelled
from lab.testing.tester_port import Port, is_traffic
from tests.integration.pgw.conftest import Bench, session, variables

UE, LOCAL = "198.19.0.1", 0x10001


def test_changing_100_of_10000_loses_no_packet_of_the_others(bench: Bench) -> None:
    many = variables(10_000)
    plane = UserPlane.of(**many)
    bench.switch.converge(plane)
    changed = [session(number, peer_teid=0x50000 + number) for number in range(5_000, 5_100)]
    other = UserPlane.of(**{**many, "sessions": [*many["sessions"][:4_999], *changed, *many["sessions"][5_099:]]})
    done = threading.Event()
    sent = 0

    def load() -> None:
        nonlocal sent
        while not done.is_set():
            for number in range(1, 11):
                bench.uplink(0x10000 + number, ipv4(f"198.19.0.{number}", SERVER))
            sent += 10
            time.sleep(0.02)

    bench.sgi.received(0.2, 10_000)
    sender = threading.Thread(target=load)
    sender.start()
    time.sleep(0.5)
    plan = bench.switch.converge(other)
    time.sleep(0.5)
    done.set()
    sender.join()
    # The bundle is all that was done to the switch: one transaction for a hundred sessions.
    bundles = [step.argv for step in plan.steps if isinstance(step, RunCommand)]
    assert len(bundles) == 1 and "bundle" in bundles[0]
    assert len(plan.before["sessions"]) == len(plan.after["sessions"]) == 100
    assert sent > 100
    assert len(bench.sgi.received(3, sent)) == sent
    bench.sgi.send(ipv4(SERVER, "198.19.19.136"))
    assert untunnelled(bench.s5u.received(2)[0]).teid == 0x50000 + 5_000


def test_restart_of_the_service_loses_nothing(bench: Bench) -> None:
    """The unit's commands run again while the switch carries traffic."""
    bench.switch.converge(bench.plane(3))
    bench.s5u.received(0.3, 99)
    subscribers = [Subscriber(f"198.19.0.{number}", 0x10000 + number) for number in (1, 2, 3)]
    with Traffic(bench.s5u, bench.sgi, subscribers, 100) as traffic:
        time.sleep(1)
        assert bench.switch.guest.run(["systemctl", "start", "nfv-pgw.service"])[0] == 0
        time.sleep(1)
    assert traffic.sent > 100
    assert traffic.lost() == {"uplink": 0, "downlink": 0}


def test_session_is_held_to_its_rates_and_others_are_not(bench: Bench) -> None:
    """1 Mbit/s is 250 packets of 500 bytes a second; what is offered is more than twice that."""
    limited = session(1, uplink_kbps=1000, downlink_kbps=1000, ue_ipv6_prefix=None)
    plane = bench.plane(0, sessions=[limited, session(2)])
    bench.switch.converge(plane)
    assert bench.switch.decide(plane).result["sessions"][0]["uplink_kbps"] == 1000
    free = offered(bench, 2)
    assert free[0] == free[1] == free[2]
    held(bench, 1000, 1000)
    # Twice the rate: the meter changes, the flows do not.
    faster = bench.plane(0, sessions=[{**limited, "uplink_kbps": 2000}, session(2)])
    plan = bench.switch.converge(faster)
    assert [step.argv[-2] for step in plan.steps if isinstance(step, RunCommand)] == ["add"]
    held(bench, 2000, 1000)


def held(bench: Bench, *limits: int) -> None:
    """Session 1 gets its rates on SGi and on S5-U, in kbit/s, and never more.

    A machine that is busy offers packets in bursts, of which a meter rightly drops more: it may try again to be even.
    """
    rates: list[float] = []
    for _attempt in range(5):
        rates = [arrived * 500 * 8 / 3 / 1000 for arrived in offered(bench, 1)[1:]]
        # A burst of 100 ms may pass at once.
        assert all(rate <= 1.2 * limit for rate, limit in zip(rates, limits, strict=True)), rates
        if all(rate >= 0.85 * limit for rate, limit in zip(rates, limits, strict=True)):
            return
    pytest.fail(f"less than {limits} kbit/s each time: {rates}")


def offered(bench: Bench, number: int) -> tuple[int, int, int]:
    """Packets sent in three seconds in each direction, and those that arrived on SGi and on S5-U."""
    up, down = ipv4(f"198.19.0.{number}", SERVER, 500), ipv4(SERVER, f"198.19.0.{number}", 500)
    count, began = 0, time.monotonic()
    while time.monotonic() < began + 3:
        bench.uplink(0x10000 + number, up)
        bench.sgi.send(down)
        count += 1
        time.sleep(max(0.0, began + count / 700 - time.monotonic()))
    return count, len(bench.sgi.received(1, count)), len(bench.s5u.received(1, count))


def test_vlans_on_both_ports(bench: Bench) -> None:
    """Neighbours are found, and packets go, in the VLAN alone. A host's kernel would answer untagged requests too."""
    for port, address in (("s5u", f"{PEER}/24"), ("sgi", f"{SERVER}/24")):
        bench.switch.call("ip", "-n", bench.switch.tester, "address", "del", address, "dev", port, here=True)
    plane = bench.plane(0, s5u={"vlan": 100}, sgi={"vlan": 200, "ipv6_address": None, "ipv6_next_hop": None})
    plane = dataclasses.replace(plane, sessions=bench.plane(0, sessions=[session(1, ue_ipv6_prefix=None)]).sessions)
    hosts = [
        threading.Thread(target=port.answer_arp, args=(address, vlan))
        for port, address, vlan in ((bench.s5u, PEER, 100), (bench.sgi, SERVER, 200))
    ]
    try:
        for host in hosts:
            host.start()
        bench.switch.converge(plane)
        found = bench.switch.decide(plane).result
        for host in hosts:
            host.join()
        assert found["peers"][PEER] == bench.s5u.mac and found["next_hop_mac"] == bench.sgi.mac
        bench.uplink(LOCAL, ipv4(UE, SERVER), vlan=100)
        assert vlans(bench.sgi) == {200}
        bench.sgi.send(ipv4(SERVER, UE), vlan=200)
        assert vlans(bench.s5u) == {100}
        # The control: without a tag, or with another, nothing goes through.
        for vlan in (None, 101):
            bench.uplink(LOCAL, ipv4(UE, SERVER), vlan=vlan)
            assert vlans(bench.sgi) == set()
    finally:
        for port, address in (("s5u", f"{PEER}/24"), ("sgi", f"{SERVER}/24")):
            bench.switch.call("ip", "-n", bench.switch.tester, "address", "add", address, "dev", port, here=True)


def vlans(port: Port) -> set[int]:
    """The VLANs of the traffic that arrives within half a second."""
    found, deadline = set(), time.monotonic() + 0.5
    while time.monotonic() < deadline:
        frame = port.tagged(0.1)
        if frame is not None and frame[1][12:14] == b"\x08\x00" and is_traffic(frame[1][14:]):
            found.add(frame[0])
    return found


def test_killed_switch_comes_back_with_all_sessions(bench: Bench) -> None:
    plane = bench.plane(1000)
    bench.switch.converge(plane)
    bench.switch.kill_switch()
    bench.switch.unit_lost()
    began = time.monotonic()
    bench.switch.start_switch()
    # What systemd does: the unit starts with ovs-vswitchd, from its files alone.
    bench.switch.guest.run(["systemctl", "start", "nfv-pgw.service"])
    assert time.monotonic() - began < 30
    assert not bench.switch.decide(plane).changed
    answers = []
    for _ in range(20):
        bench.uplink(LOCAL, ipv4(UE, SERVER))
        answers += bench.sgi.received(0.5)
    assert len(answers) >= 10
    assert statistics.mode(answers)[8] == 63


def test_removal_takes_everything_and_then_nothing(bench: Bench) -> None:
    bench.switch.converge(bench.plane(3))
    assert bench.switch.converge(None).changed
    assert not bench.switch.decide(None).changed
    assert bench.switch.status()["peers"] == {}
    assert not any((bench.switch.root / "etc/nfv-vsphere-dpdk").iterdir())
    assert "n_packets" not in bench.switch.call("ovs-ofctl", "-OOpenFlow15", "dump-flows", "br-s5u")
    assert "meter=" not in bench.switch.call("ovs-ofctl", "-OOpenFlow15", "dump-meters", "br-sgi")
