# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds which cores, and on what ground that is known."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.holdings import (
    VmUse,
    holding,
    node_uses,
    unbound_use,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import (
    BASIS_AFFINITY,
    BASIS_ESTIMATE,
    Holding,
    HostTopology,
    NumaNode,
)

NODES = (NumaNode(0, tuple(range(16)), 8, 65536), NumaNode(1, tuple(range(16, 32)), 8, 65536))
HIGH = VmUse("pgw-1", "vm-1", 4, True, 0, 1, 0, 9200, (), (1,), 4096, 4096)


def held(**changed: t.Any) -> Holding:
    return holding(dataclasses.replace(HIGH, **changed), 2300, NODES)


def test_high_with_everything_reserved_holds_a_core_for_each_vcpu() -> None:
    assert held() == Holding("pgw-1", "vm-1", 1, 4, (), 4096, BASIS_ESTIMATE)


@pytest.mark.parametrize(
    ("changed", "cores"),
    [
        ({"threads": 2, "cpu_reservation_mhz": 4600}, 2),
        ({"threads": 2, "cpus": 3, "cpu_reservation_mhz": 4600}, 2),
        ({"normal_cpus": 1}, 3),
        ({"system_contexts": 2}, 6),
        ({"latency_high": False}, 0),
        ({"cpu_reservation_mhz": 9199}, 0),
        ({"memory_reservation_mb": 4092}, 0),
    ],
)
def test_what_changes_the_estimate(changed: dict[str, t.Any], cores: int) -> None:
    assert held(**changed).cores == cores
    assert held(**changed).basis == (BASIS_ESTIMATE if cores else None)


def test_an_affinity_set_is_occupied_whatever_else_is_set() -> None:
    pinned = held(latency_high=False, affinity=(4, 5, 6), node_affinity=())
    assert (pinned.node, pinned.cores, pinned.cpus, pinned.basis) == (0, 2, (4, 5, 6), BASIS_AFFINITY)
    assert held(affinity=(14, 16)).node is None
    assert held(affinity=(14, 16)).cores == 2


def test_a_vm_that_may_run_on_several_nodes_is_on_none() -> None:
    assert held(node_affinity=(0, 1)).node is None
    assert held(node_affinity=()).node is None


def host(*holdings: Holding) -> HostTopology:
    return HostTopology(
        "esx-1", "host-1", "nfv-a", "8.0.3.0", True, False, True, 2300, "static", NODES, (), (), holdings
    )


def test_each_node_has_what_is_left_on_it() -> None:
    spanning = held(affinity=(14, 15, 16))
    first, second = node_uses(host(held(), spanning, held(node_affinity=())))
    assert (first.held_cores, first.free_cores, first.held_memory_mb) == (1, 7, 0)
    assert (second.held_cores, second.free_cores, second.free_memory_mb) == (5, 3, 61440)
    assert unbound_use(host(held(), spanning, held(node_affinity=()))) == (4, 8192)


def test_two_vms_on_the_same_cores_are_counted_once() -> None:
    first, _second = node_uses(host(held(affinity=(0, 1, 2, 3)), held(affinity=(2, 3))))
    assert first.held_cores == 2


def test_an_overcommitted_node_has_nothing_left_rather_than_less() -> None:
    _first, second = node_uses(
        host(held(cpus=12, cpu_reservation_mhz=27600, memory_mb=99999, memory_reservation_mb=99999))
    )
    assert (second.free_cores, second.free_memory_mb) == (0, 0)
