# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A valid description as dataclasses. Sizes are in MiB unless a name says otherwise."""

from __future__ import annotations

import dataclasses
import typing as t

if t.TYPE_CHECKING:
    from .placement import Placement

PAGE_SIZES_KB: t.Final = {"2M": 2048, "1G": 1048576}
HOST_PAGE_SIZES: t.Final = ("4K", "2M", "1G")
DRIVERS: t.Final = ("kernel", "pmd")
EXCLUSIVITIES: t.Final = ("latency_sensitivity", "affinity", "none")
# The modes of a host's switch: vSphere's own data path, and those of the enhanced data path (EDP) as VCF 9 calls them.
# EDP Standard is driven by interrupts, EDP Dedicated polls with cores that the switch reserves.
STANDARD: t.Final = "standard"
EDP_STANDARD: t.Final = "edp_standard"
EDP_DEDICATED: t.Final = "edp_dedicated"
SWITCH_MODES: t.Final = (STANDARD, EDP_STANDARD, EDP_DEDICATED)
PROFILES: t.Final = ("general", "low_latency")
NUMA_AUTOSIZE: t.Final = ("once", "every_power_on")
# Stands for ``auto`` in Adapter.numa_node until the node of the polling vCPUs is known.
AUTO_NODE: t.Final = -1
TX_CONTEXTS: t.Final = ("per_vm", "per_adapter", "per_queue")

# The scope of a description: all of it, or the one section that a module such as vm_cpu_pinning carries out.
ALL: t.Final = "dataplane"
ADAPTERS: t.Final = "vmxnet3"
CPU_PINNING: t.Final = "cpu_pinning"
HUGEPAGES: t.Final = "hugepages"
SECTIONS: t.Final[t.Mapping[str, tuple[str, ...]]] = {
    ALL: ("cpu", "memory", "adapters"),
    ADAPTERS: ("adapters",),
    CPU_PINNING: ("cpu",),
    HUGEPAGES: ("memory",),
}


@dataclasses.dataclass(frozen=True)
class Cpu:
    """The virtual CPUs: how many there are, which of them poll, and how they get cores of their own on the host."""

    count: int
    """Number of vCPUs."""
    polling: tuple[int, ...]
    """vCPUs that the poll-mode driver owns."""
    exclusivity: str
    """How the vCPUs get cores of their own, one of EXCLUSIVITIES."""
    affinity: tuple[int, ...]
    """Host CPU numbers, only with exclusivity ``affinity`` (vim.vm.AffinityInfo.affinitySet)."""
    simultaneous_threads: int = 1
    """vCPUs that share a core of the host: 2 is virtual hyper-threading."""
    reserve_all: bool = True
    """Whether all of the vCPUs' clock is reserved."""
    system_contexts: int = 0
    """Cores for the hypervisor's transmit threads."""

    @property
    def housekeeping(self) -> tuple[int, ...]:
        """The vCPUs that are left to Linux: all that do not poll."""
        return tuple(number for number in range(self.count) if number not in self.polling)


@dataclasses.dataclass(frozen=True)
class HugepagePool:
    """Hugepages of one size in the guest."""

    size: str
    """``2M`` or ``1G``."""
    amount_mb: int
    """Memory in hugepages, in MiB."""
    node: int | None
    """The guest's NUMA node, None to let the kernel spread the pages."""

    @property
    def size_kb(self) -> int:
        return PAGE_SIZES_KB[self.size]

    @property
    def count(self) -> int:
        return self.amount_mb * 1024 // self.size_kb


@dataclasses.dataclass(frozen=True)
class Memory:
    """The VM's memory and the guest's hugepages."""

    size_mb: int
    """Memory of the VM in MiB."""
    reserve_all: bool
    """Whether all of the memory is reserved on the host."""
    host_page_size: str
    """The page size that backs the memory on the host, one of HOST_PAGE_SIZES."""
    hugepages: tuple[HugepagePool, ...]
    """The guest's hugepage pools; the first one's page size is the default size."""


@dataclasses.dataclass(frozen=True)
class Numa:
    """The NUMA nodes that the guest sees."""

    nodes: int | None = None
    """How many, None to let vSphere decide."""
    autosize: str = "once"
    """When vSphere sizes the nodes, one of NUMA_AUTOSIZE."""


@dataclasses.dataclass(frozen=True)
class Adapter:
    """One VMXNET3 adapter."""

    name: str
    """Its name in reports and as an Open vSwitch port."""
    network: str
    """Name of the port group."""
    driver: str
    """Who drives it in the guest, one of DRIVERS."""
    queues: int
    """Receive queues."""
    mac: str | None
    """Lower case with colons; None keeps the adapter's address, or lets vSphere assign one."""
    management: bool
    """Whether the guest is managed over it."""
    label: str | None = None
    """vSphere's label, such as ``Network adapter 2``."""
    tx_contexts: str = "per_vm"
    """The hypervisor's transmit threads, one of TX_CONTEXTS."""
    udp_rss: bool = False
    """Whether UDP is spread over the receive queues."""
    interrupt_coalescing: bool = True
    """Whether the host coalesces interrupts for the adapter."""
    numa_node: int | None = None
    """The guest's NUMA node that the adapter is shown on, None for no node."""
    uptv2: bool = False
    """Uniform passthrough."""
    strict_latency: bool = False
    """The real-time features of the distributed switch."""
    switch: str | None = None
    """Name of the switch that the port group is on; None where the host offers one port group of that name only."""


@dataclasses.dataclass(frozen=True)
class Dataplane:
    """One VM's whole description, checked for consistency."""

    cpu: Cpu
    """The virtual CPUs."""
    memory: Memory
    """The VM's memory and the guest's hugepages."""
    adapters: tuple[Adapter, ...]
    """The network adapters, in the order of the description."""
    placement: Placement
    """Where the VM may run and what it must keep."""
    numa: Numa = Numa()
    """The NUMA nodes that the guest sees."""
    switch_mode: str = "standard"
    """One of SWITCH_MODES."""
    profile: str = "general"
    """One of PROFILES."""
    iommu: bool | None = None
    """Whether the VM has a virtual IOMMU, None to leave that as it is."""
    hardware_version: int | None = None
    """The oldest virtual hardware that will do."""

    @property
    def management_adapter(self) -> Adapter:
        """The adapter marked ``management``, otherwise the first one with driver ``kernel``."""
        kernel = [adapter for adapter in self.adapters if adapter.driver == "kernel"]
        return next((adapter for adapter in kernel if adapter.management), kernel[0])

    @property
    def effective_contexts(self) -> int:
        """Cores for the hypervisor's transmit threads: none in EDP Dedicated, whose switch has cores of its own."""
        return 0 if self.switch_mode == EDP_DEDICATED else self.cpu.system_contexts
