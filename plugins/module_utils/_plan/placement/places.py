# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a VM may run: the hosts and nodes that the rules allow, before any planned VM has a place."""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

from .demands import GIB
from .model import REFUSE, SPAN

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import (
        HostTopology,
        PortGroupUplinks,
    )

    from .capacity import Cell, HostCapacity
    from .model import Demand, Rules

# Codes of remarks.
UPLINKS_UNKNOWN: t.Final = "uplinks_unknown"
TEAM_SPANS_NODES: t.Final = "team_spans_nodes"
NO_COMMON_NODE: t.Final = "no_common_node"
WIDE_VM: t.Final = "wide_vm"

# Why a host or node is excluded whatever else runs there, in the order in which it is checked.
EXCLUSIONS: t.Final = (
    "cluster_unknown",
    "host_not_allowed",
    "host_not_usable",
    "network_missing",
    "latency_sensitivity_unsupported",
    "hyper_threading_missing",
    "no_cluster_for_failover",
    "team_spans_nodes",
    "no_common_node",
    "wrong_node",
    "affinity_off_node",
    "affinity_taken",
    "too_large",
)


@dataclasses.dataclass(frozen=True)
class Part:
    """What a VM takes of one node."""

    cell: int
    """``Cell.index`` of the node."""
    cores: int
    """Cores that it takes."""
    memory: int
    """Memory in MiB that it takes."""


class Place:
    """One place for a VM: a host, and what the VM takes of one or several of its nodes.

    The search reads the first part's ``cell``, ``cores`` and ``memory`` so often that they are kept here as well.
    """

    __slots__ = ("cell", "cores", "host", "memory", "parts", "penalty", "pinned")

    host: int
    """Index of the host."""
    parts: tuple[Part, ...]
    """What the VM takes of each node."""
    penalty: int
    """How many remarks there are about the place."""
    pinned: frozenset[int]
    """Cores of the host that a named affinity set occupies, each by its first logical CPU."""
    cell: int
    """``cell`` of the first part, 0 without one."""
    cores: int
    """``cores`` of the first part, 0 without one."""
    memory: int
    """``memory`` of the first part, 0 without one."""

    def __init__(self, host: int, parts: tuple[Part, ...], penalty: int, pinned: frozenset[int] = frozenset()) -> None:
        self.host = host
        self.parts = parts
        self.cell, self.cores, self.memory = (parts[0].cell, parts[0].cores, parts[0].memory) if parts else (0, 0, 0)
        self.penalty = penalty
        self.pinned = pinned


