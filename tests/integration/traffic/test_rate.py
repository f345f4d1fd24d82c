# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trials at a rate through a device between two veth pairs, in network namespaces."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.rate.mmsg import FrameRing
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.rate.trial import (
    LABEL,
    Load,
    Way,
    WayCount,
    run_trial,
)
from lab.networks import inside

HEADERS_BYTES = 42
FRAME = b"\x02\0\0\0\0\x01" + b"\x02\0\0\0\0\x02" + b"\x08\0" + b"\x45" + bytes(27) + bytes(LABEL.size)


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


@pytest.fixture
def segments() -> t.Iterator[tuple[str, str]]:
    """Two namespaces, tester and device, with a cable for each side."""
    names = (f"nfv-rate-{os.getpid()}-t", f"nfv-rate-{os.getpid()}-d")
    try:
        for name in names:
            ip("netns", "add", name)
        for side in ("a", "b"):
            cable = ("type", "veth", "peer", "name", f"d-{side}", "netns", names[1])
            ip("-n", names[0], "link", "add", f"t-{side}", *cable)
            ip("-n", names[0], "link", "set", f"t-{side}", "up")
            ip("-n", names[1], "link", "set", f"d-{side}", "up")
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=False)


def packet_socket(namespace: str, interface: str) -> socket.socket:
    with inside(namespace):
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        opened.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)
        opened.bind((interface, 0x0800))
    return opened


@contextlib.contextmanager
def device(namespace: str, drop_every: int = 0, send_twice_every: int = 0) -> t.Iterator[None]:
    """A process that forwards what it gets on one side to the other."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        ends = [packet_socket(namespace, "d-a"), packet_socket(namespace, "d-b")]
        other = {ends[0]: ends[1], ends[1]: ends[0]}
        count = 0
        while True:
            for ready in select.select(ends, [], [])[0]:
                frame = ready.recv(2048)
                count += 1
                if drop_every and count % drop_every == 0:
                    continue
                for _copy in range(2 if send_twice_every and count % send_twice_every == 0 else 1):
                    other[ready].send(frame)
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def trial(namespace: str, number: int, load: Load, frames: int = 64) -> dict[str, WayCount]:
    with packet_socket(namespace, "t-a") as left, packet_socket(namespace, "t-b") as right:
        ways = [
            Way("forth", left, right, FrameRing([FRAME] * frames), HEADERS_BYTES, HEADERS_BYTES),
            Way("back", right, left, FrameRing([FRAME] * frames), HEADERS_BYTES, HEADERS_BYTES),
        ]
        return {count.name: count for count in run_trial(ways, number, load)}


def test_what_a_device_forwards_drops_and_repeats_is_counted(segments: tuple[str, str]) -> None:
    tester, guest = segments
    load = Load(pps=500, seconds=0.5, drain_seconds=0.3)
    with device(guest):
        for count in trial(tester, 1, load).values():
            assert (count.intended, count.sent, count.received, count.duplicate) == (250, 250, 250, 0)
            assert count.dropped_by_tester == 0
            assert len(count.latencies_ns) == 250
            assert 0 < min(count.latencies_ns) <= max(count.latencies_ns) < 10**9
    with device(guest, drop_every=10):
        counts = trial(tester, 2, load).values()
        assert sum(count.sent for count in counts) == 500
        assert sum(count.received for count in counts) == 450
    with device(guest, send_twice_every=10):
        counts = trial(tester, 3, load).values()
        assert sum(count.received for count in counts) == 500
        assert sum(count.duplicate for count in counts) == 50


def test_what_the_tester_cannot_send_is_neither_lost_nor_sent(segments: tuple[str, str]) -> None:
    load = Load(pps=50_000_000, seconds=0.2, drain_seconds=0.2, stamped_every=64)
    for count in trial(segments[0], 1, load).values():
        assert 0 < count.sent < count.intended
        # Nobody forwards.
        assert (count.received, count.duplicate, count.latencies_ns) == (0, 0, ())


def test_frames_of_another_trial_do_not_count(segments: tuple[str, str]) -> None:
    """A frame that a device holds for long arrives in a later trial."""
    tester, guest = segments
    load = Load(pps=200, seconds=0.2, drain_seconds=0.0)
    with packet_socket(guest, "d-a") as left, packet_socket(guest, "d-b") as right:
        assert trial(tester, 1, load)["forth"].received == 0
        held = [left.recv(2048) for _frame in range(40)]
        child = os.fork()
        if child == 0:
            left.recv(2048)
            for frame in held:
                right.send(frame)
            os._exit(0)
        count = trial(tester, 2, Load(pps=200, seconds=0.2, drain_seconds=0.3))["forth"]
        os.waitpid(child, 0)
    assert (count.sent, count.received) == (40, 0)
