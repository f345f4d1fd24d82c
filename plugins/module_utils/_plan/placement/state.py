# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where everyone is while a plan is searched for: what is left of every node, and who would restart where."""

from __future__ import annotations

import typing as t

from .emptiest import Emptiest
from .options import Option

if t.TYPE_CHECKING:
    from .question import Item, Question


class State:
    """Placements and refuges, and the tables that make looking them up cheap.

    placed, refuge: the options of items by index, a refuge being where an item restarts when its host fails;
    free_cores, free_memory: what placements leave of each node; loads: per node, what each failing host would bring;
    spare_cores, spare_memory: the most of that for any one host, since only one fails at a time;
    undecided: how often a search for refuges was given up; packings: how often one was made for a whole host;
    spare_cells: the nodes where there are any, in the order in which they came to have them;
    on_host, coming: the items placed on a host and those that have their refuge there.

    Methods do as they are told; that placements fit is asked before, with ``fits`` and ``harbours``.
    """

    def __init__(self, question: Question) -> None:
        self.question = question
        self.items: list[Item] = [*question.planned, *(item for item, _host in question.found)]
        cells, hosts = question.supply.cells, question.supply.hosts
        self.free_cores = [cell.free_cores for cell in cells]
        self.free_memory = [cell.free_memory for cell in cells]
        self.spare_cores = [0] * len(cells)
        self.spare_memory = [0] * len(cells)
        self.loads: list[dict[int, tuple[int, int]]] = [{} for _cell in cells]
        self.on_host: list[set[int]] = [set() for _host in hosts]
        self.coming: list[set[int]] = [set() for _host in hosts]
        self.pinned: list[set[int]] = [set() for _host in hosts]
        self.placed: dict[int, Option] = {}
        self.refuge: dict[int, Option] = {}
        self.bundle_home: dict[int, list[int]] = {}
        self.bundle_refuge: dict[int, list[int]] = {}
        self.undecided = 0
        self.packings = 0
        self.spare_cells: dict[int, None] = {}
        self._emptiest: dict[int, Emptiest] = {}
        self._by_cell: dict[int, dict[int, Option]] = {}
        for item, host in question.found:
            self.place(item, Option(host, (), 0))

    def emptiest(self, options: tuple[Option, ...]) -> Emptiest:
        """The options of some items by how empty their nodes are."""
        if id(options) not in self._emptiest:
            self._emptiest[id(options)] = Emptiest(self, options)
        return self._emptiest[id(options)]

    def by_cell(self, options: tuple[Option, ...]) -> dict[int, Option]:
        """The options of some items by the first of their nodes, as far as that tells them apart."""
        if id(options) not in self._by_cell:
            self._by_cell[id(options)] = {option.cell: option for option in options}
        return self._by_cell[id(options)]

    def fits(self, item: Item, option: Option) -> bool:
        """Whether there is room for the item, and nobody whom it is kept apart from."""
        for part in option.parts:
            if part.cores > self.free_cores[part.cell] or part.memory > self.free_memory[part.cell]:
                return False
        if item.apart and not item.apart.isdisjoint(self.on_host[option.host]):
            return False
        if option.pinned and not option.pinned.isdisjoint(self.pinned[option.host]):
            return False
        return item.bundle < 0 or self.bundle_home.get(item.bundle, (option.host,))[0] == option.host

    def disturbs(self, item: Item, option: Option) -> bool:
        """Whether an item that fits would take what a failing host's items count on."""
        for part in option.parts:
            cell = part.cell
            if part.cores > self.free_cores[cell] - self.spare_cores[cell]:
                return True
            if part.memory > self.free_memory[cell] - self.spare_memory[cell]:
                return True
        return bool(item.apart) and not item.apart.isdisjoint(self.coming[option.host])

    def harbours(self, item: Item, option: Option, failed: int) -> bool:
        """Whether the item has room at the option once its host, ``failed``, is gone."""
        host = option.host
        if host == failed or self.question.clusters[host] != self.question.clusters[failed]:
            return False
        for part in option.parts:
            cores, memory = self.loads[part.cell].get(failed, (0, 0))
            if part.cores + cores > self.free_cores[part.cell] or part.memory + memory > self.free_memory[part.cell]:
                return False
        if item.apart:
            if not item.apart.isdisjoint(self.on_host[host]):
                return False
            if any(self.placed[other].host == failed for other in item.apart & self.coming[host]):
                return False
        return item.bundle < 0 or self.bundle_refuge.get(item.bundle, (host,))[0] == host

    def place(self, item: Item, option: Option) -> None:
        for part in option.parts:
            self.free_cores[part.cell] -= part.cores
            self.free_memory[part.cell] -= part.memory
        self.placed[item.index] = option
        self.on_host[option.host].add(item.index)
        self.pinned[option.host] |= option.pinned
        _enter(self.bundle_home, item.bundle, option.host)

    def unplace(self, item: Item) -> Option:
        """Takes the item away, its refuge first, and returns where it was."""
        if item.index in self.refuge:
            self.expose(item)
        option = self.placed.pop(item.index)
        for part in option.parts:
            self.free_cores[part.cell] += part.cores
            self.free_memory[part.cell] += part.memory
        self.on_host[option.host].remove(item.index)
        self.pinned[option.host] -= option.pinned
        _leave(self.bundle_home, item.bundle)
        return option

    def shelter(self, item: Item, option: Option) -> None:
        """Makes the option the item's refuge."""
        failed = self.placed[item.index].host
        for part in option.parts:
            cores, memory = self.loads[part.cell].get(failed, (0, 0))
            load = (cores + part.cores, memory + part.memory)
            self.loads[part.cell][failed] = load
            self.spare_cores[part.cell] = max(self.spare_cores[part.cell], load[0])
            self.spare_memory[part.cell] = max(self.spare_memory[part.cell], load[1])
            self.spare_cells[part.cell] = None
        self.refuge[item.index] = option
        self.coming[option.host].add(item.index)
        _enter(self.bundle_refuge, item.bundle, option.host)

    def expose(self, item: Item) -> Option:
        """Takes the item's refuge away and returns it."""
        option = self.refuge.pop(item.index)
        failed = self.placed[item.index].host
        for part in option.parts:
            loads = self.loads[part.cell]
            cores, memory = loads[failed]
            loads[failed] = (cores - part.cores, memory - part.memory)
            if loads[failed] == (0, 0):
                del loads[failed]
            self.spare_cores[part.cell] = max((load[0] for load in loads.values()), default=0)
            self.spare_memory[part.cell] = max((load[1] for load in loads.values()), default=0)
            if not loads:
                self.spare_cells.pop(part.cell, None)
        self.coming[option.host].remove(item.index)
        _leave(self.bundle_refuge, item.bundle)
        return option

    def moves(self) -> int:
        """How many planned items are not where they are now, the unplaced ones among them."""
        return sum(item.current and self.placed.get(item.index) not in item.stays for item in self.question.planned)

    def unplaced(self) -> list[Item]:
        return [item for item in self.question.planned if item.index not in self.placed]

    def restore(self, placed: dict[int, Option], refuge: dict[int, Option]) -> None:
        """Goes back to placements and refuges taken as copies before."""
        for index in list(self.placed):
            if self.placed[index] is not placed.get(index):
                self.unplace(self.items[index])
        for index, option in placed.items():
            if index not in self.placed:
                self.place(self.items[index], option)
        for index in list(self.refuge):
            if self.refuge[index] is not refuge.get(index):
                self.expose(self.items[index])
        for index, option in refuge.items():
            if index not in self.refuge:
                self.shelter(self.items[index], option)


def _enter(table: dict[int, list[int]], bundle: int, host: int) -> None:
    if bundle >= 0:
        table.setdefault(bundle, [host, 0])[1] += 1


def _leave(table: dict[int, list[int]], bundle: int) -> None:
    if bundle >= 0:
        entry = table[bundle]
        entry[1] -= 1
        if not entry[1]:
            del table[bundle]
