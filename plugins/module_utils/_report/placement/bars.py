# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cores and the memory of each NUMA node, cut into segments by who holds them."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import MOVED, Rules
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import BASIS_ESTIMATE, Holding

from .words import counted, memory_size

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import Placed, PlacementPlan
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import HostTopology, NumaNode

# Kinds of segments; the stylesheet has a class for each.
ESXI: t.Final = "esxi"
PLANNED: t.Final = "planned"
MOVED_HERE: t.Final = "moved"
TENANT: t.Final = "tenant"
FREE: t.Final = "free"


@dataclasses.dataclass(frozen=True)
class Segment:
    """A part of a bar."""

    label: str
    """Who holds it: a VM's name, ``ESXi``, or ``free``."""
    size: int
    """Cores or MiB."""
    amount: str
    """The size as a person reads it, such as ``4 cores``."""
    kind: str
    """ESXI, PLANNED, MOVED_HERE, TENANT or FREE."""
    estimate: bool = False
    """vSphere does not report which cores the VM holds, nor reliably how many."""


@dataclasses.dataclass(frozen=True)
class NodeBars:
    """One NUMA node."""

    caption: str
    """Its number, and what is free."""
    size: int
    """How many cores its bar is long: the node's, or as many as VMs hold when they hold more."""
    cores: tuple[Segment, ...]
    """Its cores by holder."""
    memory: tuple[Segment, ...]
    """Its memory by holder."""
    overcommitted: bool
    """VMs hold more cores or memory than the node has."""


def projected(hosts: t.Sequence[HostTopology], plan: PlacementPlan) -> tuple[HostTopology, ...]:
    """The hosts as they will be: planned VMs where the plan puts them, and nowhere else."""
    planned = {placed.vm for placed in plan.placements}
    result = []
    for host in hosts:
        staying = tuple(each for each in host.holdings if each.vm not in planned)
        coming = tuple(holding for placed in plan.placements if placed.host == host.name for holding in _shares(placed))
        result.append(dataclasses.replace(host, holdings=(*staying, *coming)))
    return tuple(result)


def _shares(placed: Placed) -> t.Iterator[Holding]:
    """A VM's holding; a VM that spans nodes has an even share on each."""
    if placed.cpus or not placed.nodes:
        node = placed.nodes[0] if len(placed.nodes) == 1 else None
        yield Holding(placed.vm, "", node, placed.cores, placed.cpus, placed.memory_mb, None)
        return
    for node in placed.nodes:
        count = len(placed.nodes)
        yield Holding(placed.vm, "", node, -(-placed.cores // count), (), placed.memory_mb // count, None)


def node_bars(host: HostTopology, plan: PlacementPlan) -> tuple[NodeBars, ...]:
    """The bars of each node of a host."""
    kinds = {placed.vm: MOVED_HERE if placed.change == MOVED else PLANNED for placed in plan.placements}
    return tuple(_bars(host, node, kinds) for node in host.nodes)


def _bars(host: HostTopology, node: NumaNode, kinds: t.Mapping[str, str]) -> NodeBars:
    cores = [_cores("ESXi", min(Rules().esxi_cores_on(node.number), node.cores), ESXI)]
    memory = []
    for each in host.holdings:
        kind = kinds.get(each.vm, TENANT)
        count = len(node.cores_of(each.cpus)) if each.cpus else each.cores if each.node == node.number else 0
        if count:
            cores.append(_cores(each.vm, count, kind, each.basis == BASIS_ESTIMATE))
        if each.node == node.number and each.memory_mb:
            memory.append(_memory(each.vm, each.memory_mb, kind))
    free_cores = node.cores - sum(segment.size for segment in cores)
    free_mb = node.memory_mb - sum(segment.size for segment in memory)
    free = f"{max(free_cores, 0)} of {counted(node.cores, 'core')} free"
    return NodeBars(
        caption=f"Node {node.number}: {free}, {memory_size(node.memory_mb)}",
        size=max(node.cores, node.cores - free_cores),
        cores=(*cores, _cores("free", free_cores, FREE)) if free_cores > 0 else tuple(cores),
        memory=(*memory, _memory("free", free_mb, FREE)) if free_mb > 0 else tuple(memory),
        overcommitted=free_cores < 0 or free_mb < 0,
    )


def _cores(label: str, count: int, kind: str, estimate: bool = False) -> Segment:
    return Segment(label, count, counted(count, "core"), kind, estimate)


def _memory(label: str, mebibytes: int, kind: str) -> Segment:
    return Segment(label, mebibytes, memory_size(mebibytes), kind)


def unbound(host: HostTopology) -> tuple[Holding, ...]:
    """The VMs whose node the host's scheduler chooses."""
    return tuple(each for each in host.holdings if each.node is None and not each.cpus)
