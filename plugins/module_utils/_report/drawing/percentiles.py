# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves of percentiles, such as those of latencies: one for each series, on a scale of decades."""

from __future__ import annotations

import typing as t

from .axes import BOTTOM, LEFT, RIGHT, TOP, Axis, categories_axis, left_axis
from .marks import curve
from .svg import Element

PERCENTILES: t.Final = {
    "minimum": "min",
    "p50": "50 %",
    "p90": "90 %",
    "p99": "99 %",
    "p999": "99.9 %",
    "maximum": "max",
}
"""What the axis says of each percentile."""


def percentile_curves(curves: t.Sequence[tuple[int, t.Mapping[str, float]]], caption: str) -> list[Element]:
    """The axes, and a curve for each series.

    curves: a series' number, which is its colour, line and mark, and its microseconds by each of PERCENTILES; at least
    one; caption: what the axis below says.
    """
    values = [value for _number, found in curves for value in found.values()]
    up = Axis.decades(min(values), max(values), BOTTOM, TOP)
    step = (RIGHT - LEFT) / len(PERCENTILES)
    places = [LEFT + step * (position + 0.5) for position in range(len(PERCENTILES))]
    drawn = [*left_axis(up, "µs"), *categories_axis(list(PERCENTILES.values()), places, caption)]
    for number, found in curves:
        drawn.append(curve(number, list(zip(places, (up.at(found[name]) for name in PERCENTILES)))))
    return drawn
