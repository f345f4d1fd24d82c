# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""N+1: that whichever one host fails, all of its VMs have room on others. Counted in cores of nodes, never in MHz."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .options import Option
    from .question import Item
    from .state import State

# How many steps the packing of one failing host's VMs may take before it is given up as undecided.
PACKING_STEPS: t.Final = 3000


def settle(state: State, item: Item) -> bool:
    """Makes the plan stand any one host's failure again after the item was placed.

    False when it cannot; then refuges are as before, none for the item, which the caller takes away again.
    ``state.undecided`` counts when a packing was given up, so that False proves nothing.
    """
    if not state.question.rules.n_plus_1:
        return True
    before: dict[int, Option] = dict(state.refuge)
    home = state.placed[item.index].host
    for failed in _disturbed(state, item):
        if not _pack(state, failed):
            _put_back(state, before)
            return False
    if _find_refuge(state, item) or _pack(state, home):
        return True
    _put_back(state, before)
    return False


def shelter_quickly(state: State, item: Item) -> bool:
    """Finds a refuge for an item that disturbs nobody, without touching other refuges."""
    return not state.question.rules.n_plus_1 or _find_refuge(state, item)


def settle_all(state: State) -> list[int]:
    """Finds refuges for everyone who has none; returns the hosts whose failure the plan does not stand."""
    if not state.question.rules.n_plus_1:
        return []
    exposed = {option.host for index, option in state.placed.items() if index not in state.refuge}
    return [host for host in sorted(exposed) if not (_shelter_one_by_one(state, host) or _pack(state, host))]


def _shelter_one_by_one(state: State, failed: int) -> bool:
    """Refuges for the host's items without looking at every node for each; False and none of them sheltered."""
    items = [state.items[index] for index in state.on_host[failed] if index not in state.refuge]
    items = [item for item in items if item.seeks_refuge]
    items.sort(key=lambda item: (-item.demand.cores, -item.demand.memory_mb, item.index))
    for count, item in enumerate(items):
        if not _find_refuge(state, item):
            for sheltered in items[:count]:
                state.expose(sheltered)
            return False
    return True


def _disturbed(state: State, item: Item) -> list[int]:
    """The hosts whose VMs' refuges no longer hold now that the item is placed."""
    option = state.placed[item.index]
    hosts = {state.placed[other].host for other in item.apart & state.coming[option.host]}
    for part in option.parts:
        cell = part.cell
        if state.spare_cores[cell] > state.free_cores[cell] or state.spare_memory[cell] > state.free_memory[cell]:
            hosts.update(
                failed
                for failed, (cores, memory) in state.loads[cell].items()
                if cores > state.free_cores[cell] or memory > state.free_memory[cell]
            )
    return sorted(hosts)


def _put_back(state: State, before: dict[int, Option]) -> None:
    for index in [index for index, option in state.refuge.items() if before.get(index) is not option]:
        state.expose(state.items[index])
    for index, option in before.items():
        if index not in state.refuge:
            state.shelter(state.items[index], option)


def _find_refuge(state: State, item: Item) -> bool:
    """Takes a refuge that costs nothing, because another host's VMs need as much there, or else the emptiest node."""
    failed = state.placed[item.index].host
    by_cell = state.by_cell(item.refuges)
    best, best_rank = None, (item.demand.cores, 0)
    for cell in state.spare_cells:
        option = by_cell.get(cell)
        if option is None or option.host == failed:
            continue
        load = state.loads[cell].get(failed)
        rise = option.cores + (load[0] if load else 0) - state.spare_cores[cell]
        rank = (max(0, rise), state.spare_cores[cell] - state.free_cores[cell])
        if rank < best_rank and state.harbours(item, option, failed):
            best, best_rank = option, rank
    if best is None:
        best = state.emptiest(item.refuges).first(lambda option: state.harbours(item, option, failed))
    if best is None:
        best = next((option for option in item.refuges if state.harbours(item, option, failed)), None)
    if best is None:
        return False
    state.shelter(item, best)
    return True


def _pack(state: State, failed: int) -> bool:
    """Finds refuges for all of the host's items afresh; False and none of them sheltered when there are none."""
    state.packings += 1
    items = [state.items[index] for index in state.on_host[failed]]
    for item in items:
        if item.index in state.refuge:
            state.expose(item)
    items = [item for item in items if item.seeks_refuge]
    items.sort(key=lambda item: (-item.bundle, -item.demand.cores, -item.demand.memory_mb, item.kind, item.index))
    return _Packing(state, failed, items).run(0, -1, 0)


class _Packing:
    """A search, complete within its steps, for refuges of one host's items, none of which is sheltered yet."""

    def __init__(self, state: State, failed: int, items: list[Item]) -> None:
        self.state, self.failed, self.items = state, failed, items
        self.steps = PACKING_STEPS
        self.order = {item.kind: self._order(item) for item in items}
        self.plain = not any(
            item.apart or item.bundle >= 0 or any(len(option.parts) != 1 for option in item.refuges[:1])
            for item in items
        )

    def _order(self, item: Item) -> list[Option]:
        """Where there is room for the item: first where others' refuges are anyway, then the tightest."""
        state = self.state
        fitting = [option for option in item.refuges if state.harbours(item, option, self.failed)]
        spare, free = state.spare_cores, state.free_cores
        fitting.sort(key=lambda each: (spare[each.cell] < each.cores, free[each.cell], each.cell))
        return fitting

    def run(self, at: int, kind: int, least: int) -> bool:
        """Shelters the items from number ``at`` on; those of the given kind no earlier in their order than ``least``.

        Items of one kind can stand in for each other, so only one order of them is looked at.
        """
        if at == len(self.items):
            return True
        item, state = self.items[at], self.state
        tried: set[t.Any] = set()
        order = self.order[item.kind]
        for rank in range(least if item.kind == kind else 0, len(order)):
            option = order[rank]
            look = self._look(option)
            if look in tried or not state.harbours(item, option, self.failed):
                continue
            tried.add(look)
            self.steps -= 1
            if self.steps < 0:
                state.undecided += 1
                return False
            state.shelter(item, option)
            if self.run(at + 1, item.kind, rank):
                return True
            state.expose(item)
            if self.steps < 0:
                return False
        return False

    def _look(self, option: Option) -> t.Any:
        """Equal for options that leave the items to come with the same choices."""
        if not self.plain:
            return option
        state, cell = self.state, option.cell
        cores, memory = state.loads[cell].get(self.failed, (0, 0))
        return (
            state.question.cell_kinds[cell],
            state.free_cores[cell] - cores,
            state.free_memory[cell] - memory,
        )
