# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What placement is asked for, and what it answers. Memory is in MiB, cores are physical ones."""

from __future__ import annotations

import dataclasses
import typing as t

WARN: t.Final = "warn"
REFUSE: t.Final = "refuse"
SPAN: t.Final = "span"

NEW: t.Final = "new"
KEPT: t.Final = "kept"
MOVED: t.Final = "moved"


@dataclasses.dataclass(frozen=True)
class Demand:
    """What one VM needs of its host.

    cores: physical cores that it has for itself, 0 without exclusivity; threads: vCPUs that share one of them, 2 with
    virtual hyper-threading; latency_sensitive: the cores come by latency sensitivity High;
    affinity: the cores come by an affinity set, then cpus are the logical CPUs that the description names for it, or
    none for planning to choose; whole_gib: backed by 1 GiB pages; networks: of all its adapters; data_networks: of its
    polled ones; node: the NUMA node asked for; hosts: the only ones allowed, if there are any;
    apart, together: names of other VMs, resolved from groups and symmetric (see ``demands``).
    """

    vm: str
    cores: int
    memory_mb: int
    networks: tuple[str, ...] = ()
    data_networks: tuple[str, ...] = ()
    threads: int = 1
    latency_sensitive: bool = False
    affinity: bool = False
    cpus: tuple[int, ...] = ()
    whole_gib: bool = False
    node: int | None = None
    cluster: str | None = None
    hosts: tuple[str, ...] = ()
    apart: frozenset[str] = frozenset()
    together: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class Rules:
    """How strict a plan is.

    n_plus_1: any one host may fail and every VM still has its cores on a right node;
    spanning: whether polled networks without one common node are worth a remark (``warn``) or are refused;
    wide: whether a VM too large for any node takes several whole nodes' shares of one host (``span``) or is refused;
    kept_cores: physical cores of each node kept for ESXi, kept_cores_first those of node 0;
    kept_memory_mb: memory of each node kept for ESXi.
    """

    n_plus_1: bool = False
    spanning: str = WARN
    wide: str = SPAN
    kept_cores: int = 1
    kept_cores_first: int = 2
    kept_memory_mb: int = 1024

    def kept(self, node: int) -> int:
        """The cores kept for ESXi on the node of this number."""
        return self.kept_cores_first if node == 0 else self.kept_cores


@dataclasses.dataclass(frozen=True)
class Current:
    """Where a VM is now, or was planned to be. nodes: empty when only the host is known; cpus: of its affinity set."""

    host: str
    nodes: tuple[int, ...] = ()
    cpus: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class Remark:
    """Something that is allowed and worth knowing. code: ``uplinks_unknown`` and others, see docs/placement.md."""

    code: str
    vm: str
    text: str


@dataclasses.dataclass(frozen=True)
class Placed:
    """Where one VM is to run.

    host and host_moid: its name and managed object id; nodes: the NUMA nodes, one unless it is too large for any;
    cores: physical cores in all; cpus: its affinity set, empty unless that is what gives it its cores;
    change: NEW, KEPT or MOVED; before: the host that it is moved from.
    """

    vm: str
    host: str
    host_moid: str
    nodes: tuple[int, ...]
    cores: int
    memory_mb: int
    cpus: tuple[int, ...] = ()
    change: str = NEW
    before: str | None = None


@dataclasses.dataclass(frozen=True)
class Failover:
    """Where a VM has room when a host fails; existing: it is not one of those planned, but one found on that host."""

    failed_host: str
    vm: str
    host: str
    nodes: tuple[int, ...]
    existing: bool = False


@dataclasses.dataclass(frozen=True)
class Plan:
    """A place for every VM, in the order of the demands.

    failovers: with N+1 the proof, one entry for each VM of each host that may fail;
    apart, together: the groups of VMs that the plan keeps so, for whoever makes rules of them.
    """

    placements: tuple[Placed, ...]
    remarks: tuple[Remark, ...] = ()
    failovers: tuple[Failover, ...] = ()
    apart: tuple[tuple[str, ...], ...] = ()
    together: tuple[tuple[str, ...], ...] = ()

    @property
    def moved(self) -> tuple[str, ...]:
        """The VMs that leave the host or node that they are on."""
        return tuple(each.vm for each in self.placements if each.change == MOVED)


@dataclasses.dataclass(frozen=True)
class Reason:
    """Why VMs have no place once all others have theirs.

    code: which rule stands in the way, such as ``cores_short``; vms: those it is about, one needing the same as the
    next; needed, free: cores or MiB, the most that any node in question has left; node: the node in question when it is
    the same everywhere; networks, hosts: those that narrow it down; failed_host: the host whose failure is in the way.
    """

    code: str
    vms: tuple[str, ...]
    text: str
    needed: int | None = None
    free: int | None = None
    node: int | None = None
    networks: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    failed_host: str | None = None


@dataclasses.dataclass(frozen=True)
class NoPlan:
    """Why there is no place for every VM.

    reasons: the fewest found, one for each VM (or group of like VMs) left over when as many as possible are placed;
    placements: of those others; proven: no plan exists, otherwise none was found within the search's bounds.
    """

    reasons: tuple[Reason, ...]
    placements: tuple[Placed, ...]
    proven: bool

    @property
    def unplaced(self) -> tuple[str, ...]:
        """The VMs without a place."""
        return tuple(vm for reason in self.reasons for vm in reason.vms)
