# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The section ``numa``: the NUMA nodes that the guest sees."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode

from .model import AUTO_NODE, NUMA_AUTOSIZE, Adapter, Cpu, Memory, Numa
from .reader import MAX_NODE, Section


def read_numa(top: Section) -> Numa | None:
    """Reads the section; without it everything is left to vSphere."""
    raw = top.values.get("numa")
    section = Section.read({} if raw is None else raw, f"{top.path}.numa", top.problems, (), ("nodes", "autosize"))
    if section is None:
        return None
    nodes = section.integer("nodes", 1, MAX_NODE + 1)
    autosize = section.choice("autosize", NUMA_AUTOSIZE, "once")
    if autosize is None:
        return None
    if nodes is not None and autosize != "once":
        section.report("autosize", ErrorCode.VALUE_NOT_ALLOWED, "has no effect with numa.nodes, which sizes the nodes")
    return Numa(nodes, autosize)


def check_nodes(
    top: Section, numa: Numa, cpu: Cpu | None, memory: Memory | None, adapters: t.Sequence[Adapter | None]
) -> None:
    """Checks that the vCPUs fill the guest's nodes, and that every node that is named exists."""
    if numa.nodes is None:
        # vSphere 8, "Virtual Topology": a device is put on a node of a size that the user gave.
        for index, adapter in enumerate(adapters):
            if cpu is not None and adapter is not None and adapter.numa_node not in (None, AUTO_NODE):
                top.report(f"adapters[{index}].numa_node", ErrorCode.NUMA_NODES_NEEDED, "needs numa.nodes")
        return
    if cpu is not None and cpu.count % (numa.nodes * cpu.simultaneous_threads):
        top.report(
            "numa.nodes",
            ErrorCode.VALUE_NOT_DIVISOR,
            f"must divide the VM's {cpu.count // cpu.simultaneous_threads} cores; {numa.nodes} does not",
        )
    pools = memory.hugepages if memory is not None else ()
    named = [(f"memory.hugepages[{index}].node", pool.node) for index, pool in enumerate(pools)]
    named += [(f"adapters[{index}].numa_node", each.numa_node) for index, each in enumerate(adapters) if each]
    for path, node in named:
        if node is not None and node >= numa.nodes:
            top.report(
                path, ErrorCode.NUMA_NODE_BEYOND_NODES, f"is node {node}; numa.nodes gives nodes 0 to {numa.nodes - 1}"
            )


def node_of_polling(cpu: Cpu, numa: Numa) -> int | None:
    """The guest's node that all polling vCPUs are on; None when they are on several, or ``numa.nodes`` is not given.

    vSphere fills the nodes in the order of the vCPUs (API reference, VirtualNuma.coresPerNumaNode).
    """
    if numa.nodes is None or not cpu.polling:
        return None
    size = max(1, cpu.count // numa.nodes)
    found = {number // size for number in cpu.polling}
    return found.pop() if len(found) == 1 else None
