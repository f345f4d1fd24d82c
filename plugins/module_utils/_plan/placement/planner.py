# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for a fleet: the entry to this package, and the result in names instead of indices."""

from __future__ import annotations

import typing as t

from .demands import kept_apart, kept_together
from .model import KEPT, MOVED, NEW, CurrentPlace, Demand, Failover, NoPlan, Placed, PlacementPlan, Remark, Rules
from .places import NO_COMMON_NODE, TEAM_SPANS_NODES, UPLINKS_UNKNOWN, WIDE_VM
from .reasons import reasons_for
from .search_space import read_search_space
from .solver import solve

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import HostTopology

    from .places import Place
    from .search_space import Item, SearchSpace
    from .state import SearchState

_REMARKS: t.Final = {
    UPLINKS_UNKNOWN: "vSphere does not report which node of {host} the uplinks of {networks} are on; it may be a node"
    " other than {nodes}",
    TEAM_SPANS_NODES: "the active uplinks of {networks} on {host} are on several nodes; traffic may enter on a node"
    " other than {nodes}",
    NO_COMMON_NODE: "the uplinks of {networks} on {host} have no node in common; one of them is remote to node {nodes}",
}


def plan_placement(
    demands: t.Sequence[Demand],
    hosts: t.Sequence[HostTopology],
    currents: t.Mapping[str, CurrentPlace] | None = None,
    rules: Rules | None = None,
) -> PlacementPlan | NoPlan:
    """A host and NUMA node for every VM, or the fewest reasons why that is impossible.

    As few VMs as possible leave the place that they have. The same input always gives the same result.

    demands: from ``read_demands``; hosts: all of them, with everything that VMs hold there, planned ones included;
    currents: where planned VMs are now, from ``read_currents``.
    """
    known = dict(currents or {})
    space = read_search_space(demands, hosts, known, rules or Rules())
    best = solve(space)
    placements = _placements(best.state, known)
    if best.unprotected or best.state.unplaced():
        return NoPlan(reasons_for(space, best, hosts), placements, best.proven)
    return PlacementPlan(
        placements,
        tuple(remark for item in space.planned for remark in _remarks(best.state, item)),
        tuple(_failovers(best.state)),
        kept_apart(demands),
        kept_together(demands),
    )


def _placements(state: SearchState, currents: t.Mapping[str, CurrentPlace]) -> tuple[Placed, ...]:
    space = state.space
    cpus = choose_cpus(state, currents)
    placements = []
    for item in space.planned:
        place = state.placed.get(item.index)
        if place is None:
            continue
        host = space.capacity.hosts[place.host]
        current = currents.get(item.demand.vm)
        moved = current is not None and place not in item.stays
        placements.append(
            Placed(
                vm=item.demand.vm,
                host=host.name,
                host_moid=host.moid,
                nodes=_numbers(space, place),
                cores=sum(part.cores for part in place.parts),
                memory_mb=item.demand.memory_mb,
                cpus=cpus.get(item.index, ()),
                change=MOVED if moved else NEW if current is None else KEPT,
                before=current.host if moved and current is not None else None,
            )
        )
    return tuple(placements)


def choose_cpus(state: SearchState, currents: t.Mapping[str, CurrentPlace]) -> dict[int, tuple[int, ...]]:
    """The affinity sets, by index of the item, of the VMs that get their cores that way.

    A set that the description names stays. So does that of a VM that keeps its place, unless another VM is on it. All
    others get whole cores from the highest number down, since ESXi's own threads tend to run on the lowest: one logical
    CPU of each core, or all of them with virtual hyper-threading.
    """
    chosen: dict[int, tuple[int, ...]] = {}
    taken = [set(cpus) for cpus in state.space.capacity.taken]
    pinned = [item for item in state.space.planned if item.demand.affinity and item.index in state.placed]
    pinned.sort(key=lambda item: (not item.demand.cpus, item.demand.vm not in currents, item.index))
    for item in pinned:
        place = state.placed[item.index]
        cells = [state.space.capacity.cells[part.cell] for part in place.parts]
        current = currents.get(item.demand.vm)
        cpus = item.demand.cpus
        if not cpus and current is not None and place in item.stays:
            cpus = _still_free(current.cpus, cells, taken[place.host], item.demand.cores)
        if not cpus:
            for part, cell in zip(place.parts, cells):
                free = [core for core in reversed(cell.cores) if taken[place.host].isdisjoint(core)]
                cpus += tuple(cpu for core in free[: part.cores] for cpu in core[: item.demand.threads])
        chosen[item.index] = tuple(sorted(cpus))
        for cell in cells:
            taken[place.host].update(cpu for core in cell.cores if not set(core).isdisjoint(cpus) for cpu in core)
    return chosen


def _still_free(
    cpus: tuple[int, ...], cells: t.Sequence[t.Any], taken: t.Collection[int], count: int
) -> tuple[int, ...]:
    cores = [core for cell in cells for core in cell.cores if not set(core).isdisjoint(cpus)]
    inside = {cpu for core in cores for cpu in core}
    return cpus if inside.issuperset(cpus) and inside.isdisjoint(taken) and len(cores) == count else ()


def _remarks(state: SearchState, item: Item) -> list[Remark]:
    space, place = state.space, state.placed[item.index]
    host = space.capacity.hosts[place.host].name
    numbers = _numbers(space, place)
    nodes = " and ".join(map(str, numbers))
    remarks = [
        Remark(code, item.demand.vm, _REMARKS[code].format(host=host, networks=", ".join(networks), nodes=nodes))
        for code, networks in space.verdicts[item.index][place.host].remarks
    ]
    if len(place.parts) > 1:
        text = f"the VM is too large for one node and takes even shares of nodes {nodes} of {host}"
        remarks.append(Remark(WIDE_VM, item.demand.vm, text))
    return remarks


def _failovers(state: SearchState) -> t.Iterator[Failover]:
    space = state.space
    for index, place in sorted(state.restart.items(), key=lambda entry: (state.placed[entry[0]].host, entry[0])):
        item = state.items[index]
        failed = space.capacity.hosts[state.placed[index].host].name
        host = space.capacity.hosts[place.host].name
        yield Failover(failed, item.demand.vm, host, _numbers(space, place), item.found)


def _numbers(space: SearchSpace, place: Place) -> tuple[int, ...]:
    return tuple(space.capacity.cells[part.cell].number for part in place.parts)
