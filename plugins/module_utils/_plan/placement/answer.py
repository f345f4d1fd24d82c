# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a question to its best answer: quickly where that suffices, completely where the question is small."""

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
    from .question import Item, Question

# Up to so many VMs and nodes the search is complete, but for the steps that it may take.
SMALL_ITEMS: t.Final = 40
SMALL_CELLS: t.Final = 32
COMPLETE_STEPS: t.Final = 10000
# How many may be spent on one more of the VMs once it is known, or given up, that all have a place.
FEWER_STEPS: t.Final = 2000
# For larger questions: how many steps all neighbourhoods, and one of them, may take.
NEIGHBOURHOODS_STEPS: t.Final = 3000
NEIGHBOURHOOD_STEPS: t.Final = 300


@dataclasses.dataclass
class Answer:
    """The best state found. proven: where items are left over, that not all can be placed.

    unprotected: hosts whose failure not even the VMs found there stand, so that nothing was placed.
    """

    state: SearchState
    proven: bool = False
    unprotected: tuple[int, ...] = ()

    @property
    def rank(self) -> tuple[int, int]:
        """Less is better: first everyone has a place, then nobody moves."""
        return len(self.state.unplaced()), self.state.moves()


def answer(question: Question) -> Answer:
    """The best answer: as many VMs placed as can be, as few of them moved as that takes."""
    start = SearchState(question)
    unprotected = secure_all_failovers(start)
    if unprotected:
        return Answer(start, proven=not start.undecided, unprotected=tuple(unprotected))
    must_move = sum(item.must_move for item in question.planned)
    best = _attempt(question, spread)
    for measure in (pack, pack_memory):
        if best.rank <= (0, must_move):
            return best
        other = _attempt(question, measure)
        best = other if other.rank < best.rank else best
    if best.rank <= (0, must_move):
        return best
    if Bounds(start, question.planned).unplaced(question.planned) > 0:
        best.proven = True
    if len(question.planned) <= SMALL_ITEMS and len(question.supply.cells) <= SMALL_CELLS:
        return _complete(best, start, must_move)
    return best if best.proven else _repair(best)


def _attempt(question: Question, measure: t.Callable[[SearchState, Place], tuple[int, ...]]) -> Answer:
    state = SearchState(question)
    secure_all_failovers(state)
    keep(state)
    fill(state, measure)
    return Answer(state)


def _complete(best: Answer, start: SearchState, must_move: int) -> Answer:
    """Improves the best answer so far by a complete search from the start."""
    search = Search(start, start.question.planned, COMPLETE_STEPS)
    everyone = sum(item.current for item in start.question.planned)
    unplaced, _moves = best.rank
    if unplaced and not best.proven:
        outcome = search.run(0, everyone)
        best = _better(best, search)
        best.proven = outcome == NONE
        unplaced, _moves = best.rank
    while unplaced > 1:
        search.steps = FEWER_STEPS
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


def _better(best: Answer, search: Search) -> Answer:
    """The search's result, if that is better; the search can go on from its start afterwards."""
    state = search.state
    found = Answer(SearchState(state.question), best.proven)
    found.state.restore(state.placed, state.restart)
    search.clear()
    return found if found.rank < best.rank else best


def _repair(best: Answer) -> Answer:
    """Searches the hosts with most room anew for each item left over, which may have to move others for it."""
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
    """Pairs and triples of hosts that the item may run on, those with the most room first."""
    room: dict[int, int] = {}
    for place in item.places:
        room[place.host] = room.get(place.host, 0) + state.load.free_cores[place.cell]
    hosts = sorted(room, key=lambda host: (-room[host], host))
    return [hosts[:2], hosts[2:4], hosts[:3]]


def _search_around(state: SearchState, item: Item, hosts: t.Sequence[int], moves: int) -> int:
    """Tries to place the item by rearranging the hosts; returns the steps that it took."""
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
