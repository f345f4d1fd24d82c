# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts can give to planned VMs: every node less what is left to ESXi and what other VMs hold."""

from __future__ import annotations

import dataclasses
import typing as t

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import (
        Holding,
        HostTopology,
        NumaNode,
    )

    from .model import Rules


@dataclasses.dataclass(frozen=True)
class Cell:
    """One NUMA node of a usable host. The search addresses nodes of all hosts by one index."""

    index: int
    """Number of the node among those of all hosts."""
    host: int
    """Index of its host in ``HostCapacity.hosts``."""
    number: int
    """Number of the node on its host."""
    size_cores: int
    """Cores that it could give if no VM were there."""
    size_memory: int
    """Memory in MiB that it could give if no VM were there."""
    free_cores: int
    """Cores that the unplanned VMs on it leave free."""
    free_memory: int
    """Memory in MiB that the unplanned VMs on it leave free."""
    cores: tuple[tuple[int, ...], ...]
    """The logical CPUs of each physical core."""


@dataclasses.dataclass(frozen=True)
class HostCapacity:
    """What all usable hosts can give."""

    hosts: tuple[HostTopology, ...]
    """The usable hosts."""
    cells: tuple[Cell, ...]
    """The nodes of all hosts, by ``Cell.index``."""
    host_cells: tuple[tuple[Cell, ...], ...]
    """The nodes of each host."""
    taken: tuple[frozenset[int], ...]
    """The logical CPUs of each host that are in affinity sets of VMs that are not planned."""


def read_capacity(hosts: t.Iterable[HostTopology], planned: t.Collection[str], rules: Rules) -> HostCapacity:
    """What the usable hosts can give to the planned VMs. planned: their names; what they hold now counts as free."""
    usable = tuple(host for host in hosts if host.usable)
    cells: list[Cell] = []
    host_cells, taken = [], []
    for index, host in enumerate(usable):
        holdings = [holding for holding in host.holdings if holding.vm not in planned]
        pinned = frozenset(cpu for holding in holdings for cpu in holding.cpus)
        own = tuple(_cell(len(cells) + at, index, node, host, holdings, rules) for at, node in enumerate(host.nodes))
        cells += own
        host_cells.append(own)
        taken.append(pinned)
    return HostCapacity(usable, tuple(cells), tuple(host_cells), tuple(taken))


def _cell(
    index: int, host_index: int, node: NumaNode, host: HostTopology, holdings: t.Sequence[Holding], rules: Rules
) -> Cell:
    pinned = {cpu for holding in holdings for cpu in holding.cpus}
    held_cores = len(node.cores_of(pinned))
    held_memory = 0
    for holding in holdings:
        if node.number in possible_nodes(holding, host):
            held_cores += 0 if holding.cpus else holding.cores
            held_memory += holding.memory_mb
    size_cores = max(0, node.cores - rules.esxi_cores_on(node.number))
    size_memory = max(0, node.memory_mb - rules.esxi_memory_mb)
    return Cell(
        index,
        host_index,
        node.number,
        size_cores,
        size_memory,
        max(0, size_cores - held_cores),
        max(0, size_memory - held_memory),
        physical_cores(node),
    )


def physical_cores(node: NumaNode) -> tuple[tuple[int, ...], ...]:
    """The logical CPUs of each core of the node, as ``NumaNode.cores_of`` numbers them."""
    cpus = sorted(node.cpus)
    threads = node.threads_per_core
    return tuple(tuple(cpus[start : start + threads]) for start in range(0, len(cpus), threads))


def possible_nodes(holding: Holding, host: HostTopology) -> tuple[int, ...]:
    """The nodes that a VM on the host may be on: its own, those of its affinity set, or all that are large enough.

    A VM whose node is unknown counts in full on each of them, so the plan holds whichever the scheduler chose.
    """
    numbers = tuple(node.number for node in host.nodes)
    if holding.node in numbers:
        return (holding.node,)
    touched = tuple(node.number for node in host.nodes if not set(node.cpus).isdisjoint(holding.cpus))
    if touched:
        return touched
    large = [node for node in host.nodes if node.cores >= holding.cores and node.memory_mb >= holding.memory_mb]
    return tuple(node.number for node in large) or numbers
