# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trials at a rate through a device between two veth pairs, in network namespaces."""

from __future__ import annotations

import os
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.rate.mmsg import FrameRing
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.rate.trial import (
    LABEL,
    TrialLoad,
    Way,
    WayCount,
    run_trial,
)
from tests.support.segments import cabled, device, packet_socket

HEADERS_BYTES = 42
FRAME = b"\x02\0\0\0\0\x01" + b"\x02\0\0\0\0\x02" + b"\x08\0" + b"\x45" + bytes(27) + bytes(LABEL.size)


@pytest.fixture
def segments() -> t.Iterator[tuple[str, str]]:
    """The namespaces of the tester and of the device."""
    with cabled() as names:
        yield names


def trial(namespace: str, number: int, load: TrialLoad, frames: int = 64) -> dict[str, WayCount]:
    with packet_socket(namespace, "t-a") as left, packet_socket(namespace, "t-b") as right:
        ways = [
            Way("forth", left, right, FrameRing([FRAME] * frames), HEADERS_BYTES, HEADERS_BYTES),
            Way("back", right, left, FrameRing([FRAME] * frames), HEADERS_BYTES, HEADERS_BYTES),
        ]
        return {count.name: count for count in run_trial(ways, number, load).counts}


def test_what_a_device_forwards_drops_and_repeats_is_counted(segments: tuple[str, str]) -> None:
    tester, guest = segments
    load = TrialLoad(pps=500, seconds=0.5, drain_seconds=0.3, stamped_every=1)
    with device(guest):
        for count in trial(tester, 1, load).values():
            assert (count.intended, count.sent, count.received, count.duplicate) == (250, 250, 250, 0)
            assert count.dropped_by_tester == 0
            assert sum(count.latencies.values()) == 250
            assert 0 < min(count.latencies) <= max(count.latencies) < 10**9
    with device(guest, drop_every=10):
        counts = trial(tester, 2, load).values()
        assert sum(count.sent for count in counts) == 500
        assert sum(count.received for count in counts) == 450
    with device(guest, send_twice_every=10):
        counts = trial(tester, 3, load).values()
        assert sum(count.received for count in counts) == 500
        assert sum(count.duplicate for count in counts) == 50


def test_what_the_tester_cannot_send_is_neither_lost_nor_sent(segments: tuple[str, str]) -> None:
    load = TrialLoad(pps=50_000_000, seconds=0.2, drain_seconds=0.2, stamped_every=64)
    for count in trial(segments[0], 1, load).values():
        assert 0 < count.sent < count.intended
        # Nobody forwards.
        assert (count.received, count.duplicate, count.latencies) == (0, 0, {})


def test_frames_of_another_trial_do_not_count(segments: tuple[str, str]) -> None:
    """A frame that a device holds for long arrives in a later trial."""
    tester, guest = segments
    load = TrialLoad(pps=200, seconds=0.2, drain_seconds=0.0)
    with packet_socket(guest, "d-a") as left, packet_socket(guest, "d-b") as right:
        assert trial(tester, 1, load)["forth"].received == 0
        held = [left.recv(2048) for _frame in range(40)]
        child = os.fork()
        if child == 0:
            left.recv(2048)
            for frame in held:
                right.send(frame)
            os._exit(0)
        count = trial(tester, 2, TrialLoad(pps=200, seconds=0.2, drain_seconds=0.3))["forth"]
        os.waitpid(child, 0)
    assert (count.sent, count.received) == (40, 0)
