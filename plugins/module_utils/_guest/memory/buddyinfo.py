# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much free memory is contiguous enough for hugepages (proc(5), /proc/buddyinfo)."""

from __future__ import annotations

import re

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

_PAGE_KB = 4  # x86-64; blocks of the buddy allocator are 2^order pages
_LINE = re.compile(r"Node (\d+), zone\s+(\S+)((?:\s+\d+)+)")


def contiguous_pages(tree: Tree, size_kb: int, node: int | None) -> int | None:
    """Number of hugepages of a size that fit into free blocks of memory, on one NUMA node or all.

    None when the kernel does not report it, or tracks no blocks that large: it assembles 1 GiB pages in another way.
    """
    found = None
    for line in (tree.text("/proc/buddyinfo") or "").splitlines():
        match = _LINE.match(line)
        if match is None or (node is not None and int(match.group(1)) != node):
            continue
        free = [int(count) for count in match.group(3).split()]
        sizes = [_PAGE_KB << order for order in range(len(free))]
        if sizes[-1] >= size_kb:
            pages = sum(count * (size // size_kb) for count, size in zip(free, sizes) if size >= size_kb)
            found = (found or 0) + pages
    return found
