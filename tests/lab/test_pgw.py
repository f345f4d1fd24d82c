# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PGW of the running deployment: its packets, its peers, many sessions, and every way to lose the switch.

Figures go to reports/pgw-lab.json. The deployment is left as it was found.
"""

from __future__ import annotations

import json
import os
import re
import time
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets, path_messages
from lab.testing.bidirectional_traffic import Traffic
from lab.testing.pgw_packets import PEER, S5U, SERVER, SERVER6, g_pdu, ipv4, ipv6, outer, routed, untunnelled
from tests.lab.gateway import PLANE, Gateway, quiet
from tests.support.capture import capture, dissect
from tests.support.exposition import parse

UE, UE6, LOCAL, REMOTE = "198.19.0.1", "2001:db8:1:1::7", 4097, 8193
UNKNOWN_TEID = 0x00BADBAD
# Those of the example.
SESSION_NAMES = ["ue-1", "ue-2", "ue-3", "verification"]
SIZES = (64, 128, 576, 1280, 1400)
# Ten thousand take six minutes in an emulated guest; tests/integration/pgw has as many in every run.
SESSIONS, CHANGED = int(os.environ.get("NFV_LAB_PGW_SESSIONS", "1000")), 100


def of_kind(*kinds: int) -> t.Callable[[bytes], bool]:
    """Accepts GTP-U messages of these types."""

    def accept(packet: bytes) -> bool:
        is_gtpu = packet[0] == 0x45 and packet[9] == packets.PROTOCOL_UDP and packet[28] >> 5 == 1
        return is_gtpu and packet[29] in kinds

    return accept


@pytest.mark.parametrize("packet", [ipv4, ipv6])
def test_both_directions_byte_for_byte(gateway: Gateway, packet: t.Callable[..., bytes]) -> None:
    ue, server = (UE, SERVER) if packet is ipv4 else (UE6, SERVER6)
    quiet(gateway.s5u, gateway.sgi)
    for size in SIZES:
        up, down = packet(ue, server, size), packet(server, ue, size)
        gateway.s5u.send(g_pdu(LOCAL, up))
        assert gateway.sgi.received(5) == [routed(up)], size
        gateway.sgi.send(down)
        (outside,) = gateway.s5u.received(5)
        message = untunnelled(outside)
        assert (message.teid, message.payload) == (REMOTE, routed(down)), size


def test_rings_are_as_large_as_asked_for(gateway: Gateway) -> None:
    """Output of the switch's own tools, for SGi by default."""
    shown = gateway.run("ovs-appctl", "dpif/show")
    sizes = {name: dict(re.findall(r"configured_(rxq|txq)_descriptors=(\d+)", line)) for name, line in ports(shown)}
    assert sizes == {"s5u": {"rxq": "1024", "txq": "2048"}, "sgi": {"rxq": "2048", "txq": "2048"}}


def ports(shown: str) -> list[tuple[str, str]]:
    """Names of the DPDK ports and what ovs-appctl dpif/show says of each."""
    return re.findall(r"^\s+(\S+) [^\n]*?: (\(dpdk: .*)$", shown, re.MULTILINE)


def test_what_is_no_sessions_is_dropped_and_counted(gateway: Gateway) -> None:
    before = gateway.statistics()["dropped"]
    quiet(gateway.s5u, gateway.sgi)
    for _time in range(3):
        gateway.s5u.send(g_pdu(UNKNOWN_TEID, ipv4(UE, SERVER)))
    for stranger in ("198.18.1.99", "203.0.113.9"):
        gateway.s5u.send(outer(packets.build_gtpu(packets.Gtpu(packets.G_PDU, LOCAL, ipv4(UE, SERVER))), stranger))
    for source in (ipv4("198.19.0.2", SERVER), ipv6("2001:db8:1:2::7", SERVER6)):
        gateway.s5u.send(g_pdu(LOCAL, source))
    for target in (ipv4(SERVER, "198.19.0.77"), ipv6(SERVER6, "2001:db8:1:77::1")):
        gateway.sgi.send(target)
    assert (gateway.sgi.received(2), gateway.s5u.received(0.5)) == ([], [])
    after = gateway.statistics()["dropped"]
    rise = {reason: after[reason] - before[reason] for reason in after if after[reason] != before[reason]}
    assert rise == {
        "uplink": 6, "downlink": 2, "unknown_teid": 3, "spoofed_source": 2, "wrong_source": 1, "strangers": 1,
        "unknown_destination": 2,
    }  # fmt: skip


