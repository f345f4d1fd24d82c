# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture with its title and the same in words."""

from __future__ import annotations

import dataclasses
import typing as t

from .svg import Element, element


@dataclasses.dataclass(frozen=True)
class Picture:
    """One picture."""

    title: str
    """What it shows."""
    text: str
    """The same in words, below it."""
    svg: Element
    """The picture."""


def picture(name: str, width: float, height: float, texts: tuple[str, str], drawn: t.Iterable[Element]) -> Picture:
    """A picture as wide as there is room for.

    name: its identifier, which is unique in the page; texts: its title, and a description for those who cannot see it.
    """
    title, description = texts
    svg = element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", description, id=f"{name}-description"),
        *drawn,
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_labelledby=f"{name}-title",
        aria_describedby=f"{name}-description",
    )
    return Picture(title, description, svg)
