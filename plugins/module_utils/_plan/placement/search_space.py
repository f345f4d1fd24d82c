# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The input of the search: items with their places, in indices instead of names."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from .capacity import HostCapacity, read_capacity
from .model import Demand
from .places import HostVerdict, Place, judge_host, places_of

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import Holding, HostTopology

    from .model import CurrentPlace, Rules


@dataclasses.dataclass(eq=False, frozen=True)
class Item:
    """One VM: those that are planned, then those found on hosts that matter for them."""

    index: int
    """Its number; for planned VMs that of their demand."""
    demand: Demand
    """What the VM needs."""
    places: tuple[Place, ...]
    """Where it may run. Empty for VMs found on hosts, which stay where they are."""
    restart_places: tuple[Place, ...]
    """Where it may restart when its host fails, without regard to CPUs that its description names."""
    stays: frozenset[Place]
    """Those of ``places`` that are where it is now."""
    current: bool
    """Whether it is anywhere now."""
    apart: frozenset[int]
    """Items that may not share its host."""
    group: int
    """Number of the group that must share one host, -1 for none."""
    kind: int
    """Equal for items that are interchangeable."""
    found: bool = False
    """Whether it is a VM found on a host, not one of the planned."""

    @property
    def needs_failover(self) -> bool:
        """Whether N+1 covers it: every planned VM, and of those found the ones that hold cores."""
        return not self.found or self.demand.cores > 0

    @property
    def must_move(self) -> bool:
        """Whether the rules do not let it stay where it is now."""
        return self.current and not self.stays


@dataclasses.dataclass(frozen=True)
class SearchSpace:
    """Everything that the search needs to know. Hosts are given by their index in ``capacity.hosts``."""

    capacity: HostCapacity
    """What the usable hosts can give."""
    rules: Rules
    """How strict the plan is."""
    planned: tuple[Item, ...]
    """The items to place."""
    found: tuple[tuple[Item, int], ...]
    """VMs on hosts that are not planned but matter, each with its host."""
    verdicts: tuple[tuple[HostVerdict, ...], ...]
    """What the rules say, by planned item and host."""
    clusters: tuple[str | None, ...]
    """The cluster of each host."""

    @functools.cached_property
    def cell_kinds(self) -> tuple[int, ...]:
        """A number for each node, equal for nodes that the same items may use."""
        lists = {
            id(item.restart_places): item.restart_places
            for item in (*self.planned, *(item for item, _host in self.found))
        }
        users: list[list[int]] = [[] for _cell in self.capacity.cells]
        for number, places in enumerate(lists.values()):
            for place in places:
                for part in place.parts:
                    users[part.cell].append(number)
        kinds: dict[tuple[int, ...], int] = {}
        return tuple(kinds.setdefault(tuple(dict.fromkeys(numbers)), len(kinds)) for numbers in users)

    @functools.cached_property
    def host_kinds(self) -> tuple[int, ...]:
        """A number for each host, equal for hosts that are interchangeable as long as no planned VM has a place."""
        offers: list[list[t.Any]] = [
            [self.clusters[index], self.capacity.taken[index]]
            + [(cell.free_cores, cell.free_memory) for cell in cells]
            + sorted(item.kind for item, host in self.found if host == index)
            for index, cells in enumerate(self.capacity.host_cells)
        ]
        lists = {id(places): places for item in self.planned for places in (item.places, item.restart_places)}
        lists.update({id(item.restart_places): item.restart_places for item, _host in self.found})
        for number, places in enumerate(lists.values()):
            for place in places:
                base = self.capacity.host_cells[place.host][0].index
                parts = tuple((part.cell - base, part.cores, part.memory) for part in place.parts)
                offers[place.host].append((number, parts, place.pinned))
        kinds: dict[tuple[t.Any, ...], int] = {}
        return tuple(kinds.setdefault(tuple(offer), len(kinds)) for offer in offers)


class _Places:
    """Places of demands, worked out once for demands that ask for the same."""

    def __init__(self, capacity: HostCapacity, rules: Rules, planned: t.Collection[str]) -> None:
        self.capacity, self.rules, self.planned = capacity, rules, planned
        self._verdicts: dict[tuple[t.Any, ...], tuple[HostVerdict, ...]] = {}
        self._places: dict[tuple[t.Any, ...], tuple[Place, ...]] = {}

    def verdicts(self, demand: Demand) -> tuple[HostVerdict, ...]:
        key = _host_key(demand)
        if key not in self._verdicts:
            self._verdicts[key] = tuple(judge_host(demand, host, self.rules) for host in self.capacity.hosts)
        return self._verdicts[key]

    def of(self, demand: Demand) -> tuple[Place, ...]:
        key = (_host_key(demand), demand.cores, demand.memory_mb, demand.whole_gib, demand.cpus)
        if key not in self._places:
            self._places[key] = places_of(demand, self.capacity, self.verdicts(demand), self.rules)
        return self._places[key]


