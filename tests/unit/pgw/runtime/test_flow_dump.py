# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The flows of a real switch are read back as the sessions that they came from."""

from __future__ import annotations

import dataclasses

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.flow_dump import SessionCount, carried
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.flows import COOKIE, LEARNED
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import UserPlane
from tests.unit.pgw.recorded_plane import ALLOCATED, NAMES, READING


def test_real_dump_is_read_back_as_the_sessions_it_came_from(plane: UserPlane, dump: str) -> None:
    seen = carried(dump, NAMES, READING)
    assert seen.sessions == plane.sessions
    assert seen.meters == ALLOCATED
    assert seen.counts["198.19.0.1"] == SessionCount(7, 448, 2, 2968, spoofed=3)
    # One more direction of addresses: IPv6 uplink and IPv4 downlink are one session's, and its meters'.
    assert seen.counts["198.19.0.2"] == SessionCount(7, 546, 3, 234, uplink_over_rate=3, downlink_over_rate=1)
    assert (seen.unknown_teid, seen.spoofed, seen.unknown_destination, seen.too_big) == (3, 3, 2, 2)
    assert seen.next_hop_mac is not None and seen.ipv6_next_hop_mac == seen.next_hop_mac


def test_sources_of_a_peer_are_read_back_and_counted_together(plane: UserPlane, dump: str) -> None:
    """As OVS 3.1.0 prints the flows of a session with the outer source checked; the recorded one is without."""
    head = f" cookie={COOKIE:#x}, duration=3.5s, table=10, n_packets=%d, n_bytes=%d, idle_age=2, "
    lines = [
        line
        for line in dump.splitlines()
        if not ("table=10" in line and ("tun_id=0x1001 " in line or "tun_id=0x1001," in line))
    ]
    for number, source in enumerate(("198.18.1.2", "198.18.1.3", "192.0.2.7"), start=1):
        checked = f"tun_id=0x1001,tun_src={source}"
        lines += [
            head % (number, number * 100) + f"priority=100,ip,{checked},nw_src=198.19.0.1 actions=dec_ttl,resubmit(,1)",
            head % (number, 64) + f"priority=50,{checked} actions=drop",
        ]
    lines += [
        head % (5, 64) + "priority=40,tun_id=0x1001 actions=drop",
        head % (7, 64) + "priority=15,tun_src=198.18.1.0/24 actions=meter:5,output:3",
        head.replace("table=10", "table=0") % (11, 64)
        + "priority=190,udp,in_port=1,vlan_tci=0x0000/0x1000,nw_dst=198.18.1.1,tp_dst=2152 actions=drop",
    ]
    seen = carried("\n".join(lines), NAMES, READING)
    sources = ("192.0.2.7", "198.18.1.3")
    assert seen.sessions == (dataclasses.replace(plane.sessions[0], peer_sources=sources), plane.sessions[1])
    assert seen.counts["198.19.0.1"] == SessionCount(6, 600, 2, 2968, spoofed=6, wrong_source=5)
    assert (seen.wrong_source, seen.strangers, seen.unknown_teid) == (5, 11, 10)


def test_half_a_session_and_a_foreign_flow_are_seen_as_such(dump: str) -> None:
    lines = [line for line in dump.splitlines() if "nw_dst=198.19.0.2" not in line and "ipv6_dst=" not in line]
    learned = next(line for line in lines if f"cookie={LEARNED:#x}" in line)
    known = carried(dump, NAMES).next_hop_mac
    lines.append(learned.replace(f"cookie={LEARNED:#x}", "cookie=0x0").replace(str(known), "00:00:00:00:00:01"))
    seen = carried("\n".join(lines), {})
    assert seen.sessions[1].local_teid == 4098
    assert (seen.sessions[1].name, seen.sessions[1].peer_teid, seen.sessions[1].peer_address) == (None, None, None)
    assert seen.next_hop_mac == known


def test_downlink_alone_is_one_session_by_its_peer(dump: str) -> None:
    lines = [line for line in dump.splitlines() if "_src=" not in line]
    seen = carried("\n".join(lines), NAMES)
    assert [(session.ue_address, session.ue_ipv6_prefix) for session in seen.sessions] == [
        ("198.19.0.1", None),
        ("198.19.0.2", "2001:db8:1:2::/64"),
    ]
    assert {session.local_teid for session in seen.sessions} == {None}
