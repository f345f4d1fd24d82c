# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying out a plan: a description at its place, and whether VMs run where they are planned."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import format_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, Problem
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.holdings import node_uses

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import Holding, HostTopology

    from .model import Placed, PlacementPlan


def described_at(description: t.Mapping[str, t.Any], placed: Placed) -> dict[str, t.Any]:
    """The description with the node and CPUs of its place filled in, where it asks for them and leaves them open.

    Without ``placement.numa`` the host's scheduler chooses the node. A VM on several nodes is bound to none.
    """
    result = dict(description)
    placement = dict(description.get("placement") or {})
    if placement.get("numa") == "auto" and len(placed.nodes) == 1:
        result["placement"] = {**placement, "numa": placed.nodes[0]}
    cpu = description.get("cpu") or {}
    if placed.cpus and not cpu.get("affinity"):
        result["cpu"] = {**cpu, "affinity": format_cpu_list(placed.cpus)}
    return result


def placement_problems(plan: PlacementPlan, hosts: t.Sequence[HostTopology]) -> tuple[Problem, ...]:
    """What differs from the plan. The path of a problem is the name of the VM or of the host."""
    running = {each.vm: (host, each) for host in hosts for each in host.holdings}
    problems = []
    for placed in plan.placements:
        found = running.get(placed.vm)
        if found is None:
            problems.append(
                Problem(placed.vm, f"is planned on {placed.host} but does not run anywhere", ErrorCode.VM_NOT_RUNNING)
            )
        else:
            problems += _wrong(placed, *found)
    problems += [
        Problem(
            host.name,
            f"node {use.node.number} has {use.node.cores} cores, but VMs hold {use.held_cores}",
            ErrorCode.NODE_OVERCOMMITTED,
        )
        for host in hosts
        for use in node_uses(host)
        if use.held_cores > use.node.cores
    ]
    return tuple(problems)


def _wrong(placed: Placed, host: HostTopology, holding: Holding) -> t.Iterator[Problem]:
    if host.name != placed.host:
        yield Problem(placed.vm, f"is planned on {placed.host} but runs on {host.name}", ErrorCode.VM_OFF_PLANNED_HOST)
    elif placed.cpus and holding.cpus != placed.cpus:
        planned, now = format_cpu_list(placed.cpus), format_cpu_list(holding.cpus) or "none"
        yield Problem(
            placed.vm, f"is planned on CPUs {planned} but its affinity set is {now}", ErrorCode.VM_OFF_PLANNED_CPUS
        )
    elif holding.node is not None and holding.node not in placed.nodes:
        nodes = format_cpu_list(placed.nodes)
        yield Problem(
            placed.vm, f"is planned on node {nodes} but bound to node {holding.node}", ErrorCode.VM_OFF_PLANNED_NODE
        )
