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


@dataclasses.dataclass(frozen=True)
class Cpu:
    """Virtual CPUs: how many, which of them poll, and how they get cores of their own on the host.

    affinity: host CPU numbers, only for exclusivity ``affinity`` (vim.vm.AffinityInfo.affinitySet).
    """

    count: int
    polling: tuple[int, ...]
    exclusivity: str
    affinity: tuple[int, ...]

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
class Adapter:
    """One VMXNET3 adapter. mac: lower case with colons, or None to keep or get vSphere's."""

    name: str
    network: str
    driver: str
    queues: int
    mac: str | None
    management: bool


@dataclasses.dataclass(frozen=True)
class Dataplane:
    """One VM's whole description, known to be consistent."""

    cpu: Cpu
    memory: Memory
    adapters: tuple[Adapter, ...]
    placement: Placement

    @property
    def management_adapter(self) -> Adapter:
        """The adapter marked ``management``, or else the first on the kernel's driver."""
        kernel = [adapter for adapter in self.adapters if adapter.driver == "kernel"]
        return next((adapter for adapter in kernel if adapter.management), kernel[0])