@dataclasses.dataclass(frozen=True)
class HostVerdict:
    """What the rules say about one VM on one host."""

    nodes: tuple[int, ...] = ()
    """The right nodes; empty when the host is excluded."""
    exclusion: str | None = None
    """Why the host is excluded, one of EXCLUSIONS."""
    object_name: str | None = None
    """What the exclusion is about, such as the name of a network."""
    remarks: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Codes of remarks, each with the networks that it is about."""


def judge_host(demand: Demand, host: HostTopology, rules: Rules) -> HostVerdict:
    """Whether the rules allow the VM on the host, and on which of its nodes."""
    excluded = _host_exclusion(demand, host, rules)
    if excluded is not None:
        return HostVerdict(exclusion=excluded[0], object_name=excluded[1])
    verdict = right_nodes(demand, host, rules)
    if verdict.exclusion is None and demand.node is not None:
        nodes = tuple(number for number in verdict.nodes if number == demand.node)
        if not nodes:
            return HostVerdict(exclusion="wrong_node")
        return dataclasses.replace(verdict, nodes=nodes)
    return verdict


def _host_exclusion(demand: Demand, host: HostTopology, rules: Rules) -> tuple[str, str | None] | None:
    missing = next((network for network in demand.networks if not _uplinks(demand, host, network)), None)
    checks = (
        ("cluster_unknown", demand.cluster is not None and host.cluster != demand.cluster, demand.cluster),
        ("host_not_allowed", bool(demand.hosts) and host.name not in demand.hosts, None),
        ("host_not_usable", not host.usable, None),
        ("network_missing", missing is not None, missing),
        ("latency_sensitivity_unsupported", demand.latency_sensitive and not host.latency_sensitivity, None),
        ("hyper_threading_missing", demand.threads > 1 and not _shares_cores(host, demand.threads), None),
        ("no_cluster_for_failover", rules.n_plus_1 and host.cluster is None, None),
    )
    return next(((code, name) for code, excluded, name in checks if excluded), None)


def _shares_cores(host: HostTopology, threads: int) -> bool:
    return host.hyper_threading and host.max_simultaneous_threads >= threads


def _uplinks(demand: Demand, host: HostTopology, network: str) -> list[PortGroupUplinks]:
    """The uplinks of a network on each switch that the VM asks for; empty when the host lacks one of them."""
    switches = [switch for name, switch in demand.switches if name == network]
    found = [host.uplinks(network, switch) for switch in switches or (None,)]
    return [each for each in found if each is not None] if None not in found else []


def right_nodes(demand: Demand, host: HostTopology, rules: Rules) -> HostVerdict:
    """The nodes that the active uplinks of all polled networks have in common; all nodes when none is known."""
    known: list[frozenset[int]] = []
    spanning, unknown = [], []
    for network in demand.data_networks:
        uplinks = _uplinks(demand, host, network)
        if not uplinks or any(each.nodes is None for each in uplinks):
            unknown.append(network)
        known += [frozenset(each.nodes) for each in uplinks if each.nodes]
        if any(each.spans_nodes for each in uplinks):
            spanning.append(network)
    everywhere = frozenset(node.number for node in host.nodes)
    common = everywhere.intersection(*known)
    remarks = []
    if spanning:
        if rules.remote_uplinks == REFUSE:
            return HostVerdict(exclusion=TEAM_SPANS_NODES, object_name=spanning[0])
        remarks.append((TEAM_SPANS_NODES, tuple(spanning)))
    if not common:
        if rules.remote_uplinks == REFUSE:
            return HostVerdict(exclusion=NO_COMMON_NODE)
        remarks.append((NO_COMMON_NODE, demand.data_networks))
        common = everywhere & frozenset().union(*known)
    if unknown:
        remarks.append((UPLINKS_UNKNOWN, tuple(unknown)))
    return HostVerdict(nodes=tuple(sorted(common)), remarks=tuple(remarks))


def places_of(
    demand: Demand, capacity: HostCapacity, verdicts: t.Sequence[HostVerdict], rules: Rules
) -> tuple[Place, ...]:
    """Every place where the VM fits beside the VMs that are not planned. verdicts: one per host."""
    single = [
        cell
        for cells, verdict in zip(capacity.host_cells, verdicts)
        for cell in cells
        if cell.number in verdict.nodes and demand.cores <= cell.size_cores and demand.memory_mb <= cell.size_memory
    ]
    if demand.cpus:
        return tuple(_pinned_places(demand, capacity, verdicts, wide=not single and _may_span(demand, rules)))
    if single:
        part = {cell.index: Part(cell.index, demand.cores, demand.memory_mb) for cell in single}
        return tuple(
            Place(cell.host, (part[cell.index],), len(verdicts[cell.host].remarks))
            for cell in single
            if demand.cores <= cell.free_cores and demand.memory_mb <= cell.free_memory
        )
    return tuple(_wide_places(demand, capacity, verdicts)) if _may_span(demand, rules) else ()


def _may_span(demand: Demand, rules: Rules) -> bool:
    return rules.wide_vm == SPAN and demand.node is None


def share(demand: Demand, count: int) -> tuple[int, int]:
    """Cores and memory of a wide VM on each of ``count`` nodes: even shares, rounded up, memory to 1 GiB pages."""
    unit = GIB if demand.whole_gib else 1
    return -(-demand.cores // count), -(-demand.memory_mb // (count * unit)) * unit


def _wide_places(demand: Demand, capacity: HostCapacity, verdicts: t.Sequence[HostVerdict]) -> Iterator[Place]:
    """Places of a wide VM: as few nodes of one host as can hold even shares of it, at least one of them right."""
    for index, (cells, verdict) in enumerate(zip(capacity.host_cells, verdicts)):
        if not verdict.nodes:
            continue
        for count in range(2, len(cells) + 1):
            cores, memory = share(demand, count)
            large = [cell for cell in cells if cores <= cell.size_cores and memory <= cell.size_memory]
            choices = [
                chosen
                for chosen in itertools.combinations(large, count)
                if any(cell.number in verdict.nodes for cell in chosen)
            ]
            if choices:
                for chosen in choices:
                    if all(cores <= cell.free_cores and memory <= cell.free_memory for cell in chosen):
                        parts = tuple(Part(cell.index, cores, memory) for cell in chosen)
                        yield Place(index, parts, 1 + len(verdict.remarks))
                break


def _pinned_places(
    demand: Demand, capacity: HostCapacity, verdicts: t.Sequence[HostVerdict], wide: bool
) -> Iterator[Place]:
    """Places of a VM whose affinity set is named: on one right node or, for a wide VM, on several."""
    wanted = frozenset(demand.cpus)
    for index, (cells, verdict) in enumerate(zip(capacity.host_cells, verdicts)):
        if not verdict.nodes or pinned_exclusion(demand, cells, capacity.taken[index], verdict, wide) is not None:
            continue
        touched = [(cell, [core for core in cell.cores if not wanted.isdisjoint(core)]) for cell in cells]
        touched = [(cell, cores) for cell, cores in touched if cores]
        memory = share(demand, len(touched))[1]
        if all(len(cores) <= cell.free_cores and memory <= cell.free_memory for cell, cores in touched):
            parts = tuple(Part(cell.index, len(cores), memory) for cell, cores in touched)
            pinned = frozenset(core[0] for _cell, cores in touched for core in cores)
            yield Place(index, parts, len(verdict.remarks) + (len(parts) > 1), pinned)


def pinned_exclusion(
    demand: Demand, cells: t.Sequence[Cell], taken: t.Collection[int], verdict: HostVerdict, wide: bool
) -> str | None:
    """Why the host cannot give the VM its named affinity set, None when it can."""
    wanted = frozenset(demand.cpus)
    touched = [cell for cell in cells if any(not wanted.isdisjoint(core) for core in cell.cores)]
    present = {cpu for cell in touched for core in cell.cores for cpu in core}
    right = any(cell.number in verdict.nodes for cell in touched)
    if not wanted <= present or not right or (len(touched) > 1 and not wide):
        return "affinity_off_node"
    occupied = {cpu for cell in touched for core in cell.cores if not wanted.isdisjoint(core) for cpu in core}
    return "affinity_taken" if not occupied.isdisjoint(taken) else None
