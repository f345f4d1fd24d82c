# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rates at which the tester's own generators send and count, from one end of a cable to the other.

The cable is a pair of veth interfaces in a network namespace, with nothing between its ends, so that the tester is all
there is to measure. Each is asked for more than it can do. What it could not count does not count. Frames have 64
bytes, and rates are of both directions together.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.af_packet import FrameInterface
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.checks import PacedLoad
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.rate.composition import frame_sizes
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.rate.interfaces import open_frames
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.rate.trial import TrialLoad, run_trial
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.run import run_frames
from bench.model import Measurement, Size, median
from lab.networks import inside

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


NAMES = ("tester_probe_pps", "tester_load_pps", "tester_load_to_probe_ratio")
# More than either can do, so that it does what it can.
ASKED_PPS = 10_000_000
TRIAL_SECONDS, PROBE_PACKETS, DRAIN_SECONDS = 2.0, 5_000, 1.0
# Of the probe's IPv4 packets; its label has no room in less.
PROBE_BYTES = 64
# Ends of the cable: each is where the other's frames go to.
MACS = {"t-a": "02:00:00:00:00:0a", "t-b": "02:00:00:00:00:0b"}


def measure(size: Size) -> Iterator[Measurement]:
    """Measures both generators in turns, so that other load on the machine affects both."""
    sides = [FrameInterface(name, other) for name, other in zip(MACS, reversed(MACS.values()))]
    pairs = []
    with cable() as namespace, inside(namespace):
        for _run in range(size.runs):
            pairs.append((_probe_pps(sides, size.scale), _load_pps(sides, size.scale)))
    probes, loads = zip(*pairs)
    ratios = tuple(load / probe for probe, load in pairs)
    yield Measurement("tester_probe_pps", median(probes), "packets/s", runs=probes)
    yield Measurement("tester_load_pps", median(loads), "packets/s", runs=loads)
    yield Measurement("tester_load_to_probe_ratio", median(ratios), "ratio", runs=ratios)


def _probe_pps(sides: Sequence[FrameInterface], scale: float) -> float:
    """What traffic_probe reaches, which sends one direction after the other and counts meanwhile."""
    count = max(round(PROBE_PACKETS * scale), 100)
    rows, _dropped = run_frames(sides[0], sides[1], PacedLoad(count, ASKED_PPS, PROBE_BYTES, DRAIN_SECONDS))
    seconds = sum(row["sent"] / row["pps_seen"] for row in rows)
    return float(sum(row["received"] for row in rows) / seconds)


def _load_pps(sides: Sequence[FrameInterface], scale: float) -> float:
    """What the process reaches that tester_load leaves behind: one process sends both directions, and one counts."""
    load = TrialLoad(ASKED_PPS / 2, max(TRIAL_SECONDS * scale, 0.1), DRAIN_SECONDS)
    with contextlib.ExitStack() as stack:
        opened = open_frames(sides[0], sides[1], frame_sizes("64", tunnelled=False), 1, stack)
        outcome = run_trial(opened.ways, 1, load)
    return sum(count.received for count in outcome.counts) / outcome.seconds


@contextlib.contextmanager
def cable() -> Iterator[str]:
    """The name of a network namespace with both ends of a cable, the keys of MACS; nothing else sends there."""
    name = f"nfv-bench-{os.getpid()}"
    first, second = MACS
    _ip("netns", "add", name)
    try:
        ends = ("type", "veth", "peer", "name", second, "address", MACS[second])
        _ip("-n", name, "link", "add", first, "address", MACS[first], *ends)
        for end in MACS:
            # Without IPv6, whose kernel would announce itself.
            _ip("-n", name, "link", "set", end, "addrgenmode", "none")
            _ip("-n", name, "link", "set", end, "up")
        yield name
    finally:
        _ip("netns", "delete", name)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
