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


@dataclasses.dataclass(frozen=True)
class Target:
    """A bound for a value; kind is ``at most`` or ``at least``."""

    kind: str
    bound: float

    def __str__(self) -> str:
        return f"{self.kind} {self.bound:g}"

    def met(self, value: float) -> bool:
        """Whether the value keeps the bound."""
        return value <= self.bound if self.kind == "at most" else value >= self.bound


def at_most(bound: float) -> Target:
    """The value must not be larger."""
    return Target("at most", bound)


def at_least(bound: float) -> Target:
    """The value must not be smaller."""
    return Target("at least", bound)


@dataclasses.dataclass(frozen=True)
class Measurement:
    """One value. unit: such as ``s``, ``MB`` or ``ratio``. Without a target it is stated and not judged."""

    name: str
    value: float
    unit: str
    target: Target | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        return None if self.target is None else self.target.met(self.value)

    def entry(self) -> dict[str, t.Any]:
        """What stands in reports/bench.json."""
        target = None if self.target is None else str(self.target)
        return {"name": self.name, "value": _rounded(self.value), "unit": self.unit, "target": target, "met": self.met}


def _rounded(value: float) -> float:
    """Three significant digits, and all digits before the decimal point."""
    return round(value) if abs(value) >= 100 else float(f"{value:.3g}")


@dataclasses.dataclass(frozen=True)
class Size:
    """How much is measured: what the targets are about, unless a test makes it small.

    vms, more_vms: fleets; peer_vms: VMs that a peer's module is looped over; runs: of which the median counts;
    scale: what other measurements multiply their own sizes with.
    """

    vms: int = 1000
    more_vms: int = 5000
    peer_vms: int = 50
    runs: int = 3
    scale: float = 1.0


FULL: t.Final = Size()
TINY: t.Final = Size(vms=12, more_vms=24, peer_vms=2, runs=1, scale=0.01)


class Benchmark(t.Protocol):
    """A module in bench/measurements: the names that it measures, and the measuring."""

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
    """The middle value: one run that something else disturbed does not count."""
    return statistics.median(values)


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Two ways to do the same, measured in turns. Seconds: medians; ratio: the median of the pairs' ratios."""

    ours: float
    theirs: float
    ratio: float


def side_by_side(ours: Callable[[], float], theirs: Callable[[], float], runs: int) -> Comparison:
    """Measures in turns, so that what else the machine does hits both. Both return the seconds that count."""
    pairs = []
    for number in range(runs):
        if number % 2:
            second, first = theirs(), ours()
        else:
            first, second = ours(), theirs()
        pairs.append((first, second))
    return Comparison(
        median([mine for mine, _other in pairs]),
        median([other for _mine, other in pairs]),
        median([mine / other for mine, other in pairs]),
    )
