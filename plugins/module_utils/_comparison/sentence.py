# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison in one sentence, which says no more than the numbers do."""

from __future__ import annotations

import typing as t

from .measurement import FRAMES, INTERRUPT, KERNEL_GTP, NDR, PDR
from .rates import (
    BOUNDS_OVERLAP,
    EQUAL,
    LESS,
    NOT_MEASURED,
    NOTHING_FORWARDED,
    SPREAD_LIMIT,
    SPREAD_WIDE,
    TESTER_LIMITS,
    UNKNOWN,
    Ratio,
)

if t.TYPE_CHECKING:
    from .cpu import CpuRow
    from .latency import LatencyRatio

NAMES: t.Final = {
    "poll": "poll mode",
    "interrupt": "interrupts",
    "interrupt_uncoalesced": "interrupts without coalescing",
    "bridge": "the kernel's bridge",
    "e1000e": "two E1000E under their PMD",
    "kernel_gtp": "the kernel's GTP-U",
}
"""The name of a variant as the sentence has it."""
REASONS: t.Final = {
    BOUNDS_OVERLAP: "the bounds of the two overlap",
    SPREAD_WIDE: "the turns of one of them differ too much",
    TESTER_LIMITS: "the tester could not send enough",
    NOTHING_FORWARDED: "neither forwarded the lowest rate that was tried",
    NOT_MEASURED: "poll mode was not measured",
}
"""The reason why a pair is not judged."""
_LATENCY_LOADS: t.Final = ("50", "lowest")
_FRACTIONS: t.Final = {
    1 / 10: "a tenth of the latency",
    1 / 5: "a fifth of the latency",
    1 / 4: "a quarter of the latency",
    1 / 3: "a third of the latency",
    1 / 2: "half the latency",
    2 / 3: "two thirds of the latency",
    3 / 4: "three quarters of the latency",
}
_GOALS: t.Final = {NDR: "without loss", PDR: "with at most 0.5 % loss"}


def main_ratio(ratios: t.Sequence[Ratio]) -> Ratio | None:
    """The pair that the sentence is about; None where there is none.

    It is that with interrupts (or the kernel's GTP-U) and the smallest frames: no other size is taken because it comes
    out better. It is that without loss, unless nothing is known of it and something of that with little loss.
    """
    main = [each for each in ratios if each.variant in (INTERRUPT, KERNEL_GTP)]
    smallest = min((FRAMES.index(each.frame) for each in main), default=0)
    pairs = [each for each in main if each.frame == FRAMES[smallest]]
    return min(pairs, key=lambda each: (each.finding == UNKNOWN, each.goal != NDR), default=None)


def sentence(ratio: Ratio | None, latencies: t.Sequence[LatencyRatio], prices: t.Mapping[str, CpuRow]) -> str:
    """The comparison in one sentence, or two where the first can only say that it is unknown.

    ratio: that of main_ratio(); latencies: of all pairs; prices: by variant, with the pair's frames.
    """
    if ratio is None:
        return "Nothing was compared: poll mode, interrupts or both were not measured."
    latency, price = _latency(ratio, latencies), _price(prices.get("poll"))
    told = _told(ratio, NAMES.get(ratio.variant, ratio.variant))
    if ratio.finding == UNKNOWN:
        parts = [part for part in (latency and f"has {latency}", price) if part]
        return " ".join([f"{told}.", *([f"It {' and '.join(parts)}."] if parts else [])])
    if latency:
        told = f"{told}, at {latency}"
    if price:
        told = f"{told}{',' if latency else ''} and {price}"
    return f"{told}."


def _told(ratio: Ratio, other: str) -> str:
    goal = _GOALS[ratio.goal]
    if ratio.finding == UNKNOWN:
        return f"Whether poll mode forwards more {goal} than {other} is unknown, because {REASONS[str(ratio.reason)]}"
    if ratio.finding == EQUAL:
        return f"Poll mode forwards as much {goal} as {other}"
    if ratio.finding == LESS:
        # No median on one of the sides leaves the bound alone.
        at_most = ratio.ratio is None or ratio.lowest is None
        amount = f"at most {times(ratio.highest)}" if at_most else _amount(ratio)
        return f"Poll mode forwards less {goal} than {other}, {amount} times as much"
    at_least = ratio.ratio is None or ratio.at_least
    amount = f"at least {times(ratio.lowest)}" if at_least else _amount(ratio)
    return f"Poll mode forwards {amount} times as much {goal}"


def _amount(ratio: Ratio) -> str:
    """The ratio, or what all turns leave possible where they differ widely."""
    wide = ratio.spread is not None and ratio.spread > SPREAD_LIMIT
    return f"{times(ratio.lowest)} to {times(ratio.highest)}" if wide else times(ratio.ratio)


def times(value: float | None) -> str:
    """A ratio with the digits that count: ``12``, ``2.4``, ``0.83``."""
    if value is None:
        return "an unknown number of"
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}" if value >= 1.1 else f"{value:.2f}"


def _latency(ratio: Ratio, latencies: t.Sequence[LatencyRatio]) -> str | None:
    """The median latency at half the load, or else at the lowest rate; None where it is not known."""
    by_load = {
        each.load: each.ratios["p50"]
        for each in latencies
        if each.variant == ratio.variant and each.frame == ratio.frame
    }
    value = next((by_load[load] for load in _LATENCY_LOADS if by_load.get(load) is not None), None)
    return None if value is None else latency_words(value)


def latency_words(value: float) -> str:
    """A ratio of latencies: ``a quarter of the latency``, ``38 % of the latency``, ``1.7 times the latency``."""
    for fraction, words in _FRACTIONS.items():
        if abs(value / fraction - 1) <= 0.06:
            return words
    if value > 1.05:
        return f"{times(value)} times the latency"
    if value >= 0.95:
        return "the same latency"
    return f"{value * 100:.0f} % of the latency" if value >= 0.01 else "less than 1 % of the latency"


def _price(polled: CpuRow | None) -> str | None:
    """What the poll-mode driver takes while nothing is sent; None where it is not known."""
    if polled is None or polled.idle_cpus is None:
        return None
    # Less than half a CPU is no driver that polls, or one that sleeps.
    when = "all the time" if polled.idle_cpus >= 0.5 else "at idle"
    return f"takes {polled.idle_cpus:.1f} CPU{'' if polled.idle_cpus < 1.05 else 's'} {when}"
