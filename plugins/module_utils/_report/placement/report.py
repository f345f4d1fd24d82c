# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the placement report."""

from __future__ import annotations

import dataclasses
import typing as t

from .bars import NodeBars, node_bars, projected, unbound
from .words import counted, memory_size

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import Placed, PlacementPlan
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import (
        Holding,
        HostTopology,
        PhysicalNic,
    )


@dataclasses.dataclass(frozen=True)
class VmRow:
    """Where one VM goes."""

    name: str
    """The VM."""
    host: str
    """The host, with its cluster in parentheses."""
    nodes: str
    """NUMA nodes, or ``any``."""
    cores: int
    """Physical cores."""
    memory: str
    """Memory in GiB or MiB."""
    cpus: str
    """Logical CPUs of a pinned VM, or a dash."""
    change: str
    """``new``, ``kept`` or ``moved``, and where it moves from."""


@dataclasses.dataclass(frozen=True)
class HostView:
    """A host before the placement, or after it."""

    title: str
    """``before``, ``after`` or ``as planned``."""
    nodes: tuple[NodeBars, ...]
    """Its NUMA nodes; empty when vSphere reports none."""
    unbound: tuple[str, ...]
    """VMs that no node is fixed for, with their cores and memory."""


@dataclasses.dataclass(frozen=True)
class Nic:
    """A physical NIC."""

    name: str
    """Its name, such as ``vmnic0``."""
    speed: str
    """Link speed in Gbit/s, or ``no link``."""
    up: bool
    """It has a link."""
    facts: tuple[str, ...]
    """PCI address, driver, speed and enhanced data path."""
    networks: tuple[str, ...]
    """The port groups whose traffic it carries."""


@dataclasses.dataclass(frozen=True)
class NicGroup:
    """The NICs on one NUMA node."""

    node: str
    """``node 0``, or ``node unknown``."""
    nics: tuple[Nic, ...]
    """The NICs."""


@dataclasses.dataclass(frozen=True)
class HostCard:
    """One host."""

    name: str
    """Its name."""
    cluster: str | None
    """Its cluster; None for a host of its own."""
    warnings: tuple[str, ...]
    """``not connected``, ``maintenance``."""
    facts: tuple[str, ...]
    """Clock, hyper-threading, power policy and API version."""
    sides: tuple[HostView, ...]
    """Before and after; before alone for a host that was not read again."""
    nics: tuple[NicGroup, ...]
    """Its NICs by NUMA node."""


@dataclasses.dataclass(frozen=True)
class PlacementReport:
    """What the page shows."""

    title: str
    """How many VMs on how many hosts."""
    summary: str
    """What changes, when the hosts were read, and which failures the plan survives."""
    after: str
    """How the second side of each host was found: ``after``, read again, or ``as planned``."""
    vms: tuple[VmRow, ...]
    """Where each planned VM goes."""
    remarks: tuple[str, ...]
    """What the planner could not know."""
    hosts: tuple[HostCard, ...]
    """All hosts that were read."""


def placement_report(
    plan: PlacementPlan,
    before: t.Sequence[HostTopology],
    after: t.Sequence[HostTopology] | None = None,
    created: str = "",
) -> PlacementReport:
    """The report of a plan.

    before: the hosts that it was made for; after: the hosts read again afterwards, None to show them as planned;
    created: when the hosts were read, as the page shows it.
    """
    then = {host.name: host for host in (projected(before, plan) if after is None else after)}
    title = "as planned" if after is None else "after"
    hosts = {host.name: host for host in before}
    return PlacementReport(
        title=f"Placement of {counted(len(plan.placements), 'VM')} on {counted(len(before), 'host')}",
        summary=_summary(plan, created),
        after=title,
        vms=tuple(_vm(placed, hosts.get(placed.host)) for placed in plan.placements),
        remarks=tuple(f"{each.vm}: {each.text}" for each in plan.remarks),
        hosts=tuple(_host(host, then.get(host.name), plan, title) for host in before),
    )


def _summary(plan: PlacementPlan, created: str) -> str:
    changes = [placed.change for placed in plan.placements]
    counts = ", ".join(f"{changes.count(change)} {change}" for change in sorted(set(changes))) or "nothing planned"
    proof = ""
    if plan.failovers:
        hosts = len({each.failed_host for each in plan.failovers})
        proof = f" Any one host may fail: every VM of {counted(hosts, 'host')} has room elsewhere."
    return f"{counts}.{f' Read until {created}.' if created else ''}{proof}"


def _vm(placed: Placed, host: HostTopology | None) -> VmRow:
    change = placed.change
    if placed.before is not None:
        change += f" from {placed.before}" if placed.before != placed.host else " from another node"
    return VmRow(
        name=placed.vm,
        host=placed.host if host is None or host.cluster is None else f"{placed.host} ({host.cluster})",
        nodes=", ".join(map(str, placed.nodes)) or "any",
        cores=placed.cores,
        memory=memory_size(placed.memory_mb),
        cpus=", ".join(map(str, placed.cpus)) or "–",
        change=change,
    )


def _host(host: HostTopology, then: HostTopology | None, plan: PlacementPlan, after: str) -> HostCard:
    states = (("not connected", not host.available), ("maintenance", host.maintenance))
    sides = (("before", host), (after, then))
    return HostCard(
        name=host.name,
        cluster=host.cluster,
        warnings=tuple(text for text, holds in states if holds),
        facts=(
            f"{host.mhz} MHz",
            "hyper-threading" if host.hyper_threading else "no hyper-threading",
            f"power policy {host.power_policy or 'unknown'}",
            f"API {host.api_version or 'unknown'}",
        ),
        sides=tuple(_side(title, each, plan) for title, each in sides if each is not None),
        nics=_nic_groups(host),
    )


def _side(title: str, host: HostTopology, plan: PlacementPlan) -> HostView:
    return HostView(title, node_bars(host, plan), tuple(_holding(each) for each in unbound(host)))


def _holding(each: Holding) -> str:
    return f"{each.vm} ({counted(each.cores, 'core')}, {memory_size(each.memory_mb)})"


def _nic_groups(host: HostTopology) -> tuple[NicGroup, ...]:
    """The host's NICs by node; those whose node is unknown last."""
    networks: dict[str, list[str]] = {}
    for group in host.port_groups:
        for name in group.active:
            networks.setdefault(name, []).append(group.network)
    known = sorted({nic.node for nic in host.nics if nic.node is not None})
    numbers: list[int | None] = [*known, *([None] if any(nic.node is None for nic in host.nics) else [])]
    return tuple(
        NicGroup(
            "node unknown" if number is None else f"node {number}",
            tuple(_nic(nic, networks.get(nic.name, ())) for nic in host.nics if nic.node == number),
        )
        for number in numbers
    )


def _nic(nic: PhysicalNic, networks: t.Sequence[str]) -> Nic:
    speed = f"{nic.speed_mbps / 1000:g} Gbit/s" if nic.speed_mbps else "no link"
    facts = (nic.pci, nic.driver or "driver unknown", speed)
    data_path = ("enhanced data path",) if nic.enhanced_data_path else ()
    return Nic(nic.name, speed, bool(nic.speed_mbps), (*facts, *data_path), tuple(networks))
