# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quick way to a plan: who is somewhere stays, then the largest first, each where it is best by one measure."""

from __future__ import annotations

import typing as t

from .emptiest import key_of
from .failover import settle, settle_all, shelter_quickly

if t.TYPE_CHECKING:
    from .options import Option
    from .question import Item
    from .state import State

# How many places are tried for one item in the thorough way, which may rearrange refuges.
THOROUGH_TRIES: t.Final = 12
# How many items may fail the thorough way before a fill goes on in the quick way only.
THOROUGH_ITEMS: t.Final = 10

Measure = t.Callable[["State", "Option"], tuple[int, ...]]


def spread(state: State, option: Option) -> tuple[int, ...]:
    """The emptiest node first: hosts stay evenly loaded, and few cores are enough to stand a host's failure."""
    return key_of(state, option)


def pack(state: State, option: Option) -> tuple[int, ...]:
    """The fullest node first: large holes stay for large VMs."""
    cell = option.cell
    free = state.free_cores[cell] - state.spare_cores[cell]
    return (option.penalty, free, state.free_memory[cell] - state.spare_memory[cell], cell)


def pack_memory(state: State, option: Option) -> tuple[int, ...]:
    """The node with the least memory left first, for fleets that are short of that."""
    cell = option.cell
    return (0, state.free_memory[cell] - state.spare_memory[cell], state.free_cores[cell], cell)


def by_size(items: t.Iterable[Item], state: State) -> list[Item]:
    """The largest first: in cores and memory relative to the mean node; those kept together next to each other."""
    cells = state.question.supply.cells
    cores = max(1, sum(cell.size_cores for cell in cells))
    memory = max(1, sum(cell.size_memory for cell in cells))

    def size(item: Item) -> float:
        return max(item.demand.cores / cores, item.demand.memory_mb / memory)

    listed = list(items)
    bundles: dict[int, float] = {}
    for item in listed:
        if item.bundle >= 0:
            bundles[item.bundle] = bundles.get(item.bundle, 0.0) + size(item)
    return sorted(
        listed,
        key=lambda item: (-bundles.get(item.bundle, size(item)), item.bundle, -size(item), item.kind, item.index),
    )


def keep(state: State) -> None:
    """Places every item that may stay where it is, as far as they fit beside each other; the largest first."""
    items = by_size((item for item in state.question.planned if item.stays), state)
    for index in list(state.refuge):
        state.expose(state.items[index])
    for item in items:
        stays = sorted(_stays(item), key=lambda option: spread(state, option))
        option = next((option for option in stays if state.fits(item, option)), None)
        if option is not None:
            state.place(item, option)
    if not settle_all(state):
        return
    # Not all of them can stay when hosts may fail: one by one, as long as every failure can be stood.
    for item in items:
        if item.index in state.placed:
            state.unplace(item)
    settle_all(state)
    for item in items:
        _place_in_turn(state, item, [option for option in _stays(item) if state.fits(item, option)])


def _stays(item: Item) -> list[Option]:
    """In the order of their nodes: a set of options has another order each time."""
    return sorted(item.stays, key=lambda option: [part.cell for part in option.parts])


def fill(state: State, measure: Measure) -> list[Item]:
    """Places the items that are nowhere yet; returns those for which it finds no place."""
    left: list[Item] = []
    hopeless: set[int] = set()
    for item in by_size(state.unplaced(), state):
        if item.kind in hopeless or not _place(state, item, measure, len(left) < THOROUGH_ITEMS):
            left.append(item)
            if not item.apart and item.bundle < 0:
                hopeless.add(item.kind)  # nobody leaves while filling, so the next of the kind has no place either
    return left


def _place(state: State, item: Item, measure: Measure, thorough: bool) -> bool:
    return _place_quickly(state, item, measure) or (
        thorough and _place_in_turn(state, item, sorted(_fitting(state, item), key=lambda each: measure(state, each)))
    )


def _place_quickly(state: State, item: Item, measure: Measure) -> bool:
    """At the best place that disturbs nobody's refuge."""
    best: Option | None
    if measure is spread:
        options = state.emptiest(item.options)
        best = options.first(lambda option: state.fits(item, option) and not state.disturbs(item, option))
    else:
        undisturbed = (option for option in _fitting(state, item) if not state.disturbs(item, option))
        best = min(undisturbed, key=lambda option: measure(state, option), default=None)
    if best is None:
        return False
    state.place(item, best)
    if shelter_quickly(state, item):
        return True
    state.unplace(item)
    return False


def _place_in_turn(state: State, item: Item, options: t.Sequence[Option]) -> bool:
    """At the first of the places at which everyone's refuge can be rearranged."""
    for option in options[:THOROUGH_TRIES]:
        state.place(item, option)
        if settle(state, item):
            return True
        state.unplace(item)
    return False


def _fitting(state: State, item: Item) -> list[Option]:
    free_cores, free_memory = state.free_cores, state.free_memory
    return [
        option
        for option in item.options
        if option.cores <= free_cores[option.cell]
        and option.memory <= free_memory[option.cell]
        and state.fits(item, option)
    ]
