# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The description is read whole: every problem found, each with its key path, and never a traceback."""

from __future__ import annotations

import contextlib
import copy
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.derive import derive
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.placement import Placement
from lab.testing.descriptions import adapters
from lab.testing.descriptions import description as complete_description

Description = dict[str, t.Any]
MISSING = object()


def put(description: Description, path: str, value: t.Any) -> None:
    """Sets (or with MISSING removes) the value at a dotted path; list entries by number."""
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    target: t.Any = description
    for part in parents:
        target = target[part]
    if value is MISSING:
        del target[last]
    else:
        target[last] = value


def found(description: t.Any) -> set[tuple[str, str]]:
    return {(problem.path, problem.error_code) for problem in parse_dataplane(description)[1]}


def test_a_valid_description_has_no_problem(description: Description) -> None:
    dataplane, problems = parse_dataplane(description)
    assert problems == ()
    assert dataplane is not None
    assert dataplane.cpu.polling == (2, 3)
    assert dataplane.cpu.housekeeping == (0, 1)
    assert dataplane.memory.hugepages[0].count == 512
    assert dataplane.management_adapter.name == "mgmt"


@pytest.mark.parametrize(
    ("where", "value", "path", "code"),
    [
        ("cpu.coutn", 4, "cpu.coutn", "key_unknown"),
        ("cpu.count", MISSING, "cpu.count", "key_missing"),
        ("cpu.count", True, "cpu.count", "value_type_wrong"),
        ("cpu.count", 2.0, "cpu.count", "value_type_wrong"),
        ("cpu.count", "four", "cpu.count", "value_type_wrong"),
        ("cpu.count", 0, "cpu.count", "value_out_of_range"),
        ("cpu.polling", "4", "cpu.polling", "polling_beyond_count"),
        ("cpu.polling", "0-3", "cpu.polling", "housekeeping_cpu_missing"),
        ("cpu.polling", "3-2", "cpu.polling", "value_malformed"),
        ("cpu.polling", MISSING, "cpu.polling", "polling_cpu_missing"),
        ("cpu.exclusivity", "exclusive", "cpu.exclusivity", "value_not_allowed"),
        ("cpu.exclusivity", "affinity", "cpu.affinity", "affinity_too_small"),
        ("cpu.affinity", "0-3", "cpu.affinity", "value_not_allowed"),
        ("cpu", [], "cpu", "value_type_wrong"),
        ("memory.size_mb", 4095, "memory.size_mb", "value_not_multiple"),
        ("memory.size_mb", 4100, "memory.size_mb", "value_not_multiple"),
        ("memory.reserve_all", "maybe", "memory.reserve_all", "value_type_wrong"),
        ("memory.reserve_all", False, "memory.reserve_all", "reservation_needed"),
        ("memory.host_page_size", "3M", "memory.host_page_size", "value_not_allowed"),
        ("memory.hugepages.0.amount_mb", 4096, "memory.hugepages", "hugepages_beyond_memory"),
        ("memory.hugepages.0.amount_mb", 3, "memory.hugepages[0].amount_mb", "value_not_multiple"),
        ("memory.hugepages.0.size", "4M", "memory.hugepages[0].size", "value_not_allowed"),
        ("memory.hugepages", [], "memory.hugepages", "hugepages_missing"),
        ("memory.hugepages", "2M", "memory.hugepages", "value_type_wrong"),
        ("adapters.1.name", "mgmt", "adapters[1].name", "name_repeated"),
        ("adapters.0.driver", "pmd", "adapters", "management_adapter_missing"),
        ("adapters.1.management", True, "adapters[1].management", "management_adapter_polled"),
        ("adapters.1.driver", "dpdk", "adapters[1].driver", "value_not_allowed"),
        ("adapters.1.name", "a name", "adapters[1].name", "value_malformed"),
        ("adapters.1.network", "", "adapters[1].network", "value_malformed"),
        ("adapters.1.mac", "00:50:56:01:02", "adapters[1].mac", "mac_invalid"),
        ("adapters.1.mac", "01:50:56:01:02:03", "adapters[1].mac", "mac_invalid"),
        ("adapters.1.mac", "00:00:00:00:00:00", "adapters[1].mac", "mac_invalid"),
        ("adapters.1.queues", 33, "adapters[1].queues", "value_out_of_range"),
        ("adapters.1.quenes", 1, "adapters[1].quenes", "key_unknown"),
        ("adapters", {}, "adapters", "value_type_wrong"),
        ("placement.numa", "near", "placement.numa", "value_type_wrong"),
        ("placement.keep_apart_from", [1], "placement.keep_apart_from", "value_type_wrong"),
        ("placement.keep_apart_from", "", "placement.keep_apart_from", "value_type_wrong"),
        ("placement.keep_together_with", 1, "placement.keep_together_with", "value_type_wrong"),
        ("placement.keep_together_with", ["sgw", "pgw"], "placement.keep_together_with", "placement_contradiction"),
        ("placement.must_keep", ["vmotion", "v-motion"], "placement.must_keep", "value_not_allowed"),
        ("placement.restart_priority", "first", "placement.restart_priority", "value_not_allowed"),
        ("placement.automation_level", "fullyAutomated", "placement.automation_level", "value_not_allowed"),
        ("placement.hosts", [None], "placement.hosts", "value_type_wrong"),
        ("placement.host", "esx-1", "placement.host", "key_unknown"),
        ("placment", {}, "placment", "key_unknown"),
    ],
)
def test_a_wrong_value_is_named_by_its_path(
    description: Description, where: str, value: t.Any, path: str, code: str
) -> None:
    put(description, where, value)
    assert (f"nfv_dataplane.{path}", code) in found(description)
    assert parse_dataplane(description)[0] is None


