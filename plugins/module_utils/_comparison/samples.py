# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counters of the guest and of the hypervisor, and how far they advanced between two points in time."""

from __future__ import annotations

import bisect
import dataclasses
import typing as t

from .fields import Fields, refusal

INTERVAL_SECONDS: t.Final = 20
"""The length in seconds of vCenter's realtime samples (vSphere API, PerfProviderSummary.refreshRate)."""


@dataclasses.dataclass(frozen=True)
class GuestSample:
    """The guest's counters at one moment."""

    seconds: float
    """The time of the sample, in seconds since 1970."""
    busy: t.Mapping[int, float]
    """CPU -> seconds that it was not idle, since the guest booted."""
    interrupts: float
    """Interrupts of the adapters that forward, since the guest booted."""
    threads: t.Mapping[str, float] = dataclasses.field(default_factory=dict)
    """Thread of the application, by its number and name -> seconds of CPU time since it began."""
    pmd_idle: t.Mapping[int, float] = dataclasses.field(default_factory=dict)
    """CPU -> cycles in which Open vSwitch's polling thread there found no packet."""
    pmd_busy: t.Mapping[int, float] = dataclasses.field(default_factory=dict)
    """CPU -> cycles that the same thread spent on packets."""

    @classmethod
    def from_fields(cls, fields: Fields, clock_ticks: int) -> GuestSample:
        """A sample of the module guest_sampler. clock_ticks: how many of them are a second."""
        busy, cycles = _by_cpu(fields, "busy_ticks"), _by_cpu(fields, "pmd_cycles")
        adapters, threads = fields.below("interrupts"), fields.below("thread_ticks")
        polling = {int(name): cycles.below(name) for name in sorted(cycles.values, key=int)}
        return cls(
            fields.count("realtime_ns") / 1e9,
            {int(name): busy.count(name) / clock_ticks for name in sorted(busy.values, key=int)},
            float(sum(adapters.count(name) for name in adapters.values)),
            {name: threads.count(name) / clock_ticks for name in threads.values},
            {cpu: float(one.count("idle")) for cpu, one in polling.items()},
            {cpu: float(one.count("busy")) for cpu, one in polling.items()},
        )


def _by_cpu(fields: Fields, key: str) -> Fields:
    below = fields.below(key)
    if not all(name.isdecimal() for name in below.values):
        raise refusal(below.path, "has a key that is no CPU's number")
    return below


@dataclasses.dataclass(frozen=True)
class Span:
    """How far the counters advanced in some time."""

    seconds: float
    """The length of the span in seconds."""
    busy: t.Mapping[int, float]
    """CPU -> seconds that it was not idle."""
    interrupts: float
    """Interrupts of the adapters."""
    threads: t.Mapping[str, float] = dataclasses.field(default_factory=dict)
    """Name of the application's threads -> seconds of CPU time of those that were there all the time."""
    pmd_idle: t.Mapping[int, float] = dataclasses.field(default_factory=dict)
    """CPU -> cycles in which the polling thread there found no packet."""
    pmd_busy: t.Mapping[int, float] = dataclasses.field(default_factory=dict)
    """CPU -> cycles that it spent on packets."""

    def __add__(self, other: Span) -> Span:
        return Span(
            self.seconds + other.seconds,
            _added(self.busy, other.busy),
            self.interrupts + other.interrupts,
            _added(self.threads, other.threads),
            _added(self.pmd_idle, other.pmd_idle),
            _added(self.pmd_busy, other.pmd_busy),
        )

    @property
    def busy_cpus(self) -> float:
        """How many CPUs were busy on average."""
        return sum(self.busy.values()) / self.seconds if self.seconds else 0.0

    @property
    def pmd_busy_share(self) -> float | None:
        """The share of all polling threads' cycles that went into packets; None where none are known."""
        busy = sum(self.pmd_busy.values())
        cycles = busy + sum(self.pmd_idle.values())
        return busy / cycles if cycles else None


NOTHING: t.Final = Span(0.0, {}, 0.0)
_Key = t.TypeVar("_Key")


def _added(one: t.Mapping[_Key, float], other: t.Mapping[_Key, float]) -> dict[_Key, float]:
    total = dict(one)
    for key, value in other.items():
        total[key] = total.get(key, 0.0) + value
    return total


