# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from a description, through the filters that roles use."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.filter import dataplane, pgw_problems

FILTERS = {**dataplane.FilterModule().filters(), **pgw_problems.FilterModule().filters()}
Description = dict[str, t.Any]


def test_everything_the_guest_needs_is_derived(description: Description) -> None:
    derived = FILTERS["dataplane_derived"](description)
    assert list(derived["kernel_arguments"].items()) == [
        ("isolcpus", "managed_irq,domain,2-3"),
        ("nohz_full", "2-3"),
        ("rcu_nocbs", "2-3"),
        ("irqaffinity", "0-1"),
        ("transparent_hugepage", "never"),
        ("default_hugepagesz", "2M"),
        ("hugepagesz", "2M"),
        ("hugepages", "512"),
    ]
    del derived["kernel_arguments"]
    mgmt = {"name": "mgmt", "network": "PG-Mgmt", "driver": "kernel", "queues": 1, "mac": None}
    s5u = {"name": "s5u", "network": "PG-S5U", "driver": "pmd", "queues": 1, "mac": None}
    sgi = {"name": "sgi", "network": "PG-SGi", "driver": "pmd", "queues": 1, "mac": None}
    assert derived == {
        "cpu_count": 4,
        "polling_cpus": "2-3",
        "polling_cpu_list": [2, 3],
        "housekeeping_cpus": "0-1",
        "pmd_cpu_mask": "0xc",
        "memory_mb": 4096,
        "hugepages": [{"size_kb": 2048, "count": 512, "node": None}],
        "hugepage_memory_mb": 1024,
        "adapters": [mgmt, s5u, sgi],
        "pmd_adapters": [s5u, sgi],
        "kernel_adapters": [mgmt],
        "management_adapter": "mgmt",
    }


def test_pools_bound_to_nodes_name_them_at_boot(description: Description) -> None:
    """The node format of the kernel's admin guide, hugetlbpage: what a reboot would take away otherwise."""
    description["memory"]["hugepages"] = [
        {"size": "2M", "amount_mb": 512, "node": 0},
        {"size": "1G", "amount_mb": 1024},
        {"size": "2M", "amount_mb": 256, "node": 1},
    ]
    arguments = FILTERS["dataplane_derived"](description)["kernel_arguments"]
    assert arguments["default_hugepagesz"] == "2M"
    assert (arguments["hugepagesz"], arguments["hugepages"]) == (["2M", "1G"], ["0:256,1:128", "1"])


def test_a_pool_of_one_node_names_it_at_boot(description: Description) -> None:
    description["memory"]["hugepages"] = [{"size": "2M", "amount_mb": 512, "node": 0}]
    arguments = FILTERS["dataplane_derived"](description)["kernel_arguments"]
    assert (arguments["hugepagesz"], arguments["hugepages"]) == ("2M", "0:256")


def test_pools_of_two_sizes_are_pairs(description: Description) -> None:
    description["memory"]["hugepages"] = [{"size": "1G", "amount_mb": 2048}, {"size": "2M", "amount_mb": 512}]
    arguments = FILTERS["dataplane_derived"](description)["kernel_arguments"]
    assert (arguments["hugepagesz"], arguments["hugepages"]) == (["1G", "2M"], ["2", "256"])


def test_an_invalid_description_is_refused_with_its_paths(description: Description) -> None:
    description["cpu"]["polling"] = "7"
    with pytest.raises(AnsibleFilterError, match=r"\[polling_beyond_count\] nfv_dataplane\.cpu\.polling: "):
        FILTERS["dataplane_derived"](description)
    assert [problem["error_code"] for problem in FILTERS["dataplane_problems"](description)] == ["polling_beyond_count"]


PGW: dict[str, t.Any] = {
    "s5u": {"adapter": "s5u", "address": "198.18.1.1/24"},
    "sgi": {"adapter": "sgi", "address": "198.18.2.1/24", "next_hop": "198.18.2.2"},
    "sessions": [
        {
            "name": "ue-1",
            "imsi": "001010000000001",
            "ue_address": "198.19.0.1",
            "local_teid": 4097,
            "peer_teid": 8193,
            "peer_address": "198.18.1.2",
        }
    ],
}


def pgw_found(variables: dict[str, t.Any], description: Description) -> list[tuple[str, str]]:
    problems = FILTERS["pgw_problems"](variables, description)
    return [(problem["path"], problem["error_code"]) for problem in problems]


def test_pgw_variables_that_fit_the_description(description: Description) -> None:
    assert pgw_found(PGW, description) == []


def test_pgw_variables_that_do_not_fit(description: Description) -> None:
    session = PGW["sessions"][0]
    wrong = {
        "s5u": {"adapter": "mgmt", "address": "198.18.1.1"},
        "sgi": {"adapter": "sgi", "address": "198.18.2.1/24"},
        "sessions": [session, dict(session, name="ue-2", local_teid=0), dict(session, teid=1), "ue-3"],
    }
    assert pgw_found(wrong, description) == [
        ("pgw_s5u.address", "address_invalid"),
        ("pgw_s5u.adapter", "adapter_unknown"),
        ("pgw_sgi.next_hop", "key_missing"),
        ("pgw_sessions[1].local_teid", "value_out_of_range"),
        ("pgw_sessions[1].ue_address", "session_repeated"),
        ("pgw_sessions[1].peer_teid", "session_repeated"),
        ("pgw_sessions[2].teid", "key_unknown"),
        ("pgw_sessions[2].name", "session_repeated"),
        ("pgw_sessions[2].ue_address", "session_repeated"),
        ("pgw_sessions[2].local_teid", "session_repeated"),
        ("pgw_sessions[2].peer_teid", "session_repeated"),
        ("pgw_sessions[3]", "value_type_wrong"),
    ]
    assert pgw_found({}, description)[0] == ("pgw_s5u", "value_type_wrong")


@pytest.mark.parametrize(
    ("ring", "size", "code"),
    [
        ("rx_descriptors", 128, None),
        ("rx_descriptors", 4096, None),
        ("rx_descriptors", 64, "value_out_of_range"),
        ("tx_descriptors", 256, "value_out_of_range"),
        ("tx_descriptors", 8192, "value_out_of_range"),
        ("tx_descriptors", 1000, "value_out_of_range"),
    ],
)
def test_rings_have_sizes_that_driver_and_switch_take(
    description: Description, ring: str, size: int, code: str | None
) -> None:
    found = pgw_found({**PGW, "s5u": {**PGW["s5u"], ring: size}}, description)
    assert found == ([] if code is None else [(f"pgw_s5u.{ring}", code)])
