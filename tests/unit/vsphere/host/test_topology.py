# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host as the SDK has it becomes nodes, NICs and uplinks; what vSphere does not tell stays unknown."""

from __future__ import annotations

import typing as t

import pytest
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.host.topology import (
    find_cluster,
    host_topology,
    pci_address,
    vm_use,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.host.uplinks import distributed_port_groups

from .conftest import port_group, proxy_switch, standard_group, teaming

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import HostTopology

Found = tuple[t.Any, dict[str, t.Any]]


def read(host: dict[str, t.Any], *found: Found) -> HostTopology:
    return host_topology(vim.HostSystem("host-1"), host, "nfv-a", (), distributed_port_groups(found))


def test_nodes_have_cores_threads_and_memory(host: dict[str, t.Any]) -> None:
    first, second = read(host).nodes
    assert (first.number, first.cores, first.cpus[:3], first.threads_per_core) == (0, 8, (0, 1, 2), 2)
    assert (second.number, second.cpus[0], second.memory_mb) == (1, 16, 65536)


def test_memory_of_an_api_before_8_is_the_length_of_the_range(host: dict[str, t.Any]) -> None:
    for node in host["hardware.numaInfo"].numaNode:
        node.memorySize = None
    assert [node.memory_mb for node in read(host).nodes] == [63 * 1024, 63 * 1024]


def test_nics_have_their_node_whatever_case_and_padding(host: dict[str, t.Any]) -> None:
    nics = {nic.name: nic for nic in read(host).nics}
    assert {name: nic.node for name, nic in nics.items()} == {"vmnic0": 0, "vmnic1": 0, "vmnic2": 1}
    assert (nics["vmnic1"].pci, nics["vmnic1"].driver, nics["vmnic1"].firmware) == ("0000:3b:00.1", "icen", "4.30")
    assert (nics["vmnic0"].speed_mbps, nics["vmnic2"].speed_mbps, nics["vmnic0"].enhanced_data_path) == (25000, 0, True)


def test_a_host_that_does_not_tell_where_its_nics_are_is_not_guessed_about(
    host: dict[str, t.Any], switch: Found
) -> None:
    for node in host["hardware.numaInfo"].numaNode:
        node.pciId = None
    topology = read(host, switch, port_group("dvportgroup-1", "PG-S5U", teaming(["Uplink 1"])))
    assert {nic.node for nic in topology.nics} == {None}
    assert [group.nodes for group in topology.port_groups] == [None, None]


def test_one_unknown_nic_makes_the_whole_team_unknown(host: dict[str, t.Any], switch: Found) -> None:
    host["config.network.pnic"][2].pci = "0000:d8:00.0"
    topology = read(host, switch, port_group("dvportgroup-1", "PG-S5U", teaming(["Uplink 1", "Uplink 2"])))
    group = topology.uplinks("PG-S5U")
    assert group is not None
    assert (group.active, group.nodes, group.spans_nodes) == (("vmnic1", "vmnic2"), None, False)


def test_a_standard_port_group_has_the_active_nics_of_its_policy(host: dict[str, t.Any]) -> None:
    host["config.network.portgroup"] += [standard_group("PG-Both", ["vmnic0", "vmnic2"]), standard_group("PG-In", [])]
    groups = {group.network: group for group in read(host).port_groups}
    assert (groups["PG-Mgmt"].active, groups["PG-Mgmt"].nodes) == (("vmnic0",), (0,))
    assert (groups["PG-Both"].nodes, groups["PG-Both"].spans_nodes) == ((0, 1), True)
    assert (groups["PG-In"].active, groups["PG-In"].nodes) == ((), ())


def test_a_standard_port_group_inherits_from_its_switch(host: dict[str, t.Any]) -> None:
    policy = vim.host.NetworkPolicy
    order = policy.NicTeamingPolicy(nicOrder=policy.NicOrderPolicy(activeNic=["vmnic2"]))
    spec = vim.host.VirtualSwitch.Specification(numPorts=8, policy=policy(nicTeaming=order))
    host["config.network.vswitch"] = [vim.host.VirtualSwitch(name="vSwitch0", key="k", spec=spec)]
    host["config.network.portgroup"] = [standard_group("PG-Mgmt", None)]
    (group,) = read(host).port_groups
    assert (group.active, group.nodes) == (("vmnic2",), (1,))


def test_a_distributed_port_group_goes_by_its_uplinks_ports(host: dict[str, t.Any], switch: Found) -> None:
    found = [switch]
    found.append(port_group("dvportgroup-1", "PG-S5U", teaming(["Uplink 2"], ["Uplink 1"])))
    found.append(port_group("dvportgroup-2", "PG%2fSGi", None))
    found.append(port_group("dvportgroup-3", "PG-Other", teaming(["Uplink 1"]), host=[vim.HostSystem("host-2")]))
    found.append(port_group("dvportgroup-4", "uplinks", None, **{"config.uplink": True}))
    groups = {group.network: group for group in read(host, *found).port_groups}
    assert set(groups) == {"PG-Mgmt", "PG-S5U", "PG/SGi"}
    assert (groups["PG-S5U"].active, groups["PG-S5U"].nodes, groups["PG-S5U"].switch) == (("vmnic2",), (1,), "dvs")
    # Nothing of its own: the switch's order, which spans nodes.
    assert (groups["PG/SGi"].active, groups["PG/SGi"].nodes) == (("vmnic1", "vmnic2"), (0, 1))


def test_an_uplink_without_a_nic_on_this_host_carries_nothing(host: dict[str, t.Any], switch: Found) -> None:
    host["config.network.proxySwitch"] = [proxy_switch("50 2d", {"Uplink 1": "10", "Uplink 2": "11"}, {"11": "vmnic2"})]
    topology = read(host, switch, port_group("dvportgroup-1", "PG-S5U", teaming(["Uplink 1", "Uplink 2"])))
    assert topology.uplinks("PG-S5U").active == ("vmnic2",)  # type: ignore[union-attr]


def test_a_link_aggregation_group_stands_for_its_ports(host: dict[str, t.Any], switch: Found) -> None:
    proxy = host["config.network.proxySwitch"][0]
    ports = [vim.KeyValue(key="11", value="lag1-0"), vim.KeyValue(key="10", value="lag1-1")]
    proxy.hostLag = [vim.host.HostProxySwitch.HostLagConfig(lagKey="5", lagName="lag1", uplinkPort=ports)]
    proxy.ensEnabled = True
    topology = read(host, switch, port_group("dvportgroup-1", "PG-S5U", teaming(["lag1"])))
    group = topology.uplinks("PG-S5U")
    assert group is not None
    assert (group.active, group.nodes, group.enhanced_data_path) == (("vmnic2", "vmnic1"), (0, 1), True)


def test_a_host_that_cannot_be_reached_has_what_is_known_of_it() -> None:
    topology = read({"name": "esx-9", "runtime.connectionState": "notResponding"})
    assert (topology.usable, topology.nodes, topology.nics, topology.power_policy) == (False, (), (), None)


def test_maintenance_and_capabilities(host: dict[str, t.Any]) -> None:
    topology = read(host)
    assert (topology.usable, topology.power_policy, topology.hyper_threading, topology.mhz) == (
        True,
        "static",
        True,
        2300,
    )
    assert (topology.latency_sensitivity, topology.max_simultaneous_threads) == (True, 2)
    assert not read({**host, "runtime.inMaintenanceMode": True}).usable


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("0000:3b:00.0", (0, 0x3B, 0, 0)),
        ("0000:3B:0.00", (0, 0x3B, 0, 0)),
        ("3b:00.1", (0, 0x3B, 0, 1)),
        ("10000:af:1f.7", (0x10000, 0xAF, 0x1F, 7)),
        ("", None),
        (None, None),
        ("vmnic0", None),
    ],
)
def test_pci_addresses_compare_as_numbers(text: str | None, address: tuple[int, ...] | None) -> None:
    assert pci_address(text) == address


