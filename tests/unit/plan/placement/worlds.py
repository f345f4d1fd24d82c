# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random questions from a seed: clusters, VMs found on them, VMs to plan, some of them running already."""

from __future__ import annotations

import dataclasses
import random
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.demands import read_currents
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import (
    REFUSE,
    SPAN,
    WARN,
    CurrentPlace,
    Demand,
    PlacementPlan,
    Rules,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.planner import plan_placement
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import (
    BASIS_AFFINITY,
    BASIS_ESTIMATE,
    Holding,
    HostTopology,
    NumaNode,
    PortGroupUplinks,
)
from tests.unit.plan.placement.rules import World

GIB = 1024


def make_host(name: str, cores: int = 10, memory_gib: int = 64, nodes: int = 2, **more: t.Any) -> HostTopology:
    """A host with hyper-threading; port group PG-0 on node 0, PG-1 on node 1 and so on, PG-Mgmt without uplinks."""
    groups = more.pop("uplinks", {**{f"PG-{number}": (number,) for number in range(nodes)}, "PG-Mgmt": ()})
    fields: dict[str, t.Any] = {
        "name": name,
        "moid": f"host-{name}",
        "cluster": "nfv-a",
        "api_version": "8.0.3.0",
        "available": True,
        "maintenance": False,
        "hyper_threading": True,
        "mhz": 2400,
        "power_policy": "static",
        "nodes": tuple(
            NumaNode(number, tuple(range(number * cores * 2, (number + 1) * cores * 2)), cores, memory_gib * GIB)
            for number in range(nodes)
        ),
        "nics": (),
        "port_groups": tuple(
            PortGroupUplinks(network, f"key-{network}", "switch", True, ("vmnic0",), on)
            for network, on in groups.items()
        ),
        "holdings": (),
        "max_simultaneous_threads": 2,
    }
    return HostTopology(**{**fields, **more})


def make_demand(vm: str, cores: int = 4, memory_gib: int = 8, network: str | None = "PG-0", **more: t.Any) -> Demand:
    """A latency-sensitive VM with one polled adapter."""
    data = (network,) if network else ()
    fields: dict[str, t.Any] = {"networks": ("PG-Mgmt", *data), "data_networks": data, "latency_sensitive": True}
    return Demand(vm, cores, memory_gib * GIB, **{**fields, **more})


def currents_of(plan: PlacementPlan) -> dict[str, CurrentPlace]:
    """Where everyone is once the plan is carried out."""
    return {placed.vm: CurrentPlace(placed.host, placed.nodes, placed.cpus) for placed in plan.placements}


def random_world(seed: int, small: bool = True) -> World:
    """A question that is tight: some have a plan, some do not."""
    rnd = random.Random(seed)  # noqa: S311
    rules = Rules(
        n_plus_1=rnd.random() < 0.5,
        remote_uplinks=rnd.choice([WARN, WARN, WARN, REFUSE]),
        wide_vm=rnd.choice([SPAN, SPAN, REFUSE]),
        esxi_cores=1,
        esxi_cores_node_0=rnd.choice([1, 2]),
        esxi_memory_mb=rnd.choice([0, GIB]),
    )
    hosts = tuple(_host(rnd, f"esx-{number}") for number in range(rnd.randint(2, 4 if small else 6)))
    cores = sum(node.cores - 1 for host in hosts if host.usable for node in host.nodes)
    wanted = cores * rnd.uniform(0.3, 0.85) * (0.55 if rules.n_plus_1 else 1.0)
    demands: list[Demand] = []
    while sum(demand.cores for demand in demands) < wanted and len(demands) < (14 if small else 30):
        demands.append(_demand(rnd, len(demands), hosts))
    demands = _related(rnd, demands)
    if rnd.random() < 0.5:
        hosts = _with_running(rnd, demands, hosts)
    currents = read_currents({demand.vm for demand in demands}, hosts)
    return World(tuple(demands), hosts, currents, rules)


def _host(rnd: random.Random, name: str) -> HostTopology:
    nodes = rnd.choice([2, 2, 2, 1, 4])
    teams: list[tuple[int, ...] | None] = [(number,) for number in range(nodes)]
    teams += [tuple(range(nodes)), None]
    uplinks = {
        network: teams[min(at, nodes - 1)] if rnd.random() < 0.7 else rnd.choice(teams)
        for at, network in enumerate(("PG-0", "PG-1"))
        if rnd.random() < 0.97
    }
    host = make_host(
        name,
        rnd.choice([6, 8, 10, 12]),
        rnd.choice([32, 64, 64, 96]),
        nodes,
        uplinks={**uplinks, "PG-Mgmt": ()},
        maintenance=rnd.random() < 0.06,
        available=rnd.random() > 0.03,
        latency_sensitivity=rnd.random() > 0.03,
    )
    holdings = tuple(_stranger(rnd, f"{name}-old-{number}", host) for number in range(rnd.choice([0, 0, 1, 2])))
    return dataclasses.replace(host, holdings=holdings)


def _stranger(rnd: random.Random, vm: str, host: HostTopology) -> Holding:
    node = rnd.choice(host.nodes)
    cores = rnd.choice([0, 1, 2, 3])
    memory = rnd.choice([0, 4, 8]) * GIB
    if cores and rnd.random() < 0.3:
        cpus = tuple(sorted(rnd.sample(node.cpus, cores)))
        return Holding(vm, vm, node.number, len(node.cores_of(cpus)), cpus, memory, BASIS_AFFINITY)
    known = node.number if rnd.random() < 0.5 else None
    return Holding(vm, vm, known, cores, (), memory, BASIS_ESTIMATE if cores else None)


def _demand(rnd: random.Random, number: int, hosts: tuple[HostTopology, ...]) -> Demand:
    cores = rnd.choice([1, 2, 2, 3, 4, 4, 5, 6]) if rnd.random() < 0.95 else rnd.choice([8, 14])
    networks = rnd.choice([("PG-0",), ("PG-0",), ("PG-1",), ("PG-1",), (), ()])
    networks = ("PG-0", "PG-1") if rnd.random() < 0.05 else networks
    more: dict[str, t.Any] = {}
    if rnd.random() < 0.1:
        more = {"affinity": True, "latency_sensitive": False}
        if rnd.random() < 0.3:
            first = rnd.randrange(2, 12)
            more["cpus"] = tuple(range(first, first + rnd.randint(1, 4)))
    return Demand(
        vm=f"vm-{number}",
        cores=cores,
        memory_mb=rnd.choice([2, 4, 8, 8, 16, 24]) * GIB,
        networks=("PG-Mgmt", *networks),
        data_networks=networks,
        threads=2 if rnd.random() < 0.08 else 1,
        whole_gib=rnd.random() < 0.3,
        node=rnd.choice([0, 1]) if rnd.random() < 0.05 else None,
        cluster=rnd.choice([None, "nfv-a"]),
        hosts=tuple(host.name for host in rnd.sample(hosts, 2)) if rnd.random() < 0.04 else (),
        **{"latency_sensitive": rnd.random() < 0.8, **more},
    )


def _related(rnd: random.Random, demands: list[Demand]) -> list[Demand]:
    """Some groups kept apart, some pairs kept together."""
    names = [demand.vm for demand in demands]
    rnd.shuffle(names)
    apart: dict[str, set[str]] = {}
    together: dict[str, set[str]] = {}
    if rnd.random() < 0.6:
        group = names[: rnd.choice([2, 2, 3])]
        apart = {vm: set(group) - {vm} for vm in group}
    if rnd.random() < 0.3:
        group = names[3 : 3 + rnd.choice([2, 3])]
        together = {vm: set(group) - {vm} for vm in group}
    return [
        dataclasses.replace(
            demand,
            apart=frozenset(apart.get(demand.vm, ())),
            together=frozenset(together.get(demand.vm, ())),
        )
        for demand in demands
    ]


def _with_running(
    rnd: random.Random, demands: list[Demand], hosts: tuple[HostTopology, ...]
) -> tuple[HostTopology, ...]:
    """Hosts on which some of the VMs run already, as a plan for these alone, or chance, has put them."""
    some = [demand for demand in demands if rnd.random() < 0.6]
    plan = plan_placement(some, hosts, {}, Rules())
    homes = {placed.vm: (placed.host, placed.nodes, placed.cpus) for placed in plan.placements}
    if isinstance(plan, PlacementPlan) and homes and rnd.random() < 0.4:
        homes[rnd.choice(sorted(homes))] = (rnd.choice(hosts).name, (0,), ())
    running = []
    for host in hosts:
        own = tuple(
            Holding(
                demand.vm,
                demand.vm,
                nodes[0] if len(nodes) == 1 and rnd.random() < 0.7 else None,
                demand.cores,
                cpus,
                demand.memory_mb,
                BASIS_AFFINITY if cpus else BASIS_ESTIMATE,
            )
            for demand in some
            for home, nodes, cpus in [homes.get(demand.vm, ("", (), ()))]
            if home == host.name
        )
        running.append(dataclasses.replace(host, holdings=host.holdings + own))
    return tuple(running)
