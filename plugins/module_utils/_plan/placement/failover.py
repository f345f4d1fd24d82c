# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""N+1: whichever single host fails, all of its VMs can restart on others. Counted in cores of nodes, never in MHz."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .places import Place
    from .search_space import Item
    from .state import SearchState

# How many steps the search for restart places of one host's VMs may take before it is given up as undecided.
PACKING_STEPS: t.Final = 3000


def secure_failover(state: SearchState, item: Item) -> bool:
    """Reserves a restart place for an item that was just placed, and others anew where the item is now in their way.

    Returns False when some host's VMs could then not all restart: the restart places are as before, without one for
    the item, and the caller takes the item off its place again. When a search was given up, ``state.undecided`` is
    higher than before, and False proves nothing.
    """
    if not state.space.rules.n_plus_1:
        return True
    before: dict[int, Place] = dict(state.restart)
    home = state.placed[item.index].host
    if all(_pack(state, failed) for failed in _hosts_without_failover(state, item)) and (
        _reserve_one(state, item) or _pack(state, home)
    ):
        return True
    state.restore_restarts(before)
    return False


def reserve_quickly(state: SearchState, item: Item) -> bool:
    """Reserves a restart place for an item that is in nobody's way, without touching those of others."""
    return not state.space.rules.n_plus_1 or _reserve_one(state, item)


def secure_all_failovers(state: SearchState) -> list[int]:
    """Reserves restart places for all who have none; returns the hosts whose failure the plan does not cover."""
    if not state.space.rules.n_plus_1:
        return []
    open_hosts = {place.host for index, place in state.placed.items() if index not in state.restart}
    return [host for host in sorted(open_hosts) if not (_reserve_one_by_one(state, host) or _pack(state, host))]


def _reserve_one_by_one(state: SearchState, failed: int) -> bool:
    """Reserves for the host's items without looking at every node for each; all of them or, returning False, none."""
    items = [state.items[index] for index in state.on_host[failed] if index not in state.restart]
    items = [item for item in items if item.needs_failover]
    items.sort(key=lambda item: (-item.demand.cores, -item.demand.memory_mb, item.index))
    for count, item in enumerate(items):
        if not _reserve_one(state, item):
            for reserved in items[:count]:
                state.release_restart(reserved)
            return False
    return True


def _hosts_without_failover(state: SearchState, item: Item) -> list[int]:
    """The hosts whose VMs can no longer all restart where they were to, now that the item is placed."""
    place, load = state.placed[item.index], state.load
    hosts = {state.placed[other].host for other in item.apart & state.restart_on_host[place.host]}
    for part in place.parts:
        free_cores, free_memory = load.free_cores[part.cell], load.free_memory[part.cell]
        if load.failover_cores[part.cell] > free_cores or load.failover_memory[part.cell] > free_memory:
            hosts.update(
                failed
                for failed, (cores, memory) in load.restarts[part.cell].items()
                if cores > free_cores or memory > free_memory
            )
    return sorted(hosts)


def _reserve_one(state: SearchState, item: Item) -> bool:
    """Takes a place that adds least to failover capacity, because another host's VMs need as much there anyway."""
    failed, load = state.placed[item.index].host, state.load
    by_cell = state.by_cell(item.restart_places)
    best, best_rank = None, (item.demand.cores, 0)
    for cell in load.failover_cells:
        place = by_cell.get(cell)
        if place is None or place.host == failed:
            continue
        cores = place.cores + load.restarts[cell].get(failed, (0, 0))[0]
        rank = (max(0, cores - load.failover_cores[cell]), load.failover_cores[cell] - load.free_cores[cell])
        if rank < best_rank and state.can_restart(item, place, failed):
            best, best_rank = place, rank
    if best is None:
        best = state.by_headroom(item.restart_places).first(lambda place: state.can_restart(item, place, failed))
    if best is None:
        best = next((place for place in item.restart_places if state.can_restart(item, place, failed)), None)
    if best is None:
        return False
    state.reserve_restart(item, best)
    return True


def _pack(state: SearchState, failed: int) -> bool:
    """Reserves restart places for all of the host's items afresh; False, and none, when there are not enough."""
    state.packings += 1
    items = [state.items[index] for index in state.on_host[failed]]
    for item in items:
        if item.index in state.restart:
            state.release_restart(item)
    items = [item for item in items if item.needs_failover]
    items.sort(key=lambda item: (-item.group, -item.demand.cores, -item.demand.memory_mb, item.kind, item.index))
    return _Packing(state, failed, items).run(0, -1, 0)


class _Packing:
    """A search, complete within its steps, for restart places of one host's items, none of which has one yet."""

    def __init__(self, state: SearchState, failed: int, items: list[Item]) -> None:
        self.state, self.failed, self.items = state, failed, items
        self.steps = PACKING_STEPS
        self.order = {item.kind: self._order(item) for item in items}
        self.plain = not any(
            item.apart or item.group >= 0 or any(len(place.parts) != 1 for place in item.restart_places[:1])
            for item in items
        )

    def _order(self, item: Item) -> list[Place]:
        """Where the item can restart: first where failover capacity is reserved anyway, then the fullest node."""
        state = self.state
        fitting = [place for place in item.restart_places if state.can_restart(item, place, self.failed)]
        reserved, free = state.load.failover_cores, state.load.free_cores
        fitting.sort(key=lambda each: (reserved[each.cell] < each.cores, free[each.cell], each.cell))
        return fitting

    def run(self, at: int, kind: int, least: int) -> bool:
        """Reserves for the items from number ``at`` on; for those of ``kind`` no earlier in their order than ``least``.

        Items of one kind are interchangeable, so only one order of them is tried.
        """
        if at == len(self.items):
            return True
        item, state = self.items[at], self.state
        tried: set[t.Any] = set()
        order = self.order[item.kind]
        for rank in range(least if item.kind == kind else 0, len(order)):
            place = order[rank]
            signature = self._signature(place)
            if signature in tried or not state.can_restart(item, place, self.failed):
                continue
            tried.add(signature)
            self.steps -= 1
            if self.steps < 0:
                state.undecided += 1
                return False
            state.reserve_restart(item, place)
            if self.run(at + 1, item.kind, rank):
                return True
            state.release_restart(item)
            if self.steps < 0:
                return False
        return False

    def _signature(self, place: Place) -> t.Any:
        """Equal for places that leave the remaining items the same choices."""
        if not self.plain:
            return place
        state, cell = self.state, place.cell
        cores, memory = state.load.restarts[cell].get(self.failed, (0, 0))
        return (
            state.space.cell_kinds[cell],
            state.load.free_cores[cell] - cores,
            state.load.free_memory[cell] - memory,
        )
