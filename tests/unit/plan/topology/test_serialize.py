# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A topology goes out as plain data and comes back as it was."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import (
    BASIS_AFFINITY,
    BASIS_ESTIMATE,
    Holding,
    HostTopology,
    NumaNode,
    PhysicalNic,
    PortGroupUplinks,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.serialize import (
    hosts_as_data,
    hosts_from_data,
)

HOST = HostTopology(
    name="esx-1.example.com",
    moid="host-1",
    cluster="nfv-a",
    api_version="8.0.3.0",
    available=True,
    maintenance=False,
    hyper_threading=True,
    mhz=2300,
    power_policy="static",
    nodes=(NumaNode(0, tuple(range(16)), 8, 65536), NumaNode(1, tuple(range(16, 32)), 8, 65536)),
    nics=(
        PhysicalNic("vmnic0", "0000:3b:00.0", 0, "icen", "4.30", 25000, True),
        PhysicalNic("vmnic1", "0000:b0:00.0", None, None, None, 0, None),
    ),
    port_groups=(
        PortGroupUplinks("PG-Mgmt", "key-1", "vSwitch0", False, ("vmnic0",), (0,)),
        PortGroupUplinks("PG-S5U", "dvportgroup-1", "dvs", True, ("vmnic2",), (1,), switch_mode="edp_standard"),
        PortGroupUplinks("PG-SGi", "dvportgroup-2", "dvs", True, ("vmnic1",), None),
    ),
    holdings=(
        Holding("pgw-1", "vm-1", 1, 4, (), 4096, BASIS_ESTIMATE),
        Holding("db-1", "vm-2", 0, 1, (0, 1), 0, BASIS_AFFINITY),
        Holding("web-1", "vm-3", None, 0, (), 1024, None),
    ),
    max_simultaneous_threads=2,
)


@pytest.fixture
def data() -> dict[str, t.Any]:
    return hosts_as_data([HOST])


def test_data_is_plain_and_comes_back(data: dict[str, t.Any]) -> None:
    plain = json.loads(json.dumps(data))
    assert plain == data
    assert hosts_from_data(plain) == (HOST,)


def test_what_it_says(data: dict[str, t.Any]) -> None:
    host = data["esx-1.example.com"]
    assert host["nodes"][1] == {
        "number": 1,
        "cpus": "16-31",
        "cores": 8,
        "threads": 16,
        "memory_mb": 65536,
        "held": {"cores": 4, "memory_mb": 4096},
        "free": {"cores": 4, "memory_mb": 61440},
    }
    assert host["nodes"][0]["held"] == {"cores": 1, "memory_mb": 0}
    assert host["unbound"] == {"cores": 0, "memory_mb": 1024}
    assert [(each["vm"], each["cpus"], each["basis"]) for each in host["holdings"]] == [
        ("pgw-1", "", "estimate"),
        ("db-1", "0-1", "affinity"),
        ("web-1", "", None),
    ]
    assert [(group["network"], group["nodes"], group["spans_nodes"]) for group in host["port_groups"]] == [
        ("PG-Mgmt", [0], False),
        ("PG-S5U", [1], False),
        ("PG-SGi", None, False),
    ]


@pytest.mark.parametrize("breaks", [None, {"esx-1": {}}, {"esx-1": "a host"}])
def test_data_that_is_no_topology_is_refused(breaks: t.Any) -> None:
    with pytest.raises(NfvError) as refused:
        hosts_from_data(breaks)
    assert refused.value.error_code == "topology_invalid"


def test_a_wrong_cpu_list_is_refused(data: dict[str, t.Any]) -> None:
    data["esx-1.example.com"]["nodes"][0]["cpus"] = "0-x"
    with pytest.raises(NfvError):
        hosts_from_data(data)