class Counters:
    """Samples in the order of time, with what lies between them."""

    def __init__(self, samples: t.Iterable[GuestSample]) -> None:
        self._samples = sorted(samples, key=lambda sample: sample.seconds)
        self._times = [sample.seconds for sample in self._samples]

    def between(self, start: float, end: float) -> Span | None:
        """How far the counters advanced; None where no samples reach that far, or the guest booted in between."""
        first, last = self._at(start), self._at(end)
        if first is None or last is None or end <= start:
            return None
        busy = {cpu: last.busy.get(cpu, 0) - seconds for cpu, seconds in first.busy.items()}
        interrupts = last.interrupts - first.interrupts
        # By less than a tick of the guest's clock, counters of /proc/stat do fall (proc_stat(5)).
        if interrupts < 0 or any(seconds < -0.02 for seconds in busy.values()):
            return None
        return Span(
            end - start,
            {cpu: max(seconds, 0.0) for cpu, seconds in busy.items()},
            interrupts,
            _by_name(_advanced(first.threads, last.threads)),
            _advanced(first.pmd_idle, last.pmd_idle),
            _advanced(first.pmd_busy, last.pmd_busy),
        )

    def _at(self, moment: float) -> GuestSample | None:
        """The counters at a moment, on the line between the samples around it."""
        position = bisect.bisect_left(self._times, moment)
        if position == len(self._times) or (position == 0 and self._times[0] != moment):
            return None
        after = self._samples[position]
        if after.seconds == moment:
            return after
        before = self._samples[position - 1]
        share = (moment - before.seconds) / (after.seconds - before.seconds)
        busy = {cpu: value + share * (after.busy.get(cpu, value) - value) for cpu, value in before.busy.items()}
        return GuestSample(
            moment,
            busy,
            before.interrupts + share * (after.interrupts - before.interrupts),
            _on_the_line(before.threads, after.threads, share),
            _on_the_line(before.pmd_idle, after.pmd_idle, share),
            _on_the_line(before.pmd_busy, after.pmd_busy, share),
        )


def _on_the_line(before: t.Mapping[_Key, float], after: t.Mapping[_Key, float], share: float) -> dict[_Key, float]:
    """What both samples have: a thread that has just begun is no thread of the time before."""
    return {key: value + share * (after[key] - value) for key, value in before.items() if key in after}


def _advanced(first: t.Mapping[_Key, float], last: t.Mapping[_Key, float]) -> dict[_Key, float]:
    """By how much those counters rose that both have; one that fell began anew, and says nothing."""
    return {key: last[key] - value for key, value in first.items() if last.get(key, -1.0) >= value}


def _by_name(threads: t.Mapping[str, float]) -> dict[str, float]:
    """Without the numbers that are other ones after a restart: ``612 pmd-c02/id:8`` is ``pmd-c02``."""
    found: dict[str, float] = {}
    for thread, seconds in threads.items():
        name = thread.partition(" ")[2].partition("/id:")[0]
        found[name] = found.get(name, 0.0) + seconds
    return found


@dataclasses.dataclass(frozen=True)
class HypervisorSample:
    """What vCenter says of the VM's CPUs over one interval of 20 s."""

    end: float
    """When the interval ended, in seconds since 1970."""
    usage_percent: float | None
    """Share of all its vCPUs that it used (cpu.usage); None where vCenter has none."""
    ready_ms: float | None
    """Time that its vCPUs waited for a physical one, all together (cpu.ready)."""
    costop_ms: float | None
    """Time that its vCPUs waited for one another, all together (cpu.costop)."""

    @classmethod
    def from_fields(cls, fields: Fields) -> HypervisorSample:
        return cls(
            fields.number("time"),
            *(fields.optional_number(key) for key in ("usage_percent", "ready_ms", "costop_ms")),
        )


def hypervisor_samples(values: t.Any) -> tuple[HypervisorSample, ...]:
    """The samples as the module vm_cpu_info returns them. Raises NfvError measurement_invalid.

    Those of several looks, each of which goes an hour back, may be given together: an interval counts once.
    """
    samples = [HypervisorSample.from_fields(each) for each in Fields("", {"hypervisor": values}).each("hypervisor")]
    return tuple({sample.end: sample for sample in samples}.values())
