# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emptiest node first, without looking at every node for every VM: what keeps planning near linear."""

from __future__ import annotations

import heapq
import typing as t

if t.TYPE_CHECKING:
    from .options import Option
    from .state import State

_Key = tuple[int, int, int]


def key_of(state: State, option: Option) -> _Key:
    """What options are ordered by: nothing to remark first, then the most room beside what failing hosts need."""
    cell = option.cell
    return (option.penalty, state.spare_cores[cell] - state.free_cores[cell], cell)


class Emptiest:
    """A list of options as a heap whose keys are renewed when they come to the top.

    Nodes fill up while a plan is made, so that an old key promises too much and is found out. Where one is emptied
    meanwhile, its key promises too little: then ``first`` may pass it over, and who asks looks at all options himself.
    """

    def __init__(self, state: State, options: t.Sequence[Option]) -> None:
        self.state, self.options = state, options
        self.heap = [(key_of(state, option), rank) for rank, option in enumerate(options)]
        heapq.heapify(self.heap)
        self.uniform = len({(option.penalty, option.cores) for option in options}) == 1

    def first(self, accept: t.Callable[[Option], bool]) -> Option | None:
        """The first option that is accepted, None when there is none or nodes have too few cores from some point on."""
        heap, state, options = self.heap, self.state, self.options
        aside: list[tuple[_Key, int]] = []
        found = None
        while heap:
            key, rank = heap[0]
            option = options[rank]
            now = key_of(state, option)
            if now != key:
                heapq.heapreplace(heap, (now, rank))
                continue
            if self.uniform and option.cores > -now[1]:
                break
            if accept(option):
                found = option
                break
            aside.append(heapq.heappop(heap))
        for entry in aside:
            heapq.heappush(heap, entry)
        return found
