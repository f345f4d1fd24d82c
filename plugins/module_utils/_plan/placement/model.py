# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a placement plan is made from, and what it says. Memory is in MiB; cores are physical cores."""

from __future__ import annotations

import dataclasses
import typing as t

# Values of Rules.remote_uplinks and Rules.wide_vm, which are options of placement_plan.
WARN: t.Final = "warn"
SPAN: t.Final = "span"
REFUSE: t.Final = "refuse"

# What a plan does with a VM.
NEW: t.Final = "new"
KEPT: t.Final = "kept"
MOVED: t.Final = "moved"


@dataclasses.dataclass(frozen=True)
class Demand:
    """What one VM needs from its host."""

    vm: str
    """Name of the VM."""
    cores: int
    """Cores that no other VM may count on; 0 without exclusivity."""
    memory_mb: int
    """Memory in MiB."""
    networks: tuple[str, ...] = ()
    """Port groups of all adapters."""
    data_networks: tuple[str, ...] = ()
    """Port groups of the polled adapters."""
    switches: tuple[tuple[str, str], ...] = ()
    """Port groups, each with the name of the switch that it must be on."""
    threads: int = 1
    """vCPUs that share a core: 2 with virtual hyper-threading."""
    latency_sensitive: bool = False
    """The cores are exclusive through latency sensitivity High."""
    affinity: bool = False
    """The cores are exclusive through an affinity set."""
    cpus: tuple[int, ...] = ()
    """The affinity set that the description names, as logical CPUs; empty lets the plan choose it."""
    whole_gib: bool = False
    """The memory is backed by 1 GiB pages."""
    node: int | None = None
    """The only NUMA node allowed, None for any."""
    cluster: str | None = None
    """The only cluster allowed, None for any."""
    hosts: tuple[str, ...] = ()
    """Names of the only hosts allowed; empty for any."""
    apart: frozenset[str] = frozenset()
    """Names of the VMs that may not share its host. Groups are resolved, and the relation is symmetric."""
    together: frozenset[str] = frozenset()
    """Names of the VMs that must share its host. Symmetric and transitive."""


@dataclasses.dataclass(frozen=True)
class Rules:
    """How strict a plan is, and what is left to ESXi."""

    n_plus_1: bool = False
    """Whichever single host fails, every VM must still have its cores on a right node."""
    remote_uplinks: str = WARN
    """What to do when a polled network's uplinks may be on another node than the VM: WARN or REFUSE."""
    wide_vm: str = SPAN
    """What to do with a VM that is too large for any node: SPAN nodes of one host, or REFUSE."""
    esxi_cores: int = 1
    """Cores of each node that no VM gets, except for node 0."""
    esxi_cores_node_0: int = 2
    """Cores of node 0 that no VM gets."""
    esxi_memory_mb: int = 1024
    """Memory of each node that no VM gets."""

    def esxi_cores_on(self, node: int) -> int:
        """The cores that are left to ESXi on the node with this number."""
        return self.esxi_cores_node_0 if node == 0 else self.esxi_cores


@dataclasses.dataclass(frozen=True)
class CurrentPlace:
    """Where a VM runs now, or where an earlier plan put it."""

    host: str
    """Name of the host."""
    nodes: tuple[int, ...] = ()
    """NUMA nodes; empty when only the host is known."""
    cpus: tuple[int, ...] = ()
    """Logical CPUs of its affinity set."""


@dataclasses.dataclass(frozen=True)
class Remark:
    """Something about a VM's place that is allowed but worth knowing."""

    code: str
    """Such as ``uplinks_unknown``; docs/placement.md has all of them."""
    vm: str
    """Name of the VM."""
    text: str
    """The remark in one sentence."""


@dataclasses.dataclass(frozen=True)
class Placed:
    """Where one VM is to run."""

    vm: str
    """Name of the VM."""
    host: str
    """Name of the host."""
    host_moid: str
    """Managed object id of the host."""
    nodes: tuple[int, ...]
    """NUMA nodes: one, or several for a wide VM."""
    cores: int
    """Cores on all nodes together."""
    memory_mb: int
    """Memory in MiB on all nodes together."""
    cpus: tuple[int, ...] = ()
    """Logical CPUs of its affinity set; empty unless the VM gets its cores that way."""
    change: str = NEW
    """NEW, KEPT or MOVED."""
    before: str | None = None
    """The host that a moved VM comes from."""


@dataclasses.dataclass(frozen=True)
class Failover:
    """Where a VM can restart when its host fails."""

    failed_host: str
    """Name of the host that fails."""
    vm: str
    """Name of the VM."""
    host: str
    """Name of the host on which it restarts."""
    nodes: tuple[int, ...]
    """NUMA nodes on that host."""
    existing: bool = False
    """The VM is not part of the plan; it was found on the host."""


@dataclasses.dataclass(frozen=True)
class PlacementPlan:
    """A place for every VM."""

    placements: tuple[Placed, ...]
    """In the order of the demands."""
    remarks: tuple[Remark, ...] = ()
    """What is allowed but worth knowing."""
    failovers: tuple[Failover, ...] = ()
    """With N+1, the proof: one entry for every VM of every host."""
    apart: tuple[tuple[str, ...], ...] = ()
    """Groups of VMs of which no two share a host; placement_rules makes anti-affinity rules from them."""
    together: tuple[tuple[str, ...], ...] = ()
    """Groups of VMs that share a host; placement_rules makes affinity rules from them."""

    @property
    def moved(self) -> tuple[str, ...]:
        """Names of the VMs that leave the host or node that they are on."""
        return tuple(each.vm for each in self.placements if each.change == MOVED)


@dataclasses.dataclass(frozen=True)
class UnplacedReason:
    """Why VMs have no place once all others have theirs."""

    code: str
    """The rule that prevents it, such as ``cores_short``; docs/placement.md has all of them."""
    vms: tuple[str, ...]
    """Names of the VMs that it is about; more than one when they need the same."""
    text: str
    """The reason in words, without the VMs' names."""
    needed: int | None = None
    """Cores or MiB that each VM needs."""
    free: int | None = None
    """Cores or MiB, the most that any node in question has left."""
    node: int | None = None
    """The node in question, when it has the same number on every host."""
    networks: tuple[str, ...] = ()
    """The polled networks that decide which nodes are in question."""
    hosts: tuple[str, ...] = ()
    """Names of the hosts in question."""
    failed_host: str | None = None
    """The host whose failure the plan would not cover."""


@dataclasses.dataclass(frozen=True)
class NoPlan:
    """Why not every VM has a place."""

    reasons: tuple[UnplacedReason, ...]
    """The fewest found: one for each VM without a place, or for several that need the same."""
    placements: tuple[Placed, ...]
    """Places of the other VMs, as many as could be placed."""
    proven: bool
    """No plan exists. False: none was found within the bounds of the search."""

    @property
    def unplaced(self) -> tuple[str, ...]:
        """Names of the VMs without a place."""
        return tuple(vm for reason in self.reasons for vm in reason.vms)
