# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The question as the search sees it: items with their options, in numbers instead of names."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from .model import Demand
from .options import HostVerdict, Option, judge_host, options_of
from .supply import Supply, read_supply

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import Holding, HostTopology

    from .model import Current, Rules


@dataclasses.dataclass(eq=False, frozen=True)
class Item:
    """One VM. Those that are planned come first, by the index of their demand; then VMs found on hosts.

    options: where it may run; refuges: where it may restart when its host fails, whatever CPUs its description names
    and whichever VMs found on hosts it is to be together with;
    stays: those of the options that are where it is now; current: whether it is anywhere now;
    apart: items that may not share its host; bundle: the number of the group that shares one, -1 for none;
    kind: equal for items that can stand in for each other; found: it is not planned.
    """

    index: int
    demand: Demand
    options: tuple[Option, ...]
    refuges: tuple[Option, ...]
    stays: frozenset[Option]
    current: bool
    apart: frozenset[int]
    bundle: int
    kind: int
    found: bool = False

    @property
    def seeks_refuge(self) -> bool:
        """Whether N+1 is about it: every planned VM, and of those found the ones with cores."""
        return not self.found or self.demand.cores > 0

    @property
    def must_move(self) -> bool:
        """Whether it is somewhere now where the rules do not let it stay."""
        return self.current and not self.stays


@dataclasses.dataclass(frozen=True)
class Question:
    """Everything that a plan is to be found for.

    planned: the items to place; found: items of VMs on hosts that are not planned, but matter, with their hosts;
    verdicts: of the rules, by planned item and host; clusters: of the hosts.
    """

    supply: Supply
    rules: Rules
    planned: tuple[Item, ...]
    found: tuple[tuple[Item, int], ...]
    verdicts: tuple[tuple[HostVerdict, ...], ...]
    clusters: tuple[str | None, ...]

    @functools.cached_property
    def cell_kinds(self) -> tuple[int, ...]:
        """Numbers that are equal for nodes which the same items may use."""
        lists = {id(item.refuges): item.refuges for item in (*self.planned, *(item for item, _host in self.found))}
        users: list[list[int]] = [[] for _cell in self.supply.cells]
        for number, options in enumerate(lists.values()):
            for option in options:
                for part in option.parts:
                    users[part.cell].append(number)
        kinds: dict[tuple[int, ...], int] = {}
        return tuple(kinds.setdefault(tuple(dict.fromkeys(numbers)), len(kinds)) for numbers in users)

    @functools.cached_property
    def host_kinds(self) -> tuple[int, ...]:
        """Numbers that are equal for hosts which can stand in for each other, as long as nobody is anywhere yet."""
        offers: list[list[t.Any]] = [
            [self.clusters[index], self.supply.taken[index]]
            + [(cell.free_cores, cell.free_memory) for cell in cells]
            + sorted(item.kind for item, host in self.found if host == index)
            for index, cells in enumerate(self.supply.host_cells)
        ]
        lists = {id(options): options for item in self.planned for options in (item.options, item.refuges)}
        lists.update({id(item.refuges): item.refuges for item, _host in self.found})
        for number, options in enumerate(lists.values()):
            for option in options:
                base = self.supply.host_cells[option.host][0].index
                parts = tuple((part.cell - base, part.cores, part.memory) for part in option.parts)
                offers[option.host].append((number, parts, option.pinned))
        kinds: dict[tuple[t.Any, ...], int] = {}
        return tuple(kinds.setdefault(tuple(offer), len(kinds)) for offer in offers)


class _Options:
    """Options of demands, worked out once for demands that ask for the same."""

    def __init__(self, supply: Supply, rules: Rules, planned: t.Collection[str]) -> None:
        self.supply, self.rules, self.planned = supply, rules, planned
        self._verdicts: dict[tuple[t.Any, ...], tuple[HostVerdict, ...]] = {}
        self._options: dict[tuple[t.Any, ...], tuple[Option, ...]] = {}

    def verdicts(self, demand: Demand) -> tuple[HostVerdict, ...]:
        key = _host_key(demand)
        if key not in self._verdicts:
            self._verdicts[key] = tuple(judge_host(demand, host, self.rules) for host in self.supply.hosts)
        return self._verdicts[key]

    def of(self, demand: Demand) -> tuple[Option, ...]:
        key = (_host_key(demand), demand.cores, demand.memory_mb, demand.whole_gib, demand.cpus)
        if key not in self._options:
            self._options[key] = options_of(demand, self.supply, self.verdicts(demand), self.rules)
        return self._options[key]