def test_echo_is_answered_and_an_unknown_teid_indicated(gateway: Gateway) -> None:
    quiet(gateway.s5u)
    request = packets.build_gtpu(packets.Gtpu(path_messages.ECHO_REQUEST, 0, b"", 0x1234))
    gateway.s5u.send(outer(request, port=33333))
    (answer,) = gateway.s5u.received(5, 1, of_kind(path_messages.ECHO_RESPONSE))
    assert (untunnelled(answer).sequence_number, untunnelled(answer).payload) == (0x1234, b"\x0e\x00")
    gateway.s5u.send(g_pdu(UNKNOWN_TEID, ipv4(UE, SERVER)))
    (answer,) = gateway.s5u.received(5, 1, of_kind(path_messages.ERROR_INDICATION))
    assert path_messages.indicated_teid(untunnelled(answer)) == UNKNOWN_TEID


def test_path_management_is_confined(gateway: Gateway) -> None:
    unit = "nfv-pgw-path.service"
    number = gateway.run("systemctl", "show", "--property=MainPID", "--value", unit).strip()
    status = dict(line.split(":\t", 1) for line in gateway.run("cat", f"/proc/{number}/status").splitlines())
    assert "0" not in status["Uid"].split()
    # CAP_NET_RAW alone; seccomp's filter mode (proc(5)).
    assert (int(status["CapEff"], 16), status["NoNewPrivs"], status["Seccomp"]) == (1 << 13, "1", "2")


def test_peer_comes_up_and_goes_down(gateway: Gateway) -> None:
    def state() -> str:
        return str(gateway.path()["peers"][PEER]["state"])

    def answer(until: str, seconds: float) -> str:
        """Answers or ignores Echo Requests until the peer is in the state; returns the last state seen."""
        deadline = time.monotonic() + seconds
        while (seen := state()) != until and time.monotonic() < deadline:
            quiet(gateway.s5u)  # An old request is answered too late.
            for request in gateway.s5u.received(3, 1, of_kind(path_messages.ECHO_REQUEST)):
                if until == "up":
                    number = untunnelled(request).sequence_number or 0
                    gateway.s5u.send(outer(path_messages.echo_response(number)))
        return seen

    # Nobody on the tester's side answers by itself.
    for wanted in ("down", "up", "down"):
        assert answer(wanted, 60) == wanted


def test_dissector_of_others_reads_s5u_without_complaint(gateway: Gateway) -> None:
    file = gateway.scratch / "s5u.pcapng"
    # The control, of which the dissector must complain: a packet cut short in its tunnel.
    wrong = g_pdu(0x0000BAD1, ipv4(UE, SERVER)[:-10])
    with capture(gateway.deployment.state.tester_namespace, "s5u", file):
        for size in SIZES:
            gateway.s5u.send(g_pdu(LOCAL, ipv4(UE, SERVER, size)))
            gateway.sgi.send(ipv4(SERVER, UE, size))
            gateway.sgi.send(ipv6(SERVER6, UE6, size))
        gateway.s5u.send(outer(path_messages.echo_request(7)))
        gateway.s5u.send(g_pdu(UNKNOWN_TEID, ipv4(UE, SERVER)))
        gateway.s5u.send(wrong)
        time.sleep(2)
    found = dissect(file)
    complaints = {(each.teid, each.complaint) for each in found if each.complaint}
    assert {teid for teid, _complaint in complaints} == {0x0000BAD1}, complaints
    ours = [each for each in found if each.teid == REMOTE]
    assert len(ours) == 2 * len(SIZES)
    assert {path_messages.ECHO_RESPONSE, path_messages.ERROR_INDICATION} <= {each.message for each in found}


@pytest.mark.again
def test_timer_writes_statistics_for_prometheus(gateway: Gateway) -> None:
    directory = "/var/lib/nfv-test-textfile"
    gateway.run("mkdir", "-p", directory)
    options = {**PLANE, "statistics": {"textfile_directory": directory, "interval": 2}}
    try:
        assert gateway.module("pgw_sessions", options)["changed"]
        deadline = time.monotonic() + 60
        while "nfv_pgw.prom" not in gateway.run("ls", directory) and time.monotonic() < deadline:
            time.sleep(1)
        found = parse(gateway.run("cat", f"{directory}/nfv_pgw.prom"))
        assert found["nfv_pgw_up"].value() == 1
        assert found["nfv_pgw_sessions"].value() == len(SESSION_NAMES)
        told = json.loads(gateway.run("cat", "/run/nfv-vsphere-dpdk/pgw-statistics.json"))
        assert [session["name"] for session in told["sessions"]] == SESSION_NAMES
        assert gateway.run("systemctl", "is-enabled", "nfv-pgw-statistics.timer").strip() == "enabled"
    finally:
        assert gateway.module("pgw_sessions", PLANE)["changed"]
        left = gateway.run("ls", directory)
        gateway.run("rm", "-r", directory)
    assert left == ""


