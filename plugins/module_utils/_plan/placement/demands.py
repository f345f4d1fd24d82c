# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each VM needs, from descriptions; where each VM is now, from hosts."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

from .model import CurrentPlace, Demand, Placed
from .relations import cover_pairs

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import Holding, HostTopology
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane

GIB: t.Final = 1024

Groups = t.Mapping[str, t.Sequence[str]]


def read_demands(
    dataplanes: t.Mapping[str, Dataplane],
    groups: Groups,
    hosts: t.Sequence[HostTopology] = (),
    cluster: str | None = None,
) -> tuple[Demand, ...]:
    """The demands of the VMs, in the order of ``dataplanes`` (descriptions by VM name).

    groups: placement groups, lists of VM names by name; hosts: ``keep_apart_from`` and ``keep_together_with`` may name
    their VMs as well; cluster: for descriptions that name none.
    Raises NfvError: placement_name_unknown for a name that is neither a VM's nor a group's, placement_contradiction for
    VMs that would have to be both apart and together.
    """
    known = {*dataplanes, *(holding.vm for host in hosts for holding in host.holdings)}
    apart: dict[str, set[str]] = {}
    together: dict[str, set[str]] = {}
    for vm, dataplane in dataplanes.items():
        placement = dataplane.placement
        _relate(apart, vm, _named(vm, "keep_apart_from", placement.keep_apart_from, groups, known))
        _relate(together, vm, _named(vm, "keep_together_with", placement.keep_together_with, groups, known))
    _close(together)
    _refuse_contradiction(apart, together)
    return tuple(
        _demand(vm, dataplane, frozenset(apart.get(vm, ())), frozenset(together.get(vm, ())), cluster)
        for vm, dataplane in dataplanes.items()
    )


def _demand(
    vm: str, dataplane: Dataplane, apart: frozenset[str], together: frozenset[str], cluster: str | None
) -> Demand:
    cpu, memory, placement = dataplane.cpu, dataplane.memory, dataplane.placement
    gib = memory.host_page_size == "1G"
    return Demand(
        vm=vm,
        cores=reserved_cores(dataplane),
        memory_mb=-(-memory.size_mb // GIB) * GIB if gib else memory.size_mb,
        networks=tuple(dict.fromkeys(adapter.network for adapter in dataplane.adapters)),
        data_networks=tuple(dict.fromkeys(each.network for each in dataplane.adapters if each.driver == "pmd")),
        switches=tuple(dict.fromkeys((each.network, each.switch) for each in dataplane.adapters if each.switch)),
        threads=cpu.simultaneous_threads,
        latency_sensitive=cpu.exclusivity == "latency_sensitivity",
        affinity=cpu.exclusivity == "affinity",
        cpus=cpu.affinity,
        whole_gib=gib,
        node=placement.node,
        cluster=placement.cluster or cluster,
        hosts=placement.hosts,
        apart=apart,
        together=together,
    )


def reserved_cores(dataplane: Dataplane) -> int:
    """The physical cores that no other VM may count on.

    A vCPU that is exclusive, or has all of its clock reserved, takes a core; with virtual hyper-threading two vCPUs
    share one. The system contexts of a latency-sensitive VM come on top.
    """
    cpu = dataplane.cpu
    if cpu.exclusivity == "none" and not cpu.reserve_all:
        return 0
    return -(-cpu.count // cpu.simultaneous_threads) + dataplane.effective_contexts


def _named(vm: str, key: str, names: t.Sequence[str], groups: Groups, known: t.Collection[str]) -> set[str]:
    """The VMs that the names refer to, without the VM itself and without members of groups that are no known VMs."""
    meant: set[str] = set()
    for name in names:
        if name not in known and name not in groups:
            raise NfvError(
                ErrorCode.PLACEMENT_NAME_UNKNOWN,
                vm,
                f"placement.{key} names {name}, which is neither a planned or running VM nor a placement group",
                "Correct the name, or define the group in groups",
            )
        meant.update({name} & set(known))
        meant.update(member for member in groups.get(name, ()) if member in known)
    return meant - {vm}


def _relate(relation: dict[str, set[str]], vm: str, others: t.Iterable[str]) -> None:
    for other in others:
        relation.setdefault(vm, set()).add(other)
        relation.setdefault(other, set()).add(vm)


def _close(together: dict[str, set[str]]) -> None:
    """Makes the relation transitive."""
    seen: set[str] = set()
    for start in together:
        if start in seen:
            continue
        reached, border = {start}, [start]
        while border:
            for other in together[border.pop()] - reached:
                reached.add(other)
                border.append(other)
        seen |= reached
        for vm in reached:
            together[vm] = reached - {vm}


def _refuse_contradiction(apart: t.Mapping[str, set[str]], together: t.Mapping[str, set[str]]) -> None:
    for vm, others in together.items():
        both = sorted(apart.get(vm, set()) & others)
        if both:
            raise NfvError(
                ErrorCode.PLACEMENT_CONTRADICTION,
                vm,
                f"must be kept both together with {both[0]} and apart from it",
                "Correct keep_apart_from or keep_together_with of one of them",
            )


def keep_in_place(
    demands: t.Sequence[Demand], staying: t.Mapping[str, str], hosts: t.Sequence[HostTopology]
) -> tuple[Demand, ...]:
    """The demands, with those of VMs that stay where they are bound to their hosts.

    staying: the host of each by name. One that runs needs no demand, for what it holds is known; nor does one whose
    host is not among these.
    """
    running = {holding.vm for host in hosts for holding in host.holdings}
    known = {host.name for host in hosts}
    return tuple(
        dataclasses.replace(demand, hosts=(staying[demand.vm],)) if demand.vm in staying else demand
        for demand in demands
        if demand.vm not in staying or (demand.vm not in running and staying[demand.vm] in known)
    )


def read_currents(
    names: t.Collection[str], hosts: t.Sequence[HostTopology], earlier: t.Iterable[Placed] = ()
) -> dict[str, CurrentPlace]:
    """Where the named VMs are: where they run or, if they do not run, where an earlier plan put them.

    The earlier plan also gives the node of a VM that runs on its planned host, when vSphere does not report one.
    """
    found = {
        holding.vm: CurrentPlace(host.name, _nodes_of(holding, host), holding.cpus)
        for host in hosts
        for holding in host.holdings
        if holding.vm in names
    }
    for placed in earlier:
        running = found.get(placed.vm)
        if placed.vm in names and (running is None or (running.host == placed.host and not running.nodes)):
            found[placed.vm] = CurrentPlace(placed.host, placed.nodes, placed.cpus)
    return found


def _nodes_of(holding: Holding, host: HostTopology) -> tuple[int, ...]:
    if holding.node is not None:
        return (holding.node,)
    return tuple(node.number for node in host.nodes if not set(node.cpus).isdisjoint(holding.cpus))


def kept_apart(demands: t.Sequence[Demand]) -> tuple[tuple[str, ...], ...]:
    """Groups of VMs of which no two may share a host; together they cover every pair."""
    return cover_pairs({frozenset((demand.vm, other)) for demand in demands for other in demand.apart})


def kept_together(demands: t.Sequence[Demand]) -> tuple[tuple[str, ...], ...]:
    """Groups of VMs that must share one host."""
    groups = {tuple(sorted({demand.vm, *demand.together})) for demand in demands if demand.together}
    return tuple(sorted(groups))
