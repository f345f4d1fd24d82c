# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Axes: from values to places in a picture, with ticks at round values."""

from __future__ import annotations

import dataclasses
import math
import typing as t

from .svg import Element, element

WIDTH: t.Final = 360.0
HEIGHT: t.Final = 250.0
"""Of a picture, in units that are about a pixel on a phone."""
LEFT: t.Final = 52.0
RIGHT: t.Final = 346.0
TOP: t.Final = 14.0
BOTTOM: t.Final = 206.0
"""Of the area within the axes."""
_TICKS: t.Final = 4


@dataclasses.dataclass(frozen=True)
class Axis:
    """One axis."""

    low: float
    """The value at its beginning."""
    high: float
    """The value at its end, above ``low``."""
    start: float
    """Where it begins in the picture."""
    end: float
    """Where it ends."""
    logarithmic: bool = False
    """Whether equal steps are equal ratios; ``low`` is above 0 then."""

    @classmethod
    def linear(cls, highest: float, start: float, end: float) -> Axis:
        """From 0 to a round value that is not below ``highest``."""
        step = _step(highest if highest > 0 else 1.0)
        return cls(0.0, step * max(math.ceil(round(highest / step, 9)), 1), start, end)

    @classmethod
    def decades(cls, lowest: float, highest: float, start: float, end: float) -> Axis:
        """Whole powers of ten around the values; a value below 1 is shown at 1."""
        first = math.floor(math.log10(max(lowest, 1.0)))
        last = math.ceil(math.log10(max(highest, 1.0)))
        return cls(10.0**first, 10.0 ** max(last, first + 1), start, end, logarithmic=True)

    def at(self, value: float) -> float:
        """Where a value is. One beyond the axis is at its end."""
        low, high, inside = self.low, self.high, min(max(value, self.low), self.high)
        if self.logarithmic:
            low, high, inside = math.log10(low), math.log10(high), math.log10(inside)
        return self.start + (inside - low) / (high - low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Round values on it."""
        if self.logarithmic:
            return [10.0**power for power in range(round(math.log10(self.low)), round(math.log10(self.high)) + 1)]
        step = _step(self.high)
        return [step * number for number in range(round(self.high / step) + 1)]


def _step(highest: float) -> float:
    """The distance of ticks: 1, 2 or 5 times a power of ten, so that there are about four of them."""
    power = 10.0 ** math.floor(math.log10(highest / _TICKS))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power * _TICKS >= highest * 0.999)


def short(value: float) -> str:
    """A number as an axis has room for: ``38k``, ``1.5M``, ``0.5``."""
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= unit:
            return f"{value / unit:g}{letter}"
    return f"{value:g}"


def bottom_axis(axis: Axis, caption: str) -> list[Element]:
    """The axis below, with ticks and what it shows."""
    return [
        element("line", class_="axis", x1=LEFT, y1=BOTTOM, x2=RIGHT, y2=BOTTOM),
        *(_label(short(value), axis.at(value), BOTTOM + 15, "middle") for value in axis.ticks()),
        _label(caption, (LEFT + RIGHT) / 2, BOTTOM + 36, "middle"),
    ]


def left_axis(axis: Axis, caption: str) -> list[Element]:
    """The axis on the left, with lines across at its ticks and what it shows."""
    return [
        *(element("line", class_="grid", x1=LEFT, y1=axis.at(one), x2=RIGHT, y2=axis.at(one)) for one in axis.ticks()),
        *(_label(short(value), LEFT - 6, axis.at(value) + 4, "end") for value in axis.ticks()),
        element(
            "text",
            caption,
            text_anchor="middle",
            transform=f"translate(13 {(TOP + BOTTOM) / 2:g}) rotate(-90)",
        ),
    ]


def _label(text: str, x: float, y: float, anchor: str) -> Element:
    return element("text", text, x=x, y=y, text_anchor=anchor)


def categories_axis(names: t.Sequence[str], places: t.Sequence[float], caption: str) -> list[Element]:
    """The axis below, with names instead of values."""
    return [
        element("line", class_="axis", x1=LEFT, y1=BOTTOM, x2=RIGHT, y2=BOTTOM),
        *(_label(name, place, BOTTOM + 15, "middle") for name, place in zip(names, places)),
        _label(caption, (LEFT + RIGHT) / 2, BOTTOM + 36, "middle"),
    ]
