# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of two variants forwards more: by their bounds in all turns, and only where these say so."""

from __future__ import annotations

import dataclasses
import statistics
import typing as t

from .measurement import GOALS, GUEST, POLL, TESTER, Measurement

SPREAD_LIMIT: t.Final = 0.2
"""Turns of one variant that differ by more, as a share of their median, judge nothing: the machine is too loud."""
EQUAL_WITHIN: t.Final = 0.1
"""Variants whose rates surely differ by less, as a share, count as equal."""

JUDGED: t.Final = "judged"
NOT_JUDGED: t.Final = "not_judged"

# Why a pair is not judged.
BOUNDS_OVERLAP: t.Final = "bounds_overlap"
SPREAD_WIDE: t.Final = "spread_wide"
TESTER_LIMITS: t.Final = "tester_limits"
NOTHING_FORWARDED: t.Final = "nothing_forwarded"
NOT_MEASURED: t.Final = "not_measured"

# What a pair comes to.
MORE: t.Final = "more"
LESS: t.Final = "less"
EQUAL: t.Final = "equal"
UNKNOWN: t.Final = "unknown"


@dataclasses.dataclass(frozen=True)
class RateRow:
    """The rate of one variant, of all turns together, in packets/s of both directions together."""

    variant: str
    """The variant that forwarded."""
    frame: str
    """Size of the frames."""
    goal: str
    """The goal: NDR or PDR."""
    lower_pps: float | None
    """The median of the turns' lower bounds; None if in any turn not even the lowest rate met the goal."""
    upper_pps: float | None
    """The median of the turns' upper bounds; None if in any turn every rate that could be tried met the goal."""
    lowest_pps: float | None
    """The lowest of the lower bounds."""
    highest_pps: float | None
    """The highest of the upper bounds; None if the tester was the limit of a turn."""
    throughput_pps: float | None
    """The median of what came through at the lower bounds."""
    limited_by: str
    """GUEST, or TESTER where it was the limit of a turn."""
    spread: float | None
    """By how much the lower bounds differ, as a share of their median; None for one turn."""
    turns_pps: tuple[float | None, ...]
    """The lower bound of each turn."""


@dataclasses.dataclass(frozen=True)
class Ratio:
    """The rate of the poll-mode driver divided by that of another variant."""

    variant: str
    """The other variant."""
    frame: str
    """Size of the frames."""
    goal: str
    """The goal: NDR or PDR."""
    ratio: float | None
    """The ratio of the medians of the lower bounds; None where one of them is missing."""
    lowest: float | None
    """The lowest ratio that the bounds of all turns allow; None if the other variant has no upper bound."""
    highest: float | None
    """The highest ratio that they allow; None if the poll-mode driver has no upper bound."""
    at_least: bool
    """Whether the true ratio may be higher without limit, because the tester was the limit of the poll-mode driver."""
    spread: float | None
    """The wider spread of the two; None for one turn."""
    verdict: str
    """JUDGED or NOT_JUDGED."""
    reason: str | None
    """Why it is not judged; None when it is."""
    finding: str
    """MORE, LESS, EQUAL or UNKNOWN; what is not judged is EQUAL or UNKNOWN."""


def rate_rows(measurements: t.Sequence[Measurement]) -> tuple[RateRow, ...]:
    """A row for each variant, size and goal, in the order of the measurements."""
    groups: dict[tuple[str, str], list[Measurement]] = {}
    for each in measurements:
        groups.setdefault((each.variant, each.frame), []).append(each)
    rows = (_row(key, goal, group) for key, group in groups.items() for goal in GOALS)
    return tuple(row for row in rows if row is not None)


def _row(key: tuple[str, str], goal: str, group: t.Sequence[Measurement]) -> RateRow | None:
    ordered = sorted(group, key=lambda each: each.turn)
    rates = [rate for rate in (each.rate(goal) for each in ordered) if rate is not None]
    if not rates:
        return None
    lower, upper = _all(rate.lower_pps for rate in rates), _all(rate.upper_pps for rate in rates)
    through = _all(rate.throughput_pps for rate in rates)
    median = statistics.median(lower) if lower else None
    return RateRow(
        variant=key[0],
        frame=key[1],
        goal=goal,
        lower_pps=median,
        upper_pps=statistics.median(upper) if upper else None,
        lowest_pps=min(lower) if lower else None,
        highest_pps=max(upper) if upper else None,
        throughput_pps=statistics.median(through) if through else None,
        limited_by=TESTER if any(rate.limited_by == TESTER for rate in rates) else GUEST,
        spread=(max(lower) - min(lower)) / median if median and len(lower) > 1 else None,
        turns_pps=tuple(rate.lower_pps for rate in rates),
    )


def _all(values: t.Iterable[float | None]) -> list[float]:
    """The values; none of them if one is missing, for then nothing is known of all turns."""
    found = list(values)
    known = [value for value in found if value is not None]
    return known if len(known) == len(found) else []


def ratios(rows: t.Sequence[RateRow]) -> tuple[Ratio, ...]:
    """Every other variant against the poll-mode driver."""
    polled = {(row.frame, row.goal): row for row in rows if row.variant == POLL}
    return tuple(_ratio(polled.get((row.frame, row.goal)), row) for row in rows if row.variant != POLL)


def _ratio(poll: RateRow | None, other: RateRow) -> Ratio:
    if poll is None:
        nothing = (None, None, None, False, None, NOT_JUDGED, NOT_MEASURED, UNKNOWN)
        return Ratio(other.variant, other.frame, other.goal, *nothing)
    lowest = _quotient(poll.lowest_pps, other.highest_pps)
    highest = _quotient(poll.highest_pps, other.lowest_pps)
    spreads = [row.spread for row in (poll, other) if row.spread is not None]
    spread = max(spreads, default=None)
    reason = _reason(poll, other, (lowest, highest), spread)
    return Ratio(
        variant=other.variant,
        frame=other.frame,
        goal=other.goal,
        ratio=_quotient(poll.lower_pps, other.lower_pps),
        lowest=lowest,
        highest=highest,
        at_least=highest is None and lowest is not None,
        spread=spread,
        verdict=JUDGED if reason is None else NOT_JUDGED,
        reason=reason,
        finding=_finding(reason, lowest, highest),
    )


def _quotient(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None


def _reason(
    poll: RateRow, other: RateRow, bounds: tuple[float | None, float | None], spread: float | None
) -> str | None:
    """Why the pair cannot be judged; None if it can."""
    lowest, highest = bounds
    if poll.lowest_pps is None and other.lowest_pps is None:
        return NOTHING_FORWARDED
    # Turns that differ widely still tell the two apart where the worst of one is beyond the best of the other.
    if (lowest is not None and lowest > 1) or (highest is not None and highest < 1):
        return None
    if spread is not None and spread > SPREAD_LIMIT:
        return SPREAD_WIDE
    # Nothing forwarded at all has no lower bound, and a limit of the tester no upper one: both leave the ratio open.
    return TESTER_LIMITS if TESTER in (poll.limited_by, other.limited_by) else BOUNDS_OVERLAP


def _finding(reason: str | None, lowest: float | None, highest: float | None) -> str:
    if reason is None:
        return MORE if lowest is not None and lowest > 1 else LESS
    if reason == BOUNDS_OVERLAP and lowest is not None and highest is not None:
        return EQUAL if lowest >= 1 - EQUAL_WITHIN and highest <= 1 + EQUAL_WITHIN else UNKNOWN
    return UNKNOWN