def test_a_placement_is_read_whole(description: Description) -> None:
    description["placement"] = {
        "cluster": "nfv-a",
        "hosts": ["esx-1", "esx-2"],
        "numa": 1,
        "keep_apart_from": ["pgw", "sgw-1"],
        "keep_together_with": "dns-1",
        "must_keep": ["vmotion", "snapshots"],
        "restart_priority": "high",
        "automation_level": "partially_automated",
    }
    dataplane, problems = parse_dataplane(description)
    assert problems == ()
    assert dataplane is not None
    assert dataplane.placement == Placement(
        cluster="nfv-a",
        numa="1",
        keep_apart_from=("pgw", "sgw-1"),
        keep_together_with=("dns-1",),
        must_keep=("vmotion", "snapshots"),
        restart_priority="high",
        automation_level="partially_automated",
        hosts=("esx-1", "esx-2"),
    )
    assert dataplane.placement.node == 1


def test_no_placement_leaves_all_to_the_cluster(description: Description) -> None:
    del description["placement"]
    dataplane, _problems = parse_dataplane(description)
    assert dataplane is not None
    assert dataplane.placement == Placement(cluster=None, numa="auto")
    assert dataplane.placement.node is None


def test_every_problem_is_collected(description: Description) -> None:
    put(description, "cpu.polling", "9")
    put(description, "memory.hugepages.0.amount_mb", 9000)
    put(description, "adapters.2.name", "s5u")
    put(description, "adapters.0.drivers", "x")
    assert {code for _path, code in found(description)} == {
        "polling_beyond_count",
        "hugepages_beyond_memory",
        "name_repeated",
        "key_unknown",
    }


def test_an_unknown_key_names_the_nearest_right_one(description: Description) -> None:
    put(description, "memory.hugepage", [])
    (problem,) = parse_dataplane(description)[1]
    assert problem.message == "is not a known key; did you mean hugepages?"


def test_messages_say_what_would_be_right(description: Description) -> None:
    put(description, "cpu.polling", "2-4")
    (problem,) = parse_dataplane(description)[1]
    assert problem.message == "names vCPU 4, but cpu.count 4 gives vCPUs 0 to 3"


