# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CPU time that forwarding takes in the guest and on the hypervisor, and the CPU time taken at idle."""

from __future__ import annotations

import dataclasses
import statistics
import typing as t

from .measurement import MeasuredTrial, Measurement
from .samples import INTERVAL_SECONDS, NOTHING, Counters, HypervisorSample, Span

_SETTLING_SECONDS: t.Final = 0.2
"""Seconds after a trial that do not count as idle: packets are still under way."""


@dataclasses.dataclass(frozen=True)
class LoadPoint:
    """The guest's CPUs in one trial."""

    pps: float
    """Packets/s that came through."""
    busy_cpus: float
    """How many CPUs were busy on average."""
    by_cpu: t.Mapping[str, float]
    """The share of the time that each was busy, by its number."""
    seconds_per_packet: float | None
    """CPU time per packet that came through; None when none did."""
    pmd_busy_share: float | None
    """The share of the cycles of Open vSwitch's polling threads that went into packets; None where it polls nothing."""


@dataclasses.dataclass(frozen=True)
class ThreadPrice:
    """The application's threads of one name."""

    name: str
    """Their name, without what changes when the application is restarted."""
    idle_cpus: float | None
    """CPUs that they took while nothing was sent; None where no samples say so."""
    seconds_per_packet: float | None
    """Their CPU time per packet that came through, in all valid trials together; None when none did."""


@dataclasses.dataclass(frozen=True)
class PmdPrice:
    """A polling thread of Open vSwitch."""

    cpu: str
    """The CPU that it polls on."""
    busy_share: float
    """The share of its cycles that went into packets, in all valid trials together."""
    cycles_per_packet: float | None
    """Its cycles that went into packets, per packet that came through all of them; None when none did."""


@dataclasses.dataclass(frozen=True)
class HypervisorPrice:
    """What vCenter says of the VM, as the mean of all whole intervals of 20 s; each None where it has no samples."""

    samples: int
    """How many intervals lay wholly within the variant's turns."""
    used_cpus: float | None
    """Physical CPUs that the VM used."""
    ready_percent: float | None
    """Share of the time that a vCPU waited for a physical one."""
    costop_percent: float | None
    """Share of the time that a vCPU waited for the others."""


@dataclasses.dataclass(frozen=True)
class CpuRow:
    """One variant with one size of frames, of all turns together."""

    variant: str
    """The variant that forwarded."""
    frame: str
    """Size of the frames."""
    idle_cpus: float | None
    """CPUs of the guest that were busy while nothing was sent; None where no samples say so."""
    idle_by_cpu: t.Mapping[str, float]
    """The share of that time that each was busy, by its number."""
    seconds_per_packet: float | None
    """CPU time of the guest per packet that came through, in all valid trials together."""
    interrupts_per_packet: float | None
    """Interrupts of the adapters per packet that came through."""
    loads: tuple[LoadPoint, ...]
    """A point for each valid trial, from the lowest rate to the highest."""
    threads: tuple[ThreadPrice, ...]
    """The application's threads that took any CPU time, the most expensive one first."""
    pmd: tuple[PmdPrice, ...]
    """Open vSwitch's polling threads, by CPU; empty for any other application."""
    hypervisor: HypervisorPrice
    """vCenter's counters."""
    clock_uncertainty_seconds: float | None
    """By how much the guest's times may be wrong by the tester's clock; None where nobody looked."""


def cpu_rows(
    measurements: t.Sequence[Measurement], hypervisor: t.Sequence[HypervisorSample], cpus: int
) -> tuple[CpuRow, ...]:
    """A row for each variant and size. cpus: the VM's vCPUs."""
    groups: dict[tuple[str, str], list[Measurement]] = {}
    for each in measurements:
        groups.setdefault((each.variant, each.frame), []).append(each)
    return tuple(_row(key, group, hypervisor, cpus) for key, group in groups.items())


