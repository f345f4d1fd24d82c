# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The complete search: over a small fleet, or over a few hosts of a large one."""

from __future__ import annotations

import typing as t

from .bounds import Bounds
from .failover import secure_failover
from .greedy import by_size

if t.TYPE_CHECKING:
    from .places import Place
    from .search_space import Item
    from .state import SearchState

FOUND: t.Final = "found"
NONE: t.Final = "none"
UNDECIDED: t.Final = "undecided"

# Per this many nodes, planning the restarts of one host counts as one step more.
MANY_CELLS: t.Final = 33


class Search:
    """Looks for places for the given items, while all others stay where they are.

    The items must have no place when a search starts. FOUND leaves them placed; any other outcome, without a place.
    """

    steps: int
    """How many placements may still be tried before the outcome is UNDECIDED; counts down over several runs."""

    def __init__(self, state: SearchState, items: t.Sequence[Item], steps: int) -> None:
        self.state = state
        self.items = by_size(items, state)
        self.bounds = Bounds(state, self.items)
        self.steps = steps
        self.failed: dict[t.Any, list[tuple[int, int]]] = {}
        self.undecided = 0
        self.contents: list[tuple[tuple[int, ...], ...] | None] = [None] * len(state.on_host)
        anywhere = any(item.current for item in state.space.planned)
        self.host_kinds = None if anywhere else state.space.host_kinds

    def run(self, unplaced: int, moves: int) -> str:
        """Searches for places with at most ``unplaced`` items left out and at most ``moves`` that leave their place."""
        self.undecided = self.state.undecided
        if self._assign(0, unplaced, moves, -1, 0):
            return FOUND
        return NONE if self.steps > 0 and self.state.undecided == self.undecided else UNDECIDED

    def clear(self) -> None:
        """Takes the items off their places, for another search from the same start."""
        for item in self.items:
            if item.index in self.state.placed:
                self.contents[self.state.unassign(item).host] = None

    def _assign(self, at: int, unplaced: int, moves: int, kind: int, least: int) -> bool:
        """Places the items from number ``at`` on; those of ``kind`` at no earlier place than ``least``."""
        if at == len(self.items):
            return True
        if self.steps <= 0 or self._is_hopeless(at, unplaced, moves):
            return False
        signature = (at, self._content(), least if self.items[at].kind == kind else 0)
        if any(unplaced <= others and moves <= and_moves for others, and_moves in self.failed.get(signature, ())):
            return False
        item = self.items[at]
        first = least if item.kind == kind else 0
        if self._try_places(at, unplaced, moves, first):
            return True
        if (
            unplaced > 0
            and moves >= item.current
            and self._assign(at + 1, unplaced - 1, moves - item.current, item.kind, len(item.places))
        ):
            return True
        if self.steps > 0 and self.state.undecided == self.undecided:
            self.failed.setdefault(signature, []).append((unplaced, moves))
        return False

    def _try_places(self, at: int, unplaced: int, moves: int, first: int) -> bool:
        item, state = self.items[at], self.state
        tried: set[t.Any] = set()
        for rank in self._ranks(item, first):
            place = item.places[rank]
            cost = item.current and place not in item.stays
            if cost > moves or not state.fits(item, place):
                continue
            signature = self._signature(place)
            if signature in tried:
                continue
            tried.add(signature)
            self.steps -= 1
            if self.steps <= 0:
                return False
            self.contents[place.host] = None
            state.assign(item, place)
            if self._secure_failover(item) and self._assign(at + 1, unplaced, moves - cost, item.kind, rank):
                return True
            state.unassign(item)
            self.contents[place.host] = None
        return False

    def _secure_failover(self, item: Item) -> bool:
        """Reserves restart places. Among many nodes this takes most of the time, so it counts as steps there."""
        before = self.state.packings
        secured = secure_failover(self.state, item)
        self.steps -= (self.state.packings - before) * (len(self.state.load.free_cores) // MANY_CELLS)
        return secured

    def _ranks(self, item: Item, first: int) -> list[int]:
        """The places from number ``first`` on: where the item is now, then without remarks, then the fullest."""
        state = self.state
        return sorted(
            range(first, len(item.places)),
            key=lambda rank: (
                item.places[rank] not in item.stays,
                item.places[rank].penalty,
                state.load.free_cores[item.places[rank].cell],
                rank,
            ),
        )

    def _is_hopeless(self, at: int, unplaced: int, moves: int) -> bool:
        remaining = self.items[at:]
        if self.bounds.unplaced(remaining) > unplaced:
            return True
        evicted = 0
        for item in remaining:
            if item.current and not any(self.state.fits(item, place) for place in item.stays):
                evicted += 1
                if evicted > moves:
                    return True
        return False

    def _content(self) -> t.Any:
        """What the rest of the search depends on: the kinds of items on every node."""
        state = self.state
        hosts = [self._host_content(host) for host in range(len(state.on_host))]
        if self.host_kinds is None:
            return tuple(hosts)
        return tuple(sorted((kind, content) for kind, content in zip(self.host_kinds, hosts)))

    def _host_content(self, host: int) -> tuple[tuple[int, ...], ...]:
        known = self.contents[host]
        if known is not None:
            return known
        cells = self.state.space.capacity.host_cells[host]
        content: list[list[int]] = [[] for _cell in cells]
        for index in self.state.on_host[host]:
            for part in self.state.placed[index].parts:
                content[part.cell - cells[0].index].append(self.state.items[index].kind)
        self.contents[host] = sorted_content = tuple(tuple(sorted(kinds)) for kinds in content)
        return sorted_content

    def _signature(self, place: Place) -> t.Any:
        """Equal for places that are interchangeable for the rest of the search: the same node of like hosts."""
        if self.host_kinds is None:
            return place
        base = self.state.space.capacity.host_cells[place.host][0].index
        numbers = tuple(part.cell - base for part in place.parts)
        return (self.host_kinds[place.host], self._host_content(place.host), numbers, place.penalty)
