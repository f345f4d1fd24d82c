# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inventory of one's own: hosts and their nodes, NICs and teams, VMs and fleets, as the API shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl

from lab.errors import LabError

INVENTORY: dict[str, Any] = {
    "apiVersion": "8.0.3.0",
    "datacenter": "dc",
    "datastore": "ds",
    "hostDefaults": {
        "sockets": 2,
        "coresPerSocket": 4,
        "threadsPerCore": 2,
        "mhz": 2000,
        "memoryGB": 64,
        "nics": [
            {"device": "vmnic0", "pci": "0000:04:00.0", "node": 0, "driver": "ixgben", "linkMbps": 10000},
            {"device": "vmnic2", "pci": "0000:84:00.0", "node": 1, "driver": "i40en", "driverVersion": "2.3",
             "firmware": "9.20", "linkMbps": 25000, "enhancedNetworkingStack": True},
        ],
        "standardSwitches": [{"name": "vSwitch0", "uplinks": ["vmnic0"], "portGroups": [{"name": "PG-Mgmt"}]}],
        "uplinks": {"vds": {"Uplink 1": "vmnic2", "Uplink 2": "vmnic0"}},
    },
    "clusters": [
        {"name": "a", "drs": {"enabled": True, "automation": "fullyAutomated"},
         "ha": {"enabled": True, "admissionControl": True}, "hosts": [{"name": "a%02d.lab", "count": 2}]},
        {"name": "b", "drs": {"enabled": False, "automation": "manual"}, "hosts": [
            {"name": "old.lab", "numaPciIds": False, "apiVersion": "6.5", "latencySensitivitySupported": False,
             "maxSupportedSimultaneousThreads": 1},
        ]},
        {"name": "c", "hosts": [
            {"name": "odd.lab", "hyperThreading": False, "numaNodes": 4, "powerPolicy": "dynamic", "maintenance": True,
             "nics": [{"device": "vmnic0", "pci": "0000:3b:00.0", "node": 2, "numaPciId": "3B:00.0", "linkMbps": 0}],
             "uplinks": {}},
        ]},
    ],
    "distributedSwitches": [
        {"name": "vds", "version": "8.0.0", "uplinks": ["Uplink 1", "Uplink 2"], "portGroups": [
            {"name": "data", "active": ["Uplink 1"], "vlan": 100},
            {"name": "spanning", "active": ["Uplink 1", "Uplink 2"]},
            {"name": "segment", "active": ["Uplink 1"], "nsx": True},
        ]},
    ],
    "opaqueNetworks": ["opaque"],
    "vms": [
        {"name": "busy", "host": "a02.lab", "cpus": 2, "memoryMB": 2048, "adapterType": "vmxnet3",
         "networks": ["data", "segment", "opaque", "PG-Mgmt"], "latencySensitivity": "high",
         "vcpuLatencySensitivity": ["normal", "high"], "cpuReservationMHz": 4000,
         "memoryReservationLockedToMax": True, "extraConfig": {"numa.nodeAffinity": "1"}, "poweredOn": True},
        {"name": "pinned", "host": "old.lab", "cpus": 2, "memoryMB": 1024, "affinity": [2, 3], "poweredOn": True},
    ],
    "fleet": {"count": 6, "vm": {"name": "fleet-%d", "folder": "fleet", "networks": ["PG-Mgmt", "data"]}},
}  # fmt: skip


@pytest.fixture(scope="module")
def datacenter(start_vcenter: Callable[..., Any], open_lab: Callable[[Any], Any]) -> Any:
    return open_lab(start_vcenter(inventory=INVENTORY)).datacenter


@pytest.fixture(scope="module")
def hosts(datacenter: Any) -> dict[str, Any]:
    return {host.name: host for cluster in datacenter.hostFolder.childEntity for host in cluster.host}


@pytest.fixture(scope="module")
def machines(datacenter: Any) -> dict[str, Any]:
    found = {}
    for child in datacenter.vmFolder.childEntity:
        found |= {vm.name: vm for vm in (child.childEntity if isinstance(child, vim.Folder) else [child])}
    return found


def adapters(machine: Any) -> list[Any]:
    return [d for d in machine.config.hardware.device if isinstance(d, vim.vm.device.VirtualEthernetCard)]


def network(datacenter: Any, name: str) -> Any:
    (found,) = [n for n in datacenter.network if n.name == name]
    return found


