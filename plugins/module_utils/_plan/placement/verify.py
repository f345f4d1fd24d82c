# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan carried out: what a description becomes at its place, and whether VMs run where they are planned."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import format_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, Problem
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.holdings import node_uses

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import Holding, HostTopology

    from .model import Placed, Plan


def described_at(description: t.Mapping[str, t.Any], placed: Placed) -> dict[str, t.Any]:
    """The description with the node and the CPUs of its place, as far as it asks for them and leaves them open.

    A description that says nothing of ``placement.numa`` has its node chosen by the host's scheduler, and a VM on
    several nodes is bound to none.
    """
    result = dict(description)
    placement = dict(description.get("placement") or {})
    if placement.get("numa") == "auto" and len(placed.nodes) == 1:
        result["placement"] = {**placement, "numa": placed.nodes[0]}
    cpu = description.get("cpu") or {}
    if placed.cpus and not cpu.get("affinity"):
        result["cpu"] = {**cpu, "affinity": format_cpu_list(placed.cpus)}
    return result


def placement_problems(plan: Plan, hosts: t.Sequence[HostTopology]) -> tuple[Problem, ...]:
    """What is otherwise than planned; the path of a problem is the VM's name, or the host's."""
    running = {each.vm: (host, each) for host in hosts for each in host.holdings}
    problems = []
    for placed in plan.placements:
        found = running.get(placed.vm)
        if found is None:
            problems.append(
                Problem(placed.vm, f"is planned on {placed.host} and does not run anywhere", ErrorCode.VM_NOT_RUNNING)
            )
        else:
            problems += _wrong(placed, *found)
    problems += [
        Problem(
            host.name,
            f"node {use.node.number} has {use.node.cores} cores, and {use.held_cores} are held",
            ErrorCode.NODE_OVERCOMMITTED,
        )
        for host in hosts
        for use in node_uses(host)
        if use.held_cores > use.node.cores
    ]
    return tuple(problems)


def _wrong(placed: Placed, host: HostTopology, holding: Holding) -> t.Iterator[Problem]:
    if host.name != placed.host:
        yield Problem(placed.vm, f"is planned on {placed.host} and runs on {host.name}", ErrorCode.VM_OFF_PLANNED_HOST)
    elif placed.cpus and holding.cpus != placed.cpus:
        planned, now = format_cpu_list(placed.cpus), format_cpu_list(holding.cpus) or "none"
        yield Problem(placed.vm, f"is planned on CPUs {planned} and bound to {now}", ErrorCode.VM_OFF_PLANNED_CPUS)
    elif holding.node is not None and holding.node not in placed.nodes:
        nodes = format_cpu_list(placed.nodes)
        yield Problem(
            placed.vm, f"is planned on node {nodes} and bound to node {holding.node}", ErrorCode.VM_OFF_PLANNED_NODE
        )
