# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A comparison as an emulated guest gave it by hand: 38,000 packets/s through the PMD, 9,000 through the kernel."""

from __future__ import annotations

import copy
import math
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.hdr_histogram import encoded, percentiles_us

Data = dict[str, t.Any]

TICKS = 100
# Of a polling thread, for a packet.
CYCLES = 30_000
START = 1_790_000_000.0
CREATED = "2026-11-29T01:00:00Z"
# NDR, what limits it, busy CPUs at idle and more of them per packet/s, interrupts per packet, median latency.
VARIANTS: dict[str, tuple[float, str, float, float, float, float]] = {
    "poll": (38_000, "tester", 1.02, 2e-6, 0.0, 120.0),
    "interrupt": (9_000, "guest", 0.04, 8e-5, 0.62, 480.0),
    "interrupt_uncoalesced": (7_400, "guest", 0.05, 1e-4, 0.97, 390.0),
}
FRAMES = {"64": 1.0, "1400": 0.92}


def histogram(median_us: float, packets: int = 2000) -> str:
    """Latencies with a long tail, as a histogram of nanoseconds."""
    shares = [(number + 0.5) / packets for number in range(packets)]
    return encoded(round(1000 * median_us * math.exp(0.35 * math.log(share / (1 - share)))) for share in shares)


def latency(load: str, pps: float, median_us: float) -> Data:
    text = histogram(median_us)
    numbers = {f"{name}_us": value for name, value in percentiles_us(text).items()}
    return {"load": load, "pps": pps, "packets": 2000, **numbers, "histogram": text}


class Guest:
    """A guest of two CPUs in the run of time: its counters, and the trials that the tester has sent."""

    def __init__(self, start: float) -> None:
        self.now, self.busy, self.interrupts = start, [100.0, 100.0], 5000.0
        self.pmd = {"idle": 7e9, "busy": 1e9}
        self.polls = False
        self.samples: list[Data] = []
        self.trials: list[Data] = []

    def application(self) -> Data:
        """Its threads, where there is one."""
        if not self.polls:
            return {"thread_ticks": {}, "pmd_cycles": {}}
        ticks = [round(seconds * TICKS) for seconds in (self.busy[0], self.busy[1] / 2)]
        cycles = {"0": {name: round(count) for name, count in self.pmd.items()}}
        return {"thread_ticks": {"612 pmd-c00/id:8": ticks[0], "600 ovs-vswitchd": ticks[1]}, "pmd_cycles": cycles}

    def run(self, seconds: float, used: float, interrupted: float = 0, forwarded: float = 0) -> None:
        """Let time pass, with a sample ten times a second. used: busy CPUs."""
        steps = round(seconds * 10)
        for _step in range(steps):
            busy = {str(number): round(seconds * TICKS) for number, seconds in enumerate(self.busy)}
            interrupts = {"s5u": round(self.interrupts), "sgi": 0}
            counters = {"busy_ticks": busy, "interrupts": interrupts, **self.application()}
            self.samples.append({"realtime_ns": round(self.now * 1e9), **counters})
            # A thread that polls on CPU 0 at 2 GHz, and half of a switch's other work on CPU 1.
            self.pmd["busy"] += CYCLES * forwarded / steps
            self.pmd["idle"] += 2e9 * seconds / steps - CYCLES * forwarded / steps
            self.busy[0] += min(used, 1.0) * seconds / steps
            self.busy[1] += min(max(used - 1.0, 0.0), 1.0) * seconds / steps
            self.now, self.interrupts = self.now + seconds / steps, self.interrupts + interrupted / steps

    def trial(self, intended: int, sent: int, received: int) -> None:
        packets = {"intended": intended, "sent": sent, "received": received, "valid": sent == intended}
        self.trials.append({"start": self.now, "seconds": 1.0, **packets})


