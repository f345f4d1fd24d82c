# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The section ``adapters``: one entry for each VMXNET3 adapter."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode

from .model import AUTO_NODE, DRIVERS, TX_CONTEXTS, Adapter, Cpu, Numa
from .numa import node_of_polling
from .reader import MAX_NODE, Section

# Configuration maximum of a VM in vSphere 8.
MAX_ADAPTERS = 10
# VMXNET3 v6 (hardware version 17) has up to 32 queues.
MAX_QUEUES = 32
# The name is also an Open vSwitch port, hence at most 15 characters (IFNAMSIZ - 1 of linux/if.h).
ADAPTER_NAME = r"[A-Za-z][A-Za-z0-9_.-]{0,14}"

_REQUIRED = ("name", "network", "driver")
_OPTIONAL = (
    *("queues", "mac", "management", "label", "tx_contexts", "udp_rss", "interrupt_coalescing"),
    *("numa_node", "uptv2", "strict_latency", "switch"),
)


def read_adapters(top: Section, whole: bool) -> tuple[Adapter | None, ...]:
    """Reads the entries; None stands for one that is wrong. whole: the guest must have a management adapter."""
    entries = top.items("adapters")
    if len(entries) > MAX_ADAPTERS:
        top.report(
            "adapters",
            ErrorCode.ADAPTER_LIMIT_EXCEEDED,
            f"has {len(entries)} entries; a VM can have at most {MAX_ADAPTERS} adapters",
        )
        return ()
    read = [_read_adapter(top, path, entry) for path, entry in entries]
    adapters = tuple(adapter for adapter in read if adapter is not None)
    for field, code in (
        ("name", ErrorCode.NAME_REPEATED),
        ("mac", ErrorCode.MAC_REPEATED),
        ("label", ErrorCode.LABEL_REPEATED),
    ):
        seen: set[str] = set()
        for index, adapter in enumerate(read):
            value = getattr(adapter, field) if adapter is not None else None
            if value in seen:
                top.report(f"adapters[{index}].{field}", code, f"{value} is already used by an earlier adapter")
            if value is not None:
                seen.add(value)
    if len(adapters) == len(read):
        _check_management(top, adapters, whole)
    return tuple(read)


def resolve_nodes(
    top: Section, adapters: t.Sequence[Adapter | None], cpu: Cpu | None, numa: Numa
) -> tuple[Adapter | None, ...]:
    """Replaces ``numa_node: auto`` with the node of the polling vCPUs."""
    node = None if cpu is None else node_of_polling(cpu, numa)
    if node is None:
        for index, adapter in enumerate(adapters):
            if adapter is not None and adapter.numa_node == AUTO_NODE:
                top.report(
                    f"adapters[{index}].numa_node",
                    ErrorCode.NUMA_NODE_UNKNOWN,
                    "must be a number: auto needs numa.nodes, and all of cpu.polling on one of those nodes",
                )
    return tuple(
        dataclasses.replace(adapter, numa_node=node)
        if adapter is not None and adapter.numa_node == AUTO_NODE
        else adapter
        for adapter in adapters
    )


def _read_adapter(top: Section, path: str, raw: t.Any) -> Adapter | None:
    section = Section.read(raw, path, top.problems, _REQUIRED, _OPTIONAL)
    if section is None:
        return None
    name = section.text("name", ADAPTER_NAME, "a name of at most 15 letters, digits, _ . - that starts with a letter")
    network = section.text("network", form="the name of a port group")
    switch = section.text("switch", form="the name of a switch")
    driver = section.choice("driver", DRIVERS)
    queues = section.integer("queues", 1, MAX_QUEUES, default=1)
    mac = section.mac("mac")
    label = section.text("label", form="an adapter's label such as 'Network adapter 2'")
    tx_contexts = section.choice("tx_contexts", TX_CONTEXTS, "per_vm")
    auto = section.values.get("numa_node") == "auto"
    numa_node = AUTO_NODE if auto else section.integer("numa_node", 0, MAX_NODE)
    flags = {
        "management": section.boolean("management", False),
        "udp_rss": section.boolean("udp_rss", False),
        "interrupt_coalescing": section.boolean("interrupt_coalescing", True),
        "uptv2": section.boolean("uptv2", False),
        "strict_latency": section.boolean("strict_latency", False),
    }
    if name is None or network is None or driver is None or queues is None or tx_contexts is None:
        return None
    if None in flags.values():
        return None
    given: dict[str, t.Any] = {key: bool(value) for key, value in flags.items()}
    adapter = Adapter(
        name,
        network,
        driver,
        queues,
        mac,
        label=label,
        tx_contexts=tx_contexts,
        numa_node=numa_node,
        switch=switch,
        **given,
    )
    _check_adapter(section, adapter)
    return adapter


def _check_adapter(section: Section, adapter: Adapter) -> None:
    if adapter.management and adapter.driver != "kernel":
        section.report(
            "management",
            ErrorCode.MANAGEMENT_ADAPTER_POLLED,
            "needs driver kernel: the guest cannot be managed over a polled adapter",
        )
    if not adapter.interrupt_coalescing and adapter.driver != "kernel":
        section.report(
            "interrupt_coalescing",
            ErrorCode.VALUE_NOT_ALLOWED,
            "has no effect with driver pmd, which uses no interrupts",
        )
    if adapter.udp_rss and adapter.queues == 1:
        section.report("udp_rss", ErrorCode.QUEUES_NEEDED, "spreads UDP over receive queues; set queues to more than 1")
    if adapter.tx_contexts == "per_queue" and adapter.queues == 1:
        section.report("tx_contexts", ErrorCode.QUEUES_NEEDED, "per_queue needs more than 1 in queues")


def _check_management(top: Section, adapters: tuple[Adapter, ...], whole: bool) -> None:
    if whole and not any(adapter.driver == "kernel" for adapter in adapters):
        top.report(
            "adapters",
            ErrorCode.MANAGEMENT_ADAPTER_MISSING,
            "needs an adapter with driver kernel, over which the guest is managed",
        )
    if sum(adapter.management for adapter in adapters) > 1:
        top.report(
            "adapters", ErrorCode.MANAGEMENT_ADAPTER_REPEATED, "marks more than one adapter as management; mark one"
        )
