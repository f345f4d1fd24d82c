# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Latencies of one load, as HdrHistogram has them: their histograms of several runs add up to one without loss."""

from __future__ import annotations

import typing as t

try:
    from hdrh.histogram import HdrHistogram
except ImportError as problem:
    HDRHISTOGRAM_PROBLEM: ImportError | None = problem
else:
    HDRHISTOGRAM_PROBLEM = None

LOWEST_NS: t.Final = 1
HIGHEST_NS: t.Final = 60 * 10**9
"""As long as a trial may wait for late packets."""
DIGITS: t.Final = 3
"""Significant decimal digits of a latency."""
_PERCENTILES: t.Final = {"p50_us": 50.0, "p90_us": 90.0, "p99_us": 99.0, "p999_us": 99.9}


def histogram(counts: t.Mapping[int, int]) -> t.Any:
    """The HdrHistogram of latencies. counts: how many packets took so many nanoseconds."""
    made = HdrHistogram(LOWEST_NS, HIGHEST_NS, DIGITS)
    for nanoseconds, count in counts.items():
        made.record_value(min(max(nanoseconds, LOWEST_NS), HIGHEST_NS), count)
    return made


def summary(counted: t.Any) -> dict[str, t.Any]:
    """The numbers of an HdrHistogram that is not empty, in microseconds, and all of it in its V2 encoding."""
    return {
        "packets": int(counted.get_total_count()),
        "minimum_us": counted.get_min_value() / 1000,
        **{name: counted.get_value_at_percentile(share) / 1000 for name, share in _PERCENTILES.items()},
        "maximum_us": counted.get_max_value() / 1000,
        "histogram": counted.encode().decode("ascii"),
    }
