# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quick strategies: VMs stay where they are if they can; others go, largest first, where a measure is best."""

from __future__ import annotations

import typing as t

from .failover import reserve_quickly, secure_all_failovers, secure_failover

if t.TYPE_CHECKING:
    from .places import Place
    from .search_space import Item
    from .state import SearchState

# How many places are tried for one item when that may rearrange the restart places of others.
THOROUGH_TRIES: t.Final = 12
# How many items may fail that way before a fill stops rearranging.
THOROUGH_ITEMS: t.Final = 10

Measure = t.Callable[["SearchState", "Place"], tuple[int, ...]]


def spread(state: SearchState, place: Place) -> tuple[int, ...]:
    """The node with the most headroom first: hosts stay evenly loaded, and N+1 needs little failover capacity."""
    return state.load.headroom_key(place)


def pack(state: SearchState, place: Place) -> tuple[int, ...]:
    """The fullest node first: large gaps remain for large VMs."""
    cell = place.cell
    free = state.load.free_cores[cell] - state.load.failover_cores[cell]
    return (place.penalty, free, state.load.free_memory[cell] - state.load.failover_memory[cell], cell)


def pack_memory(state: SearchState, place: Place) -> tuple[int, ...]:
    """The node with the least free memory first, for fleets that are short of memory."""
    cell = place.cell
    return (0, state.load.free_memory[cell] - state.load.failover_memory[cell], state.load.free_cores[cell], cell)


def by_size(items: t.Iterable[Item], state: SearchState) -> list[Item]:
    """The largest first, by its share of all cores or of all memory; members of a group next to each other."""
    cells = state.space.capacity.cells
    cores = max(1, sum(cell.size_cores for cell in cells))
    memory = max(1, sum(cell.size_memory for cell in cells))

    def size(item: Item) -> float:
        return max(item.demand.cores / cores, item.demand.memory_mb / memory)

    listed = list(items)
    groups: dict[int, float] = {}
    for item in listed:
        if item.group >= 0:
            groups[item.group] = groups.get(item.group, 0.0) + size(item)
    return sorted(
        listed,
        key=lambda item: (-groups.get(item.group, size(item)), item.group, -size(item), item.kind, item.index),
    )


def keep(state: SearchState) -> None:
    """Places the items that may stay where they are, largest first, as far as they fit beside each other."""
    items = by_size((item for item in state.space.planned if item.stays), state)
    for index in list(state.restart):
        state.release_restart(state.items[index])
    for item in items:
        stays = sorted(_stays(item), key=lambda place: spread(state, place))
        place = next((place for place in stays if state.fits(item, place)), None)
        if place is not None:
            state.assign(item, place)
    if not secure_all_failovers(state):
        return
    # With N+1 not all of them can stay: one by one, as long as every failure remains covered.
    for item in items:
        if item.index in state.placed:
            state.unassign(item)
    secure_all_failovers(state)
    for item in items:
        _assign_in_turn(state, item, [place for place in _stays(item) if state.fits(item, place)])


def _stays(item: Item) -> list[Place]:
    """In the order of their nodes, since the order of a set differs from run to run."""
    return sorted(item.stays, key=lambda place: [part.cell for part in place.parts])


def fill(state: SearchState, measure: Measure) -> list[Item]:
    """Places the items that have no place yet; returns those for which it finds none."""
    left: list[Item] = []
    hopeless: set[int] = set()
    for item in by_size(state.unplaced(), state):
        if item.kind in hopeless or not _assign(state, item, measure, len(left) < THOROUGH_ITEMS):
            left.append(item)
            if not item.apart and item.group < 0:
                hopeless.add(item.kind)  # nothing becomes free while filling, so no other item of this kind fits
    return left


def _assign(state: SearchState, item: Item, measure: Measure, thorough: bool) -> bool:
    return _assign_quickly(state, item, measure) or (
        thorough and _assign_in_turn(state, item, sorted(_fitting(state, item), key=lambda each: measure(state, each)))
    )


def _assign_quickly(state: SearchState, item: Item, measure: Measure) -> bool:
    """At the best place that uses no failover capacity."""
    best: Place | None
    if measure is spread:
        places = state.by_headroom(item.places)
        best = places.first(lambda place: state.fits(item, place) and state.keeps_failover(item, place))
    else:
        harmless = (place for place in _fitting(state, item) if state.keeps_failover(item, place))
        best = min(harmless, key=lambda place: measure(state, place), default=None)
    if best is None:
        return False
    state.assign(item, best)
    if reserve_quickly(state, item):
        return True
    state.unassign(item)
    return False


def _assign_in_turn(state: SearchState, item: Item, places: t.Sequence[Place]) -> bool:
    """At the first of the places for which all restart places can be rearranged."""
    for place in places[:THOROUGH_TRIES]:
        state.assign(item, place)
        if secure_failover(state, item):
            return True
        state.unassign(item)
    return False


def _fitting(state: SearchState, item: Item) -> list[Place]:
    free_cores, free_memory = state.load.free_cores, state.load.free_memory
    return [
        place
        for place in item.places
        if place.cores <= free_cores[place.cell] and place.memory <= free_memory[place.cell] and state.fits(item, place)
    ]
