# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The node with the most headroom, found without looking at every node for every VM: planning stays near linear."""

from __future__ import annotations

import heapq
import typing as t

if t.TYPE_CHECKING:
    from .node_load import NodeLoad
    from .places import Place


class HeadroomQueue:
    """Options of a VM, those with the most headroom first (``NodeLoad.headroom_key``): a heap with lazy updates.

    Nodes fill up while a plan is made, so an old key promises too much, and is corrected when it comes to the top.
    Where a node has been emptied since, its key promises too little, and ``first`` may miss the place: a caller
    that must know then looks at all places itself.
    """

    def __init__(self, load: NodeLoad, places: t.Sequence[Place]) -> None:
        self.load, self.places = load, places
        self.heap = [(load.headroom_key(place), rank) for rank, place in enumerate(places)]
        heapq.heapify(self.heap)
        self.uniform = len({(place.penalty, place.cores) for place in places}) == 1

    def first(self, accept: t.Callable[[Place], bool]) -> Place | None:
        """The first place that ``accept`` takes; None when there is none, or when nodes have too few cores."""
        heap, load, places = self.heap, self.load, self.places
        aside: list[tuple[tuple[int, int, int], int]] = []
        found = None
        while heap:
            key, rank = heap[0]
            place = places[rank]
            now = load.headroom_key(place)
            if now != key:
                heapq.heapreplace(heap, (now, rank))
                continue
            if self.uniform and place.cores > -now[1]:
                break
            if accept(place):
                found = place
                break
            aside.append(heapq.heappop(heap))
        for entry in aside:
            heapq.heappush(heap, entry)
        return found