def _host_key(demand: Demand) -> tuple[t.Any, ...]:
    return (
        demand.cluster,
        demand.hosts,
        demand.networks,
        demand.data_networks,
        demand.switches,
        demand.node,
        demand.latency_sensitive,
        demand.threads,
    )


def read_search_space(
    demands: t.Sequence[Demand], hosts: t.Sequence[HostTopology], currents: t.Mapping[str, CurrentPlace], rules: Rules
) -> SearchSpace:
    """Turns names into indices and finds every place. currents: where planned VMs are now, by name."""
    names = {demand.vm: index for index, demand in enumerate(demands)}
    capacity = read_capacity(hosts, names, rules)
    known = _Places(capacity, rules, names)
    found = _found(demands, capacity, rules, len(demands))
    by_name = {**{demand.vm: index for demand, index, _host in found}, **names}
    apart = [frozenset(by_name[vm] for vm in demand.apart if vm in by_name) for demand in demands]
    away: dict[int, set[int]] = {}
    for number, others in enumerate(apart):
        for other in others:
            away.setdefault(other, set()).add(number)
    groups = _affinity_groups(demands)
    kinds: dict[t.Any, int] = {}
    planned = tuple(
        _item(index, demand, known, currents.get(demand.vm), (apart[index], groups.get(demand.vm, -1)), kinds)
        for index, demand in enumerate(demands)
    )
    return SearchSpace(
        capacity,
        rules,
        planned,
        tuple(
            (_found_item(index, demand, known, frozenset(away.get(index, ())), kinds), host)
            for demand, index, host in found
        ),
        tuple(known.verdicts(demand) for demand in demands),
        tuple(host.cluster for host in capacity.hosts),
    )


def _item(
    index: int,
    demand: Demand,
    known: _Places,
    current: CurrentPlace | None,
    relations: tuple[frozenset[int], int],
    kinds: dict[t.Any, int],
) -> Item:
    apart, group = relations
    restart_places = known.of(dataclasses.replace(demand, cpus=())) if demand.cpus else known.of(demand)
    places = _beside_found(demand, known)
    stays = frozenset(place for place in places if current is not None and _stays(place, current, known.capacity))
    key = (id(restart_places), demand.cpus, demand.together, apart | {index} if apart else None, current)
    kind = kinds.setdefault(key, len(kinds))
    return Item(index, demand, places, restart_places, stays, current is not None, apart, group, kind)


def _stays(place: Place, current: CurrentPlace, capacity: HostCapacity) -> bool:
    if capacity.hosts[place.host].name != current.host:
        return False
    return not current.nodes or current.nodes == tuple(capacity.cells[part.cell].number for part in place.parts)


def _beside_found(demand: Demand, known: _Places) -> tuple[Place, ...]:
    """The demand's places; with VMs that it is kept together with and that are not planned, on their host only."""
    places = known.of(demand)
    beside = demand.together.difference(known.planned)
    if not beside:
        return places
    homes = [{holding.vm for holding in host.holdings} for host in known.capacity.hosts]
    return tuple(place for place in places if beside <= homes[place.host])


def _affinity_groups(demands: t.Sequence[Demand]) -> dict[str, int]:
    groups: dict[frozenset[str], int] = {}
    return {
        demand.vm: groups.setdefault(demand.together | {demand.vm}, len(groups))
        for demand in demands
        if demand.together
    }


def _found(
    demands: t.Sequence[Demand], capacity: HostCapacity, rules: Rules, first: int
) -> list[tuple[Demand, int, int]]:
    """VMs that are not planned but matter: with N+1 those that hold cores, and those that others are kept apart from.

    Their networks are unknown, so every node of every other host of the cluster counts as right for them.
    """
    planned = {demand.vm for demand in demands}
    named: set[str] = set().union(*(demand.apart for demand in demands)) if demands else set()
    found: list[tuple[Demand, int, int]] = []
    for index, host in enumerate(capacity.hosts):
        for holding in host.holdings:
            needs_failover = rules.n_plus_1 and holding.cores > 0 and host.cluster is not None
            if holding.vm not in planned and (needs_failover or holding.vm in named):
                found.append((_found_demand(holding, host), first + len(found), index))
    return found


def _found_demand(holding: Holding, host: HostTopology) -> Demand:
    return Demand(vm=holding.vm, cores=holding.cores, memory_mb=holding.memory_mb, cluster=host.cluster)


def _found_item(index: int, demand: Demand, known: _Places, away: frozenset[int], kinds: dict[t.Any, int]) -> Item:
    restart_places = known.of(demand)
    kind = kinds.setdefault((id(restart_places), away | {index} if away else None), len(kinds))
    return Item(index, demand, (), restart_places, frozenset(), False, away, -1, kind, found=True)
