# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of a comparison, for one size of frames: each shows all variants."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.axes import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Axis,
    bottom_axis,
    left_axis,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.marks import mark, series
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.percentiles import percentile_curves
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.picture import Picture, picture
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.svg import Element, element, group

from .words import cpus, goal, microseconds, named, packets, percent

Mapping = t.Mapping[str, t.Any]
_RATE: t.Final = "packets/s, both directions together"
_SHOWN_LOADS: t.Final = ("50", "lowest")


@dataclasses.dataclass(frozen=True)
class FrameFigures:
    """What a comparison says of one size of frames, and how its variants are numbered."""

    name: str
    """The size."""
    number: int
    """Its number among the sizes; identifiers in the page have it."""
    variants: t.Sequence[str]
    """All variants of the comparison, in the order of their marks."""
    report: Mapping
    """The whole comparison."""

    def rows(self, key: str) -> list[Mapping]:
        """The comparison's rows under a key that are about this size."""
        return [row for row in self.report[key] if row["frame"] == self.name]

    def drawn(self, key: str, title: str, text: str, elements: t.Iterable[Element]) -> Picture:
        return picture(f"{key}-{self.number}", WIDTH, HEIGHT, (title, text), elements)


def pictures_of(frame: FrameFigures) -> list[Picture]:
    """Those pictures that there are numbers for."""
    made = (loss(frame), latencies(frame), cpu(frame), spread(frame))
    return [one for one in made if one is not None]


def _ndr(frame: FrameFigures) -> list[Mapping]:
    return [row for row in frame.rows("rates") if row["goal"] == "ndr"]


def loss(frame: FrameFigures) -> Picture | None:
    """Loss against rate. A band reaches from the lower to the upper bound of what goes through without loss."""
    points = frame.rows("loss")
    if not points:
        return None
    bounds = [(row["lower_pps"], row["upper_pps"]) for row in _ndr(frame)]
    known = [value for pair in bounds for value in pair if value is not None]
    across = Axis.linear(max([*known, *(one["pps"] for one in points)]), LEFT, RIGHT)
    up = Axis.linear(max([0.01, *(one["loss"] for one in points)]) * 100, BOTTOM, TOP)
    drawn = [*left_axis(up, "loss, %"), *bottom_axis(across, _RATE)]
    words = []
    for row in _ndr(frame):
        number, lower, upper = frame.variants.index(row["variant"]), row["lower_pps"], row["upper_pps"]
        ends = [across.at(value) for value in (lower, upper) if value is not None]
        drawn.append(
            element("rect", class_=f"band {series(number)}", x=ends[0] - 1, y=TOP, width=ends[-1] - ends[0] + 2,
                    height=BOTTOM - TOP)
        )  # fmt: skip
        words.append(f"{named(row['variant'])} {_bound_words(row)}")
    for number, variant in enumerate(frame.variants):
        of_variant = sorted((one["pps"], one["loss"] * 100) for one in points if one["variant"] == variant)
        places = [(across.at(pps), up.at(lost)) for pps, lost in of_variant]
        drawn.append(group((mark(number, x, y) for x, y in places), class_=series(number)))
    text = f"Each mark is a trial; a band ends at the bounds of what goes through without loss: {'; '.join(words)}."
    return frame.drawn("loss", "Loss against rate", text, drawn)


def _bound_words(row: Mapping) -> str:
    if row["lower_pps"] is None:
        return f"not even {packets(row['upper_pps'])} packets/s"
    if row["upper_pps"] is None:
        return f"at least {packets(row['lower_pps'])} packets/s, limited by the tester"
    return f"{packets(row['lower_pps'])} to {packets(row['upper_pps'])} packets/s"


