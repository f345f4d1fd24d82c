# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The session that is set aside for verification, in a switch, with the real tester behind a real router on SGi.

The tester of the switch becomes the router: it is the PGW's next hop, decrements the TTL and has MAC addresses of its
own. Behind it is a namespace with the tester that sends.
"""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import UserPlane
from lab.testing.native_switch import NativeSwitch, native_switch
from lab.testing.pgw_packets import S5U, SGI
from tests.integration.pgw.conftest import Bench, variables, wait_for
from tests.support.playbook import ROOT

VERIFY = {
    "ue_address": "198.19.255.1",
    "local_teid": 0x7F000001,
    "peer_teid": 0x7F000002,
    "peer_address": "198.18.1.77",
    "server_address": "203.0.113.2",
    "server_gateway": "203.0.113.1",
}
SESSION = {key: VERIFY[key] for key in ("ue_address", "local_teid", "peer_teid", "peer_address")}
COUNT = 50
_SEND = """
import json, sys
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.af_packet import GatewayInterface
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.checks import PacedLoad
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.gtpu import ProbeSession
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.run import run_gtpu
s5u, sgi, session, load, routers = json.loads(sys.argv[1])
ends = GatewayInterface(*s5u), GatewayInterface(*sgi)
try:
    print(json.dumps(run_gtpu(*ends, [ProbeSession(**session)], PacedLoad(*load), routers, 0xFFFFFFFF)[0]))
except NfvError as error:
    print(json.dumps(str(error)))
"""


# An interface of the tester, its address, and the neighbour that it sends to.
End = tuple[str, str, str]


class Segment(t.NamedTuple):
    """The switch, and the namespace of a tester that has an interface beside the peers and one behind the router."""

    switch: NativeSwitch
    plane: UserPlane
    tester: str

    def send(self, routers: int = 1, **session: t.Any) -> t.Any:
        """The tester's rows by name, or its refusal."""
        s5u = ("s5u-v", VERIFY["peer_address"], S5U)
        sgi = ("sgi-v", VERIFY["server_address"], VERIFY["server_gateway"])
        return sent(self.tester, s5u, sgi, {**SESSION, **session}, routers)


