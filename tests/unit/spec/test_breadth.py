# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that belongs to a VM can be described, and what contradicts itself is named by its path."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.derive import kernel_arguments
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import (
    ADAPTERS,
    CPU_PINNING,
    HUGEPAGES,
    SECTIONS,
    Numa,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane

Description = dict[str, t.Any]
Changes = tuple[tuple[str, t.Any], ...]
NONE: Changes = (("cpu.exclusivity", "none"),)


def changed(description: Description, *changes: tuple[str, t.Any]) -> Description:
    for path, value in changes:
        target: t.Any = description
        *parents, last = path.split(".")
        for part in parents:
            target = target[int(part)] if part.isdigit() else target.setdefault(part, {})
        target[last] = value
    return description


def found(description: t.Any, **options: t.Any) -> set[tuple[str, str]]:
    return {(problem.path, problem.error_code) for problem in parse_dataplane(description, **options)[1]}


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ((("cpu.simultaneous_threads", 3),), "cpu.simultaneous_threads", "value_out_of_range"),
        ((("cpu.simultaneous_threads", 2), ("cpu.count", 5)), "cpu.count", "value_not_multiple"),
        ((("cpu.simultaneous_threads", 2), ("cpu.polling", "1-2")), "cpu.polling", "polling_splits_core"),
        ((("cpu.reserve_all", False),), "cpu.reserve_all", "reservation_needed"),
        ((("cpu.system_contexts", 1), *NONE), "cpu.system_contexts", "value_not_allowed"),
        ((("cpu.system_contexts", -1),), "cpu.system_contexts", "value_out_of_range"),
        ((("numa.nodes", 3),), "numa.nodes", "value_not_divisor"),
        ((("numa.nodes", 4), ("cpu.simultaneous_threads", 2)), "numa.nodes", "value_not_divisor"),
        ((("numa.nodes", 0),), "numa.nodes", "value_out_of_range"),
        ((("numa", []),), "numa", "value_type_wrong"),
        ((("numa.node", 1),), "numa.node", "key_unknown"),
        ((("numa.autosize", "never"),), "numa.autosize", "value_not_allowed"),
        ((("numa.autosize", "every_power_on"), ("numa.nodes", 1)), "numa.autosize", "value_not_allowed"),
        (
            (("numa.nodes", 1), ("memory.hugepages.0.node", 1)),
            "memory.hugepages[0].node",
            "numa_node_beyond_nodes",
        ),
        ((("numa.nodes", 2), ("adapters.1.numa_node", 2)), "adapters[1].numa_node", "numa_node_beyond_nodes"),
        ((("adapters.1.numa_node", "auto"),), "adapters[1].numa_node", "numa_node_unknown"),
        (
            (("numa.nodes", 2), ("cpu.polling", "1-2"), ("adapters.1.numa_node", "auto")),
            "adapters[1].numa_node",
            "numa_node_unknown",
        ),
        ((("adapters.1.numa_node", 0),), "adapters[1].numa_node", "numa_nodes_needed"),
        ((("adapters.1.numa_node", "near"),), "adapters[1].numa_node", "value_type_wrong"),
        ((("switch_mode", "fast"),), "switch_mode", "value_not_allowed"),
        ((("adapters.1.switch", 3),), "adapters[1].switch", "value_type_wrong"),
        ((("profile", "fast"),), "profile", "value_not_allowed"),
        ((("profile", "low_latency"), *NONE), "profile", "exclusivity_needed"),
        ((("iommu", "perhaps"),), "iommu", "value_type_wrong"),
        ((("hardware_version", 9),), "hardware_version", "value_out_of_range"),
        ((("adapters.1.tx_contexts", 3),), "adapters[1].tx_contexts", "value_not_allowed"),
        ((("adapters.1.tx_contexts", "per_queue"),), "adapters[1].tx_contexts", "queues_needed"),
        ((("adapters.1.udp_rss", True),), "adapters[1].udp_rss", "queues_needed"),
        ((("adapters.1.interrupt_coalescing", False),), "adapters[1].interrupt_coalescing", "value_not_allowed"),
        ((("adapters.1.uptv2", "perhaps"),), "adapters[1].uptv2", "value_type_wrong"),
        (
            (("adapters.1.uptv2", True), ("memory.reserve_all", False), ("memory.host_page_size", "4K"), *NONE),
            "adapters[1].uptv2",
            "reservation_needed",
        ),
        ((("adapters.1.strict_latency", True), *NONE), "adapters[1].strict_latency", "exclusivity_needed"),
        ((("adapters.0.label", "N 1"), ("adapters.1.label", "N 1")), "adapters[1].label", "label_repeated"),
        ((("adapters.1.label", " "),), "adapters[1].label", "value_malformed"),
    ],
)
def test_what_contradicts_itself_is_named(description: Description, changes: Changes, path: str, code: str) -> None:
    assert found(changed(description, *changes)) == {(f"nfv_dataplane.{path}", code)}


