# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why VMs have no place: which rule stands in the way once as many others as possible have theirs."""

from __future__ import annotations

import collections
import typing as t

from .model import Reason
from .places import EXCLUSIONS, judge_host, pinned_exclusion

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import HostTopology

    from .answer import Answer
    from .model import Demand
    from .places import HostVerdict
    from .question import Item, Question
    from .state import SearchState

_Shortage = t.Callable[["Case"], t.Optional[Reason]]


class Case:
    """One VM without a place, and what a reason is looked for in.

    candidates: the hosts that the rules allow it, by number, with the verdicts on them.
    """

    def __init__(self, question: Question, state: SearchState, item: Item, hosts: t.Sequence[HostTopology]) -> None:
        self.question, self.state, self.item, self.hosts = question, state, item, hosts
        self.demand: Demand = item.demand
        self.verdicts: tuple[HostVerdict, ...] = question.verdicts[item.index]
        self.candidates = [number for number, verdict in enumerate(self.verdicts) if verdict.exclusion is None]

    @property
    def nodes(self) -> tuple[int, ...]:
        """The right nodes, over all candidates."""
        return tuple(sorted({number for host in self.candidates for number in self.verdicts[host].nodes}))

    @property
    def where(self) -> str:
        """The nodes in question in words, such as "node 1 of every host with PG-SGi uplinks"."""
        nodes = self.nodes
        everywhere = {cell.number for host in self.candidates for cell in self.question.supply.host_cells[host]}
        which = f"node {nodes[0]}" if len(nodes) == 1 else "every node"
        if len(nodes) > 1 and set(nodes) != everywhere:
            which = f"nodes {' and '.join(map(str, nodes))}"
        if len(self.candidates) == 1:
            return f"{which} of {self.question.supply.hosts[self.candidates[0]].name}"
        uplinks = f" with {', '.join(self.demand.data_networks)} uplinks" if self.demand.data_networks else ""
        return f"{which} of every host{uplinks}"

    def reason(self, code: str, text: str, needed: int | None = None, free: int | None = None) -> Reason:
        """A reason about this VM, the text without its name."""
        nodes = self.nodes
        return Reason(
            code,
            (self.demand.vm,),
            text,
            needed,
            free,
            nodes[0] if len(nodes) == 1 else None,
            self.demand.data_networks,
            tuple(self.question.supply.hosts[host].name for host in self.candidates),
        )


def reasons_for(question: Question, best: Answer, hosts: t.Sequence[HostTopology]) -> tuple[Reason, ...]:
    """One reason for each VM left over; VMs that differ in nothing but their names share one."""
    if best.unprotected:
        return tuple(_unprotected(question, host) for host in best.unprotected)
    found: dict[t.Any, Reason] = {}
    for item in best.state.unplaced():
        reason = _reason(Case(question, best.state, item, hosts))
        key = (reason.code, reason.text)
        others = found[key].vms if key in found else ()
        found[key] = Reason(reason.code, (*others, item.demand.vm), *_rest(reason))
    return tuple(_named(reason) for reason in found.values())


def _rest(reason: Reason) -> tuple[t.Any, ...]:
    return (
        reason.text,
        reason.needed,
        reason.free,
        reason.node,
        reason.networks,
        reason.hosts,
        reason.failed_host,
    )


def _named(reason: Reason) -> Reason:
    more = f" and {len(reason.vms) - 1} more like it" if len(reason.vms) > 1 else ""
    return Reason(reason.code, reason.vms, f"{reason.vms[0]}{more}: {reason.text}", *_rest(reason)[1:])


def _unprotected(question: Question, host: int) -> Reason:
    names = [item.demand.vm for item, home in question.found if home == host and item.needs_failover]
    name = question.supply.hosts[host].name
    text = f"if {name} fails, VMs that run there now ({', '.join(names)}) have no cores elsewhere, whatever is planned"
    return Reason("no_failover", tuple(names), text, hosts=(name,), failed_host=name)


def _reason(case: Case) -> Reason:
    checks: tuple[_Shortage, ...] = (_excluded, _too_large, _cores_short, _memory_short, _relations, _no_failover)
    for check in checks:
        reason = check(case)
        if reason is not None:
            return reason
    return case.reason(
        "no_place",
        "every place that has room for it is needed by other VMs of the plan; more hosts or fewer VMs are needed",
    )


def _excluded(case: Case) -> Reason | None:
    """No host is allowed: the exclusion that the most promising hosts have."""
    if case.candidates:
        return None
    demand, rules = case.demand, case.question.rules
    verdicts = [(host, judge_host(demand, host, rules)) for host in case.hosts]
    reached = max((EXCLUSIONS.index(verdict.exclusion) for _h, verdict in verdicts if verdict.exclusion), default=0)
    code = EXCLUSIONS[reached]
    concerned = [(host, verdict) for host, verdict in verdicts if verdict.exclusion == code]
    names = tuple(host.name for host, _verdict in concerned)
    objects = collections.Counter(verdict.object_name for _host, verdict in concerned if verdict.object_name)
    network = objects.most_common(1)[0][0] if objects else ""
    texts = {
        "cluster_unknown": f"there is no host in cluster {demand.cluster}",
        "host_not_allowed": f"none of its hosts ({', '.join(demand.hosts)}) is in the cluster",
        "host_not_usable": f"{_all_of(names)} in maintenance or not connected",
        "network_missing": f"no host has the port group {network}",
        "latency_sensitivity_unsupported": "no host supports latency sensitivity",
        "hyper_threading_missing": "no host has hyper-threading on and supports virtual hyper-threading",
        "no_cluster_for_failover": "its hosts are in no cluster, so that nothing restarts it when one fails",
        "team_spans_nodes": f"the active uplinks of {network} are on several nodes of every host, which is refused",
        "uplinks_apart": f"no host has the uplinks of {', '.join(demand.data_networks)} on a common node",
        "wrong_node": f"node {demand.node} is asked for, but the uplinks of"
        f" {', '.join(demand.data_networks) or 'its networks'} are on other nodes of every host",
    }
    return Reason(code, (demand.vm,), texts[code], node=demand.node, networks=demand.data_networks, hosts=names)