def test_two_adapters_of_one_mac_are_refused_whatever_the_notation(description: Description) -> None:
    put(description, "adapters.1.mac", "00:50:56:01:02:0A")
    put(description, "adapters.2.mac", "00-50-56-01-02-0a")
    assert found(description) == {("nfv_dataplane.adapters[2].mac", "mac_repeated")}


def test_templated_strings_mean_the_same_as_numbers(description: Description) -> None:
    plain = parse_dataplane(copy.deepcopy(description))
    put(description, "cpu.count", "4")
    put(description, "memory.size_mb", "4096")
    put(description, "memory.reserve_all", "true")
    put(description, "adapters.1.queues", "1")
    assert parse_dataplane(description) == plain


def test_one_bare_number_is_a_cpu_list(description: Description) -> None:
    put(description, "cpu.polling", 3)
    dataplane = parse_dataplane(description)[0]
    assert dataplane is not None
    assert dataplane.cpu.polling == (3,)


def test_the_management_adapter_can_be_marked(description: Description) -> None:
    description["adapters"].append({"name": "oam", "network": "PG-OAM", "driver": "kernel", "management": True})
    dataplane = parse_dataplane(description)[0]
    assert dataplane is not None
    assert dataplane.management_adapter.name == "oam"


def test_one_size_has_either_nodes_or_one_pool(description: Description) -> None:
    pools = [{"size": "2M", "amount_mb": 512, "node": 0}, {"size": "2M", "amount_mb": 512, "node": 1}]
    put(description, "memory.hugepages", pools)
    assert found(description) == set()
    put(description, "memory.hugepages", [pools[0], {"size": "2M", "amount_mb": 512}])
    assert found(description) == {("nfv_dataplane.memory.hugepages", "pool_repeated")}


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=8) | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=6,
)
PATHS = [
    "cpu",
    "cpu.count",
    "cpu.polling",
    "cpu.exclusivity",
    "cpu.affinity",
    "memory",
    "memory.size_mb",
    "memory.reserve_all",
    "memory.host_page_size",
    "memory.hugepages",
    "memory.hugepages.0",
    "memory.hugepages.0.size",
    "memory.hugepages.0.amount_mb",
    "memory.hugepages.0.node",
    "adapters",
    "adapters.0",
    "adapters.1.name",
    "adapters.1.network",
    "adapters.1.driver",
    "adapters.1.queues",
    "adapters.1.mac",
    "adapters.1.management",
    "adapters.1.label",
    "adapters.1.tx_contexts",
    "adapters.1.udp_rss",
    "adapters.0.interrupt_coalescing",
    "adapters.1.numa_node",
    "adapters.1.uptv2",
    "adapters.1.strict_latency",
    "adapters.1.switch",
    "cpu.simultaneous_threads",
    "cpu.reserve_all",
    "cpu.system_contexts",
    "numa",
    "numa.nodes",
    "numa.autosize",
    "switch_mode",
    "profile",
    "iommu",
    "hardware_version",
    "placement",
    "placement.cluster",
    "placement.numa",
    "placement.keep_apart_from",
]
VALID: Description = complete_description(adapters=adapters("mgmt", "s5u"), placement={}, numa={})


@given(JUNK)
def test_anything_at_all_gives_problems_not_a_traceback(junk: t.Any) -> None:
    dataplane, problems = parse_dataplane(junk)
    assert dataplane is None
    assert problems


@given(st.lists(st.tuples(st.sampled_from(PATHS), JUNK), min_size=1, max_size=3))
def test_a_mangled_description_gives_problems_or_derives(mangled: list[tuple[str, t.Any]]) -> None:
    description = copy.deepcopy(VALID)
    for path, junk in mangled:
        with contextlib.suppress(TypeError, KeyError, IndexError):  # an earlier mangling took the place away
            put(description, path, junk)
    dataplane, problems = parse_dataplane(description)
    assert (dataplane is None) == bool(problems)
    for problem in problems:
        assert problem.path.startswith("nfv_dataplane")
        assert "\n" not in problem.message
    if dataplane is not None:
        derive(dataplane)
