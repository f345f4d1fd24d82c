# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether trafgen (Debian's netsniff-ng) would send more than the tester does, and at the rate that it is told.

Both send frames of 64 bytes from one process over one cable, as fast as they can. Told is the CPU time of a frame: it
says how many a second a CPU of their own would send, whatever else this machine does. What trafgen says that it has
sent must be what the other end of the cable has counted.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import subprocess
import time
import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.rate.mmsg import FrameRing
from bench.measurements.tester_rates import MACS, cable
from bench.model import Measurement, Size, median
from lab.networks import inside

if t.TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("tester_send_us", "trafgen_send_us", "trafgen_paced_share")
SECONDS: t.Final = 2.0
PACED_PPS: t.Final = 1000
_DEPARTURE, _ARRIVAL = MACS
# As a packet socket has them: without the check sequence.
_FRAME_BYTES: t.Final = 60
_RING_FRAMES: t.Final = 512
_BURST: t.Final = 64
_PACKET: t.Final = f"{{ fill(0xff, 6), fill(0x02, 6), c16(0x0800), fill(0x00, {_FRAME_BYTES - 14}) }}"


def measure(size: Size) -> Iterator[Measurement]:
    """Raises ValueError when trafgen's count is not the other end's, FileNotFoundError without trafgen."""
    seconds = max(SECONDS * size.scale, 0.5)
    own, other, paced = [], [], []
    with cable() as namespace, inside(namespace):
        for _run in range(size.runs):
            own.append(_tester(seconds))
            frames, cpu = _trafgen(seconds)
            other.append(cpu / frames * 1e6)
            frames, _cpu = _trafgen(seconds, "--gap", f"{1_000_000 // PACED_PPS}us")
            paced.append(frames / (PACED_PPS * seconds))
    yield Measurement("tester_send_us", median(own), "us", runs=tuple(own))
    yield Measurement("trafgen_send_us", median(other), "us", runs=tuple(other))
    yield Measurement("trafgen_paced_share", median(paced), "share", runs=tuple(paced))


def _tester(seconds: float) -> float:
    """CPU time of a frame that the tester sends, in microseconds."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as departure:
        departure.bind((_DEPARTURE, 0))
        ring = FrameRing([bytes(_FRAME_BYTES)] * _RING_FRAMES)
        sent, until, began = 0, time.monotonic() + seconds, time.process_time()
        while time.monotonic() < until:
            sent += ring.send(departure.fileno(), sent, _BURST)
        return (time.process_time() - began) / sent * 1e6


def _trafgen(seconds: float, *options: str) -> tuple[int, float]:
    """How many frames trafgen sends in so many seconds, and its CPU time in seconds."""
    command = ["trafgen", "--out", _DEPARTURE, "--notouch-irq", "--no-cpu-stats", "--cpus", "1", *options, _PACKET]
    before, cpu = _arrived(), _children_seconds()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        time.sleep(seconds)
    finally:
        # It waits for the process that sends, which must be told, too.
        os.killpg(process.pid, signal.SIGINT)
        output, _errors = process.communicate(timeout=30)
    said = re.search(r"(\d+) packets outgoing", output)
    counted = _arrived() - before
    if said is None or int(said.group(1)) != counted:
        raise ValueError(f"the other end counted {counted} frames, and trafgen said: {output.strip()[-300:]}")
    return counted, _children_seconds() - cpu


def _arrived() -> int:
    """Frames that have arrived at the other end of the cable."""
    for line in Path("/proc/thread-self/net/dev").read_text(encoding="ascii").splitlines():
        name, _colon, counters = line.strip().partition(":")
        if name == _ARRIVAL:
            return int(counters.split()[1])
    raise ValueError(f"there is no interface {_ARRIVAL}")


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
