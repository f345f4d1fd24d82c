# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of hosts where placement is decided: NUMA nodes, physical NICs, port groups, and who holds what.

``None`` always means "vSphere does not tell"; it is never replaced by a guess.
"""

from __future__ import annotations

import dataclasses
import typing as t

# On what ground it is known that a VM holds cores: its affinity set says so, or it follows from latency sensitivity
# High with its full reservation; no property of vSphere's names the cores themselves.
GROUND_AFFINITY: t.Final = "affinity"
GROUND_ESTIMATE: t.Final = "estimate"


@dataclasses.dataclass(frozen=True)
class NumaNode:
    """A NUMA node of a host (vim.host.NumaNode).

    cpus: logical CPU numbers; cores: physical cores, which is fewer with hyper-threading; memory_mb: in MiB.
    """

    number: int
    cpus: tuple[int, ...]
    cores: int
    memory_mb: int

    @property
    def threads_per_core(self) -> int:
        return max(1, len(self.cpus) // self.cores) if self.cores else 1

    def cores_of(self, cpus: t.Iterable[int]) -> frozenset[int]:
        """Which cores of this node the logical CPUs belong to, as numbers from 0 within the node.

        vSphere tells no siblings: the threads of a core are taken to have adjacent numbers.
        """
        order = {cpu: index for index, cpu in enumerate(sorted(self.cpus))}
        return frozenset(order[cpu] // self.threads_per_core for cpu in cpus if cpu in order)


@dataclasses.dataclass(frozen=True)
class PhysicalNic:
    """A physical NIC (vim.host.PhysicalNic).

    node: the NUMA node whose pciId holds its PCI address; speed_mbps: of the link, 0 when it is down;
    enhanced_data_path: enhancedNetworkingStackSupported.
    """

    name: str
    pci: str
    node: int | None
    driver: str | None
    firmware: str | None
    speed_mbps: int
    enhanced_data_path: bool | None


@dataclasses.dataclass(frozen=True)
class PortGroupUplinks:
    """The uplinks that carry a port group's traffic on one host.

    network: the port group's name; active: names of physical NICs, in the order of the teaming policy;
    nodes: the NUMA nodes of those, ascending, or None when one of them is not known; empty without any active uplink;
    enhanced_data_path: whether the host's switch runs in that mode.
    """

    network: str
    key: str
    switch: str
    distributed: bool
    active: tuple[str, ...]
    nodes: tuple[int, ...] | None
    enhanced_data_path: bool = False

    @property
    def spans_nodes(self) -> bool:
        """Whether the team is known to have active uplinks on several nodes."""
        return self.nodes is not None and len(self.nodes) > 1


@dataclasses.dataclass(frozen=True)
class Holding:
    """What one powered-on VM holds on its host.

    node: the NUMA node that it is known to be on, None when the host's scheduler decides;
    cores: physical cores that no other VM may count on; cpus: logical CPUs of its affinity set;
    memory_mb: reserved memory in MiB; ground: GROUND_AFFINITY or GROUND_ESTIMATE, None when it holds no cores.
    """

    vm: str
    moid: str
    node: int | None
    cores: int
    cpus: tuple[int, ...]
    memory_mb: int
    ground: str | None


@dataclasses.dataclass(frozen=True)
class HostTopology:
    """One ESXi host. mhz: clock of one core in MHz; power_policy: its short name, such as ``static``.

    latency_sensitivity, max_simultaneous_threads: of the same name in vim.host.Capability (latencySensitivitySupported,
    maxSupportedSimultaneousThreads), which virtual hyper-threading asks for.
    """

    name: str
    moid: str
    cluster: str | None
    api_version: str
    available: bool
    maintenance: bool
    hyper_threading: bool
    mhz: int
    power_policy: str | None
    nodes: tuple[NumaNode, ...]
    nics: tuple[PhysicalNic, ...]
    port_groups: tuple[PortGroupUplinks, ...]
    holdings: tuple[Holding, ...]
    latency_sensitivity: bool = True
    max_simultaneous_threads: int = 1

    @property
    def usable(self) -> bool:
        """Whether new VMs may be put here: connected, and not in maintenance."""
        return self.available and not self.maintenance

    def uplinks(self, network: str) -> PortGroupUplinks | None:
        """Those of the port group of this name, None when the host does not have it."""
        return next((each for each in self.port_groups if each.network == network), None)