@pytest.mark.again
def test_restart_of_the_service_interrupts_nobody_for_long(gateway: Gateway) -> None:
    """tests/integration/pgw checks that none is lost; an emulated guest on a busy machine loses some without cause."""
    with Traffic(gateway.s5u, gateway.sgi, gateway.subscribers, 20) as traffic:
        time.sleep(1)
        gateway.run("systemctl", "restart", "nfv-pgw.service")
        time.sleep(2)
    gap = max(traffic.longest_gap().values())
    gateway.note(service_restart_longest_gap_s=gap, service_restart_lost=max(traffic.lost().values()))
    assert gap < 5


def test_killed_switch_comes_back_with_all_sessions(gateway: Gateway) -> None:
    old = gateway.run("pidof", "ovs-vswitchd").split()
    with Traffic(gateway.s5u, gateway.sgi, gateway.subscribers, 50) as traffic:
        time.sleep(2)
        killed, number = time.monotonic(), traffic.sent
        gateway.run("kill", "-KILL", *old)
        number = max(number, traffic.sent)
        first = traffic.first_since(number, 180)
        time.sleep(2)
    gap = traffic.longest_gap()
    gateway.note(recovery_s=max(first.values()) - killed, recovery_longest_gap_s=max(gap.values()))
    assert not set(gateway.run("pidof", "ovs-vswitchd").split()) & set(old)
    assert min(gap.values()) > 0.1, "nothing was interrupted: was the switch killed?"
    assert not gateway.module("pgw_sessions", PLANE)["changed"]


def many(count: int, changed: int = 0) -> list[dict[str, t.Any]]:
    """The lab's sessions, filled up with others to that number."""
    return [
        {
            "name": f"many-{number}",
            "ue_address": f"198.19.{number // 256}.{number % 256}",
            "local_teid": 0x10000 + number,
            "peer_teid": (0x20000 if number <= count - changed else 0x40000) + number,
            "peer_address": PEER,
        }
        for number in range(10, count + 10)
    ]


@pytest.mark.again
def test_many_sessions_and_a_change_of_some_while_the_others_carry_traffic(gateway: Gateway) -> None:
    plane = {**PLANE, "sessions": "{{ pgw_sessions + more }}"}
    try:
        began = time.monotonic()
        done = gateway.module("pgw_sessions", plane, more=many(SESSIONS))
        installed = time.monotonic() - began
        assert len(done["sessions"]) == SESSIONS + len(SESSION_NAMES)
        with Traffic(gateway.s5u, gateway.sgi, gateway.subscribers, 20) as traffic:
            began = time.monotonic()
            done = gateway.module("pgw_sessions", plane, more=many(SESSIONS, CHANGED))
            changed = time.monotonic() - began
        gateway.note(sessions=SESSIONS, install_s=installed, change_100_s=changed, change_packets=traffic.sent)
        assert done["changed"]
        assert traffic.sent > 20
        assert traffic.lost() == {"uplink": 0, "downlink": 0}, f"{traffic.lost()} of {traffic.sent} each"
        quiet(gateway.s5u)
        last = many(SESSIONS, CHANGED)[-1]
        gateway.sgi.send(ipv4(SERVER, last["ue_address"]))
        assert untunnelled(gateway.s5u.received(5)[0]).teid == last["peer_teid"]
    finally:
        back = gateway.module("pgw_sessions", PLANE)
    assert len(back["sessions"]) == len(SESSION_NAMES)


@pytest.mark.again
def test_state_absent_takes_all_of_it_and_present_brings_it_back(gateway: Gateway) -> None:
    absent = {"name": "absent", "nfv.vsphere_dpdk.pgw_sessions": {"state": "absent"}}
    again = {**absent, "name": "again"}
    info = {"name": "info", "nfv.vsphere_dpdk.pgw_sessions_info": {}}
    try:
        run = gateway.play(absent, again, info)
        assert run.result_of("absent")["changed"] and not run.result_of("again")["changed"]
        found = run.result_of("info")
        assert (found["sessions"], found["peers"]) == ([], {})
        assert S5U not in gateway.run("ip", "address", "show", "br-s5u")
        assert "nfv-pgw" not in gateway.run("ls", "/etc/systemd/system")
        gateway.s5u.send(g_pdu(LOCAL, ipv4(UE, SERVER)))
        assert gateway.sgi.received(1) == []
    finally:
        gateway.module("pgw_sessions", PLANE)
    assert passes(gateway)


def passes(gateway: Gateway, seconds: float = 30) -> bool:
    """Whether packets of the first session pass in both directions within the time."""
    quiet(gateway.s5u, gateway.sgi)
    with Traffic(gateway.s5u, gateway.sgi, gateway.subscribers[:1], 10) as traffic:
        traffic.first_since(0, seconds)
    return True


@pytest.mark.again
def test_reboot_brings_everything_back(gateway: Gateway) -> None:
    """Last, because it takes minutes where guests are emulated."""
    began = time.monotonic()
    gateway.reboot()
    assert passes(gateway, 120)
    gateway.note(reboot_s=time.monotonic() - began)
    assert not gateway.module("pgw_sessions", PLANE)["changed"]
