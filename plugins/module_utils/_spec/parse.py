# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks a description as a whole and turns it into dataclasses."""

from __future__ import annotations

import typing as t

from .model import (
    DRIVERS,
    EXCLUSIVITIES,
    HOST_PAGE_SIZES,
    PAGE_SIZES_KB,
    Adapter,
    Cpu,
    Dataplane,
    HugepagePool,
    Memory,
)
from .placement import read_placement
from .reader import Section

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._errors import Problem

# Configuration maximums of a VM in vSphere 8: vCPUs, memory (24 TiB) and adapters.
MAX_CPUS = 768
MAX_MEMORY_MB = 24 * 1024 * 1024
MAX_ADAPTERS = 10
# VMXNET3 v6 (hardware version 17) has up to 32 queues.
MAX_QUEUES = 32
# Debian's installation guide, "Minimum hardware requirements": 256 MB without a desktop.
LINUX_MEMORY_MB = 256
# The name is also an Open vSwitch port, hence at most 15 characters (IFNAMSIZ - 1 of linux/if.h).
ADAPTER_NAME = r"[A-Za-z][A-Za-z0-9_.-]{0,14}"


def parse_dataplane(raw: t.Any, path: str = "nfv_dataplane") -> tuple[Dataplane | None, tuple[Problem, ...]]:
    """Reads a whole description.

    Returns the description and no problem, or None and every problem found, in the order of the description.
    Never raises, whatever ``raw`` is.
    """
    problems: list[Problem] = []
    top = Section.read(raw, path, problems, ("cpu", "memory", "adapters"), ("placement",))
    if top is None:
        return None, tuple(problems)
    cpu = _read_cpu(top) if top.has("cpu") else None
    memory = _read_memory(top) if top.has("memory") else None
    adapters = _read_adapters(top) if top.has("adapters") else ()
    placement = read_placement(top)
    _check_together(top, cpu, memory, adapters)
    if problems or cpu is None or memory is None or placement is None:
        return None, tuple(problems)
    return Dataplane(cpu, memory, adapters, placement), ()


def _read_cpu(top: Section) -> Cpu | None:
    section = Section.read(
        top.values["cpu"], f"{top.path}.cpu", top.problems, ("count",), ("polling", "exclusivity", "affinity")
    )
    if section is None:
        return None
    count = section.integer("count", 1, MAX_CPUS)
    polling = section.cpu_list("polling")
    exclusivity = section.choice("exclusivity", EXCLUSIVITIES, "latency_sensitivity")
    affinity = section.cpu_list("affinity")
    if count is None or polling is None or exclusivity is None or affinity is None:
        return None
    beyond = [number for number in polling if number >= count]
    if beyond:
        section.report(
            "polling",
            "polling_beyond_count",
            f"names vCPU {beyond[0]}, but cpu.count {count} gives vCPUs 0 to {count - 1}",
        )
    elif len(polling) == count:
        section.report(
            "polling", "no_housekeeping_cpu", f"names all {count} vCPUs; leave at least one, best vCPU 0, to Linux"
        )
    if exclusivity == "affinity" and len(affinity) < count:
        section.report(
            "affinity", "affinity_too_small", f"must name at least {count} host CPUs, one for each of cpu.count"
        )
    if exclusivity != "affinity" and affinity:
        section.report("affinity", "not_allowed", "goes only with cpu.exclusivity affinity")
    return Cpu(count, polling, exclusivity, affinity)


def _read_memory(top: Section) -> Memory | None:
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
    pools = [_read_pool(section, path, entry) for path, entry in section.items("hugepages")]
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
    node = section.integer("node", 0, 63)
    if size is None or amount_mb is None:
        return None
    page_mb = PAGE_SIZES_KB[size] // 1024
    if amount_mb % page_mb:
        section.report(
            "amount_mb", "not_a_multiple", f"must be a multiple of {page_mb}, the page size, not {amount_mb}"
        )
    return HugepagePool(size, amount_mb, node)


