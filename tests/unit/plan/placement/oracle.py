# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OR-tools' CP-SAT as an oracle: how many VMs can be placed at all, and how few of them have to move for it."""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

from ortools.sat.python import cp_model

from tests.unit.plan.placement.rules import Place, World, places, refuges, stays, stranger_refuges

Literal = t.Any


@dataclasses.dataclass(frozen=True)
class Best:
    """The best that is possible."""

    placed: int
    """Most VMs that can be placed."""
    moves: int
    """Fewest VMs that must leave their present place for that."""


class Oracle:
    """The question as a model of Boolean variables: who is where, and who would go where when a host fails."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.model = cp_model.CpModel()
        self.at: dict[str, list[tuple[Place, Literal]]] = {}
        self.go: dict[tuple[str, str], list[tuple[Place, Literal]]] = {}
        self.usable = [host for host in world.hosts if host.available and not host.maintenance]
        self._place()
        self._relate()
        self._limit()
        if world.rules.n_plus_1:
            for host in self.usable:
                self._fail(host.name)

    def _place(self) -> None:
        for demand in self.world.demands:
            self.at[demand.vm] = [(place, self.model.new_bool_var("")) for place in places(demand, self.world)]
            self.model.add_at_most_one(literal for _place, literal in self.at[demand.vm])

    def on(self, vm: str, host: str) -> list[Literal]:
        return [literal for place, literal in self.at[vm] if place.host == host]

    def _relate(self) -> None:
        names = self.world.names
        for demand in self.world.demands:
            for host in self.usable:
                here = sum(self.on(demand.vm, host.name))
                strangers = {each.vm for each in self.world.strangers(host)}
                if demand.apart & strangers:
                    self.model.add(here == 0)
                for other in demand.apart & names:
                    self.model.add(here + sum(self.on(other, host.name)) <= 1)
                for other in demand.together & names:
                    elsewhere = [literal for place, literal in self.at[other] if place.host != host.name]
                    self.model.add(here + sum(elsewhere) <= 1)

    def _limit(self) -> None:
        for host in self.usable:
            for number, room in self.world.room(host).items():
                for kind in (0, 1):
                    self.model.add(sum(self._use(self.at.values(), host.name, number, kind)) <= room[kind])
            for one, other in itertools.combinations(self.at, 2):
                for (place, literal), (beside, literal_beside) in itertools.product(self.at[one], self.at[other]):
                    if place.host == beside.host == host.name and place.cores & beside.cores:
                        self.model.add(literal + literal_beside <= 1)

    @staticmethod
    def _use(choices: t.Iterable[list[tuple[Place, Literal]]], host: str, number: int, kind: int) -> list[t.Any]:
        return [
            need[kind] * literal
            for each in choices
            for place, literal in each
            if place.host == host
            for at, need in place.taken
            if at == number
        ]

    def _fail(self, failed: str) -> None:
        """Everyone on the host has somewhere to go, all others staying where they are."""
        home = self.world.host(failed)
        go: dict[str, list[tuple[Place, Literal]]] = {}
        for demand in self.world.demands:
            go[demand.vm] = self._refuges(refuges(demand, self.world), failed)
            self.model.add(sum(literal for _p, literal in go[demand.vm]) == sum(self.on(demand.vm, failed)))
        for holding in self.world.strangers(home):
            if holding.cores > 0 and home.cluster is not None:
                go[holding.vm] = self._refuges(stranger_refuges(holding, home, self.world), failed)
                self.model.add_exactly_one(literal for _place, literal in go[holding.vm])
        for host in self.usable:
            if host.name != failed:
                for number, room in self.world.room(host).items():
                    for kind in (0, 1):
                        use = self._use([*self.at.values(), *go.values()], host.name, number, kind)
                        self.model.add(sum(use) <= room[kind])
                self._relate_refuges(go, host.name)

    def _refuges(self, options: list[Place], failed: str) -> list[tuple[Place, Literal]]:
        cluster = self.world.host(failed).cluster
        return [
            (place, self.model.new_bool_var(""))
            for place in options
            if place.host != failed and self.world.host(place.host).cluster == cluster
        ]

    def _relate_refuges(self, go: dict[str, list[tuple[Place, Literal]]], host: str) -> None:
        strangers = {each.vm for each in self.world.strangers(self.world.host(host))}
        demands = {demand.vm: demand for demand in self.world.demands}
        for vm, choices in go.items():
            here = sum(literal for place, literal in choices if place.host == host)
            apart = {other for other, demand in demands.items() if vm in demand.apart}
            apart |= demands[vm].apart if vm in demands else set()
            if apart & strangers:
                self.model.add(here == 0)
            for other in apart:
                if other in demands:
                    self.model.add(here + sum(self.on(other, host)) <= 1)
                if other in go:
                    self.model.add(here + sum(literal for place, literal in go[other] if place.host == host) <= 1)
            for other in demands[vm].together if vm in demands else ():
                if other in go and other in demands:
                    elsewhere = [literal for place, literal in go[other] if place.host != host]
                    self.model.add(here + sum(elsewhere) <= 1)

    def best(self) -> Best:
        """Solves twice: first for as many as possible, then for as few moves as that takes."""
        everyone = [literal for choices in self.at.values() for _place, literal in choices]
        self.model.maximize(sum(everyone))
        placed = round(self._solve())
        self.model.add(sum(everyone) == placed)
        staying = [
            literal
            for vm, current in self.world.currents.items()
            for place, literal in self.at.get(vm, ())
            if stays(place, current)
        ]
        self.model.maximize(sum(staying))
        planned = sum(vm in self.at for vm in self.world.currents)
        return Best(placed, planned - round(self._solve()))

    def _solve(self) -> float:
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        status = solver.solve(self.model)
        if status == cp_model.INFEASIBLE:
            raise ImpossibleError
        assert status == cp_model.OPTIMAL, solver.status_name(status)
        return solver.objective_value


class ImpossibleError(Exception):
    """Not even with nobody placed can the hosts stand a failure."""