def measured(variant: str, ndr: float, start: float) -> Guest:
    """A guest after the trials of a search that finds this NDR."""
    _ndr, limit, idle, per_pps, interrupts, _median_us = VARIANTS[variant]
    guest = Guest(start)
    guest.polls = variant == "poll"
    rates = [share * ndr for share in (0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.99, 1.0)]
    rates += [] if limit == "tester" else [share * ndr for share in (1.01, 1.05, 1.12, 1.2, 1.35, 1.6)]
    guest.run(2.0, idle)
    for intended in map(round, rates):
        received = intended if intended <= ndr else round(ndr + (intended - ndr) * 0.6)
        guest.trial(intended, intended, received)
        guest.run(1.0, idle + per_pps * received, interrupts * received, received)
        guest.run(2.0, idle)
    if limit == "tester":
        guest.trial(60_000, 41_000, 40_100)
        guest.run(1.0, idle + per_pps * 40_100, 0, 40_100)
        guest.run(1.0, idle)
    return guest


def clocks(controller: float, guest: float = 0.0, uncertain: float = 0.002) -> Data:
    """Both clocks as they are read. guest: by how much its clock is ahead of the controller's and the tester's."""
    return {
        "guest": {"controller": controller, "offset_seconds": guest, "uncertainty_seconds": uncertain},
        "tester": {"controller": controller, "offset_seconds": 0.0, "uncertainty_seconds": 0.001},
    }


def rate(goal: str, pps: float, limit: str) -> Data:
    upper = None if limit == "tester" else pps * 1.01
    return {"goal": goal, "lower_pps": pps, "upper_pps": upper, "throughput_pps": pps, "limited_by": limit}


def measurement(variant: str, turn: int, frame: str, start: float = START, factor: float = 1.0) -> Data:
    """One measurement. factor: by how much this turn differs from the others."""
    ndr, limit, _idle, _per_pps, _interrupts, median_us = VARIANTS[variant]
    ndr *= FRAMES[frame] * factor
    pdr = ndr * (1.0 if limit == "tester" else 1.12)
    guest = measured(variant, ndr, start)
    loads = (("10", 0.1, 0.95), ("50", 0.5, 1.0), ("90", 0.9, 1.6))
    return {
        "variant": variant,
        "turn": turn,
        "frame": frame,
        "rates": [rate("ndr", ndr, limit), rate("pdr", pdr, limit)],
        "trials": guest.trials,
        "latencies": [
            latency("lowest", 1000.0, median_us * 0.9),
            *(latency(load, pdr * share, median_us * more) for load, share, more in loads),
        ],
        "bursts": {"frames": 4096 if variant == "poll" else 512, "limited_by": limit},
        "samples": guest.samples,
        "clock_ticks": TICKS,
        "clocks": [clocks(time) for time in (start, guest.now)],
    }


def measurements(frames: t.Sequence[str] = ("64", "1400"), variants: t.Sequence[str] = tuple(VARIANTS)) -> list[Data]:
    """Three turns, each variant after the other (A B C A B C A B C)."""
    made: list[Data] = []
    for frame in frames:
        for turn, factor in enumerate((1.0, 1.03, 0.98), start=1):
            for variant in variants:
                made.append(measurement(variant, turn, frame, START + 60 * len(made), factor))
    return made


ENVIRONMENT: Data = {
    "vm": "pgw-1",
    "cpus": 2,
    "emulated": True,
    "versions": {
        "guest": "Debian 12",
        "kernel": "6.1.0-39-amd64",
        "DPDK": "22.11.7",
        "vCenter": "8.0.3",
        "ESXi": "8.0.3",
    },
    "virtual_hardware": {"memory": "2048 MiB", "adapters": "2 VMXNET3, 1 queue each", "version": "vmx-21"},
    "host": {"name": "esx-1", "CPU": "Intel Xeon Gold 6338", "power policy": "static"},
    "settings": {"trial": "1 s", "trials": 5, "turns": 3, "LRO and GRO": False, "interrupts on CPUs": "1"},
    "generator": {"kind": "the tester's own probe", "machine": "tester-1", "highest rate": "41,000 packets/s"},
    "description": {"cpu": {"count": 2, "polling": "1"}},
}


def hypervisor(start: float = START, seconds: float = 1200.0) -> list[Data]:
    """What vCenter says of the VM meanwhile."""
    return [
        {"time": start + 5 + 20.0 * number, "usage_percent": 55.0, "ready_ms": 120.0, "costop_ms": 0.0}
        for number in range(1, int(seconds // 20))
    ]


def environment(**changed: t.Any) -> Data:
    return {**copy.deepcopy(ENVIRONMENT), **changed}
