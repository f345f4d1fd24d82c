# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search for the rates that a guest forwards without loss (NDR) and with at most 0.5 % loss (PDR).

The algorithm is MLRsearch (draft-ietf-bmwg-mlrsearch), by its authors' library. What it does not know is a tester that
sends less than it is told: such a trial says nothing of the guest, so it is repeated, and if it stays so, the tester is
the limit of the search. MLRsearch would take packets that were never sent for lost ones.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .generator import Trial

try:
    from MLRsearch import AbstractMeasurer, Config, MeasurementResult, MultipleLossRatioSearch, SearchGoal
except ImportError as problem:
    MLRSEARCH_PROBLEM: ImportError | None = problem
    AbstractMeasurer = object
else:
    MLRSEARCH_PROBLEM = None

NDR: t.Final = "ndr"
PDR: t.Final = "pdr"
LOSS_RATIOS: t.Final = {NDR: 0.0, PDR: 0.005}
"""The loss of each goal, as a share of the packets sent (CSIT's goals)."""
ATTEMPTS: t.Final = 3
"""How often a rate is tried that the tester did not reach, before it counts as beyond the tester."""
BELOW_TESTER: t.Final = 0.97
"""Where a new search begins, as a share of what the tester last sent."""

GUEST: t.Final = "guest"
TESTER: t.Final = "tester"


Measure = t.Callable[[float, float], Trial]
"""One trial: takes seconds and packets/s of both directions together."""


@dataclass(frozen=True)
class Effort:
    """How long and how exactly to search."""

    minimum_pps: float
    """The lowest rate that is tried."""
    maximum_pps: float
    """The highest one."""
    trial_seconds: float = 1.0
    """Length of a trial that counts."""
    trials: int = 5
    """Trials of full length that make a rate a bound; half of them may be bad."""
    width: float = 0.01
    """How close the two bounds must be, as a share of the upper one."""
    timeout_seconds: float = 1200.0
    """The search fails beyond it."""


@dataclass(frozen=True)
class Rate:
    """What the search found for one goal, in packets/s of both directions together."""

    goal: str
    """NDR or PDR."""
    lower_pps: float | None
    """The highest rate that meets the goal; None if not even the lowest one that was tried does."""
    upper_pps: float | None
    """The lowest rate that does not meet it; None if every rate that could be tried does."""
    throughput_pps: float | None
    """What comes through at the lower bound (conditional throughput)."""
    limited_by: str
    """GUEST, or TESTER where the guest may forward more than the tester could send or was asked for."""


@dataclass(frozen=True)
class Found:
    """One search."""

    rates: tuple[Rate, ...]
    """One for each goal, in the order of LOSS_RATIOS."""
    trials: int
    """How many trials it took."""
    invalid_trials: int
    """How many of them said nothing, because the tester had not sent enough."""


class SlowTesterError(Exception):
    """The tester does not even reach the lowest rate that was to be tried."""


class _BeyondTesterError(Exception):
    def __init__(self, reached_pps: float) -> None:
        super().__init__(reached_pps)
        self.reached_pps = reached_pps


class _Measurer(AbstractMeasurer):  # type: ignore[misc, unused-ignore]
    """Counts trials, and repeats those that say nothing of the guest."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self.trials = 0
        self.invalid = 0

    def measure(self, intended_duration: float, intended_load: float) -> t.Any:
        reached = 0.0
        for _attempt in range(ATTEMPTS):
            trial = self._measure(intended_duration, intended_load)
            self.trials += 1
            if trial.valid:
                # Without intended_count, for MLRsearch counts what was not sent as lost.
                return MeasurementResult(
                    intended_duration, intended_load, offered_count=trial.sent, forwarding_count=trial.received
                )
            self.invalid += 1
            reached = max(reached, trial.reached / intended_duration)
        raise _BeyondTesterError(reached)


def search(measure: Measure, effort: Effort) -> Found:
    """Search the rates of all goals at once.

    Raises SlowTesterError, RuntimeError beyond ``effort.timeout_seconds``, and what ``measure`` raises.
    """
    measurer = _Measurer(measure)
    maximum = effort.maximum_pps
    while True:
        try:
            results = MultipleLossRatioSearch(_config(effort, maximum)).search(measurer, debug=lambda _line: None)
        except _BeyondTesterError as beyond:
            maximum = min(beyond.reached_pps, maximum) * BELOW_TESTER
            if maximum <= effort.minimum_pps:
                raise SlowTesterError(f"{beyond.reached_pps:.0f} packets/s") from beyond
        else:
            rates = [_rate(goal, results[_goal(goal, effort)]) for goal in LOSS_RATIOS]
            return Found(tuple(rates), measurer.trials, measurer.invalid)


def _config(effort: Effort, maximum_pps: float) -> t.Any:
    config = Config()
    # In this order, for the library's own lowest load is 9001.
    config.min_load = effort.minimum_pps
    config.max_load = maximum_pps
    config.search_duration_max = effort.timeout_seconds
    config.warmup_duration = effort.trial_seconds / 2
    config.goals = [_goal(goal, effort) for goal in LOSS_RATIOS]
    return config


def _goal(name: str, effort: Effort) -> t.Any:
    return SearchGoal(
        loss_ratio=LOSS_RATIOS[name],
        exceed_ratio=0.5,
        relative_width=effort.width,
        initial_trial_duration=effort.trial_seconds / 2,
        final_trial_duration=effort.trial_seconds,
        duration_sum=effort.trial_seconds * effort.trials,
        preceding_targets=2,
        expansion_coefficient=4,
        fail_fast=False,
    )


def _rate(goal: str, result: t.Any) -> Rate:
    lower, upper = result.relevant_lower_bound, result.relevant_upper_bound
    throughput = result.conditional_throughput
    return Rate(
        goal,
        None if lower is None else float(lower),
        None if upper is None else float(upper),
        None if throughput is None else float(throughput),
        # Whatever bounds what was tried, a rate that does not get through is the guest's.
        TESTER if upper is None else GUEST,
    )
