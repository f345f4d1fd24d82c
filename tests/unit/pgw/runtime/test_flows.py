# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions become flows, and differences become bundles."""

from __future__ import annotations

import dataclasses

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.flows import (
    COOKIE,
    HANDLER,
    LEARNED,
    bundle,
    flows,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.limits import LIMITS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import (
    FIRST_SESSION_METER,
    S5U_BRIDGE,
    SGI_BRIDGE,
    UserPlane,
)
from tests.unit.pgw.recorded_plane import ALLOCATED, DIFFERENCES, MAC


def test_every_flow_is_ours_and_no_match_occurs_twice(plane: UserPlane) -> None:
    for lines in flows(plane, MAC, ALLOCATED).values():
        assert all(f"cookie={COOKIE:#x}," in line for line in lines)
        assert len({line.partition(",cookie=")[0] for line in lines}) == len(lines)


def test_everything_to_the_kernel_and_to_the_daemon_has_a_meter_that_exists(plane: UserPlane) -> None:
    """GTP-U to br-s5u's local port goes to the tunnel, in the datapath."""
    for bridge, lines in flows(plane, MAC, ALLOCATED).items():
        taken = [line for line in lines if line.endswith(("LOCAL", f"output:{HANDLER}")) and ",udp," not in line]
        numbers = {int(line.partition("actions=meter:")[2].partition(",")[0]) for line in taken}
        assert numbers <= {meter.number for meter in LIMITS[bridge]} and len(taken) >= 3
    assert all(meter.number < FIRST_SESSION_METER for meters in LIMITS.values() for meter in meters)


def test_peers_on_other_networks_are_let_in_by_name(plane: UserPlane) -> None:
    far = dataclasses.replace(plane.sessions[0], peer_sources=("203.0.113.9",))
    checked = dataclasses.replace(plane, sessions=(far, plane.sessions[1]), s5u_next_hop="198.18.1.9")
    open_to = [line for line in flows(checked, MAC, ALLOCATED)[S5U_BRIDGE] if "tp_dst=2152" in line]
    assert [("nw_src=203.0.113.9" in line, "nw_src=198.18.1.0/24" in line, line[-4:]) for line in open_to] == [
        (True, False, "OCAL"), (False, True, "OCAL"), (False, False, "drop"),
    ]  # fmt: skip
    unchecked = dataclasses.replace(checked, check_outer_source=False)
    (line,) = [line for line in flows(unchecked, MAC, ALLOCATED)[S5U_BRIDGE] if "tp_dst=2152" in line]
    assert "nw_src" not in line and line.endswith("LOCAL")


def test_packet_from_sgi_cannot_enter_the_tunnel(plane: UserPlane) -> None:
    to_local = [line for line in flows(plane, MAC, ALLOCATED)[SGI_BRIDGE] if line.endswith("LOCAL")]
    assert to_local
    assert all(",arp" in line or ",icmp" in line for line in to_local)


def test_given_next_hop_is_not_learned(plane: UserPlane) -> None:
    given = dataclasses.replace(plane, next_hop_mac="00:50:56:00:00:09", ipv6_next_hop_mac="00:50:56:00:00:0a")
    text = "\n".join(flows(given, MAC, ALLOCATED)[SGI_BRIDGE])
    assert "learn(" not in text
    assert "set_field:00:50:56:00:00:09->eth_dst" in text and "set_field:00:50:56:00:00:0a->eth_dst" in text
    assert "learn(" in "\n".join(flows(plane, MAC, ALLOCATED)[SGI_BRIDGE])


def test_field_names_that_ovs_does_not_read_again_are_mended() -> None:
    (command,) = bundle([f"-priority=1,gtpu_msgtype=255,in_port=4 cookie={COOKIE:#x} actions=drop"])
    assert command == "flow delete_strict priority=1,tun_gtpu_msgtype=255,in_port=4"


def test_bundle_replaces_deletes_and_leaves_others_alone() -> None:
    assert bundle(DIFFERENCES) == (
        "flow delete_strict table=1,priority=150,arp,in_port=1",
        f"flow add {DIFFERENCES[1][1:]}",
    )


def test_learned_next_hop_goes_with_what_it_was_learned_by() -> None:
    """Another next hop has another MAC, and packets must not go to the old one until it answers."""
    actions = f"learn(table=2,priority=100,cookie={LEARNED:#x},load:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]),LOCAL"
    line = f"priority=300,arp,in_port=1,arp_spa=198.18.2.%d cookie={COOKIE:#x} actions={actions}"
    commands = bundle([f"-{line % 2}", f"+{line % 3}"])
    assert commands[1] == f"flow delete table=2,cookie={LEARNED:#x}/-1"
    assert len(commands) == 3
