# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module's options become DPDK's settings and ports' options."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._ovs.settings import (
    allow_list,
    described_switch,
    other_config,
)
from tests.unit.ovs.recorded_switch import BRIDGES, POOLS


def test_memory_leaves_a_quarter_and_follows_nodes() -> None:
    assert other_config("1", "0", POOLS)["dpdk-alloc-mem"] == "384"
    on_nodes = other_config("2-3", "0-1", [{"size_kb": 1048576, "count": 4, "node": 1}])
    assert on_nodes["dpdk-socket-mem"] == "0,3072"
    assert "dpdk-alloc-mem" not in on_nodes
    assert (on_nodes["pmd-cpu-mask"], on_nodes["dpdk-lcore-mask"]) == ("0xc", "0x3")


@pytest.mark.parametrize("cpus", ["", "a", "3-1", "1,,2"])
def test_wrong_cpu_list_is_refused(cpus: str) -> None:
    with pytest.raises(NfvError, match="polling_cpus"):
        other_config(cpus, "0", POOLS)


def test_only_our_devices_are_allowed() -> None:
    assert allow_list(BRIDGES) == "-a 0000:00:05.0 -a 0000:00:06.0"


def test_ring_sizes_are_options_of_a_port_and_left_to_the_switch_otherwise() -> None:
    port = {"name": "s5u", "number": 1, "type": "dpdk", "pci_address": "0000:00:05.0", "queues": 1, "mtu": None}
    parameters = {"polling_cpus": "1", "housekeeping_cpus": "0", "hugepages": POOLS}

    def options(**rings: int | None) -> dict[str, str]:
        sizes = {"rx_descriptors": None, "tx_descriptors": None, **rings}
        bridge = {"name": "br-s5u", "fail_mode": "secure", "ports": [{**port, **sizes}]}
        (made,) = described_switch({**parameters, "bridges": [bridge]}).bridges
        assert list(made.ports[0].options) == sorted(made.ports[0].options), "read back in this order"
        return dict(made.ports[0].options)

    without = {"dpdk-devargs": "0000:00:05.0", "n_rxq": "1"}
    assert options() == without
    assert options(rx_descriptors=1024) == {**without, "n_rxq_desc": "1024"}
    assert options(rx_descriptors=128, tx_descriptors=512) == {**without, "n_rxq_desc": "128", "n_txq_desc": "512"}


@pytest.mark.parametrize("node", [-1, 1024, 10**12])
def test_a_numa_node_that_cannot_be_is_refused(node: int) -> None:
    """Each node has a place in dpdk-socket-mem: the text for a large number would take all memory."""
    with pytest.raises(NfvError, match="value_out_of_range"):
        other_config("1", "0", [{"size_kb": 2048, "count": 1, "node": node}])
