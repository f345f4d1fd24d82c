# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Path management decides which peer to ask and which is down."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.path_state import (
    UNKNOWN_TEIDS_KEPT,
    EchoTiming,
    Paths,
)

PEER = "198.18.1.2"
TIMING = EchoTiming(echo_interval=60, response_seconds=3, echo_requests=2)


@pytest.fixture
def paths() -> Paths:
    made = Paths()
    made.configure(TIMING, [PEER])
    return made


def test_answered_peer_is_up_and_asked_again_after_the_interval(paths: Paths) -> None:
    assert paths.due(0) == [(PEER, 1)]
    assert paths.answered(PEER, 1)
    assert paths.peers[PEER].state == "up"
    assert paths.due(59.9) == []
    assert paths.due(60) == [(PEER, 2)]


def test_silent_peer_is_asked_again_at_once_then_down_then_up(paths: Paths) -> None:
    assert paths.due(0) == [(PEER, 1)]
    assert paths.due(2.9) == []
    assert paths.due(3) == [(PEER, 2)]
    assert paths.peers[PEER].state == "unknown"
    assert paths.due(6) == [] and paths.peers[PEER].state == "down"
    assert paths.due(63) == [(PEER, 3)]
    assert paths.answered(PEER, 3)
    assert (paths.peers[PEER].state, paths.peers[PEER].times_down) == ("up", 1)


def test_response_nobody_asked_for_changes_nothing(paths: Paths) -> None:
    assert not paths.answered(PEER, 0)
    paths.due(0)
    assert not paths.answered(PEER, 7) and not paths.answered("198.18.1.9", 1)
    assert paths.peers[PEER].state == "unknown"


def test_peers_that_stay_keep_their_state(paths: Paths) -> None:
    paths.due(0)
    paths.answered(PEER, 1)
    paths.configure(TIMING, ["198.18.1.3", PEER])
    assert {address: peer.state for address, peer in paths.peers.items()} == {PEER: "up", "198.18.1.3": "unknown"}


def test_a_flood_of_error_indications_is_remembered_in_part(paths: Paths) -> None:
    for teid in range(UNKNOWN_TEIDS_KEPT + 50):
        assert paths.indicated(PEER, teid)
    assert len(paths.peers[PEER].unknown_teids) == UNKNOWN_TEIDS_KEPT
    assert not paths.indicated("198.18.1.9", 1)
