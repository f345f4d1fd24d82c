# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quick way to a plan: who is somewhere stays, then the largest first, each where it is best by one measure."""

from __future__ import annotations

import typing as t

from .failover import reserve_quickly, secure_all_failovers, secure_failover

if t.TYPE_CHECKING:
    from .places import Place
    from .question import Item
    from .state import SearchState

# How many places are tried for one item in the thorough way, which may rearrange restart_places.
THOROUGH_TRIES: t.Final = 12
# How many items may fail the thorough way before a fill goes on in the quick way only.
THOROUGH_ITEMS: t.Final = 10

Measure = t.Callable[["SearchState", "Place"], tuple[int, ...]]


def spread(state: SearchState, place: Place) -> tuple[int, ...]:
    """The emptiest node first: hosts stay evenly loaded, and few cores are enough to stand a host's failure."""
    return state.load.headroom_key(place)


def pack(state: SearchState, place: Place) -> tuple[int, ...]:
    """The fullest node first: large holes stay for large VMs."""
    cell = place.cell
    free = state.load.free_cores[cell] - state.load.failover_cores[cell]
    return (place.penalty, free, state.load.free_memory[cell] - state.load.failover_memory[cell], cell)


def pack_memory(state: SearchState, place: Place) -> tuple[int, ...]:
    """The node with the least memory left first, for fleets that are short of that."""
    cell = place.cell
    return (0, state.load.free_memory[cell] - state.load.failover_memory[cell], state.load.free_cores[cell], cell)


def by_size(items: t.Iterable[Item], state: SearchState) -> list[Item]:
    """The largest first: in cores and memory relative to the mean node; those kept together next to each other."""
    cells = state.question.supply.cells
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
    """Places every item that may stay where it is, as far as they fit beside each other; the largest first."""
    items = by_size((item for item in state.question.planned if item.stays), state)
    for index in list(state.restart):
        state.release_restart(state.items[index])
    for item in items:
        stays = sorted(_stays(item), key=lambda place: spread(state, place))
        place = next((place for place in stays if state.fits(item, place)), None)
        if place is not None:
            state.assign(item, place)
    if not secure_all_failovers(state):
        return
    # Not all of them can stay when hosts may fail: one by one, as long as every failure can be stood.
    for item in items:
        if item.index in state.placed:
            state.unassign(item)
    secure_all_failovers(state)
    for item in items:
        _assign_in_turn(state, item, [place for place in _stays(item) if state.fits(item, place)])


def _stays(item: Item) -> list[Place]:
    """In the order of their nodes: a set of places has another order each time."""
    return sorted(item.stays, key=lambda place: [part.cell for part in place.parts])


def fill(state: SearchState, measure: Measure) -> list[Item]:
    """Places the items that are nowhere yet; returns those for which it finds no place."""
    left: list[Item] = []
    hopeless: set[int] = set()
    for item in by_size(state.unplaced(), state):
        if item.kind in hopeless or not _assign(state, item, measure, len(left) < THOROUGH_ITEMS):
            left.append(item)
            if not item.apart and item.group < 0:
                hopeless.add(item.kind)  # nobody leaves while filling, so the next of the kind has no place either
    return left


def _assign(state: SearchState, item: Item, measure: Measure, thorough: bool) -> bool:
    return _assign_quickly(state, item, measure) or (
        thorough and _assign_in_turn(state, item, sorted(_fitting(state, item), key=lambda each: measure(state, each)))
    )


def _assign_quickly(state: SearchState, item: Item, measure: Measure) -> bool:
    """At the best place that disturbs nobody's restart."""
    best: Place | None
    if measure is spread:
        places = state.by_headroom(item.places)
        best = places.first(lambda place: state.fits(item, place) and state.keeps_failover(item, place))
    else:
        undisturbed = (place for place in _fitting(state, item) if state.keeps_failover(item, place))
        best = min(undisturbed, key=lambda place: measure(state, place), default=None)
    if best is None:
        return False
    state.assign(item, best)
    if reserve_quickly(state, item):
        return True
    state.unassign(item)
    return False


def _assign_in_turn(state: SearchState, item: Item, places: t.Sequence[Place]) -> bool:
    """At the first of the places at which everyone's restart can be rearranged."""
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
