# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a variant is drawn: its colour, line and mark, for not everybody tells colours apart."""

from __future__ import annotations

import typing as t

from .svg import Element, element, group

DASHES: t.Final = ("none", "6 3", "2 3", "9 3 2 3", "12 4", "4 2")
SERIES: t.Final = len(DASHES)
"""How many variants look different."""
_SIZE: t.Final = 3.6


def series(number: int) -> str:
    """The class of the variant with this number."""
    return f"series-{number % SERIES + 1}"


def mark(number: int, x: float, y: float) -> Element:
    """The variant's mark at a place."""
    size, shape = _SIZE, number % SERIES
    if shape == 0:
        return element("circle", cx=x, cy=y, r=size)
    if shape == 1:
        return element("rect", x=x - size, y=y - size, width=2 * size, height=2 * size)
    corners = {
        2: ((0, -1.3), (1.2, 1), (-1.2, 1)),
        3: ((0, -1.4), (1.4, 0), (0, 1.4), (-1.4, 0)),
        4: ((0, 1.3), (1.2, -1), (-1.2, -1)),
        5: ((-1, -1), (1, -1), (0, 1.4)),
    }[shape]
    points = " ".join(f"{x + size * right:.2f},{y + size * down:.2f}" for right, down in corners)
    return element("polygon", points=points)


def curve(number: int, places: t.Sequence[tuple[float, float]]) -> Element:
    """The variant's line through places, with its mark at each."""
    points = " ".join(f"{x:.2f},{y:.2f}" for x, y in places)
    line = element("polyline", points=points, stroke_dasharray=DASHES[number % SERIES])
    return group([line, *(mark(number, x, y) for x, y in places)], class_=series(number))


def sample_of(number: int) -> Element:
    """The variant's line and mark, for a legend."""
    return element(
        "svg", curve(number, [(2.0, 7.0), (15.0, 7.0), (28.0, 7.0)]), viewBox="0 0 30 14", aria_hidden="true"
    )
