# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The flows of a real switch are read back as the sessions that they came from."""

from __future__ import annotations

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.flow_dump import SessionCount, carried
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.flows import LEARNED
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
