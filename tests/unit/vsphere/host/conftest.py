# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dual-socket ESXi host in the SDK's own types: two NICs on different nodes, a standard and a distributed switch."""

from __future__ import annotations

import typing as t

import pytest
from pyVmomi import vim

GIB = 1024**3
DVS = vim.dvs.VmwareDistributedVirtualSwitch


def numa_node(number: int, cpus: range, pci: list[str] | None) -> t.Any:
    node = vim.host.NumaNode(typeId=number, cpuID=list(cpus), memoryRangeBegin=0, memoryRangeLength=63 * GIB)
    node.memorySize = 64 * GIB
    node.pciId = pci
    return node


def pnic(name: str, pci: str, speed: int | None = 25000) -> t.Any:
    nic = vim.host.PhysicalNic(device=name, pci=pci, driver="icen", firmwareVersion="4.30")
    if speed is not None:
        nic.linkSpeed = vim.host.PhysicalNic.LinkSpeedDuplex(speedMb=speed, duplex=True)
    nic.enhancedNetworkingStackSupported = True
    return nic


def standard_group(name: str, computed: list[str] | None) -> t.Any:
    policy = vim.host.NetworkPolicy
    order = None if computed is None else policy.NicTeamingPolicy(nicOrder=policy.NicOrderPolicy(activeNic=computed))
    return vim.host.PortGroup(
        key=f"key-vim.host.PortGroup-{name}",
        spec=vim.host.PortGroup.Specification(name=name, vlanId=0, vswitchName="vSwitch0", policy=policy()),
        computedPolicy=policy(nicTeaming=order),
    )


def teaming(active: list[str], standby: list[str] | None = None) -> t.Any:
    """The default port setting of a distributed port group with this uplink order."""
    order = DVS.UplinkPortOrderPolicy(inherited=False, activeUplinkPort=active, standbyUplinkPort=standby or [])
    return DVS.VmwarePortConfigPolicy(
        uplinkTeamingPolicy=DVS.UplinkPortTeamingPolicy(inherited=False, uplinkPortOrder=order)
    )


def proxy_switch(uuid: str, uplinks: dict[str, str], backing: dict[str, str]) -> t.Any:
    """uplinks: port key by uplink name; backing: physical NIC by port key."""
    pnics = [vim.dvs.HostMember.PnicSpec(pnicDevice=device, uplinkPortKey=port) for port, device in backing.items()]
    return vim.host.HostProxySwitch(
        dvsUuid=uuid,
        dvsName="dvs",
        uplinkPort=[vim.KeyValue(key=port, value=name) for name, port in uplinks.items()],
        spec=vim.host.HostProxySwitch.Specification(backing=vim.dvs.HostMember.PnicBacking(pnicSpec=pnics)),
    )


def port_group(moid: str, name: str, config: t.Any, **properties: t.Any) -> tuple[t.Any, dict[str, t.Any]]:
    return vim.dvs.DistributedVirtualPortgroup(moid), {
        "name": name,
        "key": moid,
        "host": [vim.HostSystem("host-1")],
        "config.distributedVirtualSwitch": vim.DistributedVirtualSwitch("dvs-1"),
        "config.defaultPortConfig": config,
        "config.uplink": False,
        **properties,
    }


@pytest.fixture
def switch() -> tuple[t.Any, dict[str, t.Any]]:
    properties = {"name": "dvs", "uuid": "50 2d", "config.defaultPortConfig": teaming(["Uplink 1", "Uplink 2"])}
    return vim.DistributedVirtualSwitch("dvs-1"), properties


@pytest.fixture
def host() -> dict[str, t.Any]:
    """8 cores with 2 threads in each of 2 nodes; vmnic0 and vmnic1 on node 0, vmnic2 on node 1."""
    numa = vim.host.NumaInfo(
        type="NUMA",
        numNodes=2,
        numaNode=[numa_node(1, range(16, 32), ["0000:AF:00.0"]), numa_node(0, range(16), ["0000:3b:00.0", "3B:0.1"])],
    )
    return {
        "name": "esx-1.example.com",
        "parent": vim.ClusterComputeResource("domain-c1"),
        "runtime.connectionState": "connected",
        "runtime.inMaintenanceMode": False,
        "config.product.apiVersion": "8.0.3.0",
        "config.hyperThread.active": True,
        "config.powerSystemInfo": vim.host.PowerSystem.Info(
            currentPolicy=vim.host.PowerSystem.PowerPolicy(key=1, name="High", shortName="static", description="")
        ),
        "config.network.pnic": [
            pnic("vmnic0", "0000:3b:00.0"),
            pnic("vmnic1", "0000:3B:00.01"),
            pnic("vmnic2", "0000:af:00.0", speed=None),
        ],
        "config.network.vswitch": [],
        "config.network.portgroup": [standard_group("PG-Mgmt", ["vmnic0"])],
        "config.network.proxySwitch": [
            proxy_switch("50 2d", {"Uplink 1": "10", "Uplink 2": "11"}, {"10": "vmnic1", "11": "vmnic2"})
        ],
        "hardware.numaInfo": numa,
        "hardware.cpuInfo": vim.host.CpuInfo(numCpuPackages=2, numCpuCores=16, numCpuThreads=32, hz=2300000000),
        "summary.hardware.cpuMhz": 2300,
        "capability.latencySensitivitySupported": True,
        "capability.maxSupportedSimultaneousThreads": 2,
    }
