# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds which cores and how much memory of a host, and what is left on each of its nodes.

No property of vSphere's says which cores a VM has for itself. An affinity set does, as far as it goes; everything else
is an estimate from what gives a VM exclusive cores, and says so (Holding.ground).
"""

from __future__ import annotations

import dataclasses
import typing as t

from .model import GROUND_AFFINITY, GROUND_ESTIMATE, Holding

if t.TYPE_CHECKING:
    from .model import HostTopology, NumaNode


@dataclasses.dataclass(frozen=True)
class VmUse:
    """What a powered-on VM's configuration says of its hold on a host.

    latency_high: latencySensitivity.level is high; normal_cpus: how many vCPUs are set back to ``normal`` (vcpuConfig);
    threads: hardware.simultaneousThreads, 2 with virtual hyper-threading; system_contexts: of
    ``sched.cpu.latencySensitivity.sysContexts``; node_affinity: of ``numa.nodeAffinity``; memory in MiB.
    """

    name: str
    moid: str
    cpus: int
    latency_high: bool
    normal_cpus: int
    threads: int
    system_contexts: int
    cpu_reservation_mhz: int
    affinity: tuple[int, ...]
    node_affinity: tuple[int, ...]
    memory_mb: int
    memory_reservation_mb: int


def holding(use: VmUse, mhz: int, nodes: t.Sequence[NumaNode]) -> Holding:
    """What the VM holds on a host whose cores have the given clock in MHz.

    Latency sensitivity High gives a core to each vCPU that is not set back to normal, or to two of them with virtual
    hyper-threading, once all CPU and memory is reserved (vSphere Resource Management, "Latency sensitivity").
    """
    if use.affinity:
        within = [node for node in nodes if set(use.affinity) <= set(node.cpus)]
        cores = sum(len(node.cores_of(use.affinity)) for node in nodes)
        node = within[0].number if within else None
        return Holding(
            use.name, use.moid, node, cores, use.affinity, use.memory_reservation_mb, GROUND_AFFINITY if cores else None
        )
    node = use.node_affinity[0] if len(use.node_affinity) == 1 else None
    cores = _exclusive_cores(use, mhz)
    ground = GROUND_ESTIMATE if cores else None
    return Holding(use.name, use.moid, node, cores, (), use.memory_reservation_mb, ground)


def _exclusive_cores(use: VmUse, mhz: int) -> int:
    threads = max(1, use.threads)
    full_cpu = use.cpu_reservation_mhz >= use.cpus * mhz // threads
    if not use.latency_high or not full_cpu or use.memory_reservation_mb < use.memory_mb:
        return 0
    return -(-max(0, use.cpus - use.normal_cpus) // threads) + use.system_contexts


@dataclasses.dataclass(frozen=True)
class NodeUse:
    """What is held on a node by VMs that are known to be there, and what that leaves. Memory in MiB."""

    node: NumaNode
    held_cores: int
    held_memory_mb: int

    @property
    def free_cores(self) -> int:
        return max(0, self.node.cores - self.held_cores)

    @property
    def free_memory_mb(self) -> int:
        return max(0, self.node.memory_mb - self.held_memory_mb)


def node_uses(host: HostTopology) -> tuple[NodeUse, ...]:
    """The use of each node of the host. What ``floating`` gives comes on top, on nodes that vSphere does not tell."""
    uses = []
    for node in host.nodes:
        pinned = {cpu for each in host.holdings for cpu in each.cpus}
        placed = [each for each in host.holdings if each.node == node.number]
        cores = len(node.cores_of(pinned)) + sum(each.cores for each in placed if not each.cpus)
        uses.append(NodeUse(node, cores, sum(each.memory_mb for each in placed)))
    return tuple(uses)


def floating(host: HostTopology) -> tuple[int, int]:
    """Cores and memory (MiB) held by VMs whose node the host's scheduler chooses."""
    loose = [each for each in host.holdings if each.node is None]
    return sum(each.cores for each in loose if not each.cpus), sum(each.memory_mb for each in loose)
