# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a VM has no place: the rule that prevents it once as many others as possible have theirs."""

from __future__ import annotations

import collections
import typing as t

from .model import UnplacedReason
from .places import EXCLUSIONS, judge_host, pinned_exclusion

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import HostTopology

    from .model import Demand
    from .places import HostVerdict
    from .search_space import Item, SearchSpace
    from .solver import Solution
    from .state import SearchState

_Shortage = t.Callable[["Case"], t.Optional[UnplacedReason]]


class Case:
    """One VM without a place, and the state in which to find the reason."""

    candidates: list[int]
    """Indices of the hosts that the rules allow."""

    def __init__(self, space: SearchSpace, state: SearchState, item: Item, hosts: t.Sequence[HostTopology]) -> None:
        self.space, self.state, self.item, self.hosts = space, state, item, hosts
        self.demand: Demand = item.demand
        self.verdicts: tuple[HostVerdict, ...] = space.verdicts[item.index]
        self.candidates = [number for number, verdict in enumerate(self.verdicts) if verdict.exclusion is None]

    @property
    def nodes(self) -> tuple[int, ...]:
        """Numbers of the right nodes, over all candidates."""
        return tuple(sorted({number for host in self.candidates for number in self.verdicts[host].nodes}))

    @property
    def where(self) -> str:
        """The nodes in question in words, such as "node 1 of every host with PG-SGi uplinks"."""
        nodes = self.nodes
        everywhere = {cell.number for host in self.candidates for cell in self.space.capacity.host_cells[host]}
        which = f"node {nodes[0]}" if len(nodes) == 1 else "every node"
        if len(nodes) > 1 and set(nodes) != everywhere:
            which = f"nodes {' and '.join(map(str, nodes))}"
        if len(self.candidates) == 1:
            return f"{which} of {self.space.capacity.hosts[self.candidates[0]].name}"
        uplinks = f" with {', '.join(self.demand.data_networks)} uplinks" if self.demand.data_networks else ""
        return f"{which} of every host{uplinks}"

    def reason(self, code: str, text: str, needed: int | None = None, free: int | None = None) -> UnplacedReason:
        """A reason about this VM. text: without the VM's name."""
        nodes = self.nodes
        return UnplacedReason(
            code,
            (self.demand.vm,),
            text,
            needed,
            free,
            nodes[0] if len(nodes) == 1 else None,
            self.demand.data_networks,
            tuple(self.space.capacity.hosts[host].name for host in self.candidates),
        )


def reasons_for(space: SearchSpace, best: Solution, hosts: t.Sequence[HostTopology]) -> tuple[UnplacedReason, ...]:
    """One reason for each VM left over; VMs that differ only in their names share one."""
    if best.unprotected:
        return tuple(_unprotected(space, host) for host in best.unprotected)
    found: dict[t.Any, UnplacedReason] = {}
    for item in best.state.unplaced():
        reason = _reason(Case(space, best.state, item, hosts))
        key = (reason.code, reason.text)
        others = found[key].vms if key in found else ()
        found[key] = UnplacedReason(reason.code, (*others, item.demand.vm), *_rest(reason))
    return tuple(_named(reason) for reason in found.values())


def _rest(reason: UnplacedReason) -> tuple[t.Any, ...]:
    return (
        reason.text,
        reason.needed,
        reason.free,
        reason.node,
        reason.networks,
        reason.hosts,
        reason.failed_host,
    )


def _named(reason: UnplacedReason) -> UnplacedReason:
    more = f" and {len(reason.vms) - 1} more like it" if len(reason.vms) > 1 else ""
    return UnplacedReason(reason.code, reason.vms, f"{reason.vms[0]}{more}: {reason.text}", *_rest(reason)[1:])


def _unprotected(space: SearchSpace, host: int) -> UnplacedReason:
    names = [item.demand.vm for item, home in space.found if home == host and item.needs_failover]
    name = space.capacity.hosts[host].name
    text = f"if {name} fails, VMs that run there now ({', '.join(names)}) find no cores elsewhere, whatever is planned"
    return UnplacedReason("no_failover", tuple(names), text, hosts=(name,), failed_host=name)


def _reason(case: Case) -> UnplacedReason:
    checks: tuple[_Shortage, ...] = (_excluded, _too_large, _cores_short, _memory_short, _relations, _no_failover)
    for check in checks:
        reason = check(case)
        if reason is not None:
            return reason
    return case.reason(
        "no_place",
        "other VMs of the plan need every place that has room for it; add hosts or plan fewer VMs",
    )


