# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hugepage pools of the machine and of its NUMA nodes (Linux: Documentation/admin-guide/mm/hugetlbpage)."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan, ResizePool, Step
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

from .buddyinfo import contiguous_pages

_MACHINE = "/sys/kernel/mm/hugepages"
_NODES = "/sys/devices/system/node"
_POOL = re.compile(r"hugepages-([0-9]+)kB")


@dataclasses.dataclass(frozen=True)
class Pool:
    """A pool as the caller asks for it."""

    size_kb: int
    """Size of a page in KiB."""
    count: int
    """Number of pages."""
    node: int | None = None
    """NUMA node, None for wherever the kernel has room."""

    @property
    def name(self) -> str:
        """How messages name the pool."""
        place = "" if self.node is None else f" on NUMA node {self.node}"
        return f"hugepages of {self.size_kb} kB{place}"


@dataclasses.dataclass(frozen=True)
class PoolState:
    """A pool of the running kernel."""

    size_kb: int
    """Size of a page in KiB."""
    node: int | None
    """NUMA node, None for the whole machine."""
    allocated: int
    """Pages in the pool."""
    free: int
    """Pages that no program uses."""


def read_pools(tree: Tree) -> tuple[PoolState, ...]:
    """Every pool of the running kernel: the machine's, then each node's."""
    nodes = sorted(int(name[4:]) for name in tree.names(_NODES) if re.fullmatch(r"node[0-9]+", name))
    places: list[int | None] = [None, *nodes]
    return tuple(
        PoolState(
            size_kb=int(match.group(1)),
            node=node,
            allocated=tree.number(f"{_directory(node)}/{name}/nr_hugepages") or 0,
            free=tree.number(f"{_directory(node)}/{name}/free_hugepages") or 0,
        )
        for node in places
        for name in tree.names(_directory(node))
        for match in [_POOL.fullmatch(name)]
        if match
    )


def plan(tree: Tree, pools: t.Sequence[Pool]) -> Plan:
    """Plans to bring each pool to its count now. Shrinking comes first, since it frees memory for growing.

    Raises NfvError: pool_repeated, hugepage_size_unsupported, hugepages_short (more than the memory available).
    """
    states = {(state.size_kb, state.node): state for state in read_pools(tree)}
    _check(tree, pools, states)
    changes = [(pool, states[pool.size_kb, pool.node].allocated) for pool in pools]
    changes = sorted(
        ((pool, now) for pool, now in changes if pool.count != now), key=lambda change: change[0].count > change[1]
    )
    steps: tuple[Step, ...] = tuple(
        ResizePool(
            name=pool.name,
            path=f"{_directory(pool.node)}/hugepages-{pool.size_kb}kB/nr_hugepages",
            count=pool.count,
            previous=now,
            size_kb=pool.size_kb,
            node=pool.node,
        )
        for pool, now in changes
    )
    return Plan(
        steps=steps,
        before={pool.name: states[pool.size_kb, pool.node].allocated for pool in pools},
        after={pool.name: pool.count for pool in pools},
        result={"pools": [_outcome(pool, states[pool.size_kb, pool.node]) for pool in pools]},
    )


def _outcome(pool: Pool, state: PoolState) -> dict[str, t.Any]:
    # Pages in use stay in use: a resize changes only the free ones.
    free = max(0, state.free + pool.count - state.allocated)
    return {"size_kb": pool.size_kb, "node": pool.node, "allocated": pool.count, "free": free}


def _check(tree: Tree, pools: t.Sequence[Pool], states: t.Mapping[tuple[int, int | None], PoolState]) -> None:
    for size_kb in {pool.size_kb for pool in pools}:
        nodes = [pool.node for pool in pools if pool.size_kb == size_kb]
        if len(nodes) != len(set(nodes)) or (None in nodes and len(nodes) > 1):
            raise NfvError(
                ErrorCode.POOL_REPEATED,
                f"hugepages of {size_kb} kB",
                "are requested twice in one place",
                "Ask for one pool of the machine or one of each node.",
            )
    growth_kb = 0
    for pool in pools:
        state = states.get((pool.size_kb, pool.node))
        if state is None:
            sizes = sorted({f"{size_kb} kB" for size_kb, node in states if node == pool.node})
            raise NfvError(
                ErrorCode.HUGEPAGE_SIZE_UNSUPPORTED,
                pool.name,
                "are not known to the running kernel",
                f"It knows: {', '.join(sizes) or 'none'}.",
            )
        growth_kb += (pool.count - state.allocated) * pool.size_kb
    available_kb = available_memory_kb(tree)
    held = [contiguous_pages(tree, pool.size_kb, pool.node) for pool in pools]
    contiguous = ", ".join(f"{pages} {pool.name}" for pool, pages in zip(pools, held) if pages is not None)
    if available_kb is not None and growth_kb > available_kb:
        raise NfvError(
            ErrorCode.HUGEPAGES_SHORT,
            ", ".join(pool.name for pool in pools),
            f"{growth_kb} kB more are needed and {available_kb} kB of memory are available, contiguous enough for "
            f"{contiguous or 'an unknown number of pages'}; nothing was changed",
            "Ask for fewer, or give the machine more memory.",
        )


def available_memory_kb(tree: Tree) -> int | None:
    """MemAvailable of /proc/meminfo in KiB (proc(5))."""
    return _memory_kb(tree, "MemAvailable")


def total_memory_kb(tree: Tree) -> int | None:
    """MemTotal of /proc/meminfo in KiB (proc(5))."""
    return _memory_kb(tree, "MemTotal")


def _memory_kb(tree: Tree, field: str) -> int | None:
    match = re.search(rf"^{field}:\s+([0-9]{{1,15}}) kB$", tree.text("/proc/meminfo") or "", re.MULTILINE)
    return int(match.group(1)) if match else None


def _directory(node: int | None) -> str:
    return _MACHINE if node is None else f"{_NODES}/node{node}/hugepages"
