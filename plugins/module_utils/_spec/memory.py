# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The section ``memory``: size, reservation, host pages, and the guest's hugepages."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode

from .model import HOST_PAGE_SIZES, PAGE_SIZES_KB, HugepagePool, Memory
from .reader import MAX_NODE, Section

# Configuration maximum of a VM in vSphere 8: 24 TiB.
MAX_MEMORY_MB = 24 * 1024 * 1024
# Debian's installation guide, "Minimum hardware requirements": 256 MB without a desktop.
LINUX_MEMORY_MB = 256
# One of each size for each node.
MAX_POOLS = len(PAGE_SIZES_KB) * (MAX_NODE + 1)


def read_memory(top: Section) -> Memory | None:
    """Reads the section; adds what is wrong to the problems of ``top``."""
    section = Section.read(
        top.values["memory"],
        f"{top.path}.memory",
        top.problems,
        ("size_mb",),
        ("reserve_all", "host_page_size", "hugepages"),
    )
    if section is None:
        return None
    size_mb = section.integer("size_mb", LINUX_MEMORY_MB, MAX_MEMORY_MB)
    reserve_all = section.boolean("reserve_all", True)
    host_page_size = section.choice("host_page_size", HOST_PAGE_SIZES, "4K")
    entries = section.items("hugepages")
    if len(entries) > MAX_POOLS:
        section.report("hugepages", ErrorCode.POOL_REPEATED, f"has {len(entries)} pools; {MAX_POOLS} can differ")
        return None
    pools = [_read_pool(section, path, entry) for path, entry in entries]
    hugepages = tuple(pool for pool in pools if pool is not None)
    if size_mb is None or reserve_all is None or host_page_size is None:
        return None
    memory = Memory(size_mb, reserve_all, host_page_size, hugepages)
    _check_memory(section, memory)
    return memory


def _read_pool(memory: Section, path: str, raw: t.Any) -> HugepagePool | None:
    section = Section.read(raw, path, memory.problems, ("size", "amount_mb"), ("node",))
    if section is None:
        return None
    size = section.choice("size", tuple(PAGE_SIZES_KB))
    amount_mb = section.integer("amount_mb", 1, MAX_MEMORY_MB)
    node = section.integer("node", 0, MAX_NODE)
    if size is None or amount_mb is None:
        return None
    page_mb = PAGE_SIZES_KB[size] // 1024
    if amount_mb % page_mb:
        section.report(
            "amount_mb",
            ErrorCode.VALUE_NOT_MULTIPLE,
            f"must be a multiple of {page_mb}, the page size, not {amount_mb}",
        )
    return HugepagePool(size, amount_mb, node)


def _check_memory(section: Section, memory: Memory) -> None:
    if memory.size_mb % 4:
        # vim.vm.ConfigSpec.memoryMB: a VM's memory is a multiple of 4 MiB.
        section.report("size_mb", ErrorCode.VALUE_NOT_MULTIPLE, f"must be a multiple of 4, not {memory.size_mb}")
    if memory.host_page_size == "1G":
        if memory.size_mb % 1024:
            section.report(
                "size_mb",
                ErrorCode.VALUE_NOT_MULTIPLE,
                f"must be a multiple of 1024 with host_page_size 1G, not {memory.size_mb}",
            )
        if not memory.reserve_all:
            section.report("reserve_all", ErrorCode.RESERVATION_NEEDED, "must be true with host_page_size 1G")
    wanted_mb = sum(pool.amount_mb for pool in memory.hugepages)
    if wanted_mb > memory.size_mb - LINUX_MEMORY_MB:
        section.report(
            "hugepages",
            ErrorCode.HUGEPAGES_BEYOND_MEMORY,
            f"add up to {wanted_mb} MiB; memory.size_mb {memory.size_mb} less {LINUX_MEMORY_MB} for Linux leaves"
            f" {max(0, memory.size_mb - LINUX_MEMORY_MB)} MiB",
        )
    for size in PAGE_SIZES_KB:
        nodes = [pool.node for pool in memory.hugepages if pool.size == size]
        if len(set(nodes)) < len(nodes) or (None in nodes and len(nodes) > 1):
            section.report(
                "hugepages",
                ErrorCode.POOL_REPEATED,
                f"has {size} pools that overlap; give each its own node, or keep only one",
            )
