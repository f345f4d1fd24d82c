# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A topology goes out as plain data and comes back as it was."""

from __future__ import annotations

import json
import typing as t

import pytest
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.holdings import VmUse
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.serialize import (
    hosts_as_data,
    hosts_from_data,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.host.topology import host_topology
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.host.uplinks import distributed_port_groups

from .conftest import port_group, teaming

USES = (
    VmUse("pgw-1", "vm-1", 4, True, 0, 1, 0, 9200, (), (1,), 4096, 4096),
    VmUse("db-1", "vm-2", 2, False, 0, 1, 0, 0, (0, 1), (), 8192, 0),
    VmUse("web-1", "vm-3", 2, False, 0, 1, 0, 0, (), (), 8192, 1024),
)


@pytest.fixture
def data(host: dict[str, t.Any], switch: t.Any) -> dict[str, t.Any]:
    groups = distributed_port_groups([switch, port_group("dvportgroup-1", "PG-S5U", teaming(["Uplink 2"]))])
    return hosts_as_data([host_topology(vim.HostSystem("host-1"), host, "nfv-a", USES, groups)])


def test_data_is_plain_and_comes_back(data: dict[str, t.Any]) -> None:
    plain = json.loads(json.dumps(data))
    assert plain == data
    assert hosts_as_data(hosts_from_data(plain)) == data


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
    assert host["floating"] == {"cores": 0, "memory_mb": 1024}
    assert [(each["vm"], each["cpus"], each["ground"]) for each in host["holdings"]] == [
        ("pgw-1", "", "estimate"),
        ("db-1", "0-1", "affinity"),
        ("web-1", "", None),
    ]
    assert [(group["network"], group["nodes"]) for group in host["port_groups"]] == [("PG-Mgmt", [0]), ("PG-S5U", [1])]


@pytest.mark.parametrize("breaks", [None, {"esx-1": {}}, {"esx-1": "a host"}])
def test_data_that_is_no_topology_is_refused(breaks: t.Any) -> None:
    with pytest.raises(NfvError) as refused:
        hosts_from_data(breaks)
    assert refused.value.error_code == "topology_invalid"


def test_a_wrong_cpu_list_is_refused(data: dict[str, t.Any]) -> None:
    data["esx-1.example.com"]["nodes"][0]["cpus"] = "0-x"
    with pytest.raises(NfvError):
        hosts_from_data(data)
