# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for a fleet: the one function that everybody calls, and the answer in names instead of numbers."""

from __future__ import annotations

import typing as t

from .answer import answer
from .demands import kept_apart, kept_together
from .model import KEPT, MOVED, NEW, Current, Demand, Failover, NoPlan, Placed, Plan, Remark, Rules
from .places import SPANS_NODES, TEAM_SPANS_NODES, UPLINKS_APART, UPLINKS_UNKNOWN
from .question import read_question
from .reasons import reasons_for

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import HostTopology

    from .places import Place
    from .question import Item, Question
    from .state import SearchState

_REMARKS: t.Final = {
    UPLINKS_UNKNOWN: "vSphere does not tell on which node of {host} the uplinks of {networks} are; node {nodes} may be"
    " the wrong one",
    TEAM_SPANS_NODES: "the active uplinks of {networks} on {host} are on several nodes; traffic may enter on another"
    " than {nodes}",
    UPLINKS_APART: "the uplinks of {networks} on {host} have no node in common; one of them is remote to node {nodes}",
}


def plan_placement(
    demands: t.Sequence[Demand],
    hosts: t.Sequence[HostTopology],
    currents: t.Mapping[str, Current] | None = None,
    rules: Rules | None = None,
) -> Plan | NoPlan:
    """A host and NUMA node for every VM, or the fewest reasons why there are none.

    As few VMs as possible leave the place that they have. The same question always has the same answer.

    demands: as ``read_demands`` gives them; hosts: all of them, with what is held there, by planned VMs as well;
    currents: where planned VMs are, as ``read_currents`` gives it.
    """
    known = dict(currents or {})
    question = read_question(demands, hosts, known, rules or Rules())
    best = answer(question)
    placements = _placements(best.state, known)
    if best.unprotected or best.state.unplaced():
        return NoPlan(reasons_for(question, best, hosts), placements, best.proven)
    return Plan(
        placements,
        tuple(remark for item in question.planned for remark in _remarks(best.state, item)),
        tuple(_failovers(best.state)),
        kept_apart(demands),
        kept_together(demands),
    )


def _placements(state: SearchState, currents: t.Mapping[str, Current]) -> tuple[Placed, ...]:
    question = state.question
    cpus = choose_cpus(state, currents)
    placements = []
    for item in question.planned:
        place = state.placed.get(item.index)
        if place is None:
            continue
        host = question.supply.hosts[place.host]
        current = currents.get(item.demand.vm)
        moved = current is not None and place not in item.stays
        placements.append(
            Placed(
                vm=item.demand.vm,
                host=host.name,
                host_moid=host.moid,
                nodes=_numbers(question, place),
                cores=sum(part.cores for part in place.parts),
                memory_mb=item.demand.memory_mb,
                cpus=cpus.get(item.index, ()),
                change=MOVED if moved else NEW if current is None else KEPT,
                before=current.host if moved and current is not None else None,
            )
        )
    return tuple(placements)


def choose_cpus(state: SearchState, currents: t.Mapping[str, Current]) -> dict[int, tuple[int, ...]]:
    """The affinity sets of the VMs that get their cores so, by index.

    A set that the description names stays; so does the one that a kept VM has, as long as nobody else is on it. Other
    VMs get whole cores from the highest number down, because ESXi's own threads tend to the lowest: one logical CPU of
    each, or with virtual hyper-threading all of them.
    """
    chosen: dict[int, tuple[int, ...]] = {}
    taken = [set(cpus) for cpus in state.question.supply.taken]
    pinned = [item for item in state.question.planned if item.demand.affinity and item.index in state.placed]
    pinned.sort(key=lambda item: (not item.demand.cpus, item.demand.vm not in currents, item.index))
    for item in pinned:
        place = state.placed[item.index]
        cells = [state.question.supply.cells[part.cell] for part in place.parts]
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
    question, place = state.question, state.placed[item.index]
    host = question.supply.hosts[place.host].name
    numbers = _numbers(question, place)
    nodes = " and ".join(map(str, numbers))
    remarks = [
        Remark(code, item.demand.vm, _REMARKS[code].format(host=host, networks=", ".join(networks), nodes=nodes))
        for code, networks in question.verdicts[item.index][place.host].remarks
    ]
    if len(place.parts) > 1:
        text = f"it is too large for one node and takes even shares of nodes {nodes} of {host}"
        remarks.append(Remark(SPANS_NODES, item.demand.vm, text))
    return remarks


def _failovers(state: SearchState) -> t.Iterator[Failover]:
    question = state.question
    for index, place in sorted(state.restart.items(), key=lambda entry: (state.placed[entry[0]].host, entry[0])):
        item = state.items[index]
        failed = question.supply.hosts[state.placed[index].host].name
        host = question.supply.hosts[place.host].name
        yield Failover(failed, item.demand.vm, host, _numbers(question, place), item.found)


def _numbers(question: Question, place: Place) -> tuple[int, ...]:
    return tuple(question.supply.cells[part.cell].number for part in place.parts)
