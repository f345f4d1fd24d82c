# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a valid description holds. Sizes are in MiB unless a name says otherwise."""

from __future__ import annotations

import dataclasses
import typing as t

if t.TYPE_CHECKING:
    from .placement import Placement

PAGE_SIZES_KB: t.Final = {"2M": 2048, "1G": 1048576}
HOST_PAGE_SIZES: t.Final = ("4K", "2M", "1G")
DRIVERS: t.Final = ("kernel", "pmd")
EXCLUSIVITIES: t.Final = ("latency_sensitivity", "affinity", "none")
# How the host's switch works: VMware's standard stack, or the enhanced data path of NSX and vSphere 8.
SWITCH_MODES: t.Final = ("standard", "enhanced_data_path")
PROFILES: t.Final = ("general", "low_latency")
NUMA_AUTOSIZE: t.Final = ("once", "every_power_on")
# An adapter's numa_node while the node of the polling vCPUs is still to be put there.
AUTO_NODE: t.Final = -1
TX_CONTEXTS: t.Final = ("per_vm", "per_adapter", "per_queue")

# What a description is read for: all of it, or one concern of it with only the section that the concern needs.
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
    """Virtual CPUs: how many, which of them poll, and how they get cores of their own on the host.

    affinity: host CPU numbers, only for exclusivity ``affinity`` (vim.vm.AffinityInfo.affinitySet);
    simultaneous_threads: vCPUs that share a core of the host, 1 or 2 (virtual hyper-threading);
    reserve_all: all of the vCPUs' clock is reserved; system_contexts: cores for the hypervisor's transmit threads.
    """

    count: int
    polling: tuple[int, ...]
    exclusivity: str
    affinity: tuple[int, ...]
    simultaneous_threads: int = 1
    reserve_all: bool = True
    system_contexts: int = 0

    @property
    def housekeeping(self) -> tuple[int, ...]:
        """The vCPUs that keep Linux: all that do not poll."""
        return tuple(number for number in range(self.count) if number not in self.polling)


@dataclasses.dataclass(frozen=True)
class HugepagePool:
    """Guest hugepages of one size, on one guest NUMA node or (None) wherever the kernel puts them."""

    size: str
    amount_mb: int
    node: int | None

    @property
    def size_kb(self) -> int:
        return PAGE_SIZES_KB[self.size]

    @property
    def count(self) -> int:
        return self.amount_mb * 1024 // self.size_kb


@dataclasses.dataclass(frozen=True)
class Memory:
    """The VM's memory, its reservation and host page backing, and the guest's hugepages."""

    size_mb: int
    reserve_all: bool
    host_page_size: str
    hugepages: tuple[HugepagePool, ...]


@dataclasses.dataclass(frozen=True)
class Numa:
    """The NUMA nodes that the guest sees. nodes: how many, None leaves it to vSphere; autosize: when vSphere sizes."""

    nodes: int | None = None
    autosize: str = "once"


@dataclasses.dataclass(frozen=True)
class Adapter:
    """One VMXNET3 adapter.

    mac: lower case with colons, or None to keep or get vSphere's; label: vSphere's, such as ``Network adapter 2``;
    tx_contexts: one of TX_CONTEXTS; numa_node: the guest's node that the adapter is shown on, None for no node.
    """

    name: str
    network: str
    driver: str
    queues: int
    mac: str | None
    management: bool
    label: str | None = None
    tx_contexts: str = "per_vm"
    udp_rss: bool = False
    interrupt_coalescing: bool = True
    numa_node: int | None = None
    uptv2: bool = False
    strict_latency: bool = False


@dataclasses.dataclass(frozen=True)
class Dataplane:
    """One VM's whole description, known to be consistent.

    iommu: None leaves the VM's virtual IOMMU as it is; hardware_version: the least that the VM must have.
    """

    cpu: Cpu
    memory: Memory
    adapters: tuple[Adapter, ...]
    placement: Placement
    numa: Numa = Numa()
    switch_mode: str = "standard"
    profile: str = "general"
    iommu: bool | None = None
    hardware_version: int | None = None

    @property
    def management_adapter(self) -> Adapter:
        """The adapter marked ``management``, or else the first on the kernel's driver."""
        kernel = [adapter for adapter in self.adapters if adapter.driver == "kernel"]
        return next((adapter for adapter in kernel if adapter.management), kernel[0])