def test_clusters(datacenter: Any, hosts: dict[str, Any]) -> None:
    first, second, third = datacenter.hostFolder.childEntity
    assert list(hosts) == ["a01.lab", "a02.lab", "old.lab", "odd.lab"]
    drs, das = first.configurationEx.drsConfig, first.configurationEx.dasConfig
    assert (drs.enabled, drs.defaultVmBehavior, das.enabled, das.admissionControlEnabled) == (
        True, "fullyAutomated", True, True)  # fmt: skip
    assert (second.configurationEx.drsConfig.enabled, second.configurationEx.dasConfig.enabled) == (False, False)
    assert (first.summary.totalCpu, first.summary.numCpuCores, first.summary.effectiveMemory) == (32000, 16, 131072)
    assert (third.summary.numHosts, third.summary.numEffectiveHosts) == (1, 0)


def test_nodes(hosts: dict[str, Any]) -> None:
    host = hosts["a01.lab"]
    nodes = host.hardware.numaInfo.numaNode
    assert [(n.typeId, list(n.cpuID), n.memorySize >> 30, list(n.pciId)) for n in nodes] == [
        (0, list(range(8)), 32, ["0000:04:00.0"]),
        (1, list(range(8, 16)), 32, ["0000:84:00.0"]),
    ]
    assert [list(package.threadId) for package in host.hardware.cpuPkg] == [list(range(8)), list(range(8, 16))]
    assert (host.hardware.cpuInfo.numCpuPackages, host.hardware.cpuInfo.numCpuCores) == (2, 8)
    assert (host.summary.hardware.cpuMhz, host.summary.hardware.numCpuThreads) == (2000, 16)
    assert (host.capability.latencySensitivitySupported, host.capability.maxSupportedSimultaneousThreads) == (True, 2)
    assert (host.config.hyperThread.available, host.config.hyperThread.active) == (True, True)


def test_hosts_that_differ(hosts: dict[str, Any]) -> None:
    old, odd = hosts["old.lab"], hosts["odd.lab"]
    assert (old.config.product.apiVersion, old.summary.config.product.version) == ("6.5", "6.5")
    assert hosts["a01.lab"].config.product.apiVersion != "6.5"
    assert [list(node.pciId) for node in old.hardware.numaInfo.numaNode] == [[], []]
    assert (old.capability.latencySensitivitySupported, old.capability.maxSupportedSimultaneousThreads) == (False, 1)
    assert (odd.config.hyperThread.available, odd.config.hyperThread.active) == (True, False)
    assert odd.summary.hardware.numCpuThreads == 8
    nodes = odd.hardware.numaInfo.numaNode
    assert [list(node.cpuID) for node in nodes] == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert list(nodes[2].pciId) == ["3B:00.0"]
    assert odd.runtime.inMaintenanceMode
    assert odd.config.network.pnic[0].linkSpeed is None
    assert odd.config.network.proxySwitch == []


def test_power_policy(hosts: dict[str, Any]) -> None:
    host = hosts["odd.lab"]
    assert hosts["a01.lab"].config.powerSystemInfo.currentPolicy.shortName == "static"
    assert hosts["a01.lab"].hardware.cpuPowerManagementInfo.currentPolicy == "High Performance"
    system = host.configManager.powerSystem
    assert system.info.currentPolicy.shortName == host.config.powerSystemInfo.currentPolicy.shortName == "dynamic"
    assert [policy.shortName for policy in system.capability.availablePolicy] == ["static", "dynamic", "low", "custom"]
    with pytest.raises(vmodl.fault.InvalidArgument):
        system.ConfigurePowerPolicy(9)
    system.ConfigurePowerPolicy(1)
    assert system.info.currentPolicy.shortName == host.config.powerSystemInfo.currentPolicy.shortName == "static"
    assert hosts["old.lab"].config.powerSystemInfo.currentPolicy.shortName == "static"


def node_of(host: Any, device: str) -> int:
    (nic,) = [nic for nic in host.config.network.pnic if nic.device == device]
    (node,) = [node.typeId for node in host.hardware.numaInfo.numaNode if nic.pci in node.pciId]
    return int(node)