def _host_key(demand: Demand) -> tuple[t.Any, ...]:
    return (
        demand.cluster,
        demand.hosts,
        demand.networks,
        demand.data_networks,
        demand.node,
        demand.latency_sensitive,
        demand.threads,
    )


def read_question(
    demands: t.Sequence[Demand], hosts: t.Sequence[HostTopology], currents: t.Mapping[str, Current], rules: Rules
) -> Question:
    """Numbers everything. currents: where planned VMs are, by name."""
    names = {demand.vm: index for index, demand in enumerate(demands)}
    supply = read_supply(hosts, names, rules)
    known = _Options(supply, rules, names)
    found = _found(demands, supply, rules, len(demands))
    by_name = {**{demand.vm: index for demand, index, _host in found}, **names}
    apart = [frozenset(by_name[vm] for vm in demand.apart if vm in by_name) for demand in demands]
    away: dict[int, set[int]] = {}
    for number, others in enumerate(apart):
        for other in others:
            away.setdefault(other, set()).add(number)
    bundles = _bundles(demands)
    kinds: dict[t.Any, int] = {}
    planned = tuple(
        _item(index, demand, known, currents.get(demand.vm), (apart[index], bundles.get(demand.vm, -1)), kinds)
        for index, demand in enumerate(demands)
    )
    return Question(
        supply,
        rules,
        planned,
        tuple(
            (_found_item(index, demand, known, frozenset(away.get(index, ())), kinds), host)
            for demand, index, host in found
        ),
        tuple(known.verdicts(demand) for demand in demands),
        tuple(host.cluster for host in supply.hosts),
    )


def _item(
    index: int,
    demand: Demand,
    known: _Options,
    current: Current | None,
    relations: tuple[frozenset[int], int],
    kinds: dict[t.Any, int],
) -> Item:
    apart, bundle = relations
    refuges = known.of(dataclasses.replace(demand, cpus=())) if demand.cpus else known.of(demand)
    options = _beside_found(demand, known)
    stays = frozenset(option for option in options if current is not None and _stays(option, current, known.supply))
    key = (id(refuges), demand.cpus, demand.together, apart | {index} if apart else None, current)
    kind = kinds.setdefault(key, len(kinds))
    return Item(index, demand, options, refuges, stays, current is not None, apart, bundle, kind)


def _stays(option: Option, current: Current, supply: Supply) -> bool:
    if supply.hosts[option.host].name != current.host:
        return False
    return not current.nodes or current.nodes == tuple(supply.cells[part.cell].number for part in option.parts)


def _beside_found(demand: Demand, known: _Options) -> tuple[Option, ...]:
    """The demand's options, on the host of those only that it is to be together with and that are not planned."""
    options = known.of(demand)
    beside = demand.together.difference(known.planned)
    if not beside:
        return options
    homes = [{holding.vm for holding in host.holdings} for host in known.supply.hosts]
    return tuple(option for option in options if beside <= homes[option.host])


def _bundles(demands: t.Sequence[Demand]) -> dict[str, int]:
    groups: dict[frozenset[str], int] = {}
    return {
        demand.vm: groups.setdefault(demand.together | {demand.vm}, len(groups))
        for demand in demands
        if demand.together
    }


def _found(demands: t.Sequence[Demand], supply: Supply, rules: Rules, first: int) -> list[tuple[Demand, int, int]]:
    """VMs that are not planned but matter: those with cores, when hosts may fail, and those that others keep away from.

    Of their networks nothing is known, so that a node of any other host of the cluster is right for them.
    """
    planned = {demand.vm for demand in demands}
    named: set[str] = set().union(*(demand.apart for demand in demands)) if demands else set()
    found: list[tuple[Demand, int, int]] = []
    for index, host in enumerate(supply.hosts):
        for holding in host.holdings:
            needs_refuge = rules.n_plus_1 and holding.cores > 0 and host.cluster is not None
            if holding.vm not in planned and (needs_refuge or holding.vm in named):
                found.append((_found_demand(holding, host), first + len(found), index))
    return found


def _found_demand(holding: Holding, host: HostTopology) -> Demand:
    return Demand(vm=holding.vm, cores=holding.cores, memory_mb=holding.memory_mb, cluster=host.cluster)


def _found_item(index: int, demand: Demand, known: _Options, away: frozenset[int], kinds: dict[t.Any, int]) -> Item:
    refuges = known.of(demand)
    kind = kinds.setdefault((id(refuges), away | {index} if away else None), len(kinds))
    return Item(index, demand, (), refuges, frozenset(), False, away, -1, kind, found=True)
