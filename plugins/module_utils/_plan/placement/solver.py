# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The best places for all VMs: by quick strategies where they suffice, by complete search where that is feasible."""

from __future__ import annotations

import dataclasses
import typing as t

from .bounds import Bounds
from .failover import secure_all_failovers
from .greedy import by_size, fill, keep, pack, pack_memory, spread
from .search import FOUND, NONE, Search
from .state import SearchState

if t.TYPE_CHECKING:
    from .places import Place
    from .search_space import Item, SearchSpace

# Up to this many VMs and nodes the search is complete, within this many steps.
SMALL_ITEMS: t.Final = 40
SMALL_CELLS: t.Final = 32
COMPLETE_STEPS: t.Final = 10000
# Steps for each further VM, once it is known or given up that all of them can be placed.
ONE_MORE_STEPS: t.Final = 2000
# For larger fleets: steps for all neighbourhoods together, and for one of them.
NEIGHBOURHOODS_STEPS: t.Final = 3000
NEIGHBOURHOOD_STEPS: t.Final = 300


@dataclasses.dataclass
class Solution:
    """The best state found."""

    state: SearchState
    """Where every VM is placed."""
    proven: bool = False
    """It is known that the VMs without a place cannot all have one."""
    unprotected: tuple[int, ...] = ()
    """Hosts whose failure is not even covered for the VMs that run there now; then nothing was placed."""

    @property
    def rank(self) -> tuple[int, int]:
        """VMs without a place, then VMs that move; lower is better."""
        return len(self.state.unplaced()), self.state.moves()


def solve(space: SearchSpace) -> Solution:
    """As many VMs placed as possible, with as few moves as that takes."""
    start = SearchState(space)
    unprotected = secure_all_failovers(start)
    if unprotected:
        return Solution(start, proven=not start.undecided, unprotected=tuple(unprotected))
    must_move = sum(item.must_move for item in space.planned)
    best = _attempt(space, spread)
    for measure in (pack, pack_memory):
        if best.rank <= (0, must_move):
            return best
        other = _attempt(space, measure)
        best = other if other.rank < best.rank else best
    if best.rank <= (0, must_move):
        return best
    if Bounds(start, space.planned).unplaced(space.planned) > 0:
        best.proven = True
    if len(space.planned) <= SMALL_ITEMS and len(space.capacity.cells) <= SMALL_CELLS:
        return _complete(best, start, must_move)
    return best if best.proven else _repair(best)


def _attempt(space: SearchSpace, measure: t.Callable[[SearchState, Place], tuple[int, ...]]) -> Solution:
    state = SearchState(space)
    secure_all_failovers(state)
    keep(state)
    fill(state, measure)
    return Solution(state)


def _complete(best: Solution, start: SearchState, must_move: int) -> Solution:
    """Improves the best solution so far by a complete search from the start."""
    search = Search(start, start.space.planned, COMPLETE_STEPS)
    everyone = sum(item.current for item in start.space.planned)
    unplaced, _moves = best.rank
    if unplaced and not best.proven:
        outcome = search.run(0, everyone)
        best = _better(best, search)
        best.proven = outcome == NONE
        unplaced, _moves = best.rank
    while unplaced > 1:
        search.steps = ONE_MORE_STEPS
        if search.run(unplaced - 1, everyone) != FOUND:
            return best
        best = _better(best, search)
        unplaced, _moves = best.rank
    if unplaced:
        return best
    for moves in range(must_move, best.rank[1]):
        if search.run(0, moves) == FOUND:
            return _better(best, search)
    return best


def _better(best: Solution, search: Search) -> Solution:
    """The better of the two. The search is put back to its start."""
    state = search.state
    found = Solution(SearchState(state.space), best.proven)
    found.state.restore(state.placed, state.restart)
    search.clear()
    return found if found.rank < best.rank else best


def _repair(best: Solution) -> Solution:
    """Tries to place each item left over by rearranging the hosts with the most room, with moves if need be."""
    state, steps = best.state, NEIGHBOURHOODS_STEPS
    for item in by_size(state.unplaced(), state):
        for moves in (0, 1, 2):
            for hosts in _hosts_by_room(state, item):
                if steps > 0:
                    tried = _search_around(state, item, hosts, moves)
                    steps -= tried
                if item.index in state.placed:
                    break
            if item.index in state.placed:
                break
    return best


def _hosts_by_room(state: SearchState, item: Item) -> list[list[int]]:
    """Pairs and triples of hosts that the item may run on, from those with the most room."""
    room: dict[int, int] = {}
    for place in item.places:
        room[place.host] = room.get(place.host, 0) + state.load.free_cores[place.cell]
    hosts = sorted(room, key=lambda host: (-room[host], host))
    return [hosts[:2], hosts[2:4], hosts[:3]]


def _search_around(state: SearchState, item: Item, hosts: t.Sequence[int], moves: int) -> int:
    """Tries to place the item by rearranging the hosts; returns the steps taken."""
    placed, restart = dict(state.placed), dict(state.restart)
    around = [state.items[index] for host in hosts for index in state.on_host[host]]
    around = [other for other in around if not other.found]
    moved = sum(other.current and placed[other.index] not in other.stays for other in around)
    for other in around:
        state.unassign(other)
    search = Search(state, [*around, item], NEIGHBOURHOOD_STEPS)
    if search.run(0, moved + moves + item.current) != FOUND:
        state.restore(placed, restart)
    return NEIGHBOURHOOD_STEPS - search.steps
