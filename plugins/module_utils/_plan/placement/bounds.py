# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many items cannot be placed whatever is tried: counted by what can fit into nodes one by one."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .question import Item
    from .state import SearchState


class _Scope:
    """Some nodes, by host, and the items that may run on no other."""

    def __init__(self, state: SearchState, cells: frozenset[int], members: frozenset[int]) -> None:
        self.members = members
        by_host: dict[int, list[int]] = {}
        for cell in sorted(cells):
            by_host.setdefault(state.question.supply.cells[cell].host, []).append(cell)
        self.hosts = list(by_host.items())

    def slots(self, free: t.Sequence[int], size: int) -> list[int]:
        """How many items of the size find room, by host."""
        return [sum(free[cell] // size for cell in cells) for _host, cells in self.hosts]


class Bounds:
    """Lower bounds for the items that a search still has to place.

    For every set of nodes that items are limited to, and every size s, the items of at least that size need as many
    slots of that size, of which a node has the whole number that fits. With N+1 the same holds without any one host.
    What is short for items that have nothing to do with each other adds up.
    Items that span nodes, or may restart where they may not run, are left out: a weaker bound, but a right one.
    """

    def __init__(self, state: SearchState, items: t.Sequence[Item]) -> None:
        self.state = state
        self.n_plus_1 = state.question.rules.n_plus_1
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
        """At least so many of the remaining items stay without a place."""
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
        """How many of the items inside have no place among the scope's nodes."""
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
        """How many of the sizes (largest first) are too much for what is free in all, the smallest taken first."""
        if not sizes:
            return 0
        # With N+1, what is too little for the smallest of these may do for one that is placed already.
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
        """Places of the size; with N+1, those beside the host without which there are fewest for everyone."""
        slots = scope.slots(free, size)
        if not self.n_plus_1 or not slots:
            return sum(slots)
        lost = 0
        for (host, _cells), number in zip(scope.hosts, slots):
            placed = sum(size_of[index] >= size for index in self.state.on_host[host] & scope.members)
            lost = max(lost, number + placed)
        return sum(slots) - lost


def _least(item: Item, size: str, otherwise: int) -> int:
    """The least that the item takes; a named affinity set can be on fewer cores than the VM has vCPUs."""
    if not item.demand.cpus:
        return otherwise
    return min((getattr(place, size) for place in item.places), default=otherwise)