def _row(
    key: tuple[str, str], group: t.Sequence[Measurement], hypervisor: t.Sequence[HypervisorSample], cpus: int
) -> CpuRow:
    idle, total, received = NOTHING, NOTHING, 0
    points = []
    for each in group:
        counters = each.counters
        idle = sum(_idle(each.trials, counters, each.clocks.uncertainty_seconds or 0.0), idle)
        for trial in each.trials:
            span = counters.between(trial.start, trial.start + trial.seconds) if trial.valid else None
            if span is not None:
                total, received = total + span, received + trial.received
                points.append(_point(trial, span))
    return CpuRow(
        *key,
        idle_cpus=idle.busy_cpus if idle.seconds else None,
        idle_by_cpu=_shares(idle),
        seconds_per_packet=sum(total.busy.values()) / received if received else None,
        interrupts_per_packet=total.interrupts / received if received else None,
        loads=tuple(sorted(points, key=lambda point: point.pps)),
        threads=_threads(idle, total, received),
        pmd=_pmd(total, received),
        hypervisor=_hypervisor(group, hypervisor, cpus),
        clock_uncertainty_seconds=_uncertainty(group),
    )


def _uncertainty(group: t.Sequence[Measurement]) -> float | None:
    known = [each.clocks.uncertainty_seconds for each in group]
    return max((one for one in known if one is not None), default=None)


def _point(trial: MeasuredTrial, span: Span) -> LoadPoint:
    per_packet = sum(span.busy.values()) / trial.received if trial.received else None
    return LoadPoint(trial.received / trial.seconds, span.busy_cpus, _shares(span), per_packet, span.pmd_busy_share)


def _threads(idle: Span, total: Span, received: int) -> tuple[ThreadPrice, ...]:
    spent = {
        name: idle.threads.get(name, 0.0) + total.threads.get(name, 0.0) for name in {*idle.threads, *total.threads}
    }
    return tuple(
        ThreadPrice(
            name,
            idle.threads.get(name, 0.0) / idle.seconds if idle.seconds else None,
            total.threads.get(name, 0.0) / received if received else None,
        )
        for name, seconds in sorted(spent.items(), key=lambda one: (-one[1], one[0]))
        if seconds > 0
    )


def _pmd(total: Span, received: int) -> tuple[PmdPrice, ...]:
    prices = []
    for cpu, busy in total.pmd_busy.items():
        cycles = busy + total.pmd_idle.get(cpu, 0.0)
        if cycles:
            prices.append(PmdPrice(str(cpu), busy / cycles, busy / received if received else None))
    return tuple(prices)


def _shares(span: Span) -> dict[str, float]:
    return {str(cpu): seconds / span.seconds for cpu, seconds in span.busy.items()} if span.seconds else {}


def _idle(trials: t.Sequence[MeasuredTrial], counters: Counters, uncertainty: float) -> t.Iterator[Span]:
    """What lies between trials: the guest forwards nothing there. uncertainty: of its clock, in seconds."""
    ordered = sorted(trials, key=lambda trial: trial.start)
    for before, after in zip(ordered, ordered[1:]):
        start, end = before.start + before.seconds + _SETTLING_SECONDS + uncertainty, after.start - uncertainty
        span = counters.between(start, end)
        if span is not None:
            yield span


def _hypervisor(group: t.Sequence[Measurement], samples: t.Sequence[HypervisorSample], cpus: int) -> HypervisorPrice:
    spans = [
        (min(trial.start for trial in each.trials), max(trial.start + trial.seconds for trial in each.trials))
        for each in group
        if each.trials
    ]
    inside = [
        sample
        for sample in samples
        if any(start <= sample.end - INTERVAL_SECONDS and sample.end <= end for start, end in spans)
    ]
    per_cpu = INTERVAL_SECONDS * 1000 * cpus / 100
    return HypervisorPrice(
        len(inside),
        _mean([sample.usage_percent for sample in inside], 100 / cpus),
        _mean([sample.ready_ms for sample in inside], per_cpu),
        _mean([sample.costop_ms for sample in inside], per_cpu),
    )


def _mean(values: t.Sequence[float | None], unit: float) -> float | None:
    known = [value / unit for value in values if value is not None]
    return statistics.fmean(known) if known else None