def sent(tester: str, s5u: End, sgi: End, session: dict[str, t.Any], routers: int = 1) -> t.Any:
    """The rows by name, or the refusal, of the tester in this namespace."""
    asked = [s5u, sgi, {"name": "verification", **session}, (COUNT, 200, 128, 1), routers]
    done = subprocess.run(
        ["ip", "netns", "exec", tester, sys.executable, "-c", _SEND, json.dumps(asked)],
        env={"PYTHONPATH": str(ROOT / ".cache/source"), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return found if isinstance(found, str) else {row["name"]: row for row in found}


@pytest.fixture(scope="module")
def segment() -> t.Iterator[Segment]:
    with native_switch() as switch:
        router, tester = switch.tester, f"{switch.root.name}-v"
        commands = f"""
            netns add {tester}
            -n {tester} link set lo up
            -n {router} link add br0 address 02:00:00:00:77:01 type bridge
            -n {router} address flush dev s5u
            -n {router} link set s5u master br0
            -n {router} link add v0 type veth peer name s5u-v netns {tester}
            -n {router} link set v0 master br0 up
            -n {router} link set br0 up
            -n {router} address add 198.18.1.2/24 dev br0
            -n {router} link add v1 type veth peer name sgi-v netns {tester}
            -n {router} link set v1 up
            -n {router} address add {VERIFY["server_gateway"]}/24 dev v1
            -n {router} route add 198.19.0.0/16 via {SGI}
            netns exec {router} sysctl -qw net.ipv4.ip_forward=1
            netns exec {switch.switch} sysctl -qw net.ipv4.conf.all.arp_ignore=1
            -n {tester} link set s5u-v up
            -n {tester} link set sgi-v up
            -n {tester} address add {VERIFY["peer_address"]}/24 dev s5u-v
            -n {tester} address add {VERIFY["server_address"]}/24 dev sgi-v
        """
        # arp_ignore: the kernel beside a switch without DPDK would answer for the bridge's addresses, too.
        try:
            for command in filter(None, map(str.strip, commands.splitlines())):
                switch.call("ip", *command.split(), here=True)
            for namespace, port in ((router, "v0"), (router, "v1"), (tester, "s5u-v"), (tester, "sgi-v")):
                off = ("tx", "off", "rx", "off", "gso", "off", "gro", "off", "tso", "off")
                switch.call("ip", "netns", "exec", namespace, "ethtool", "-K", port, *off, here=True)
            plane = UserPlane.of(**variables(2), verify_session=VERIFY)
            switch.converge(plane)
            yield Segment(switch, plane, tester)
        finally:
            subprocess.run(["ip", "netns", "del", tester], check=False, capture_output=True)


def test_both_directions_pass_behind_a_router(segment: Segment) -> None:
    rows = segment.send()
    for name in ("uplink", "downlink"):
        assert (rows[name]["received"], rows[name]["lost"], rows[name]["corrupt"]) == (COUNT, 0, 0), rows[name]
    dropped = rows["wrong TEID"]
    assert (dropped["sent"], dropped["received"] + dropped["corrupt"]) == (COUNT, 0)
    # Without leave to pass a router, the same packets are wrong.
    rows = segment.send(routers=0)
    for name in ("uplink", "downlink"):
        assert rows[name]["corrupt"] == COUNT
        assert "inner TTL 62" in rows[name]["problems"][0]


def test_path_management_asks_peers_and_never_the_tester(segment: Segment) -> None:
    wait_for(lambda: "198.18.1.2" in segment.switch.status()["peers"])
    assert list(segment.switch.status()["peers"]) == ["198.18.1.2"]
    assert list(segment.switch.decide(segment.plane).result["peers"]) == ["198.18.1.2"]


def test_an_address_that_somebody_else_has_is_refused_before_the_first_packet(segment: Segment) -> None:
    address = f"{VERIFY['peer_address']}/32"
    router = segment.switch.tester
    segment.switch.call("ip", "-n", router, "address", "add", address, "dev", "br0", here=True)
    try:
        refusal = segment.send()
    finally:
        segment.switch.call("ip", "-n", router, "address", "del", address, "dev", "br0", here=True)
    assert isinstance(refusal, str), refusal
    assert refusal.startswith(f"[tester_address_taken] {VERIFY['peer_address']}: ")
    assert "02:00:00:00:77:01" in refusal


def test_the_gateway_finds_a_tester_that_has_moved_at_once(segment: Segment) -> None:
    """Another machine has the tester's address now, and the gateway still knows the MAC address of the first."""
    assert segment.send()["downlink"]["received"] == COUNT
    segment.switch.call("ip", "-n", segment.tester, "link", "set", "s5u-v", "address", "02:00:00:00:77:78", here=True)
    found = segment.send()["downlink"]
    assert (found["received"], found["lost"], found["corrupt"]) == (COUNT, 0, 0), found


def test_the_tester_may_be_beside_the_next_hop(bench: Bench) -> None:
    """Addresses of its own in the networks of the peer and of the next hop."""
    switch, server = bench.switch, "198.18.2.77"
    session = {key: value for key, value in VERIFY.items() if key != "server_gateway"}
    switch.call("ip", "netns", "exec", switch.switch, "sysctl", "-qw", "net.ipv4.conf.all.arp_ignore=1", here=True)
    for address, port in ((VERIFY["peer_address"], "s5u"), (server, "sgi")):
        switch.call("ip", "-n", switch.tester, "address", "add", f"{address}/24", "dev", port, here=True)
    switch.converge(UserPlane.of(**variables(2), verify_session={**session, "server_address": server}))
    rows = sent(switch.tester, ("s5u", VERIFY["peer_address"], S5U), ("sgi", server, SGI), SESSION)
    for name in ("uplink", "downlink"):
        assert (rows[name]["received"], rows[name]["lost"], rows[name]["corrupt"]) == (COUNT, 0, 0), rows[name]