@pytest.mark.parametrize(("name", "nodes"), [("data", {1}), ("segment", {1}), ("spanning", {0, 1})])
def test_path_from_a_distributed_port_group_to_its_nodes(
    datacenter: Any, hosts: dict[str, Any], name: str, nodes: set[int]
) -> None:
    group, host = network(datacenter, name), hosts["a01.lab"]
    switch = group.config.distributedVirtualSwitch
    active = group.config.defaultPortConfig.uplinkTeamingPolicy.uplinkPortOrder.activeUplinkPort
    (proxy,) = [proxy for proxy in host.config.network.proxySwitch if proxy.dvsUuid == switch.uuid]
    ports = {port.value: port.key for port in proxy.uplinkPort}
    devices = {spec.uplinkPortKey: spec.pnicDevice for spec in proxy.spec.backing.pnicSpec}
    assert {node_of(host, devices[ports[uplink]]) for uplink in active} == nodes


def test_uplink_ports(datacenter: Any, hosts: dict[str, Any]) -> None:
    switch = network(datacenter, "data").config.distributedVirtualSwitch
    assert list(switch.config.uplinkPortPolicy.uplinkPortName) == ["Uplink 1", "Uplink 2"]
    (uplinks,) = switch.config.uplinkPortgroup
    assert uplinks.config.uplink
    keys = [port.key for host in list(hosts.values())[:3] for port in host.config.network.proxySwitch[0].uplinkPort]
    assert len(set(keys)) == 6
    assert [member.config.host.name for member in switch.config.host] == ["a01.lab", "a02.lab", "old.lab"]
    assert {spec.uplinkPortgroupKey for spec in switch.config.host[0].config.backing.pnicSpec} == {uplinks.key}
    assert switch.summary.productInfo.version == "8.0.0"


def test_path_from_a_standard_port_group_to_its_node(hosts: dict[str, Any]) -> None:
    host = hosts["a01.lab"]
    (group,) = [g for g in host.config.network.portgroup if g.spec.name == "PG-Mgmt"]
    (switch,) = [s for s in host.config.network.vswitch if s.key == group.vswitch]
    assert list(switch.pnic) == ["key-vim.host.PhysicalNic-vmnic0"]
    assert list(switch.spec.bridge.nicDevice) == ["vmnic0"]
    assert group.spec.policy.nicTeaming is None  # the port group has its switch's
    assert list(group.computedPolicy.nicTeaming.nicOrder.activeNic) == ["vmnic0"]
    assert node_of(host, "vmnic0") == 0
    assert host.configManager.networkSystem.networkInfo.pnic[0].device == "vmnic0"


def test_physical_nics(hosts: dict[str, Any]) -> None:
    nic = hosts["a02.lab"].config.network.pnic[1]
    assert (nic.device, nic.pci, nic.driver, nic.driverVersion, nic.firmwareVersion) == (
        "vmnic2", "0000:84:00.0", "i40en", "2.3", "9.20")  # fmt: skip
    assert (nic.linkSpeed.speedMb, nic.enhancedNetworkingStackSupported) == (25000, True)
    macs = {nic.mac for host in hosts.values() for nic in host.config.network.pnic}
    assert len(macs) == 7


def test_networks(datacenter: Any, hosts: dict[str, Any]) -> None:
    assert {n.name for n in datacenter.network} >= {"PG-Mgmt", "data", "spanning", "segment", "opaque", "vds"}
    assert "VM Network" not in {n.name for n in datacenter.network}
    assert len(network(datacenter, "PG-Mgmt").host) == 4
    assert "data" not in {n.name for n in hosts["odd.lab"].network}
    segment = network(datacenter, "segment")
    assert (segment.config.backingType, network(datacenter, "data").config.backingType) == ("nsx", "standard")
    assert segment.config.segmentId
    assert network(datacenter, "data").config.defaultPortConfig.vlan.vlanId == 100
    assert network(datacenter, "opaque").summary.opaqueNetworkType == "nsx.LogicalSwitch"


def test_machines(machines: dict[str, Any]) -> None:
    busy = machines["busy"]
    assert (busy.runtime.host.name, busy.runtime.powerState) == ("a02.lab", "poweredOn")
    assert [type(a) for a in adapters(busy)] == [vim.vm.device.VirtualVmxnet3] * 4
    assert [nic.network for nic in busy.guest.net] == ["data", "segment", "opaque", "PG-Mgmt"]
    assert [n.name for n in busy.network] == ["data", "segment", "opaque", "PG-Mgmt"]
    config = busy.config
    assert (config.latencySensitivity.level, config.cpuAllocation.reservation) == ("high", 4000)
    assert [vcpu.latencySensitivity.level for vcpu in config.vcpuConfig] == ["normal", "high"]
    assert (config.memoryReservationLockedToMax, config.memoryAllocation.reservation) == (True, 2048)
    assert {o.key: o.value for o in config.extraConfig}["numa.nodeAffinity"] == "1"
    assert list(machines["pinned"].config.cpuAffinity.affinitySet) == [2, 3]
    assert machines["pinned"].runtime.host.name == "old.lab"


