# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What placement knows about hosts: NUMA nodes, physical NICs, port groups, and what VMs hold.

``None`` always means that vSphere does not report it; it is never replaced by a guess.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import EDP_DEDICATED, EDP_STANDARD

# How it is known that a VM holds cores: from its affinity set, or as an estimate from latency sensitivity High with
# full reservations. No property of vSphere's names the cores.
BASIS_AFFINITY: t.Final = "affinity"
BASIS_ESTIMATE: t.Final = "estimate"


@dataclasses.dataclass(frozen=True)
class NumaNode:
    """A NUMA node of a host (vim.host.NumaNode)."""

    number: int
    """Number of the node on its host."""
    cpus: tuple[int, ...]
    """Logical CPU numbers."""
    cores: int
    """Physical cores: fewer than ``cpus`` with hyper-threading."""
    memory_mb: int
    """In MiB."""

    @property
    def threads_per_core(self) -> int:
        return max(1, len(self.cpus) // self.cores) if self.cores else 1

    def cores_of(self, cpus: t.Iterable[int]) -> frozenset[int]:
        """The cores of this node that the logical CPUs belong to, numbered from 0 within the node.

        vSphere does not report which CPUs are threads of one core: they are assumed to have adjacent numbers.
        """
        order = {cpu: index for index, cpu in enumerate(sorted(self.cpus))}
        return frozenset(order[cpu] // self.threads_per_core for cpu in cpus if cpu in order)


@dataclasses.dataclass(frozen=True)
class PhysicalNic:
    """A physical NIC (vim.host.PhysicalNic)."""

    name: str
    """Device name, such as ``vmnic0``."""
    pci: str
    """PCI address."""
    node: int | None
    """The NUMA node whose ``pciId`` lists the PCI address."""
    driver: str | None
    """Name of the driver, None when vSphere does not report it."""
    firmware: str | None
    """Version of the firmware, None when vSphere does not report it."""
    speed_mbps: int
    """Link speed in Mbit/s, 0 when the link is down."""
    enhanced_data_path: bool | None
    """Whether the NIC supports it (enhancedNetworkingStackSupported)."""


@dataclasses.dataclass(frozen=True)
class PortGroupUplinks:
    """The uplinks that carry a port group's traffic on one host."""

    network: str
    """Name of the port group."""
    key: str
    """Key of a distributed port group, id of an NSX segment, or managed object id."""
    switch: str
    """Name of the switch."""
    distributed: bool
    """Whether that is a distributed switch."""
    active: tuple[str, ...]
    """Physical NICs in the order of the teaming policy, by name."""
    nodes: tuple[int, ...] | None
    """NUMA nodes of the active uplinks, ascending; None when one is unknown, empty without any active uplink."""
    switch_mode: str | None = None
    """The mode of the switch on the host, one of ``_spec.model.SWITCH_MODES``."""

    @property
    def enhanced_data_path(self) -> bool:
        """Whether the switch is known to run in one of the modes of the enhanced data path."""
        return self.switch_mode in (EDP_STANDARD, EDP_DEDICATED)

    @property
    def spans_nodes(self) -> bool:
        """Whether active uplinks are known to be on several nodes."""
        return self.nodes is not None and len(self.nodes) > 1


@dataclasses.dataclass(frozen=True)
class Holding:
    """What one powered-on VM holds on its host."""

    vm: str
    """Name of the VM."""
    moid: str
    """Managed object id of the VM."""
    node: int | None
    """The NUMA node that it is bound to, None when the host's scheduler decides."""
    cores: int
    """Physical cores that no other VM may count on."""
    cpus: tuple[int, ...]
    """Logical CPUs of its affinity set."""
    memory_mb: int
    """Reserved memory in MiB."""
    basis: str | None
    """How ``cores`` is known: BASIS_AFFINITY or BASIS_ESTIMATE, None when it holds no cores."""


@dataclasses.dataclass(frozen=True)
class HostTopology:
    """One ESXi host."""

    name: str
    """Name of the host."""
    moid: str
    """Managed object id."""
    cluster: str | None
    """Name of its cluster, None outside clusters."""
    api_version: str
    """Version of the vSphere API, such as ``8.0.3.0``."""
    available: bool
    """Whether vCenter is connected to it."""
    maintenance: bool
    """Whether it is in maintenance mode."""
    hyper_threading: bool
    """Whether hyper-threading is active."""
    mhz: int
    """Clock of one core in MHz."""
    power_policy: str | None
    """Short name of the power policy, such as ``static``."""
    nodes: tuple[NumaNode, ...]
    """Its NUMA nodes."""
    nics: tuple[PhysicalNic, ...]
    """Its physical NICs."""
    port_groups: tuple[PortGroupUplinks, ...]
    """The uplinks of its port groups."""
    holdings: tuple[Holding, ...]
    """What its powered-on VMs hold."""
    latency_sensitivity: bool = True
    """vim.host.Capability.latencySensitivitySupported."""
    max_simultaneous_threads: int = 1
    """vim.host.Capability.maxSupportedSimultaneousThreads: at least 2 for virtual hyper-threading."""

    @property
    def usable(self) -> bool:
        """Whether VMs may be placed here: the host is connected and not in maintenance mode."""
        return self.available and not self.maintenance

    def uplinks(self, network: str, switch: str | None = None) -> PortGroupUplinks | None:
        """The uplinks of the port group with this name, None when the host does not have it.

        switch: the name of its switch, None for the first port group of the name.
        """
        return next(
            (each for each in self.port_groups if each.network == network and switch in (None, each.switch)), None
        )
