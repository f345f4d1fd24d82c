# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The desired state follows from the description, the SGi adapter's MAC address and the meters in the switch."""

from __future__ import annotations

import copy
import dataclasses
import json
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.check import problems
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.desired import Desired
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.layout import (
    ADDRESSES,
    DAEMON_CONFIGURATION,
    TIMER_FILE,
    programs_of,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import (
    S5U_BRIDGE,
    SGI_BRIDGE,
    StatisticsExport,
    UserPlane,
)
from tests.unit.pgw.recorded_plane import ALLOCATED, MAC


def test_addresses_are_set_in_an_order_that_works(plane: UserPlane) -> None:
    lines = Desired.of(plane, MAC, {}).files[ADDRESSES].splitlines()
    # RFC 4291, appendix A: the link-local address of 00:50:56:01:00:03.
    assert "address replace fe80::250:56ff:fe01:3/64 dev br-sgi nodad" in lines
    assert "address replace 2001:db8:2::1/64 dev br-sgi nodad" in lines
    assert lines.index("link set dev br-s5u up") < lines.index("neighbour replace 198.18.1.2 dev br-s5u managed")


@pytest.mark.parametrize("prefix", ["/255.255.255.0", "/0.0.0.255", "/24"])
def test_every_spelling_of_an_address_asks_for_the_same(variables: dict[str, t.Any], prefix: str) -> None:
    """A guest tells its addresses in one spelling; another one here would differ for ever, and be deleted."""
    other = copy.deepcopy(variables)
    other["s5u"]["address"], other["sgi"]["address"] = f"198.18.1.1{prefix}", f"198.18.2.1{prefix}"
    other["sgi"].update(ipv6_address="2001:DB8:2:0:0::1/64", ipv6_next_hop="2001:0DB8:2:0::2")
    other["sessions"][1]["ue_ipv6_prefix"] = "2001:DB8:1:2:0::/64"
    assert problems(other) == ()
    assert Desired.of(UserPlane.of(**other), MAC, {}) == Desired.of(UserPlane.of(**variables), MAC, {})


def test_peers_behind_a_router_are_reached_through_it(plane: UserPlane) -> None:
    far = dataclasses.replace(plane.sessions[0], peer_address="203.0.113.9")
    routed = dataclasses.replace(
        plane, sessions=(far,), s5u_next_hop="198.18.1.9", s5u_next_hop_mac="00:50:56:00:00:09"
    )
    desired = Desired.of(routed, MAC, {})
    assert desired.routes == {"203.0.113.9 via 198.18.1.9"}
    assert desired.neighbours[S5U_BRIDGE] == {"198.18.1.9"}
    assert desired.peers == {"203.0.113.9": "198.18.1.9"}
    assert desired.given_mac == ("198.18.1.9", "00:50:56:00:00:09")
    assert Desired.of(plane, MAC, {}).given_mac is None


def test_other_addresses_of_a_peer_are_reached_too(plane: UserPlane) -> None:
    """Their Echo Requests are answered. Nobody waits for them to answer ARP, because no G-PDU goes there."""
    sent_from = dataclasses.replace(plane.sessions[0], peer_sources=("198.18.1.3", "203.0.113.9"))
    desired = Desired.of(dataclasses.replace(plane, sessions=(sent_from,), s5u_next_hop="198.18.1.9"), MAC, {})
    assert desired.routes == {"203.0.113.9 via 198.18.1.9"}
    assert desired.peers == {"198.18.1.2": "198.18.1.2"}
    daemon = json.loads(desired.files[DAEMON_CONFIGURATION])
    assert (daemon["peers"], daemon["peer_sources"]) == (["198.18.1.2"], ["198.18.1.3", "203.0.113.9"])


def test_given_next_hops_are_not_resolved(plane: UserPlane) -> None:
    given = dataclasses.replace(plane, next_hop_mac=MAC, ipv6_next_hop_mac=MAC)
    assert Desired.of(given, MAC, {}).neighbours[SGI_BRIDGE] == frozenset()
    assert Desired.of(plane, MAC, {}).neighbours[SGI_BRIDGE] == {"198.18.2.2", "2001:db8:2::2"}


def test_meters_keep_the_numbers_that_the_switch_has(plane: UserPlane) -> None:
    numbers = {name: number + 50 for name, number in ALLOCATED.items()}
    meters = Desired.of(plane, MAC, numbers).meters[SGI_BRIDGE]
    assert {meter.number: meter.rate for meter in meters if not meter.packets} == {
        66: 2000,
        67: 4000,
    }


def test_statistics_need_their_directory(plane: UserPlane) -> None:
    desired = Desired.of(dataclasses.replace(plane, statistics=StatisticsExport("/textfiles", 60)), MAC, {})
    assert desired.textfile_directory == "/textfiles" and TIMER_FILE in desired.files
    assert Desired().files == {} and Desired().flows == {S5U_BRIDGE: (), SGI_BRIDGE: ()}


def test_programs_of_the_daemon_are_those_that_it_imports() -> None:
    names = {path.rpartition("/")[2] for path in programs_of("path_daemon")}
    assert names == {"path_daemon.py", "path_messages.py", "path_state.py", "packets.py", "handover.py"}
