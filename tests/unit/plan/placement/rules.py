# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of docs/placement.md once more, slowly and in plain words: nothing here is shared with the planner.

``places`` says where a VM may be at all, for the oracle; ``broken`` says which rules a plan breaks.
"""

from __future__ import annotations

import dataclasses
import itertools
import typing as t
from collections import Counter

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import Demand

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import (
        CurrentPlace,
        Failover,
        Placed,
        PlacementPlan,
        Rules,
    )
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import Holding, HostTopology

Room = tuple[int, int]


@dataclasses.dataclass(frozen=True)
class World:
    """Everything that a placement is computed from."""

    demands: tuple[Demand, ...]
    hosts: tuple[HostTopology, ...]
    currents: Mapping[str, CurrentPlace]
    rules: Rules

    @property
    def names(self) -> set[str]:
        """Names of the planned VMs."""
        return {demand.vm for demand in self.demands}

    def host(self, name: str) -> HostTopology:
        return next(host for host in self.hosts if host.name == name)

    def strangers(self, host: HostTopology) -> list[Holding]:
        """VMs found on the host that are not planned."""
        return [holding for holding in host.holdings if holding.vm not in self.names]

    def size(self, host: HostTopology) -> dict[int, Room]:
        """Cores and MiB of each node of the empty host, less what is kept for ESXi."""
        return {
            node.number: (
                node.cores - (self.rules.esxi_cores_node_0 if node.number == 0 else self.rules.esxi_cores),
                node.memory_mb - self.rules.esxi_memory_mb,
            )
            for node in host.nodes
        }

    def room(self, host: HostTopology) -> dict[int, Room]:
        """The same less what VMs hold that are not planned; one whose node is unknown counts on every possible one."""
        room = {}
        for node in host.nodes:
            cores, memory = self.size(host)[node.number]
            cpus = {cpu for each in self.strangers(host) for cpu in each.cpus}
            cores -= sum(number == node.number for number, _first in cores_of(host, cpus))
            for each in self.strangers(host):
                if node.number in could_be_on(each, host):
                    cores -= each.cores if not each.cpus else 0
                    memory -= each.memory_mb
            room[node.number] = (max(0, cores), max(0, memory))
        return room


def threads(host: HostTopology) -> int:
    return len(host.nodes[0].cpus) // host.nodes[0].cores


def cores_of(host: HostTopology, cpus: t.Collection[int]) -> set[tuple[int, int]]:
    """The physical cores that logical CPUs belong to, each as its node and its first logical CPU."""
    found = set()
    for node in host.nodes:
        numbers = sorted(node.cpus)
        found |= {
            (node.number, numbers[numbers.index(cpu) // threads(host) * threads(host)])
            for cpu in cpus
            if cpu in numbers
        }
    return found


def could_be_on(holding: Holding, host: HostTopology) -> set[int]:
    everywhere = {node.number for node in host.nodes}
    if holding.node in everywhere:
        return {holding.node}
    if holding.cpus:
        return {node.number for node in host.nodes if set(node.cpus) & set(holding.cpus)}
    large = {n.number for n in host.nodes if n.cores >= holding.cores and n.memory_mb >= holding.memory_mb}
    return large or everywhere


def right_nodes(demand: Demand, host: HostTopology, rules: Rules) -> set[int]:
    """The nodes of the host that the rules allow the VM, whoever else is there; none when the host is not allowed."""
    networks = {group.network: group for group in host.port_groups}
    allowed = (
        host.available
        and not host.maintenance
        and demand.cluster in (None, host.cluster)
        and (not demand.hosts or host.name in demand.hosts)
        and set(demand.networks) <= set(networks)
        and (not demand.latency_sensitive or host.latency_sensitivity)
        and (demand.threads == 1 or (host.hyper_threading and host.max_simultaneous_threads >= demand.threads))
        and (not rules.n_plus_1 or host.cluster is not None)
    )
    if not allowed:
        return set()
    everywhere = {node.number for node in host.nodes}
    teams = [set(networks[name].nodes or ()) for name in demand.data_networks if networks[name].nodes]
    common = everywhere.intersection(*teams)
    if rules.remote_uplinks == "refuse" and (not common or any(len(team) > 1 for team in teams)):
        return set()
    nodes = common or everywhere & set().union(*teams)
    return nodes if demand.node is None else nodes & {demand.node}


@dataclasses.dataclass(frozen=True)
class Place:
    """A host, and what a VM takes of its nodes."""

    host: str
    """Name of the host."""
    taken: tuple[tuple[int, Room], ...]
    """What is taken of each node, by the node's number."""
    cores: frozenset[int] = frozenset()
    """Physical cores that a named affinity set occupies, by their first CPU."""


def is_wide(demand: Demand, world: World) -> bool:
    """Whether it fits no right node of any host, were they empty, and may therefore span nodes."""
    if world.rules.wide_vm == "refuse" or demand.node is not None:
        return False
    return not any(
        fits((demand.cores, demand.memory_mb), world.size(host)[number])
        for host in world.hosts
        for number in right_nodes(demand, host, world.rules)
    )


