# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What VMs hold on a host, and what is left on each of its nodes.

No property of vSphere's says which cores a VM has to itself. An affinity set does; everything else is an estimate from
the settings that give a VM exclusive cores, and is marked as one (``Holding.basis``).
"""

from __future__ import annotations

import dataclasses
import typing as t

from .model import BASIS_AFFINITY, BASIS_ESTIMATE, Holding

if t.TYPE_CHECKING:
    from .model import HostTopology, NumaNode


@dataclasses.dataclass(frozen=True)
class VmUse:
    """The configuration of a powered-on VM, as far as it decides what the VM holds on its host."""

    name: str
    """Name of the VM."""
    moid: str
    """Managed object id."""
    cpus: int
    """Number of vCPUs."""
    latency_high: bool
    """latencySensitivity.level is high."""
    normal_cpus: int
    """Number of vCPUs whose vcpuConfig sets latency sensitivity back to normal."""
    threads: int
    """hardware.simultaneousThreads: 2 with virtual hyper-threading."""
    system_contexts: int
    """``sched.cpu.latencySensitivity.sysContexts``: cores for the hypervisor's threads."""
    cpu_reservation_mhz: int
    """Reserved clock of all vCPUs together, in MHz."""
    affinity: tuple[int, ...]
    """Logical CPUs of its affinity set."""
    node_affinity: tuple[int, ...]
    """NUMA nodes of ``numa.nodeAffinity``."""
    memory_mb: int
    """In MiB."""
    memory_reservation_mb: int
    """In MiB."""


def holding(use: VmUse, mhz: int, nodes: t.Sequence[NumaNode]) -> Holding:
    """What the VM holds on a host with these nodes. mhz: clock of one core.

    With all CPU and memory reserved, latency sensitivity High gives a core to each vCPU that is not set back to normal,
    or to each two of them with virtual hyper-threading (vSphere Resource Management, "Latency sensitivity").
    """
    if use.affinity:
        within = [node for node in nodes if set(use.affinity) <= set(node.cpus)]
        cores = sum(len(node.cores_of(use.affinity)) for node in nodes)
        node = within[0].number if within else None
        return Holding(
            use.name, use.moid, node, cores, use.affinity, use.memory_reservation_mb, BASIS_AFFINITY if cores else None
        )
    node = use.node_affinity[0] if len(use.node_affinity) == 1 else None
    cores = _exclusive_cores(use, mhz)
    basis = BASIS_ESTIMATE if cores else None
    return Holding(use.name, use.moid, node, cores, (), use.memory_reservation_mb, basis)


def _exclusive_cores(use: VmUse, mhz: int) -> int:
    threads = max(1, use.threads)
    full_cpu = use.cpu_reservation_mhz >= use.cpus * mhz // threads
    if not use.latency_high or not full_cpu or use.memory_reservation_mb < use.memory_mb:
        return 0
    return -(-max(0, use.cpus - use.normal_cpus) // threads) + use.system_contexts


@dataclasses.dataclass(frozen=True)
class NodeUse:
    """What VMs bound to a node hold on it, and what they leave. Memory is in MiB."""

    node: NumaNode
    """The node."""
    held_cores: int
    """Cores that its VMs hold."""
    held_memory_mb: int
    """Memory that its VMs hold."""

    @property
    def free_cores(self) -> int:
        return max(0, self.node.cores - self.held_cores)

    @property
    def free_memory_mb(self) -> int:
        return max(0, self.node.memory_mb - self.held_memory_mb)


def node_uses(host: HostTopology) -> tuple[NodeUse, ...]:
    """The use of each node of the host. VMs that are bound to no node (``unbound_use``) come on top."""
    uses = []
    for node in host.nodes:
        pinned = {cpu for each in host.holdings for cpu in each.cpus}
        placed = [each for each in host.holdings if each.node == node.number]
        cores = len(node.cores_of(pinned)) + sum(each.cores for each in placed if not each.cpus)
        uses.append(NodeUse(node, cores, sum(each.memory_mb for each in placed)))
    return tuple(uses)


def unbound_use(host: HostTopology) -> tuple[int, int]:
    """Cores and memory (MiB) that VMs bound to no node hold; the host's scheduler chooses their nodes."""
    unbound = [each for each in host.holdings if each.node is None]
    return sum(each.cores for each in unbound if not each.cpus), sum(each.memory_mb for each in unbound)