def _all_of(names: t.Sequence[str]) -> str:
    return f"{names[0]} is" if len(names) == 1 else f"all of its hosts ({', '.join(names)}) are"


def _too_large(case: Case) -> Reason | None:
    """No node could hold it if it were empty, or its affinity set goes with none."""
    demand = case.demand
    cells = [
        cell
        for host in case.candidates
        for cell in case.question.supply.host_cells[host]
        if cell.number in case.verdicts[host].nodes
    ]
    if demand.cpus and not case.item.places:
        supply = case.question.supply
        codes = [
            pinned_exclusion(demand, supply.host_cells[host], supply.taken[host], case.verdicts[host], wide=False)
            for host in case.candidates
        ]
        if "affinity_taken" in codes:
            return case.reason("affinity_taken", "other VMs are on CPUs of its affinity set, on every host")
        return case.reason("affinity_off_node", "its affinity set is on no one right node of any host")
    if not cells or case.item.places or any(_holds(cell, demand) for cell in cells):
        return None
    cores, memory = max(cell.size_cores for cell in cells), max(cell.size_memory for cell in cells)
    if demand.cores > cores:
        text = f"{case.where} has at most {cores} cores beside those kept for ESXi; {demand.cores} needed"
        return case.reason("too_large", text, demand.cores, cores)
    text = f"{case.where} has at most {memory} MiB beside what is kept for ESXi; {demand.memory_mb} needed"
    return case.reason("too_large", text, demand.memory_mb, memory)


def _holds(cell: t.Any, demand: Demand) -> bool:
    return bool(demand.cores <= cell.size_cores and demand.memory_mb <= cell.size_memory)


def _right_cells(case: Case) -> list[int]:
    return [
        cell.index
        for host in case.candidates
        for cell in case.question.supply.host_cells[host]
        if cell.number in case.verdicts[host].nodes
    ]


def _cores_short(case: Case) -> Reason | None:
    cells = _right_cells(case)
    needed = min((place.cores for place in case.item.places), default=case.demand.cores)
    free = max((case.state.load.free_cores[cell] for cell in cells), default=0)
    if free >= needed:
        return None
    text = f"{case.where} has at most {free} free core{'s' if free != 1 else ''}; {needed} needed"
    return case.reason("cores_short", text, needed, free)


def _memory_short(case: Case) -> Reason | None:
    """Of the nodes with enough cores, none has enough memory."""
    demand, state = case.demand, case.state
    places = case.item.places
    cores = min((place.cores for place in places), default=demand.cores)
    needed = min((place.memory for place in places), default=demand.memory_mb)
    cells = [cell for cell in _right_cells(case) if state.load.free_cores[cell] >= cores]
    free = max((state.load.free_memory[cell] for cell in cells), default=0)
    if free >= needed:
        return None
    pages = " in whole GiB" if demand.whole_gib else ""
    text = f"{case.where} with {cores} free cores has at most {free} MiB of free memory; {needed} needed{pages}"
    return case.reason("memory_short", text, needed, free)


def _relations(case: Case) -> Reason | None:
    """Where there is room, there is somebody whom it is kept apart from, or those whom it belongs to are not there."""
    item, state = case.item, case.state
    roomy = [place for place in item.places if state.load.fits(place)]
    if not roomy:
        return None
    apart = sorted(
        {state.items[other].demand.vm for place in roomy for other in item.apart & state.on_host[place.host]}
    )
    if all(not item.apart.isdisjoint(state.on_host[place.host]) for place in roomy):
        text = f"every host with room for it runs a VM that it is kept apart from ({', '.join(apart)})"
        return case.reason("kept_apart", text)
    if not any(state.fits(item, place) for place in roomy):
        if item.group >= 0:
            names = ", ".join(sorted(item.demand.together))
            text = f"no host has room for it beside the VMs that it is kept together with ({names})"
            return case.reason("kept_together", text)
        return case.reason("no_place", "where there is room, other VMs are on CPUs of its affinity set or kept apart")
    return None


def _no_failover(case: Case) -> Reason | None:
    """It has a place, but then a host's failure leaves VMs without one."""
    item, state = case.item, case.state
    if not case.question.rules.n_plus_1 or not any(state.fits(item, place) for place in item.places):
        return None
    spare = max((state.load.free_cores[cell] for cell in _right_cells(case)), default=0)
    text = (
        f"it has room while all hosts run ({case.where} has up to {spare} free cores), but with it VMs of a host that"
        " fails would find no cores on a right node of the others"
    )
    return case.reason("no_failover", text, case.demand.cores, spare)
