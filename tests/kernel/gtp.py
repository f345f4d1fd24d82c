# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PGW's user plane by the kernel's module gtp: set up by module interrupt_forwarding, judged by the tester's packets.

The gateway is this kernel, with d-a (S5-U) and d-b (SGi); the tester has the other ends in a network namespace. The
two look like VMXNET3 adapters in sysfs, because this kernel has no PCI bus.
"""

from __future__ import annotations

import dataclasses
import subprocess
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest, apply
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.netlink import ask_family
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts import gtp
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.model import TUNNEL, Tunnel
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.plan import ROUNDS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.record import RECORD
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.interrupt_forwarding import decide
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.path_messages import (
    ECHO_RESPONSE,
    echo_request,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.af_packet import GatewayInterface
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.checks import PacedLoad
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.gtpu import ProbeSession
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.run import run_gtpu
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.streams import LARGEST_SIZE
from lab.networks import inside
from lab.testing.pgw_packets import PEER, S5U, SERVER, SGI, outer, untunnelled
from tests.support.segments import ip, packet_socket

TESTER = "tester"
SESSIONS = (
    ProbeSession("ue-1", "198.19.0.1", 4097, 8193, PEER),
    ProbeSession("ue-2", "198.19.0.2", 4098, 8194, PEER),
)
MACS = {"t-a": "02:00:00:00:01:02", "t-b": "02:00:00:00:02:02", "d-a": "02:00:00:00:01:01", "d-b": "02:00:00:00:02:01"}
COUNT, PPS = 20, 200


def options(sessions: t.Sequence[ProbeSession] = SESSIONS) -> dict[str, t.Any]:
    """The module's options, as a comparison of a PGW gives them."""
    return {
        "devices": [{"name": "s5u", "mac": MACS["d-a"]}, {"name": "sgi", "mac": MACS["d-b"]}],
        "forwarding": "gtp",
        "adapters": [
            {"name": "s5u", "addresses": [f"{S5U}/24"], "neighbours": [{"address": PEER, "mac": MACS["t-a"]}]},
            {"name": "sgi", "addresses": [f"{SGI}/24"], "neighbours": [{"address": SERVER, "mac": MACS["t-b"]}]},
        ],
        "sessions": [dataclasses.asdict(one) for one in sessions],
        "state": "present",
        "interrupt_coalescing": True,
        "interrupt_service": "never",
    }


def run(argv: t.Sequence[str]) -> tuple[int, str, str]:
    if argv[0] == "systemctl":
        return 1, "", "System has not been booted with systemd as init system"
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def look(sessions: t.Sequence[ProbeSession] = SESSIONS) -> Plan:
    """What the module would do."""
    return decide(Guest(run), options(sessions))


def forward(sessions: t.Sequence[ProbeSession] = SESSIONS) -> Plan:
    """What the module does: it looks, changes, and looks again. Returns what it found to do at first."""
    return _converge(options(sessions))


def give_back() -> Plan:
    """The same with state absent."""
    return _converge({"state": "absent"})


def _converge(params: t.Mapping[str, t.Any]) -> Plan:
    guest = Guest(run)
    first = plan = decide(guest, params)
    for _round in range(ROUNDS):
        if plan.changed:
            apply(plan.steps, guest)
            plan = decide(guest, params)
    assert not plan.changed, plan.steps
    return first


@pytest.fixture(scope="module", autouse=True)
def _cables(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[None]:
    for place in ("/var/lib", "/sys/bus"):
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=True)
    # This kernel's own modprobe does not know where its modules are.
    subprocess.run(["modprobe", "veth"], check=True)
    ip("netns", "add", TESTER)
    for slot, (near, far, address) in enumerate((("d-a", "t-a", PEER), ("d-b", "t-b", SERVER)), 11):
        ends = ("address", MACS[near], "type", "veth", "peer", "name", far, "address", MACS[far], "netns", TESTER)
        ip("link", "add", near, *ends)
        ip("-n", TESTER, "address", "add", f"{address}/24", "dev", far)
        ip("-n", TESTER, "link", "set", far, "up")
        # An adapter computes checksums; a cable of veth would leave them to whoever looks.
        subprocess.run(["ethtool", "--offload", near, "tx", "off"], check=True, stdout=subprocess.DEVNULL)
        _look_like_an_adapter(near, f"0000:{slot:02x}:00.0")
    yield
    ip("netns", "delete", TESTER)


def _look_like_an_adapter(interface: str, pci_address: str) -> None:
    device = Path("/sys/bus/pci/devices") / pci_address
    driver = Path("/sys/bus/pci/drivers/vmxnet3")
    (device / "net").mkdir(parents=True)
    driver.mkdir(parents=True, exist_ok=True)
    (device / "driver").symlink_to(driver)
    (device / "net" / interface).symlink_to(f"/sys/class/net/{interface}")
    for name, value in (
        ("class", "0x020000"),
        ("vendor", "0x15ad"),
        ("device", "0x07b0"),
        ("driver_override", "(null)"),
    ):
        (device / name).write_text(f"{value}\n")


@pytest.fixture
def gateway() -> None:
    """The kernel forwards, with SESSIONS."""
    forward()


def probe(sessions: t.Sequence[ProbeSession] = SESSIONS, size: int = 128) -> dict[str, dict[str, t.Any]]:
    """The rows of the tester's packets through the gateway, by name."""
    with inside(TESTER):
        rows, dropped = run_gtpu(
            GatewayInterface("t-a", PEER, S5U),
            GatewayInterface("t-b", SERVER, SGI),
            sessions,
            PacedLoad(COUNT, PPS, size, 0.5),
        )
    assert dropped == 0
    return {row["name"]: row for row in rows}


