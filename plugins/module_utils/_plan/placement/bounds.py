# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many items cannot be placed at all: a lower bound, from what fits into each node by itself."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .search_space import Item
    from .state import SearchState


class _Scope:
    """A set of nodes, by host, and the items that may run on no other."""

    def __init__(self, state: SearchState, cells: frozenset[int], members: frozenset[int]) -> None:
        self.members = members
        by_host: dict[int, list[int]] = {}
        for cell in sorted(cells):
            by_host.setdefault(state.space.capacity.cells[cell].host, []).append(cell)
        self.hosts = list(by_host.items())

    def slots(self, free: t.Sequence[int], size: int) -> list[int]:
        """How many items of the size fit, by host."""
        return [sum(free[cell] // size for cell in cells) for _host, cells in self.hosts]


class Bounds:
    """Lower bounds for the items that a search still has to place.

    For every set of nodes that items are limited to, and for every size, the items of at least that size need as many
    slots, and a node has as many slots as whole items fit. With N+1 this must hold without any one host. Shortages of
    disjoint sets of items add up. Items that span nodes, or may restart where they may not run, are left out, which
    weakens the bound but keeps it correct.
    """

    def __init__(self, state: SearchState, items: t.Sequence[Item]) -> None:
        self.state = state
        self.n_plus_1 = state.space.rules.n_plus_1
        self.cores = [_least(item, "cores", item.demand.cores) for item in state.items]
        self.memory = [_least(item, "memory", item.demand.memory_mb) for item in state.items]
        cells = {item.index: frozenset(place.cell for place in item.places) for item in items}
        single = [
            item
            for item in items
            if all(len(place.parts) == 1 for place in item.places)
            and (item.places is item.restart_places or not self.n_plus_1)
        ]
        everywhere = frozenset().union(*cells.values()) if cells else frozenset()
        self.scopes = [
            _Scope(state, scope, frozenset(item.index for item in single if cells[item.index] <= scope))
            for scope in sorted({cells[item.index] for item in single} | {everywhere}, key=sorted)
        ]

    def unplaced(self, remaining: t.Sequence[Item]) -> int:
        """The number of remaining items that stay without a place, at least."""
        indices = frozenset(item.index for item in remaining)
        short = [(self._short(scope, scope.members & indices), scope.members & indices) for scope in self.scopes]
        short.sort(key=lambda entry: (-entry[0], len(entry[1])))
        total, counted = 0, frozenset[int]()
        for number, inside in short:
            if number > 0 and counted.isdisjoint(inside):
                total += number
                counted |= inside
        return total

    def _short(self, scope: _Scope, inside: frozenset[int]) -> int:
        """How many of the items inside cannot be placed on the scope's nodes, at least."""
        worst = 0
        for size_of, free in ((self.cores, self.state.load.free_cores), (self.memory, self.state.load.free_memory)):
            sizes = sorted((size_of[index] for index in inside), reverse=True)
            for count, size in enumerate(sizes, start=1):
                if size <= 0 or count <= worst or (count < len(sizes) and sizes[count] == size):
                    continue
                worst = max(worst, count - self._slots(scope, size_of, free, size))
            worst = max(worst, self._short_in_sum(scope, size_of, free, sizes))
        return worst

    def _short_in_sum(
        self, scope: _Scope, size_of: t.Sequence[int], free: t.Sequence[int], sizes: t.Sequence[int]
    ) -> int:
        """How many of the sizes (largest first) exceed what is free in total, even if the smallest go first."""
        if not sizes:
            return 0
        # With N+1, a remainder too small for these may still be where one that is already placed restarts.
        least = 0 if self.n_plus_1 else sizes[-1]
        room = [sum(free[cell] for cell in cells if free[cell] >= least) for _host, cells in scope.hosts]
        left = sum(room)
        if self.n_plus_1 and room:
            left -= max(
                own + sum(size_of[index] for index in self.state.on_host[host] & scope.members)
                for (host, _cells), own in zip(scope.hosts, room)
            )
        for count, size in enumerate(reversed(sizes)):
            left -= size
            if left < 0:
                return len(sizes) - count
        return 0

    def _slots(self, scope: _Scope, size_of: t.Sequence[int], free: t.Sequence[int], size: int) -> int:
        """Slots of the size; with N+1, without the host whose loss costs most, what runs there included."""
        slots = scope.slots(free, size)
        if not self.n_plus_1 or not slots:
            return sum(slots)
        lost = 0
        for (host, _cells), number in zip(scope.hosts, slots):
            placed = sum(size_of[index] >= size for index in self.state.on_host[host] & scope.members)
            lost = max(lost, number + placed)
        return sum(slots) - lost


def _least(item: Item, size: str, otherwise: int) -> int:
    """The least that the item takes: a named affinity set may cover fewer cores than the VM has vCPUs."""
    if not item.demand.cpus:
        return otherwise
    return min((getattr(place, size) for place in item.places), default=otherwise)