def _check_memory(section: Section, memory: Memory) -> None:
    if memory.size_mb % 4:
        # vim.vm.ConfigSpec.memoryMB: a virtual machine's memory is a multiple of 4 MiB.
        section.report("size_mb", "not_a_multiple", f"must be a multiple of 4, not {memory.size_mb}")
    if memory.host_page_size == "1G":
        if memory.size_mb % 1024:
            section.report(
                "size_mb", "not_a_multiple", f"must be a multiple of 1024 with host_page_size 1G, not {memory.size_mb}"
            )
        if not memory.reserve_all:
            section.report("reserve_all", "reservation_needed", "must be true with host_page_size 1G")
    wanted_mb = sum(pool.amount_mb for pool in memory.hugepages)
    if wanted_mb > memory.size_mb - LINUX_MEMORY_MB:
        section.report(
            "hugepages",
            "hugepages_beyond_memory",
            f"sum up to {wanted_mb} MiB; memory.size_mb {memory.size_mb} less {LINUX_MEMORY_MB} for Linux leaves"
            f" {max(0, memory.size_mb - LINUX_MEMORY_MB)}",
        )
    for size in PAGE_SIZES_KB:
        nodes = [pool.node for pool in memory.hugepages if pool.size == size]
        if len(set(nodes)) < len(nodes) or (None in nodes and len(nodes) > 1):
            section.report(
                "hugepages",
                "duplicate_pool",
                f"has {size} pools that overlap; give each its own node, or have only one",
            )


def _read_adapters(top: Section) -> tuple[Adapter, ...]:
    read = [_read_adapter(top, path, entry) for path, entry in top.items("adapters")]
    adapters = tuple(adapter for adapter in read if adapter is not None)
    if len(read) > MAX_ADAPTERS:
        top.report("adapters", "too_many", f"has {len(read)} entries; a VM takes at most {MAX_ADAPTERS}")
    for field, code in (("name", "duplicate_name"), ("mac", "duplicate_mac")):
        seen: set[str] = set()
        for index, adapter in enumerate(read):
            value = getattr(adapter, field) if adapter is not None else None
            if value in seen:
                top.report(f"adapters[{index}].{field}", code, f"{value} is already taken by an earlier adapter")
            if value is not None:
                seen.add(value)
    if len(adapters) == len(read):
        _check_management(top, adapters)
    return adapters


def _read_adapter(top: Section, path: str, raw: t.Any) -> Adapter | None:
    section = Section.read(raw, path, top.problems, ("name", "network", "driver"), ("queues", "mac", "management"))
    if section is None:
        return None
    name = section.text("name", ADAPTER_NAME, "a name of at most 15 letters, digits, _ . - that starts with a letter")
    network = section.text("network", form="the name of a port group")
    driver = section.choice("driver", DRIVERS)
    queues = section.integer("queues", 1, MAX_QUEUES, default=1)
    mac = section.mac("mac")
    management = section.boolean("management", False)
    if name is None or network is None or driver is None or queues is None or management is None:
        return None
    if management and driver != "kernel":
        section.report("management", "management_on_pmd", "needs driver kernel: a polled adapter carries no management")
    return Adapter(name, network, driver, queues, mac, management)


def _check_management(top: Section, adapters: tuple[Adapter, ...]) -> None:
    if not any(adapter.driver == "kernel" for adapter in adapters):
        top.report(
            "adapters",
            "no_management_adapter",
            "has no adapter with driver kernel; the guest is managed over one, add it",
        )
    if sum(adapter.management for adapter in adapters) > 1:
        top.report("adapters", "duplicate_management", "marks more than one adapter as management; mark one")


def _check_together(top: Section, cpu: Cpu | None, memory: Memory | None, adapters: tuple[Adapter, ...]) -> None:
    """Rules that join sections: what polling and exclusive CPUs ask of memory and CPUs."""
    polled = [adapter.name for adapter in adapters if adapter.driver == "pmd"]
    if polled and cpu is not None and not cpu.polling:
        top.report("cpu.polling", "no_polling_cpu", f"must name at least one vCPU: adapter {polled[0]} has driver pmd")
    if memory is None:
        return
    if polled and not memory.hugepages:
        top.report("memory.hugepages", "no_hugepages", f"must have a pool: adapter {polled[0]} has driver pmd")
    if cpu is not None and cpu.exclusivity == "latency_sensitivity" and not memory.reserve_all:
        top.report("memory.reserve_all", "reservation_needed", "must be true with cpu.exclusivity latency_sensitivity")
