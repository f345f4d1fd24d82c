# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a description, checks it as a whole, and turns it into dataclasses."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode

from .adapters import read_adapters, resolve_nodes
from .cpu import read_cpu
from .memory import read_memory
from .model import ALL, PROFILES, SECTIONS, SWITCH_MODES, Adapter, Cpu, Dataplane, Memory
from .numa import check_nodes, read_numa
from .placement import read_placement
from .reader import Section

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import Problem

_OPTIONAL = ("placement", "numa", "switch_mode", "profile", "iommu", "hardware_version")
# From the virtual hardware with VMXNET3 v3 on; the newest depends on the host.
HARDWARE_VERSIONS = (13, 99)
# What stands for a section that the scope leaves out; nothing of it is written.
_NO_CPU = Cpu(1, (), "none", (), reserve_all=False)
_NO_MEMORY = Memory(4, False, "4K", ())


def parse_dataplane(
    raw: t.Any, path: str = "nfv_dataplane", scope: str = ALL
) -> tuple[Dataplane | None, tuple[Problem, ...]]:
    """Reads a description. scope: one of SECTIONS, whose sections must be there; others are checked if given.

    Returns the description without a problem, or None with every problem found, in the order of the description.
    Never raises, whatever ``raw`` is. path: what the description is called in the paths of problems.
    """
    problems: list[Problem] = []
    needed = SECTIONS[scope]
    left_out = [section for section in SECTIONS[ALL] if section not in needed]
    top = Section.read(raw, path, problems, needed, (*left_out, *_OPTIONAL))
    if top is None:
        return None, tuple(problems)
    cpu = read_cpu(top) if top.has("cpu") else None
    memory = read_memory(top) if top.has("memory") else None
    adapters = read_adapters(top, whole=scope == ALL) if top.has("adapters") else ()
    numa = read_numa(top)
    placement = read_placement(top)
    switch_mode = top.choice("switch_mode", SWITCH_MODES, "standard")
    profile = top.choice("profile", PROFILES, "general")
    iommu = top.boolean("iommu", False)
    hardware_version = top.integer("hardware_version", *HARDWARE_VERSIONS)
    if numa is not None and None not in adapters:
        check_nodes(top, numa, cpu, memory, adapters)
        adapters = resolve_nodes(top, adapters, cpu, numa)
    known = tuple(adapter for adapter in adapters if adapter is not None)
    _check_together(top, cpu, memory, known)
    if problems or numa is None or placement is None or switch_mode is None or profile is None:
        return None, tuple(problems)
    return Dataplane(
        cpu or _NO_CPU,
        memory or _NO_MEMORY,
        known,
        placement,
        numa,
        switch_mode,
        profile,
        iommu if top.has("iommu") else None,
        hardware_version,
    ), ()


def _check_together(top: Section, cpu: Cpu | None, memory: Memory | None, adapters: tuple[Adapter, ...]) -> None:
    """Rules that involve several sections."""
    polled = [adapter.name for adapter in adapters if adapter.driver == "pmd"]
    if polled and cpu is not None and not cpu.polling:
        top.report(
            "cpu.polling",
            ErrorCode.POLLING_CPU_MISSING,
            f"must name at least one vCPU: adapter {polled[0]} has driver pmd",
        )
    if polled and memory is not None and not memory.hugepages:
        top.report(
            "memory.hugepages", ErrorCode.HUGEPAGES_MISSING, f"must have a pool: adapter {polled[0]} has driver pmd"
        )
    if cpu is not None:
        _check_exclusive(top, cpu, memory, adapters)
    for index, adapter in enumerate(adapters):
        if adapter.uptv2 and memory is not None and not memory.reserve_all:
            top.report(f"adapters[{index}].uptv2", ErrorCode.RESERVATION_NEEDED, "needs memory.reserve_all true")


def _check_exclusive(top: Section, cpu: Cpu, memory: Memory | None, adapters: tuple[Adapter, ...]) -> None:
    """What needs latency sensitivity High, and what that needs itself."""
    if cpu.exclusivity == "latency_sensitivity":
        if memory is not None and not memory.reserve_all:
            top.report(
                "memory.reserve_all",
                ErrorCode.RESERVATION_NEEDED,
                "must be true with cpu.exclusivity latency_sensitivity",
            )
        return
    alone = [f"adapters[{index}].strict_latency" for index, each in enumerate(adapters) if each.strict_latency]
    if top.values.get("profile") == "low_latency":
        alone.append("profile")
    for path in alone:
        top.report(path, ErrorCode.EXCLUSIVITY_NEEDED, "needs cpu.exclusivity latency_sensitivity")
