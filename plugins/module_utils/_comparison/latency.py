# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Latencies of all turns together, and those of the poll-mode driver against those of another variant."""

from __future__ import annotations

import dataclasses
import statistics
import typing as t

from .histogram import merged_percentiles
from .measurement import LOADS, PERCENTILES, POLL, Latency, Measurement


@dataclasses.dataclass(frozen=True)
class LatencyRow:
    """The latencies of one variant at one load, of all turns together."""

    variant: str
    """The variant that forwarded."""
    frame: str
    """Size of the frames."""
    load: str
    """One of LOADS: shares are those of the variant's own PDR."""
    pps: float
    """The median of the turns' rates at this load, in packets/s of both directions together."""
    packets: int
    """How many packets were timed."""
    percentiles_us: t.Mapping[str, float]
    """Latency in microseconds by each of PERCENTILES."""


@dataclasses.dataclass(frozen=True)
class LatencyRatio:
    """The latency of the poll-mode driver divided by that of another variant."""

    variant: str
    """The other variant."""
    frame: str
    """Size of the frames."""
    load: str
    """One of LOADS."""
    poll_pps: float
    """The poll-mode driver's rate at this load."""
    other_pps: float
    """The other variant's rate at this load."""
    ratios: t.Mapping[str, float | None]
    """By each of PERCENTILES, below 1 where the poll-mode driver is faster; None where the other latency is 0."""


def latency_rows(measurements: t.Sequence[Measurement]) -> tuple[LatencyRow, ...]:
    """A row for each variant, size and load. Raises NfvError: measurement_invalid, library_missing."""
    groups: dict[tuple[str, str, str], list[Latency]] = {}
    for each in measurements:
        for latency in each.latencies:
            groups.setdefault((each.variant, each.frame, latency.load), []).append(latency)
    return tuple(_row(key, group) for key, group in sorted(groups.items(), key=lambda item: _order(item[0], groups)))


def _order(key: tuple[str, str, str], groups: t.Iterable[tuple[str, str, str]]) -> tuple[int, int]:
    """Variants and sizes in the order of the measurements, loads from low to high."""
    pairs = list(dict.fromkeys(each[:2] for each in groups))
    return pairs.index(key[:2]), LOADS.index(key[2])


def _row(key: tuple[str, str, str], group: t.Sequence[Latency]) -> LatencyRow:
    return LatencyRow(
        *key,
        pps=statistics.median(each.pps for each in group),
        packets=sum(each.packets for each in group),
        percentiles_us=merged_percentiles([each.histogram for each in group], f"latencies of {', '.join(key)}"),
    )


def latency_ratios(rows: t.Sequence[LatencyRow]) -> tuple[LatencyRatio, ...]:
    """The poll-mode driver against every other variant, at each load that both have."""
    polled = {(row.frame, row.load): row for row in rows if row.variant == POLL}
    return tuple(
        LatencyRatio(
            other.variant,
            other.frame,
            other.load,
            poll.pps,
            other.pps,
            {
                name: poll.percentiles_us[name] / other.percentiles_us[name] if other.percentiles_us[name] else None
                for name in PERCENTILES
            },
        )
        for other in rows
        for poll in [polled.get((other.frame, other.load))]
        if other.variant != POLL and poll is not None
    )