def _excluded(case: Case) -> UnplacedReason | None:
    """No host is allowed: the reason is that of the hosts that come closest."""
    if case.candidates:
        return None
    demand, rules = case.demand, case.space.rules
    verdicts = [(host, judge_host(demand, host, rules)) for host in case.hosts]
    reached = max((EXCLUSIONS.index(verdict.exclusion) for _h, verdict in verdicts if verdict.exclusion), default=0)
    code = EXCLUSIONS[reached]
    concerned = [(host, verdict) for host, verdict in verdicts if verdict.exclusion == code]
    names = tuple(host.name for host, _verdict in concerned)
    objects = collections.Counter(verdict.object_name for _host, verdict in concerned if verdict.object_name)
    network = objects.most_common(1)[0][0] if objects else ""
    texts = {
        "cluster_unknown": f"cluster {demand.cluster} has no host in the topology",
        "host_not_allowed": f"none of the hosts that it may run on ({', '.join(demand.hosts)}) is in the cluster",
        "host_not_usable": f"{_all_of(names)} in maintenance mode or not connected",
        "network_missing": f"no host has the port group {network}",
        "latency_sensitivity_unsupported": "no host supports latency sensitivity",
        "hyper_threading_missing": "no host has hyper-threading active and supports virtual hyper-threading",
        "no_cluster_for_failover": "its hosts are in no cluster, so nothing restarts it when its host fails",
        "team_spans_nodes": f"on every host the active uplinks of {network} are on several nodes;"
        " remote_uplinks is refuse",
        "no_common_node": f"on no host do the uplinks of {', '.join(demand.data_networks)} have a node in common",
        "wrong_node": f"placement.numa is {demand.node}, but the uplinks of"
        f" {', '.join(demand.data_networks) or 'its networks'} are on other nodes of every host",
    }
    return UnplacedReason(code, (demand.vm,), texts[code], node=demand.node, networks=demand.data_networks, hosts=names)


def _all_of(names: t.Sequence[str]) -> str:
    return f"{names[0]} is" if len(names) == 1 else f"all of its hosts ({', '.join(names)}) are"


def _too_large(case: Case) -> UnplacedReason | None:
    """No node could hold it even if empty, or its affinity set fits none."""
    demand = case.demand
    cells = [
        cell
        for host in case.candidates
        for cell in case.space.capacity.host_cells[host]
        if cell.number in case.verdicts[host].nodes
    ]
    if demand.cpus and not case.item.places:
        capacity = case.space.capacity
        codes = [
            pinned_exclusion(demand, capacity.host_cells[host], capacity.taken[host], case.verdicts[host], wide=False)
            for host in case.candidates
        ]
        if "affinity_taken" in codes:
            return case.reason("affinity_taken", "on every host, other VMs are on CPUs of its affinity set")
        return case.reason("affinity_off_node", "on no host are the CPUs of its affinity set on one right node")
    if not cells or case.item.places or any(_holds(cell, demand) for cell in cells):
        return None
    cores, memory = max(cell.size_cores for cell in cells), max(cell.size_memory for cell in cells)
    if demand.cores > cores:
        text = f"{case.where} has at most {cores} cores besides those left to ESXi; {demand.cores} needed"
        return case.reason("too_large", text, demand.cores, cores)
    text = f"{case.where} has at most {memory} MiB besides what is left to ESXi; {demand.memory_mb} needed"
    return case.reason("too_large", text, demand.memory_mb, memory)


def _holds(cell: t.Any, demand: Demand) -> bool:
    return bool(demand.cores <= cell.size_cores and demand.memory_mb <= cell.size_memory)


def _right_cells(case: Case) -> list[int]:
    return [
        cell.index
        for host in case.candidates
        for cell in case.space.capacity.host_cells[host]
        if cell.number in case.verdicts[host].nodes
    ]


def _cores_short(case: Case) -> UnplacedReason | None:
    cells = _right_cells(case)
    needed = min((place.cores for place in case.item.places), default=case.demand.cores)
    free = max((case.state.load.free_cores[cell] for cell in cells), default=0)
    if free >= needed:
        return None
    text = f"{case.where} has at most {free} free core{'s' if free != 1 else ''}; {needed} needed"
    return case.reason("cores_short", text, needed, free)


def _memory_short(case: Case) -> UnplacedReason | None:
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


def _relations(case: Case) -> UnplacedReason | None:
    """Where there is room, a VM runs that it is kept apart from, or those that it is kept with do not."""
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
        return case.reason("no_place", "where there is room, other VMs are on its CPUs or must be kept apart from it")
    return None


def _no_failover(case: Case) -> UnplacedReason | None:
    """There is room for it, but then a host's failure would leave VMs without room."""
    item, state = case.item, case.state
    if not case.space.rules.n_plus_1 or not any(state.fits(item, place) for place in item.places):
        return None
    free = max((state.load.free_cores[cell] for cell in _right_cells(case)), default=0)
    text = (
        f"there is room while all hosts run ({case.where} has up to {free} free cores), but with it the VMs of a failed"
        " host would not all find cores on right nodes of the others"
    )
    return case.reason("no_failover", text, case.demand.cores, free)
