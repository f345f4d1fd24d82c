# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything in the guest that follows from a description, so that nobody has to state it."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import cpu_mask, format_cpu_list

if t.TYPE_CHECKING:
    from .model import Adapter, Dataplane, HugepagePool


def derive(dataplane: Dataplane) -> dict[str, t.Any]:
    """The guest's side of a description as plain data, documented at the filter dataplane_derived."""
    cpu, memory = dataplane.cpu, dataplane.memory
    adapters = [_adapter(adapter) for adapter in dataplane.adapters]
    return {
        "cpu_count": cpu.count,
        "polling_cpus": format_cpu_list(cpu.polling),
        "polling_cpu_list": list(cpu.polling),
        "housekeeping_cpus": format_cpu_list(cpu.housekeeping),
        "pmd_cpu_mask": cpu_mask(cpu.polling),
        "memory_mb": memory.size_mb,
        "hugepages": [{"size_kb": pool.size_kb, "count": pool.count, "node": pool.node} for pool in memory.hugepages],
        "hugepage_memory_mb": sum(pool.amount_mb for pool in memory.hugepages),
        "kernel_arguments": kernel_arguments(dataplane),
        "adapters": adapters,
        "pmd_adapters": [adapter for adapter in adapters if adapter["driver"] == "pmd"],
        "kernel_adapters": [adapter for adapter in adapters if adapter["driver"] == "kernel"],
        "management_adapter": dataplane.management_adapter.name,
    }


def kernel_arguments(dataplane: Dataplane) -> dict[str, t.Any]:
    """The guest's kernel arguments, in the order that they need on the command line.

    Sources for isolation: the kernel's admin guide (kernel-parameters: isolcpus, nohz_full, rcu_nocbs, irqaffinity).
    With pools of several sizes ``hugepagesz`` and ``hugepages`` are lists of equal length, paired by index.
    """
    arguments: dict[str, t.Any] = {}
    polling = format_cpu_list(dataplane.cpu.polling)
    if polling:
        arguments["isolcpus"] = f"managed_irq,domain,{polling}"
        arguments["nohz_full"] = polling
        arguments["rcu_nocbs"] = polling
        arguments["irqaffinity"] = format_cpu_list(dataplane.cpu.housekeeping)
    if dataplane.iommu:
        # DPDK's Linux guide, "Linux Drivers": devices that vfio-pci does not hold pass the IOMMU untranslated.
        arguments["intel_iommu"] = "on"
        arguments["iommu"] = "pt"
    pools = dataplane.memory.hugepages
    if pools:
        # Debian's default "always" lets khugepaged compact and split memory under the polling threads.
        arguments["transparent_hugepage"] = "never"
        arguments["default_hugepagesz"] = pools[0].size
    sizes = list(dict.fromkeys(pool.size for pool in pools))
    counts = [_boot_count([pool for pool in pools if pool.size == size]) for size in sizes]
    if len(sizes) == 1:
        arguments["hugepagesz"], arguments["hugepages"] = sizes[0], counts[0]
    elif sizes:
        arguments["hugepagesz"], arguments["hugepages"] = sizes, counts
    return arguments


def _boot_count(pools: t.Sequence[HugepagePool]) -> str:
    """Value of ``hugepages``: a count, or NODE:COUNT of each node (Linux admin guide, hugetlbpage; since 5.16).

    An older kernel reads 0 of that: it boots, with the pools empty.
    """
    return ",".join(str(pool.count) if pool.node is None else f"{pool.node}:{pool.count}" for pool in pools)


def _adapter(adapter: Adapter) -> dict[str, t.Any]:
    return {
        "name": adapter.name,
        "network": adapter.network,
        "driver": adapter.driver,
        "queues": adapter.queues,
        "mac": adapter.mac,
    }
