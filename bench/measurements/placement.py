# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning where a fleet runs, N+1 included, and how the time for it grows with the fleet.

The planner runs in one thread, so its CPU time is its time on one core, whatever else the machine does.
"""

from __future__ import annotations

import dataclasses
import random
import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import (
    Demand,
    NoPlan,
    PlacementPlan,
    Rules,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.planner import plan_placement
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import (
    BASIS_ESTIMATE,
    Holding,
    HostTopology,
    NumaNode,
    PortGroupUplinks,
)
from bench.model import Measurement, Size, at_most, median, side_by_side

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAMES = (
    "placement_1000_s",
    "placement_growth_1000_2000",
    "placement_growth_250_500",
    "placement_unlike_1000_s",
    "placement_no_plan_s",
)
VMS_PER_HOST = 1000 / 64
# Slightly more than fit, which takes the longest to find out: 1,260 on 64 hosts.
TOO_MANY_PER_HOST = 1260 / 64
# A typical data-plane host: two sockets of 32 cores, hyper-threading, 512 GiB.
NODE_CORES = 32
NODE_MEMORY_MB = 256 * 1024
# On such hosts the VMs below take four of five cores; what a host's failure needs comes on top.
SIZES = (1, 2, 2, 2, 3, 4, 4, 6)
LEAST_HOSTS = 3


def measure(size: Size) -> Iterator[Measurement]:
    """Fleets of 250, 500, 1,000 and 2,000 VMs at full size, those of a pair planned in turns."""
    large = side_by_side(_planning(2000 * size.scale), _planning(1000 * size.scale), size.runs)
    small = side_by_side(_planning(500 * size.scale), _planning(250 * size.scale), size.runs)
    unlike = _planning(1000 * size.scale, alike=False)
    too_many = median([_no_plan(1000 * size.scale) for _run in range(size.runs)])
    yield Measurement("placement_1000_s", large.theirs, "s", at_most(2))
    yield Measurement("placement_growth_1000_2000", large.ratio, "ratio", at_most(2.5))
    yield Measurement("placement_growth_250_500", small.ratio, "ratio")
    yield Measurement("placement_unlike_1000_s", median([unlike() for _run in range(size.runs)]), "s")
    yield Measurement("placement_no_plan_s", too_many, "s")


def _planning(vms: float, alike: bool = True) -> Callable[[], float]:
    """Returns a function that plans a fleet of so many VMs and returns the CPU seconds that it took.

    alike: many VMs have the same demands, as fleets from few descriptions; otherwise each has its own memory size.
    """
    demands, hosts = fleet(int(vms)), cluster(_hosts_for(vms))
    if not alike:
        demands = tuple(
            dataclasses.replace(demand, memory_mb=demand.memory_mb + 4 * number)
            for number, demand in enumerate(demands)
        )

    def plan() -> float:
        taken, answer = _timed(demands, hosts)
        assert isinstance(answer, PlacementPlan), answer.reasons
        assert len(answer.failovers) == len(demands) + sum(len(host.holdings) for host in hosts)
        return taken

    return plan


def _no_plan(vms: float) -> float:
    """The CPU seconds that it takes to explain why the hosts for so many VMs are too few for a quarter more."""
    hosts = cluster(_hosts_for(vms))
    taken, answer = _timed(fleet(round(len(hosts) * TOO_MANY_PER_HOST)), hosts)
    assert isinstance(answer, NoPlan)
    return taken


def _hosts_for(vms: float) -> int:
    return max(LEAST_HOSTS, round(vms / VMS_PER_HOST))


def _timed(demands: tuple[Demand, ...], hosts: tuple[HostTopology, ...]) -> tuple[float, PlacementPlan | NoPlan]:
    started = time.process_time()
    answer = plan_placement(demands, hosts, {}, Rules(n_plus_1=True))
    return time.process_time() - started, answer


def cluster(count: int) -> tuple[HostTopology, ...]:
    """Hosts with S5U uplinks on node 0 and SGi uplinks on node 1, each with a VM outside the plan."""
    cpus = NODE_CORES * 2
    return tuple(
        HostTopology(
            name=f"esx-{number:03}",
            moid=f"host-{number}",
            cluster="nfv",
            api_version="8.0.3.0",
            available=True,
            maintenance=False,
            hyper_threading=True,
            mhz=2400,
            power_policy="static",
            nodes=tuple(
                NumaNode(node, tuple(range(node * cpus, (node + 1) * cpus)), NODE_CORES, NODE_MEMORY_MB)
                for node in range(2)
            ),
            nics=(),
            port_groups=tuple(
                PortGroupUplinks(network, network, "dvs", True, ("vmnic0",), nodes)
                for network, nodes in (("PG-Mgmt", ()), ("PG-S5U", (0,)), ("PG-SGi", (1,)))
            ),
            holdings=(Holding(f"old-{number}", f"vm-{number}", number % 2, 2, (), 8192, BASIS_ESTIMATE),),
            max_simultaneous_threads=2,
        )
        for number in range(count)
    )


def fleet(count: int) -> tuple[Demand, ...]:
    """VMs of many sizes on both nodes; one in five is half of a redundant pair, which is kept apart."""
    rnd = random.Random(count)  # noqa: S311 - the same fleet every time, and no secret
    demands = [_demand(rnd, number) for number in range(count)]
    for first in range(0, count - 1, 10):
        one, other = demands[first : first + 2]
        demands[first] = dataclasses.replace(one, apart=frozenset({other.vm}))
        demands[first + 1] = dataclasses.replace(other, apart=frozenset({one.vm}))
    return tuple(demands)


def _demand(rnd: random.Random, number: int) -> Demand:
    network = rnd.choice(("PG-S5U", "PG-SGi"))
    cores = rnd.choice(SIZES)
    return Demand(
        vm=f"vnf-{number:04}",
        cores=cores,
        memory_mb=cores * 4096,
        networks=("PG-Mgmt", network),
        data_networks=(network,),
        latency_sensitive=True,
        cluster="nfv",
    )