def fits(need: Room, room: Room) -> bool:
    return need[0] <= room[0] and need[1] <= room[1]


def even_share(demand: Demand, count: int) -> Room:
    unit = 1024 if demand.whole_gib else 1
    return -(-demand.cores // count), -(-demand.memory_mb // (count * unit)) * unit


def node_sets(demand: Demand, host: HostTopology, world: World) -> list[tuple[int, ...]]:
    """The sets of nodes that it may take on the host: single ones, or as few as possible when it is wide."""
    right, size = right_nodes(demand, host, world.rules), world.size(host)
    counts = range(2, len(size) + 1) if is_wide(demand, world) else range(1, 2)
    for count in counts:
        sets = [
            chosen
            for chosen in itertools.combinations(sorted(size), count)
            if right & set(chosen) and all(fits(even_share(demand, count), size[number]) for number in chosen)
        ]
        if sets:
            return sets
    return []


def places(demand: Demand, world: World) -> Iterator[Place]:
    """Every place where it may be, given only the VMs that are not planned."""
    for host in world.hosts:
        beside = {each for each in demand.together if each not in world.names}
        if not beside <= {each.vm for each in host.holdings} or not right_nodes(demand, host, world.rules):
            continue
        room = world.room(host)
        if demand.cpus:
            yield from pinned_places(demand, host, world)
            continue
        for chosen in node_sets(demand, host, world):
            share = even_share(demand, len(chosen))
            if all(fits(share, room[number]) for number in chosen):
                yield Place(host.name, tuple((number, share) for number in chosen))


def pinned_places(demand: Demand, host: HostTopology, world: World) -> Iterator[Place]:
    cores = cores_of(host, demand.cpus)
    nodes = sorted({number for number, _first in cores})
    present = {cpu for node in host.nodes for cpu in node.cpus}
    strangers = cores_of(host, {cpu for each in world.strangers(host) for cpu in each.cpus})
    if not set(demand.cpus) <= present or cores & strangers:
        return
    if not right_nodes(demand, host, world.rules) & set(nodes) or (len(nodes) > 1 and not is_wide(demand, world)):
        return
    memory = even_share(demand, len(nodes))[1]
    taken = tuple((number, (sum(on == number for on, _first in cores), memory)) for number in nodes)
    if all(fits(need, world.room(host)[number]) for number, need in taken):
        yield Place(host.name, taken, frozenset(first for _number, first in cores))


def refuges(demand: Demand, world: World) -> list[Place]:
    """Where it may restart: as above, but wherever its CPUs and VMs that are not planned are."""
    planned = frozenset(each for each in demand.together if each in world.names)
    return list(places(dataclasses.replace(demand, cpus=(), together=planned), world))


def stranger_refuges(holding: Holding, home: HostTopology, world: World) -> list[Place]:
    return list(places(Demand(holding.vm, holding.cores, holding.memory_mb, cluster=home.cluster), world))


def stays(place: Place, current: CurrentPlace) -> bool:
    return place.host == current.host and current.nodes in ((), tuple(number for number, _need in place.taken))


# --- what a plan breaks -----------------------------------------------------------------------------------------------


def broken(world: World, plan: PlacementPlan) -> set[str]:
    """The rules that the plan breaks, by name; empty for a valid one."""
    found = set(_each_alone(world, plan.placements)) | set(_together_on_hosts(world, plan.placements))
    if sorted(placed.vm for placed in plan.placements) != sorted(world.names):
        found.add("not everyone is placed once")
    if world.rules.n_plus_1:
        found |= set(_failures(world, plan))
    return found


def partly_broken(world: World, placements: Sequence[Placed]) -> set[str]:
    """The same for some of the VMs only, without N+1."""
    return set(_each_alone(world, placements)) | set(_together_on_hosts(world, placements))


def taken_by(demand: Demand, placed: Placed, host: HostTopology) -> dict[int, Room]:
    share = even_share(demand, len(placed.nodes))
    if not demand.cpus:
        return dict.fromkeys(placed.nodes, share)
    cores = cores_of(host, demand.cpus)
    return {number: (sum(on == number for on, _first in cores), share[1]) for number in placed.nodes}


def _each_alone(world: World, placements: Sequence[Placed]) -> Iterator[str]:
    demands = {demand.vm: demand for demand in world.demands}
    for placed in placements:
        demand, host = demands[placed.vm], world.host(placed.host)
        right = right_nodes(demand, host, world.rules)
        if not right:
            yield "host not allowed"
        if not right & set(placed.nodes):
            yield "wrong node"
        allowed = node_sets(demand, host, world)
        if not demand.cpus and placed.nodes not in allowed:
            yield "spans nodes without need" if len(placed.nodes) > 1 else "not on whole nodes' shares"
        if demand.affinity:
            yield from _affinity(demand, placed, host)
        if demand.cpus and placed.cpus != demand.cpus:
            yield "another affinity set than named"
        current = world.currents.get(placed.vm)
        same = current is not None and current.host == placed.host and current.nodes in ((), placed.nodes)
        if placed.change != ("new" if current is None else "kept" if same else "moved"):
            yield "wrong word for what changes"


def _affinity(demand: Demand, placed: Placed, host: HostTopology) -> Iterator[str]:
    nodes = [node for node in host.nodes if node.number in placed.nodes]
    if not set(placed.cpus) <= {cpu for node in nodes for cpu in node.cpus}:
        yield "affinity set off its nodes"
    cores = {
        (node.number, sorted(node.cpus).index(c) // threads(host))
        for node in nodes
        for c in placed.cpus
        if c in node.cpus
    }
    if not demand.cpus and len(cores) < demand.cores:
        yield "affinity set too small"


def _together_on_hosts(world: World, placements: Sequence[Placed]) -> Iterator[str]:
    demands = {demand.vm: demand for demand in world.demands}
    on = {placed.vm: placed.host for placed in placements}
    strangers = {each.vm: host.name for host in world.hosts for each in world.strangers(host)}
    everyone = {**strangers, **on}
    for vm, home in on.items():
        if any(everyone.get(other) == home for other in demands[vm].apart):
            yield "kept apart, on one host"
        if any(other in everyone and everyone[other] != home for other in demands[vm].together):
            yield "kept together, on several hosts"
    for host in world.hosts:
        here = [placed for placed in placements if placed.host == host.name]
        use = _use(world, here, host)
        if any(use[number][0] > room[0] for number, room in world.room(host).items()):
            yield "cores overcommitted"
        if any(use[number][1] > room[1] for number, room in world.room(host).items()):
            yield "memory overcommitted"
        pinned = Counter(core for placed in here for core in cores_of(host, placed.cpus))
        pinned.update(set().union(*(cores_of(host, each.cpus) for each in world.strangers(host))))
        if any(count > 1 for count in pinned.values()):
            yield "affinity sets share a core"


def _use(world: World, here: Sequence[Placed], host: HostTopology) -> dict[int, Room]:
    demands = {demand.vm: demand for demand in world.demands}
    use = {node.number: (0, 0) for node in host.nodes}
    for placed in here:
        for number, need in taken_by(demands[placed.vm], placed, host).items():
            use[number] = (use[number][0] + need[0], use[number][1] + need[1])
    return use


def _failures(world: World, plan: PlacementPlan) -> Iterator[str]:
    for host in world.hosts:
        if not host.available or host.maintenance:
            continue
        moving = [each for each in plan.failovers if each.failed_host == host.name]
        homeless = {placed.vm for placed in plan.placements if placed.host == host.name}
        if host.cluster is not None:
            homeless |= {each.vm for each in world.strangers(host) if each.cores > 0}
        if sorted(each.vm for each in moving) != sorted(homeless):
            yield "no refuge for everyone"
        yield from _one_failure(world, plan, host, moving)


def _one_failure(world: World, plan: PlacementPlan, failed: HostTopology, moving: Sequence[Failover]) -> Iterator[str]:
    demands = {demand.vm: dataclasses.replace(demand, cpus=()) for demand in world.demands}
    for each in world.strangers(failed):
        demands.setdefault(each.vm, Demand(each.vm, each.cores, each.memory_mb, cluster=failed.cluster))
    alive = {placed.vm: placed.host for placed in plan.placements if placed.host != failed.name}
    alive |= {each.vm: host.name for host in world.hosts for each in world.strangers(host) if host is not failed}
    refuge = {each.vm: each.host for each in moving}
    arriving: Counter[tuple[str, int, int]] = Counter()
    for each in moving:
        demand, host = demands[each.vm], world.host(each.host)
        if host is failed or host.cluster != failed.cluster or each.nodes not in node_sets(demand, host, world):
            yield "refuge not allowed"
            continue
        for number, kind in itertools.product(each.nodes, (0, 1)):
            arriving[each.host, number, kind] += even_share(demand, len(each.nodes))[kind]
        apart = demand.apart | {vm for vm, other in demands.items() if each.vm in other.apart}
        if any({**alive, **refuge}.get(other) == each.host for other in apart):
            yield "kept apart, refuge on one host"
        if any(refuge.get(other, each.host) != each.host for other in demand.together & world.names):
            yield "kept together, refuges on several hosts"
    yield from _overrun(world, plan, failed, arriving)


def _overrun(
    world: World, plan: PlacementPlan, failed: HostTopology, arriving: Mapping[tuple[str, int, int], int]
) -> Iterator[str]:
    for host in world.hosts:
        use = _use(world, [placed for placed in plan.placements if placed.host == host.name], host)
        for number, room in world.room(host).items():
            for kind, name in enumerate(("cores", "memory")):
                if host is not failed and use[number][kind] + arriving[host.name, number, kind] > room[kind]:
                    yield f"no {name} for refuges"
