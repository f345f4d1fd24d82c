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

    @classmethod
    def from_fields(cls, fields: Fields, clock_ticks: int) -> GuestSample:
        """A sample of the module guest_sampler. clock_ticks: how many of them are a second."""
        busy = Fields(f"{fields.path}.busy_ticks", fields.mapping("busy_ticks"))
        if not all(name.isdecimal() for name in busy.values):
            raise refusal(busy.path, "has a key that is no CPU's number")
        adapters = Fields(f"{fields.path}.interrupts", fields.mapping("interrupts"))
        return cls(
            fields.count("realtime_ns") / 1e9,
            {int(name): busy.count(name) / clock_ticks for name in sorted(busy.values, key=int)},
            float(sum(adapters.count(name) for name in adapters.values)),
        )


@dataclasses.dataclass(frozen=True)
class Span:
    """How far the counters advanced in some time."""

    seconds: float
    """The length of the span in seconds."""
    busy: t.Mapping[int, float]
    """CPU -> seconds that it was not idle."""
    interrupts: float
    """Interrupts of the adapters."""

    def __add__(self, other: Span) -> Span:
        cpus = sorted({*self.busy, *other.busy})
        return Span(
            self.seconds + other.seconds,
            {cpu: self.busy.get(cpu, 0) + other.busy.get(cpu, 0) for cpu in cpus},
            self.interrupts + other.interrupts,
        )

    @property
    def busy_cpus(self) -> float:
        """How many CPUs were busy on average."""
        return sum(self.busy.values()) / self.seconds if self.seconds else 0.0


NOTHING: t.Final = Span(0.0, {}, 0.0)


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
        return Span(end - start, {cpu: max(seconds, 0.0) for cpu, seconds in busy.items()}, interrupts)

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
        return GuestSample(moment, busy, before.interrupts + share * (after.interrupts - before.interrupts))


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
    """The samples as the module vm_cpu_info returns them. Raises NfvError measurement_invalid."""
    return tuple(HypervisorSample.from_fields(each) for each in Fields("", {"hypervisor": values}).each("hypervisor"))