def test_fleet(machines: dict[str, Any], hosts: dict[str, Any]) -> None:
    fleet = [machines[f"fleet-{number}"] for number in range(1, 7)]
    assert [vm.runtime.host.name for vm in fleet][:4] == ["a01.lab", "a02.lab", "old.lab", "a01.lab"]  # no maintenance
    assert {type(a) for vm in fleet for a in adapters(vm)} == {vim.vm.device.VirtualE1000}
    assert len({a.macAddress for vm in fleet for a in adapters(vm)}) == 12
    assert len({vm.config.uuid for vm in fleet}) == 6
    assert {vm.parent.name for vm in fleet} == {"fleet"}


def test_adapter_moves_to_an_nsx_port_group(datacenter: Any, machines: dict[str, Any]) -> None:
    vm = machines["fleet-1"]
    adapter = adapters(vm)[0]
    for backing, name in [
        (vim.vm.device.VirtualEthernetCard.OpaqueNetworkBackingInfo(
            opaqueNetworkId=network(datacenter, "opaque").summary.opaqueNetworkId,
            opaqueNetworkType="nsx.LogicalSwitch"), "opaque"),
        (vim.vm.device.VirtualEthernetCard.DistributedVirtualPortBackingInfo(port=vim.dvs.PortConnection(
            portgroupKey=network(datacenter, "segment").key,
            switchUuid=network(datacenter, "segment").config.distributedVirtualSwitch.uuid)), "segment"),
    ]:  # fmt: skip
        adapter.backing = backing
        edit = vim.vm.device.VirtualDeviceSpec(operation="edit", device=adapter)
        WaitForTask(vm.Reconfigure(vim.vm.ConfigSpec(deviceChange=[edit])))
        assert vm.guest.net[0].network == name
    adapter.backing = vim.vm.device.VirtualEthernetCard.OpaqueNetworkBackingInfo(
        opaqueNetworkId="none", opaqueNetworkType="nsx.LogicalSwitch"
    )
    edit = vim.vm.device.VirtualDeviceSpec(operation="edit", device=adapter)
    with pytest.raises(vim.fault.InvalidDeviceBacking):
        WaitForTask(vm.Reconfigure(vim.vm.ConfigSpec(deviceChange=[edit])))


def test_older_vcenter(start_vcenter: Callable[..., Any], open_lab: Callable[[Any], Any]) -> None:
    lab = open_lab(start_vcenter(inventory=INVENTORY | {"apiVersion": "7.0.3.0", "fleet": None, "vms": []}))
    assert lab.service.content.about.apiVersion == "7.0.3.0"
    assert lab.service.content.about.version == "7.0.3"
    assert lab.service._stub.version == "vim.version.v7_0_3_0"
    spec = vim.vm.ConfigSpec(name="x", files=vim.vm.FileInfo(vmPathName="[ds]"))
    task = lab.datacenter.vmFolder.CreateVM_Task(spec, lab.cluster.resourcePool)
    WaitForTask(task)
    assert task.info.result.config.version == "vmx-19"  # readable: no field is newer than the API


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"clusters": [{"name": "a", "hosts": [{"nmae": "x"}]}]}, 'unknown field "nmae"'),
        ({"clusters": []}, "no host"),
        ({"clusters": [{"name": "a", "hosts": [{"name": "x", "numaNodes": 3}]}]}, "3 equal NUMA nodes"),
        ({"clusters": [{"name": "a", "hosts": [{"name": "x", "numaNodes": 1}]}]}, "vmnic2 is on node 1"),
        ({"vms": [{"name": "x", "networks": ["PG-Missing"]}]}, "network PG-Missing is not in the inventory"),
        ({"vms": [{"name": "x", "host": "gone.lab"}]}, "host gone.lab is not in the inventory"),
    ],
)
def test_description_that_makes_no_sense(
    start_vcenter: Callable[..., Any], change: dict[str, Any], message: str
) -> None:
    with pytest.raises(LabError, match=message):
        start_vcenter(inventory=INVENTORY | {"fleet": None, "vms": []} | change)
