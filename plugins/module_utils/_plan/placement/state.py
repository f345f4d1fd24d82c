# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which VM has which place while a plan is searched for, and where it would restart."""

from __future__ import annotations

import typing as t

from .headroom import HeadroomQueue
from .node_load import NodeLoad
from .places import Place

if t.TYPE_CHECKING:
    from .search_space import Item, SearchSpace


class SearchState:
    """Places of items, and the tables that make looking them up cheap. Items and hosts are given by index.

    Methods that change something do not check; ask ``fits`` or ``can_restart`` before.
    """

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        self.items: list[Item] = [*space.planned, *(item for item, _host in space.found)]
        hosts = space.capacity.hosts
        self.load = NodeLoad(space.capacity.cells)
        # Where each item runs, and where it restarts when its host fails.
        self.placed: dict[int, Place] = {}
        self.restart: dict[int, Place] = {}
        # By host: the items that run there, those that would restart there, and the cores of named affinity sets.
        self.on_host: list[set[int]] = [set() for _host in hosts]
        self.restart_on_host: list[set[int]] = [set() for _host in hosts]
        self.pinned: list[set[int]] = [set() for _host in hosts]
        # By affinity group: the host that its members share, and how many of them are there.
        self.group_host: dict[int, list[int]] = {}
        self.group_restart_host: dict[int, list[int]] = {}
        # How often restarts were planned for a whole host, and how often that was given up without an answer.
        self.packings = 0
        self.undecided = 0
        self._queues: dict[int, HeadroomQueue] = {}
        self._by_cell: dict[int, dict[int, Place]] = {}
        for item, host in space.found:
            self.assign(item, Place(host, (), 0))

    def by_headroom(self, places: tuple[Place, ...]) -> HeadroomQueue:
        """The places, which several items may share, by headroom."""
        if id(places) not in self._queues:
            self._queues[id(places)] = HeadroomQueue(self.load, places)
        return self._queues[id(places)]

    def by_cell(self, places: tuple[Place, ...]) -> dict[int, Place]:
        """The places by the first of their nodes, as far as that tells them apart."""
        if id(places) not in self._by_cell:
            self._by_cell[id(places)] = {place.cell: place for place in places}
        return self._by_cell[id(places)]

    def fits(self, item: Item, place: Place) -> bool:
        """Whether the item can run there: room on the nodes, no VM to keep apart from, its CPUs free."""
        if not self.load.fits(place):
            return False
        if item.apart and not item.apart.isdisjoint(self.on_host[place.host]):
            return False
        if place.pinned and not place.pinned.isdisjoint(self.pinned[place.host]):
            return False
        return item.group < 0 or self.group_host.get(item.group, (place.host,))[0] == place.host

    def keeps_failover(self, item: Item, place: Place) -> bool:
        """Whether an item that fits leaves every planned restart possible."""
        return self.load.fits_beside_failover(place) and (
            not item.apart or item.apart.isdisjoint(self.restart_on_host[place.host])
        )

    def can_restart(self, item: Item, place: Place, failed: int) -> bool:
        """Whether the item can restart there once its host, ``failed``, has failed."""
        host = place.host
        if host == failed or self.space.clusters[host] != self.space.clusters[failed]:
            return False
        if not self.load.fits_restart(place, failed):
            return False
        if item.apart:
            if not item.apart.isdisjoint(self.on_host[host]):
                return False
            if any(self.placed[other].host == failed for other in item.apart & self.restart_on_host[host]):
                return False
        return item.group < 0 or self.group_restart_host.get(item.group, (host,))[0] == host

    def assign(self, item: Item, place: Place) -> None:
        """Places the item."""
        self.load.take(place)
        self.placed[item.index] = place
        self.on_host[place.host].add(item.index)
        self.pinned[place.host] |= place.pinned
        _join(self.group_host, item.group, place.host)

    def unassign(self, item: Item) -> Place:
        """Takes the item off its place, its restart place first, and returns where it was."""
        if item.index in self.restart:
            self.release_restart(item)
        place = self.placed.pop(item.index)
        self.load.give_back(place)
        self.on_host[place.host].remove(item.index)
        self.pinned[place.host] -= place.pinned
        _leave(self.group_host, item.group)
        return place

    def reserve_restart(self, item: Item, place: Place) -> None:
        """Makes the place the one where the item restarts."""
        self.load.reserve(place, self.placed[item.index].host)
        self.restart[item.index] = place
        self.restart_on_host[place.host].add(item.index)
        _join(self.group_restart_host, item.group, place.host)

    def release_restart(self, item: Item) -> None:
        """Takes the item's restart place away."""
        place = self.restart.pop(item.index)
        self.load.release(place, self.placed[item.index].host)
        self.restart_on_host[place.host].remove(item.index)
        _leave(self.group_restart_host, item.group)

    def moves(self) -> int:
        """How many planned items are not where they are now, the unplaced ones among them."""
        return sum(item.current and self.placed.get(item.index) not in item.stays for item in self.space.planned)

    def unplaced(self) -> list[Item]:
        """The planned items without a place."""
        return [item for item in self.space.planned if item.index not in self.placed]

    def restore(self, placed: dict[int, Place], restart: dict[int, Place]) -> None:
        """Goes back to copies of ``placed`` and ``restart`` that were taken before."""
        for index in list(self.placed):
            if self.placed[index] is not placed.get(index):
                self.unassign(self.items[index])
        for index, place in placed.items():
            if index not in self.placed:
                self.assign(self.items[index], place)
        self.restore_restarts(restart)

    def restore_restarts(self, restart: dict[int, Place]) -> None:
        """Goes back to a copy of ``restart`` that was taken before."""
        for index in list(self.restart):
            if self.restart[index] is not restart.get(index):
                self.release_restart(self.items[index])
        for index, place in restart.items():
            if index not in self.restart:
                self.reserve_restart(self.items[index], place)


def _join(table: dict[int, list[int]], group: int, host: int) -> None:
    if group >= 0:
        table.setdefault(group, [host, 0])[1] += 1


def _leave(table: dict[int, list[int]], group: int) -> None:
    if group >= 0:
        entry = table[group]
        entry[1] -= 1
        if not entry[1]:
            del table[group]
