# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The topology of hosts as the API gives it, read in few calls."""

from __future__ import annotations

import typing as t

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.host_topology_info import gather_topology
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection


def gather(connection: Connection, **options: t.Any) -> dict[str, t.Any]:
    return gather_topology({"datacenter": "nfv-dc", "cluster": None, "hosts": [], **options}, connection)["hosts"]


@pytest.fixture(scope="module")
def hosts(placing: t.Any, connection: Connection) -> dict[str, t.Any]:
    placing.reset_calls()
    return gather(connection)


def test_three_batched_reads_and_no_write(placing: t.Any, connection: Connection) -> None:
    placing.reset_calls()
    gather(connection)
    assert placing.mutating_calls() == {}
    # The datacenter, everything below it, the VMs, and the advanced settings of those that hold something.
    assert placing.calls()["RetrievePropertiesEx"] == 4


def test_hosts_and_their_nodes(hosts: dict[str, t.Any]) -> None:
    assert list(hosts) == ["esx-a1.lab", "esx-a2.lab", "esx-a3.lab", "esx-old.lab"]
    first = hosts["esx-a1.lab"]
    assert (first["cluster"], first["mhz"], first["hyper_threading"], first["power_policy"]) == (
        "nfv-a",
        2300,
        True,
        "static",
    )
    assert [(node["number"], node["cores"], node["threads"], node["memory_mb"]) for node in first["nodes"]] == [
        (0, 8, 16, 65536),
        (1, 8, 16, 65536),
    ]
    assert (hosts["esx-a3.lab"]["maintenance"], hosts["esx-a3.lab"]["power_policy"]) == (True, "dynamic")


def test_nics_and_uplinks_have_their_nodes(hosts: dict[str, t.Any]) -> None:
    first = hosts["esx-a1.lab"]
    assert {nic["name"]: nic["node"] for nic in first["nics"]} == {"vmnic0": 0, "vmnic1": 0, "vmnic2": 1, "vmnic3": 1}
    assert first["nics"][2] == {
        "name": "vmnic2",
        "pci": "0000:af:00.0",
        "node": 1,
        "driver": "icen",
        "firmware": "4.30",
        "speed_mbps": 25000,
        "enhanced_data_path": True,
    }
    groups = {group["network"]: group for group in first["port_groups"]}
    assert {name: (group["active"], group["nodes"]) for name, group in groups.items() if name.startswith("PG-")} == {
        "PG-Mgmt": (["vmnic0"], [0]),
        "PG-Near": (["vmnic1"], [0]),
        "PG-S5U": (["vmnic2"], [1]),
        "PG-SGi": (["vmnic3"], [1]),
        "PG-Span": (["vmnic1", "vmnic2"], [0, 1]),
    }
    assert [name for name, group in groups.items() if group["spans_nodes"]] == ["PG-Span"]
    assert (groups["PG-S5U"]["switch"], groups["PG-S5U"]["distributed"]) == ("nfv-dvs", True)


def test_an_old_host_s_nics_are_not_guessed(hosts: dict[str, t.Any]) -> None:
    old = hosts["esx-old.lab"]
    assert {nic["node"] for nic in old["nics"]} == {None}
    assert {tuple(group["active"]) and group["nodes"] for group in old["port_groups"]} <= {None, ()}
    assert (old["latency_sensitivity"], old["max_simultaneous_threads"], old["hyper_threading"]) == (False, 1, False)
    assert [node["cores"] for node in old["nodes"]] == [8, 8]


def test_who_holds_what_and_on_what_ground(hosts: dict[str, t.Any]) -> None:
    first, second = hosts["esx-a1.lab"], hosts["esx-a2.lab"]
    assert {each["vm"]: (each["node"], each["cores"], each["basis"]) for each in first["holdings"]} == {
        "tenant-high": (1, 5, "estimate"),
        "tenant-pinned": (0, 2, "affinity"),
    }
    assert [node["held"]["cores"] for node in first["nodes"]] == [2, 5]
    # One is powered off, and the other has nothing for itself.
    assert {each["vm"]: each["cores"] for each in second["holdings"]} == {"tenant-plain": 0}
    assert [node["free"]["cores"] for node in second["nodes"]] == [8, 8]


def test_cluster_and_hosts_narrow_it_down(connection: Connection) -> None:
    assert list(gather(connection, cluster="nfv-old")) == ["esx-old.lab"]
    assert list(gather(connection, hosts=["esx-a2.lab"])) == ["esx-a2.lab"]
    for options, code in (
        ({"cluster": "nfv-x"}, "cluster_not_found"),
        ({"hosts": ["esx-x"]}, "host_not_found"),
        ({"cluster": "nfv-old", "hosts": ["esx-a1.lab"]}, "host_not_found"),
        ({"datacenter": "dc-x"}, "datacenter_not_found"),
    ):
        with pytest.raises(NfvError) as refused:
            gather(connection, **options)
        assert refused.value.error_code == code


def test_a_vm_that_is_powered_on_is_seen(session: Client, connection: Connection) -> None:
    """The negative control of the two tests above: what they do not see is seen once it is there."""
    found = session.in_view({vim.VirtualMachine: ["name"]})
    tenant = next(each for each, properties in found if properties["name"] == "tenant-off")
    WaitForTask(tenant.PowerOnVM_Task())
    try:
        host = gather(connection, hosts=["esx-a2.lab"])["esx-a2.lab"]
        assert host["unbound"] == {"cores": 4, "memory_mb": 8192}
    finally:
        WaitForTask(tenant.PowerOffVM_Task())
