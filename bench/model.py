# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a measurement is, and what it is held against."""

from __future__ import annotations

import dataclasses
import statistics
import time
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence


# Runs that lie further apart than this share of their median say nothing about a target between them.
WIDE: t.Final = 0.2


@dataclasses.dataclass(frozen=True)
class Target:
    """A bound for a value."""

    kind: str
    """``at most`` or ``at least``."""
    bound: float
    """In the measurement's unit."""

    def __str__(self) -> str:
        return f"{self.kind} {self.bound:g}"

    def met(self, value: float) -> bool:
        """Whether the value is within the bound."""
        return value <= self.bound if self.kind == "at most" else value >= self.bound


def at_most(bound: float) -> Target:
    """The value must not be larger."""
    return Target("at most", bound)


def at_least(bound: float) -> Target:
    """The value must not be smaller."""
    return Target("at least", bound)


@dataclasses.dataclass(frozen=True)
class Measurement:
    """One measured value."""

    name: str
    """Unique among all benchmarks."""
    value: float | None
    """In ``unit``; None where it is not known, which ``not_judged`` says why."""
    unit: str
    """Such as ``s``, ``MB`` or ``ratio``."""
    target: Target | None = None
    """None for a value that is reported and not judged."""
    runs: tuple[float, ...] = ()
    """The values of the single runs, of which ``value`` is the median; empty for what does not vary."""
    not_judged: str = ""
    """Why what was measured does not tell whether the target is met, such as ``bounds_overlap``; empty when it does."""

    def __post_init__(self) -> None:
        if self.value is None and not self.not_judged:
            raise ValueError(f"{self.name} has no value, and does not say why")

    @property
    def spread(self) -> float:
        """How far the runs lie apart, as a share of the value."""
        return (max(self.runs) - min(self.runs)) / abs(self.value) if self.runs and self.value else 0.0

    @property
    def too_loud(self) -> bool:
        """Whether the runs lie so far apart that some of them meet the target and others miss it."""
        if self.target is None or self.not_judged or self.spread <= WIDE:
            return False
        return len({self.target.met(each) for each in self.runs}) > 1

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a target, and where nobody can tell."""
        if self.target is None or self.value is None or self.too_loud or self.not_judged:
            return None
        return self.target.met(self.value)

    def entry(self) -> dict[str, t.Any]:
        """The entry in reports/bench.json."""
        target = None if self.target is None else str(self.target)
        value = None if self.value is None else _rounded(self.value)
        entry = {"name": self.name, "value": value, "unit": self.unit, "target": target, "met": self.met}
        return {**entry, "not_judged": self.not_judged} if self.not_judged else entry


def _rounded(value: float) -> float:
    """Three significant digits, and all digits before the decimal point."""
    return round(value) if abs(value) >= 100 else float(f"{value:.3g}")


@dataclasses.dataclass(frozen=True)
class Size:
    """How much is measured; the targets apply to the defaults."""

    vms: int = 1000
    """VMs of a fleet."""
    more_vms: int = 5000
    """VMs of a large fleet."""
    most_vms: int = 10_000
    """VMs of the largest fleet in one task."""
    peer_vms: int = 50
    """VMs that a peer's module loops over."""
    runs: int = 3
    """Runs, of which the median counts."""
    scale: float = 1.0
    """Factor for the sizes of other measurements."""


FULL: t.Final = Size()
TINY: t.Final = Size(vms=12, more_vms=24, most_vms=36, peer_vms=2, runs=1, scale=0.01)


class Benchmark(t.Protocol):
    """A module in bench/measurements."""

    NAMES: tuple[str, ...]

    def measure(self, size: Size) -> t.Iterable[Measurement]:
        """Measures everything in NAMES."""
        ...


def seconds(work: Callable[[], object]) -> float:
    """How long the work takes, in seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def median(values: Sequence[float]) -> float:
    """The middle value, so that one disturbed run does not count."""
    return statistics.median(values)


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Two ways to do the same, measured in turns."""

    ours: float
    """Median of the collection's seconds."""
    theirs: float
    """Median of the other way's seconds."""
    ratio: float
    """Median of the pairs' ratios, ours to theirs."""
    ratios: tuple[float, ...] = ()
    """The pairs' ratios."""
    seconds: tuple[float, ...] = ()
    """The collection's seconds in each pair."""

    def measurement(self, name: str, target: Target) -> Measurement:
        """The ratio of the collection's time to the other's, with its spread."""
        return Measurement(name, self.ratio, "ratio", target, self.ratios)

    def inverse(self, name: str, target: Target) -> Measurement:
        """The same the other way round: how many times as long the other takes."""
        return Measurement(name, 1 / self.ratio, "ratio", target, tuple(1 / each for each in self.ratios))


def side_by_side(ours: Callable[[], float], theirs: Callable[[], float], runs: int) -> Comparison:
    """Measures both in turns, so that other load on the machine affects both. Both return the seconds that count."""
    pairs = []
    for number in range(runs):
        if number % 2:
            second, first = theirs(), ours()
        else:
            first, second = ours(), theirs()
        pairs.append((first, second))
    ratios = tuple(mine / other for mine, other in pairs)
    mine = tuple(mine for mine, _other in pairs)
    return Comparison(median(mine), median([other for _mine, other in pairs]), median(ratios), ratios, mine)