def latencies(frame: FrameFigures) -> Picture | None:
    """Percentiles of latency, on a scale of decades, at half of each variant's PDR or else at the lowest rate."""
    rows = frame.rows("latencies")
    loads = list(dict.fromkeys(row["load"] for row in rows))
    shown = next((load for load in _SHOWN_LOADS if load in loads), loads[0] if loads else None)
    rows = [row for row in rows if row["load"] == shown]
    if not rows:
        return None
    where = "at the lowest rate" if shown == "lowest" else f"at {shown} % of each one's PDR"
    curves = [(frame.variants.index(row["variant"]), row["percentiles_us"]) for row in rows]
    drawn = percentile_curves(curves, f"percentile, {where}")
    words = (
        f"{named(row['variant'])} {microseconds(row['percentiles_us']['p50'])} (99 %:"
        f" {microseconds(row['percentiles_us']['p99'])}) at {packets(row['pps'])} packets/s"
        for row in rows
    )
    return frame.drawn("latency", "Latency", f"Median latency {where}: {'; '.join(words)}.", drawn)


def cpu(frame: FrameFigures) -> Picture | None:
    """Busy CPUs of the guest against the rate that came through, and a line at what idle takes."""
    rows = [row for row in frame.rows("cpu") if row["loads"] or row["idle_cpus"] is not None]
    if not rows:
        return None
    points = [point for row in rows for point in row["loads"]]
    idle = [row["idle_cpus"] for row in rows if row["idle_cpus"] is not None]
    across = Axis.linear(max((point["pps"] for point in points), default=1.0), LEFT, RIGHT)
    up = Axis.linear(max([1.0, *idle, *(point["busy_cpus"] for point in points)]), BOTTOM, TOP)
    drawn = [*left_axis(up, "busy CPUs"), *bottom_axis(across, _RATE)]
    words = []
    for row in rows:
        number = frame.variants.index(row["variant"])
        if row["idle_cpus"] is not None:
            y = up.at(row["idle_cpus"])
            drawn.append(element("line", class_=f"idle {series(number)}", x1=LEFT, y1=y, x2=RIGHT, y2=y))
            words.append(f"{named(row['variant'])} {cpus(row['idle_cpus'])}")
        marks = (mark(number, across.at(point["pps"]), up.at(point["busy_cpus"])) for point in row["loads"])
        drawn.append(group(marks, class_=series(number)))
    text = "Each mark is a trial."
    if words:
        text = f"{text} The lines are the price of idle: {'; '.join(words)}."
    return frame.drawn("cpu", "CPU against rate", text, drawn)


def spread(frame: FrameFigures) -> Picture | None:
    """The lower bound of each turn, on a bar from the lowest lower to the highest upper bound of all turns."""
    rows = [row for row in frame.rows("rates") if row["lowest_pps"] is not None]
    if not rows:
        return None
    ends = [row["highest_pps"] or max(one for one in row["turns_pps"] if one is not None) for row in rows]
    across = Axis.linear(max(ends), LEFT, RIGHT)
    height = (BOTTOM - TOP) / len(rows)
    drawn = bottom_axis(across, _RATE)
    words = []
    for position, (row, end) in enumerate(zip(rows, ends)):
        number, y = frame.variants.index(row["variant"]), TOP + height * (position + 0.5)
        # A bar without an upper bound goes on: nobody knows how far.
        stop = RIGHT if row["highest_pps"] is None else across.at(end)
        start = across.at(row["lowest_pps"])
        kind = "band open" if row["highest_pps"] is None else "band"
        drawn.append(
            group(
                [
                    element("rect", class_=kind, x=start - 1, y=y - 7, width=stop - start + 2, height=14),
                    *(mark(number, across.at(one), y) for one in row["turns_pps"] if one is not None),
                ],
                class_=series(number),
            )
        )
        drawn.append(element("text", goal(row["goal"]), x=LEFT - 6, y=y + 4, text_anchor="end"))
        if row["spread"] is not None:
            words.append(f"{named(row['variant'])}, {goal(row['goal'])} {percent(row['spread'])}")
    text = "Each mark is a turn, and its bar what the bounds of all turns leave possible."
    if words:
        text = f"{text} The turns differ by: {'; '.join(words)}."
    return frame.drawn("spread", "Spread over the turns", text, drawn)
