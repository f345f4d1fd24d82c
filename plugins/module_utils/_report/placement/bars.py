# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the picture shows of each node: bars of cores and memory, cut into segments by holder."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import MOVED, Rules
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import GROUND_ESTIMATE, Holding

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import Placed, Plan
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import HostTopology, NumaNode

# Kinds of segments, which are the classes of the style sheet.
ESXI: t.Final = "esxi"
PLANNED: t.Final = "planned"
MOVED_HERE: t.Final = "moved"
TENANT: t.Final = "tenant"
FREE: t.Final = "free"


@dataclasses.dataclass(frozen=True)
class Segment:
    """A part of a bar. size: cores or MiB; estimate: vSphere does not tell which cores, nor surely how many."""

    label: str
    size: int
    kind: str
    estimate: bool = False


@dataclasses.dataclass(frozen=True)
class NodeBars:
    """One node: its cores and its memory (MiB), and the VMs that hold no cores of it."""

    node: NumaNode
    cores: tuple[Segment, ...]
    memory: tuple[Segment, ...]

    @property
    def overcommitted(self) -> bool:
        """Whether more is held than there is."""
        return (
            sum(each.size for each in self.cores) > self.node.cores
            or sum(each.size for each in self.memory) > self.node.memory_mb
        )


def projected(hosts: t.Sequence[HostTopology], plan: Plan) -> tuple[HostTopology, ...]:
    """The hosts as they will be: planned VMs where they are planned, and nowhere else."""
    planned = {placed.vm for placed in plan.placements}
    result = []
    for host in hosts:
        kept = tuple(each for each in host.holdings if each.vm not in planned)
        coming = tuple(holding for placed in plan.placements if placed.host == host.name for holding in _shares(placed))
        result.append(dataclasses.replace(host, holdings=(*kept, *coming)))
    return tuple(result)


def _shares(placed: Placed) -> t.Iterator[Holding]:
    """A VM's holding; one too large for any node has an even share on each of its nodes."""
    if placed.cpus or not placed.nodes:
        node = placed.nodes[0] if len(placed.nodes) == 1 else None
        yield Holding(placed.vm, "", node, placed.cores, placed.cpus, placed.memory_mb, None)
        return
    for node in placed.nodes:
        count = len(placed.nodes)
        yield Holding(placed.vm, "", node, -(-placed.cores // count), (), placed.memory_mb // count, None)


def node_bars(host: HostTopology, plan: Plan) -> tuple[NodeBars, ...]:
    """The bars of each node of a host."""
    kinds = {placed.vm: MOVED_HERE if placed.change == MOVED else PLANNED for placed in plan.placements}
    return tuple(_bars(host, node, kinds) for node in host.nodes)


def _bars(host: HostTopology, node: NumaNode, kinds: t.Mapping[str, str]) -> NodeBars:
    kept = Rules().kept(node.number)
    cores = [Segment("ESXi", min(kept, node.cores), ESXI)]
    memory = []
    for each in host.holdings:
        kind = kinds.get(each.vm, TENANT)
        count = len(node.cores_of(each.cpus)) if each.cpus else each.cores if each.node == node.number else 0
        if count:
            cores.append(Segment(each.vm, count, kind, each.ground == GROUND_ESTIMATE))
        if each.node == node.number and each.memory_mb:
            memory.append(Segment(each.vm, each.memory_mb, kind))
    return NodeBars(node, _filled(cores, node.cores, "cores"), _filled(memory, node.memory_mb, "memory"))


def _filled(segments: list[Segment], size: int, what: str) -> tuple[Segment, ...]:
    """With what is free at the end."""
    free = size - sum(segment.size for segment in segments)
    return (*segments, Segment(f"free {what}", free, FREE)) if free > 0 else tuple(segments)


def loose(host: HostTopology) -> tuple[Holding, ...]:
    """The VMs whose node the host's scheduler chooses."""
    return tuple(each for each in host.holdings if each.node is None and not each.cpus)