def passed(row: t.Mapping[str, t.Any]) -> tuple[int, int]:
    return row["received"], row["corrupt"] + row["duplicate"] + row["bad_outer_checksum"]


@pytest.mark.usefixtures("gateway")
def test_both_directions_pass_and_strangers_do_not() -> None:
    """Up to the largest packet of a mix of frames, which must not be fragmented."""
    for size in (64, LARGEST_SIZE):
        rows = probe(size=size)
        for direction in ("uplink", "downlink"):
            assert passed(rows[direction]) == (COUNT, 0), rows[direction]
        # A TEID that no session has, and another session's subscriber as source.
        for stranger in ("wrong TEID", "wrong source"):
            assert rows[stranger]["sent"] == COUNT
            assert passed(rows[stranger]) == (0, 0), rows[stranger]
    # A second run changes nothing.
    again = look()
    assert (again.steps, again.before) == ((), again.after)


@pytest.mark.usefixtures("gateway")
def test_downlink_with_another_teid_than_the_sessions_is_not_taken_for_right() -> None:
    """The negative control of the probe: the gateway is told other TEIDs than the tester knows."""
    other = [ProbeSession(one.name, one.ue_address, one.local_teid, one.peer_teid + 64, PEER) for one in SESSIONS]
    assert forward(other).changed
    rows = probe()
    assert passed(rows["uplink"]) == (COUNT, 0)
    assert (rows["downlink"]["received"], rows["downlink"]["corrupt"]) == (0, COUNT)
    assert "TEID 8257, must be 8193" in rows["downlink"]["problems"][0] + rows["downlink"]["problems"][1]


@pytest.mark.usefixtures("gateway")
def test_a_context_that_somebody_removed_is_named_by_its_session() -> None:
    link = int(Path(f"/sys/class/net/{TUNNEL}/ifindex").read_text())
    lost = Tunnel(SESSIONS[1].local_teid, SESSIONS[1].peer_teid, PEER, SESSIONS[1].ue_address)
    ask_family(gtp.FAMILY, [gtp.delete_tunnel(link, lost)])
    rows = probe()
    for direction in ("uplink", "downlink"):
        assert rows[direction]["received"] == COUNT // 2
        assert "the first is number 1" in rows[direction]["problems"][-1]
    seen = look()
    assert (seen.before["tunnels"], seen.after["tunnels"]) == (
        [],
        ["ue-2: 198.19.0.2 in TEID 4098, out TEID 8194 to 198.18.1.2"],
    )
    assert forward().changed
    assert passed(probe()["downlink"]) == (COUNT, 0)


@pytest.mark.usefixtures("gateway")
def test_a_context_that_the_kernel_refuses_is_named_by_its_session() -> None:
    link = int(Path(f"/sys/class/net/{TUNNEL}/ifindex").read_text())
    known = Tunnel(SESSIONS[0].local_teid, SESSIONS[0].peer_teid, PEER, SESSIONS[0].ue_address, "ue-1")
    unknown = Tunnel(5000, 9000, PEER, "198.19.0.9", "ue-9")
    (step,) = gtp.tunnel_steps(link, (known, unknown), ())
    with pytest.raises(NfvError) as refused:
        apply((step,), Guest(run))
    assert refused.value.error_code.value == "tunnels_refused"
    reason = "was refused at ue-9: 198.19.0.9 in TEID 5000, out TEID 9000 to 198.18.1.2: No such file or directory"
    assert reason in refused.value.attempted


@pytest.mark.usefixtures("gateway")
def test_sessions_come_and_go_while_the_others_stay() -> None:
    third = ProbeSession("ue-3", "198.19.0.3", 4099, 8195, PEER)
    assert forward([SESSIONS[0], third]).changed
    rows = probe([SESSIONS[0], third])
    for direction in ("uplink", "downlink"):
        assert passed(rows[direction]) == (COUNT, 0), rows[direction]
    assert probe([SESSIONS[1]])["uplink"]["received"] == 0


@pytest.mark.usefixtures("gateway")
def test_the_kernel_answers_echo_requests() -> None:
    with packet_socket(TESTER, "t-a") as tester:
        tester.settimeout(10)
        tester.send(packets.build_ethernet(MACS["d-a"], MACS["t-a"], outer(echo_request(7))))
        while True:
            packet = packets.parse_ethernet(tester.recv(2048))
            if packets.parse_ipv4(packet).source == S5U:
                break
    # Linux 6.1 does not repeat the request's sequence number, as TS 29.281 asks for, and says 0.
    assert untunnelled(packet).message_type == ECHO_RESPONSE


def test_afterwards_the_guest_is_what_it_was() -> None:
    give_back()
    before = _settings()
    forward()
    assert Path(RECORD).is_file()
    assert _settings() != before
    assert give_back().changed
    assert _settings() == before
    assert not Path(RECORD).exists()
    assert not give_back().changed


def _settings() -> str:
    """Links, addresses, neighbours, routes and the interfaces' settings."""
    commands = (("address", "show"), ("neighbour", "show", "nud", "permanent"), ("route", "show", "table", "all"))
    shown = [subprocess.run(["ip", "-4", *one], check=True, capture_output=True, text=True).stdout for one in commands]
    links = subprocess.run(["ip", "-brief", "link"], check=True, capture_output=True, text=True).stdout
    conf = Path("/proc/sys/net/ipv4/conf")
    values = [(conf / name / key).read_text() for name in ("all", "d-a", "d-b") for key in ("forwarding", "rp_filter")]
    return "".join([*shown, links, *values])