def test_a_cluster_is_named_or_refused() -> None:
    clusters = {"domain-c1": "nfv-a", "domain-c2": "nfv-b", "domain-c3": "nfv-b"}
    assert find_cluster(clusters, "nfv-a") == find_cluster(clusters, "domain-c1") == "domain-c1"
    for wanted, code in (("nfv-c", "cluster_not_found"), ("nfv-b", "cluster_not_unique")):
        with pytest.raises(NfvError) as refused:
            find_cluster(clusters, wanted)
        assert refused.value.error_code == code


def test_what_a_vm_says_of_its_hold() -> None:
    vcpus = [vim.vm.VcpuConfig(latencySensitivity=vim.LatencySensitivity(level=level)) for level in ("normal", "high")]
    properties = {
        "name": "pgw%2f1",
        "config.hardware.numCPU": 2,
        "config.hardware.memoryMB": 4096,
        "config.hardware.simultaneousThreads": 2,
        "config.cpuAllocation.reservation": 2300,
        "config.memoryReservationLockedToMax": True,
        "config.latencySensitivity": vim.LatencySensitivity(level="high"),
        "config.vcpuConfig": vcpus,
        "config.cpuAffinity": vim.vm.AffinityInfo(affinitySet=[5, 4]),
    }
    advanced = {"sched.cpu.latencySensitivity.sysContexts": "1", "numa.nodeAffinity": "1"}
    use = vm_use(vim.VirtualMachine("vm-1"), properties, advanced)
    assert (use.name, use.cpus, use.normal_cpus, use.threads, use.system_contexts) == ("pgw/1", 2, 1, 2, 1)
    assert (use.affinity, use.node_affinity, use.memory_reservation_mb, use.latency_high) == ((4, 5), (1,), 4096, True)
    empty = vm_use(vim.VirtualMachine("vm-1"), {}, {})
    assert (empty.name, empty.cpus, empty.affinity, empty.latency_high) == ("vm-1", 0, (), False)


@pytest.mark.parametrize(("text", "nodes"), [("1", (1,)), ("1, 0", (0, 1)), ("", ()), ("a", ()), ("1,", ())])
def test_a_node_affinity_that_is_no_list_names_no_node(text: str, nodes: tuple[int, ...]) -> None:
    assert vm_use(vim.VirtualMachine("vm-1"), {}, {"numa.nodeAffinity": text}).node_affinity == nodes
