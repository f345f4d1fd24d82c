# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The session that is set aside for verification: what it must not take, and that nobody misses its peer."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.check import problems
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.desired import Desired
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.layout import DAEMON_CONFIGURATION
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import (
    S5U_BRIDGE,
    SGI_BRIDGE,
    UserPlane,
)
from tests.unit.pgw.recorded_plane import MAC

Variables = dict[str, t.Any]
VERIFY = {
    "ue_address": "198.19.255.1",
    "local_teid": 0x7F000001,
    "peer_teid": 0x7F000002,
    "peer_address": "198.18.1.77",
    "server_address": "203.0.113.2",
    "server_gateway": "203.0.113.1",
}


@pytest.fixture
def verified(variables: Variables) -> Variables:
    """A user plane with such a session."""
    return {**copy.deepcopy(variables), "verify_session": dict(VERIFY)}


def test_a_session_with_addresses_of_its_own_is_right(verified: Variables) -> None:
    assert problems(verified) == ()


@pytest.mark.parametrize(
    ("key", "value", "error_code"),
    [
        # A live subscriber's, a live peer's, and the gateway's own.
        ("ue_address", "198.19.0.1", "session_repeated"),
        ("local_teid", 4097, "session_repeated"),
        ("name", "ue-1", "session_repeated"),
        ("peer_address", "198.18.1.2", "session_repeated"),
        ("peer_address", "198.18.1.3", "session_repeated"),
        ("server_address", "198.18.2.2", "session_repeated"),
        ("server_address", "198.18.2.1", "session_repeated"),
        ("server_address", "198.19.0.1", "session_repeated"),
        ("server_address", "198.18.1.9", "address_invalid"),
        ("server_gateway", "203.0.113.2", "address_invalid"),
        ("server_gateway", None, "key_missing"),
        ("peer_address", "198.18.1.1", "next_hop_off_link"),
        ("peer_address", "192.0.2.1", "next_hop_off_link"),
        ("server_routers", 0, "value_out_of_range"),
        ("server_routers", 33, "value_out_of_range"),
        ("server_address", "fd00::1", "address_invalid"),
        ("local_teid", 0, "value_out_of_range"),
        ("peer_sources", ["198.18.1.9"], "key_unknown"),
        ("ue_address", "198.18.2.9", "address_invalid"),
    ],
)
def test_what_it_must_not_take_is_named(verified: Variables, key: str, value: t.Any, error_code: str) -> None:
    verified["sessions"][0]["peer_sources"] = ["198.18.1.3"]
    verified["verify_session"][key] = value
    assert [(each.path, each.error_code) for each in problems(verified)] == [(f"pgw_verify_session.{key}", error_code)]


def test_beside_the_next_hop_no_router_is_needed(verified: Variables) -> None:
    verified["verify_session"].update(server_address="198.18.2.9", server_gateway=None)
    assert problems(verified) == ()


def test_path_management_leaves_its_peer_alone_and_nobody_misses_it(verified: Variables) -> None:
    plane, without = UserPlane.of(**verified), UserPlane.of(**{**verified, "verify_session": None})
    desired, before = Desired.of(plane, MAC, {}), Desired.of(without, MAC, {})
    configuration = json.loads(desired.files[DAEMON_CONFIGURATION])
    assert VERIFY["peer_address"] not in configuration["peers"]
    assert configuration["peers"] == json.loads(before.files[DAEMON_CONFIGURATION])["peers"]
    # Known, so that its own Echo Requests and unknown TEIDs have the limits of peers.
    assert VERIFY["peer_address"] in configuration["peer_sources"]
    assert desired.peers == before.peers
    # Resolved like every other one, so that its first downlink packet goes out.
    assert VERIFY["peer_address"] in desired.neighbours[S5U_BRIDGE]
    assert len(desired.sessions) == len(before.sessions) + 1
    ours = [flow for flow in desired.flows[SGI_BRIDGE] if VERIFY["ue_address"] in flow]
    theirs = [flow for flow in desired.flows[SGI_BRIDGE] if "198.19.0.1" in flow]
    assert len(ours) == len(theirs) > 0
    # Everybody else's flows stay as they are.
    assert set(before.flows[SGI_BRIDGE]) <= set(desired.flows[SGI_BRIDGE])


def test_its_name_and_rates_are_those_of_a_session(verified: Variables) -> None:
    verified["verify_session"].update(uplink_kbps=1000, downlink_kbps=2000)
    assert problems(verified) == ()
    (session,) = [one for one in UserPlane.of(**verified).sessions if one.ue_address == VERIFY["ue_address"]]
    assert (session.name, session.uplink_kbps, session.downlink_kbps) == ("verification", 1000, 2000)
