# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The path of the packets through one host, as a picture: the application above, the sender below."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.model import WAYS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.marks import DASHES, series
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.picture import Picture, picture
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.svg import Element, element, group

from .words import card, known, lcores, node, poll_mode_driver, way, ways

Mapping = t.Mapping[str, t.Any]
MOST_COLUMNS: t.Final = 4
"""How many adapters the picture has room for; the table beside it has all of them."""
_COLUMN: t.Final = 174.0
_SPACE: t.Final = 8.0
_LINE: t.Final = 15.0
_GAP: t.Final = 26.0
_LETTER: t.Final = 6.2
"""The width of an average letter."""
_LANE: t.Final = 12.0
"""How far from the middle of a column a direction runs."""
_HEAD: t.Final = 4.5
"""Half the width of an arrow's head."""


@dataclasses.dataclass(frozen=True)
class _Box:
    """A box with lines of text."""

    left: float
    """Its left edge."""
    top: float
    """Its upper edge."""
    width: float
    """Its width."""
    lines: tuple[str, ...]
    """What stands in it; the first is its name."""

    @property
    def bottom(self) -> float:
        return self.top + 2 * _SPACE + _LINE * len(self.lines)

    def drawn(self) -> Element:
        """The box. What it has no room for is cut off."""
        most = int((self.width - _SPACE) / _LETTER)
        frame = element(
            "rect", class_="box", x=self.left, y=self.top, width=self.width, height=self.bottom - self.top, rx=4.0
        )
        return group([frame, *(self._text(number, line, most) for number, line in enumerate(self.lines))])

    def _text(self, number: int, line: str, most: int) -> Element:
        return element(
            "text",
            line if len(line) <= most else f"{line[: most - 1]}…",
            class_="station" if number == 0 else "fact",
            x=self.left + self.width / 2,
            y=self.top + _SPACE + _LINE * (number + 0.75),
            text_anchor="middle",
        )


def path_picture(
    number: int, host: str, path: Mapping, streams: t.Sequence[Mapping], colours: t.Mapping[str, int]
) -> Picture:
    """The picture of path_of(), with an arrow for each direction.

    number: the host's, for identifiers; streams: the sender's rows; colours: the number of each direction's colour.
    """
    adapters = path["adapters"][:MOST_COLUMNS]
    left, inner = 2 * _SPACE, max(len(adapters), 2) * _COLUMN
    edge, floors = _floors(left, inner, path, adapters)
    frame = element("rect", class_="guest", x=_SPACE, y=22.0, width=inner + 2 * _SPACE, height=edge - 22.0, rx=6.0)
    title = element("text", f"guest {host}"[: int(inner / _LETTER)], class_="fact", x=left, y=14.0)
    drawn = [title, frame, *(box.drawn() for floor in floors for box in floor)]
    for position, adapter in enumerate(adapters):
        stack = [floor[min(position, len(floor) - 1)] for floor in floors]
        for direction, colour in colours.items():
            if adapter["side"] in WAYS.get(direction, ()):
                drawn.append(_lane(stack[1], stack, WAYS[direction][0] == adapter["side"], colour))
    words = " ".join(way(path, *one) for one in ways(path, streams))
    text = words or f"No known packets were sent through {known(path['application']['executable'])}."
    height = floors[-1][0].bottom + _SPACE
    return picture(f"path-{number}", inner + 4 * _SPACE, height, ("Path of the packets", text), drawn)


def _floors(left: float, inner: float, path: Mapping, adapters: t.Sequence[Mapping]) -> tuple[float, list[list[_Box]]]:
    """The lower edge of the guest, and the boxes, from above to below."""
    application = _Box(
        left,
        30.0,
        inner,
        (
            known(path["application"]["executable"]),
            f"lcores: {lcores(path['application'])}",
            path["application"]["version"] or "DPDK of an unknown version",
        ),
    )
    drivers = _row(left, application.bottom + _GAP, [(poll_mode_driver(one), known(one["driver"])) for one in adapters])
    cards = _row(
        left,
        _below(drivers, application) + _GAP,
        [(card(one), one["pci_address"], node(one["numa_node"]), one["mac"]) for one in adapters],
    )
    edge = _below(cards, application) + _SPACE
    groups = _row(left, edge + _GAP, [("port group", known(one["network"])) for one in adapters])
    sender = _Box(left, _below(groups, application) + _GAP, inner, tuple(_sender(path, adapters)))
    return edge, [floor for floor in ([application], drivers, cards, groups, [sender]) if floor]


def _sender(path: Mapping, adapters: t.Sequence[Mapping]) -> t.Iterator[str]:
    sent = any(one["side"] for one in path["adapters"])
    yield path["sender"] or ("sender unknown" if sent else "no sender: whatever passes")
    if path["sender"]:
        yield ", ".join(f"{known(one['sender_interface'])} to {one['name']}" for one in adapters)


def _row(left: float, top: float, texts: t.Sequence[tuple[str, ...]]) -> list[_Box]:
    return [
        _Box(left + _COLUMN * position + _SPACE / 2, top, _COLUMN - _SPACE, lines)
        for position, lines in enumerate(texts)
    ]


def _below(row: t.Sequence[_Box], otherwise: _Box) -> float:
    return row[0].bottom if row else otherwise.bottom


def _lane(column: _Box, stack: t.Sequence[_Box], rises: bool, colour: int) -> Element:
    """The arrows of one direction through the gaps of a column."""
    x = column.left + column.width / 2 + (_LANE if colour % 2 else -_LANE)
    drawn = []
    for above, below in zip(stack, stack[1:]):
        start, end = (below.top, above.bottom) if rises else (above.bottom, below.top)
        base = end + (2 * _HEAD if rises else -2 * _HEAD)
        drawn += [
            element("polyline", points=f"{x:g},{start:g} {x:g},{base:g}", stroke_dasharray=DASHES[colour]),
            element("polygon", points=f"{x - _HEAD:g},{base:g} {x + _HEAD:g},{base:g} {x:g},{end:g}"),
        ]
    return group(drawn, class_=series(colour))