def test_everything_at_once_is_read(description: Description) -> None:
    dataplane, problems = parse_dataplane(
        changed(
            description,
            ("cpu.count", 8),
            ("cpu.polling", "4-7"),
            ("cpu.simultaneous_threads", 2),
            ("cpu.system_contexts", 1),
            ("numa.nodes", 2),
            ("switch_mode", "edp_dedicated"),
            ("profile", "low_latency"),
            ("iommu", True),
            ("hardware_version", 20),
            ("adapters.0.interrupt_coalescing", False),
            ("adapters.1.queues", 4),
            ("adapters.1.tx_contexts", "per_queue"),
            ("adapters.1.udp_rss", "yes"),
            ("adapters.1.numa_node", "auto"),
            ("adapters.1.label", "Network adapter 2"),
            ("adapters.1.uptv2", True),
            ("adapters.1.strict_latency", True),
            ("adapters.1.switch", "dvs-a"),
        )
    )
    assert problems == ()
    assert dataplane is not None
    assert dataplane.numa == Numa(2)
    assert (dataplane.switch_mode, dataplane.profile, dataplane.iommu) == ("edp_dedicated", "low_latency", True)
    adapter = dataplane.adapters[1]
    assert (adapter.numa_node, adapter.udp_rss, adapter.tx_contexts) == (1, True, "per_queue")
    assert (adapter.switch, dataplane.adapters[0].switch) == ("dvs-a", None)


def test_nothing_that_is_not_said_is_assumed(description: Description) -> None:
    dataplane = parse_dataplane(description)[0]
    assert dataplane is not None
    assert (dataplane.iommu, dataplane.hardware_version, dataplane.numa) == (None, None, Numa(None, "once"))
    assert (dataplane.cpu.reserve_all, dataplane.cpu.simultaneous_threads) == (True, 1)
    unreserved = parse_dataplane(changed(description, *NONE))[0]
    assert unreserved is not None
    assert not unreserved.cpu.reserve_all


def test_an_iommu_is_switched_on_in_the_guest_too(description: Description) -> None:
    dataplane = parse_dataplane(changed(description, ("iommu", True)))[0]
    assert dataplane is not None
    arguments = kernel_arguments(dataplane)
    assert (arguments["intel_iommu"], arguments["iommu"]) == ("on", "pt")


@pytest.mark.parametrize(("scope", "section"), [(ADAPTERS, "adapters"), (CPU_PINNING, "cpu"), (HUGEPAGES, "memory")])
def test_a_scope_needs_its_section_and_checks_the_others(description: Description, scope: str, section: str) -> None:
    assert found({section: description[section]}, scope=scope) == set()
    assert found({}, scope=scope) == {(f"nfv_dataplane.{section}", "key_missing")}
    assert found(description, scope=scope) == set()
    other = next(name for name in SECTIONS["dataplane"] if name != section)
    assert found({section: description[section], other: "junk"}, scope=scope) == {
        (f"nfv_dataplane.{other}", "value_type_wrong")
    }


def test_adapters_alone_need_no_management_adapter(description: Description) -> None:
    polled = {"adapters": description["adapters"][1:]}
    assert found(polled, scope=ADAPTERS) == set()
    assert ("nfv_dataplane.adapters", "management_adapter_missing") in found(polled)
