# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many items cannot be placed whatever is tried: counted by what can fit into nodes one by one."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from .question import Item
    from .state import State

_SizeOf = t.Callable[["Item"], int]
_SIZES: t.Final[tuple[tuple[str, _SizeOf], ...]] = (
    ("cores", lambda item: item.demand.cores),
    ("memory", lambda item: item.demand.memory_mb),
)


class Bounds:
    """Lower bounds for the items that a search still has to place.

    For every set of nodes that items are limited to, and every size s, the items of at least that size need as many
    places of that size, of which a node has the whole number that fits. With N+1 the same holds without any one host.
    Items that span nodes, or may restart where they may not run, are left out: a weaker bound, but a right one.
    """

    def __init__(self, state: State, items: t.Sequence[Item]) -> None:
        self.state = state
        self.n_plus_1 = state.question.rules.n_plus_1
        cells = {item.index: frozenset(option.cell for option in item.options) for item in items}
        single = [
            item
            for item in items
            if all(len(option.parts) == 1 for option in item.options)
            and (item.options is item.refuges or not self.n_plus_1)
        ]
        everywhere = frozenset().union(*cells.values()) if cells else frozenset()
        self.scopes = sorted({cells[item.index] for item in single} | {everywhere}, key=sorted)
        self.members = [frozenset(item.index for item in single if cells[item.index] <= scope) for scope in self.scopes]

    def unplaced(self, remaining: t.Sequence[Item]) -> int:
        """At least so many of the remaining items stay without a place."""
        worst = 0
        for scope, members in zip(self.scopes, self.members):
            inside = [item for item in remaining if item.index in members]
            if len(inside) <= worst:
                continue
            worst = max(worst, *self._shortages(inside, scope, members))
        return worst

    def _shortages(self, inside: list[Item], scope: frozenset[int], members: frozenset[int]) -> Iterator[int]:
        state = self.state
        yield 0
        for name, size_of in _SIZES:
            free = state.free_cores if name == "cores" else state.free_memory
            sizes = sorted((size_of(item) for item in inside), reverse=True)
            for count, size in enumerate(sizes, start=1):
                if size <= 0 or (count < len(sizes) and sizes[count] == size):
                    continue
                yield count - self._places(scope, free, members, size_of, size)

    def _places(
        self, scope: frozenset[int], free: t.Sequence[int], members: frozenset[int], size_of: _SizeOf, size: int
    ) -> int:
        """Places of the size in the scope's nodes; with N+1, those beside the host without which there are fewest."""
        by_host: dict[int, int] = {}
        for cell in scope:
            host = self.state.question.supply.cells[cell].host
            by_host[host] = by_host.get(host, 0) + free[cell] // size
        total = sum(by_host.values())
        if not self.n_plus_1:
            return total
        items = self.state.items
        lost = [
            places + sum(index in members and size_of(items[index]) >= size for index in self.state.on_host[host])
            for host, places in by_host.items()
        ]
        return total - max(lost, default=0)
