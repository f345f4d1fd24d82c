# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the topology of hosts in three or four batches, whatever the number of hosts."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, listed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.holdings import VmUse, holding
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import (
    HostTopology,
    NumaNode,
    PhysicalNic,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.lookup import find_datacenter
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.naming import name_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.advanced import advanced_settings
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.values import (
    cpu_affinity,
    latency_high,
    node_affinity,
)

from .uplinks import DistributedPortGroup, distributed_port_groups, host_port_groups

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Properties

_HOST_PROPERTIES: t.Final = (
    "name",
    "parent",
    "runtime.connectionState",
    "runtime.inMaintenanceMode",
    "config.product.apiVersion",
    "config.hyperThread.active",
    "config.powerSystemInfo",
    "config.network.pnic",
    "config.network.vswitch",
    "config.network.portgroup",
    "config.network.proxySwitch",
    "hardware.numaInfo",
    "hardware.cpuInfo",
    "summary.hardware.cpuMhz",
    "capability.latencySensitivitySupported",
    "capability.maxSupportedSimultaneousThreads",
)
_PORT_GROUP_PROPERTIES: t.Final = (
    "name",
    "key",
    "host",
    "config.distributedVirtualSwitch",
    "config.defaultPortConfig",
    "config.uplink",
)
_VM_PROPERTIES: t.Final = (
    "name",
    "runtime.host",
    "runtime.powerState",
    "config.hardware.numCPU",
    "config.hardware.memoryMB",
    "config.hardware.simultaneousThreads",
    "config.cpuAllocation.reservation",
    "config.memoryAllocation.reservation",
    "config.memoryReservationLockedToMax",
    "config.latencySensitivity",
    "config.vcpuConfig",
    "config.cpuAffinity",
)
_MIB: t.Final = 1024 * 1024
# Domain, bus, slot and function in hexadecimal, padded or not; the domain may be missing.
_PCI_ADDRESS: t.Final = re.compile(
    r"(?:([0-9a-f]{1,8}):)?([0-9a-f]{1,4}):([0-9a-f]{1,2})\.([0-9a-f]{1,2})", re.IGNORECASE
)


def read_topology(
    client: Client, datacenter: str | None = None, cluster: str | None = None
) -> tuple[HostTopology, ...]:
    """Reads the hosts of a datacenter, of a cluster, or of the whole vCenter; returns them sorted by name.

    datacenter, cluster: a name or managed object ID; None for all.

    Raises NfvError: datacenter_not_found, datacenter_not_unique, cluster_not_found, cluster_not_unique.
    """
    root = find_datacenter(client, datacenter) if datacenter else None
    # A cluster's hosts alone are read once the cluster is known: a host's configuration is large.
    of_hosts = {vim.HostSystem: _HOST_PROPERTIES}
    found = client.in_view(
        {
            vim.ClusterComputeResource: ["name"],
            **({} if cluster else of_hosts),
            vim.dvs.DistributedVirtualPortgroup: list(_PORT_GROUP_PROPERTIES),
            vim.DistributedVirtualSwitch: ["uuid", "name", "config.defaultPortConfig"],
        },
        root,
    )
    clusters = {
        each._moId: name_of(each, properties)
        for each, properties in found
        if isinstance(each, vim.ClusterComputeResource)
    }
    wanted = find_cluster(clusters, cluster) if cluster else None
    below = root if wanted is None else client.managed(vim.ClusterComputeResource, wanted)
    if wanted is not None:
        found += client.in_view(of_hosts, below)
    hosts = [(each, properties) for each, properties in found if isinstance(each, vim.HostSystem)]
    uses = _read_uses(client, below)
    distributed = distributed_port_groups(found)
    read = [
        host_topology(each, properties, clusters.get(_parent(properties) or ""), uses.get(each._moId, ()), distributed)
        for each, properties in hosts
    ]
    return tuple(sorted(read, key=lambda host: host.name))


def find_cluster(clusters: t.Mapping[str, str], wanted: str) -> str:
    """Returns the managed object ID of the cluster with this name or managed object ID.

    clusters: the known clusters' names by managed object ID. Raises NfvError: cluster_not_found, cluster_not_unique.
    """
    matching = [moid for moid, name in clusters.items() if wanted in (name, moid)]
    if len(matching) != 1:
        known = listed(sorted(set(clusters.values())), ", ") or "none"
        raise NfvError(
            ErrorCode.CLUSTER_NOT_FOUND if not matching else ErrorCode.CLUSTER_NOT_UNIQUE,
            wanted,
            f"{len(matching)} clusters have this name; the known clusters are: {known}",
            "Correct cluster, or set datacenter",
        )
    return matching[0]


def _parent(properties: Properties) -> str | None:
    parent = properties.get("parent")
    return parent._moId if parent is not None else None


def host_topology(
    managed: t.Any,
    properties: Properties,
    cluster: str | None,
    uses: t.Sequence[VmUse],
    distributed: t.Sequence[DistributedPortGroup],
) -> HostTopology:
    """Converts a host with _HOST_PROPERTIES; what vSphere does not report is None.

    cluster: the name of its cluster; uses: of the VMs that run on it; distributed: all distributed port groups.
    """
    mhz = properties.get("summary.hardware.cpuMhz") or 0
    numa = properties.get("hardware.numaInfo")
    listed = (numa.numaNode or ()) if numa is not None else ()
    nodes = _nodes(listed, properties.get("hardware.cpuInfo"))
    nics = tuple(_nic(each, node_by_pci(listed)) for each in properties.get("config.network.pnic") or ())
    power = properties.get("config.powerSystemInfo")
    policy = power.currentPolicy if power is not None else None
    return HostTopology(
        name=name_of(managed, properties),
        moid=managed._moId,
        cluster=cluster,
        api_version=properties.get("config.product.apiVersion") or "",
        available=properties.get("runtime.connectionState") == "connected",
        maintenance=bool(properties.get("runtime.inMaintenanceMode")),
        hyper_threading=bool(properties.get("config.hyperThread.active")),
        mhz=mhz,
        power_policy=policy.shortName if policy is not None else None,
        nodes=nodes,
        nics=nics,
        port_groups=host_port_groups(managed._moId, properties, nics, distributed),
        holdings=tuple(holding(use, mhz, nodes) for use in uses),
        latency_sensitivity=bool(properties.get("capability.latencySensitivitySupported")),
        max_simultaneous_threads=properties.get("capability.maxSupportedSimultaneousThreads") or 1,
    )


def _nodes(listed: t.Sequence[t.Any], cpu: t.Any) -> tuple[NumaNode, ...]:
    threads = max(1, cpu.numCpuThreads // cpu.numCpuCores) if cpu is not None and cpu.numCpuCores else 1
    return tuple(
        NumaNode(
            number=node.typeId,
            cpus=tuple(sorted(node.cpuID or ())),
            cores=len(node.cpuID or ()) // threads,
            # vSphere 8.0 replaced memoryRangeLength by memorySize.
            memory_mb=(node.memorySize or node.memoryRangeLength or 0) // _MIB,
        )
        for node in sorted(listed, key=lambda node: node.typeId)
    )


def pci_address(text: str | None) -> tuple[int, int, int, int] | None:
    """Parses a PCI address to numbers, so that case and padding do not matter; None when it is malformed."""
    matched = _PCI_ADDRESS.fullmatch((text or "").strip())
    if matched is None:
        return None
    domain, bus, slot, function = (int(part or "0", 16) for part in matched.groups())
    return domain, bus, slot, function


def node_by_pci(listed: t.Sequence[t.Any]) -> dict[tuple[int, int, int, int], int]:
    """The node of each PCI device (NumaNode.pciId); empty for a host before vSphere 6.7, which does not report it."""
    return {
        address: node.typeId for node in listed for address in map(pci_address, node.pciId or ()) if address is not None
    }


def _nic(pnic: t.Any, nodes: t.Mapping[tuple[int, int, int, int], int]) -> PhysicalNic:
    address = pci_address(pnic.pci)
    link = pnic.linkSpeed
    return PhysicalNic(
        name=pnic.device,
        pci="{:04x}:{:02x}:{:02x}.{:x}".format(*address) if address is not None else pnic.pci or "",
        node=nodes.get(address) if address is not None else None,
        driver=pnic.driver or None,
        firmware=pnic.firmwareVersion or None,
        speed_mbps=link.speedMb if link is not None else 0,
        enhanced_data_path=pnic.enhancedNetworkingStackSupported,
    )


def _read_uses(client: Client, root: t.Any) -> dict[str, list[VmUse]]:
    """Reads what the powered-on VMs of a datacenter or cluster (None: all) hold, by the moid of their hosts.

    Advanced settings are the larger part of a VM's configuration, so they are read only of VMs that hold something.
    """
    running = [
        (each, properties)
        for each, properties in client.in_view({vim.VirtualMachine: _VM_PROPERTIES}, root)
        if properties.get("runtime.powerState") == "poweredOn" and properties.get("runtime.host") is not None
    ]
    holders = [each for each, properties in running if _holds(properties)]
    advanced = {
        each._moId: advanced_settings(properties.get("config.extraConfig") or ())
        for each, properties in client.of_objects(vim.VirtualMachine, holders, ["config.extraConfig"])
    }
    uses: dict[str, list[VmUse]] = {}
    for each, properties in running:
        use = vm_use(each, properties, advanced.get(each._moId, {}))
        uses.setdefault(properties["runtime.host"]._moId, []).append(use)
    for on_host in uses.values():
        on_host.sort(key=lambda use: (use.name, use.moid))
    return uses


def _holds(properties: Properties) -> bool:
    return bool(
        properties.get("config.memoryAllocation.reservation")
        or properties.get("config.memoryReservationLockedToMax")
        or latency_high(properties)
    )


def vm_use(managed: t.Any, properties: Properties, advanced: t.Mapping[str, str]) -> VmUse:
    """Converts a VM with _VM_PROPERTIES. advanced: its extraConfig."""
    memory = properties.get("config.hardware.memoryMB") or 0
    locked = bool(properties.get("config.memoryReservationLockedToMax"))
    contexts = advanced.get("sched.cpu.latencySensitivity.sysContexts", "")
    return VmUse(
        name=name_of(managed, properties),
        moid=managed._moId,
        cpus=properties.get("config.hardware.numCPU") or 0,
        latency_high=latency_high(properties),
        normal_cpus=sum(
            vcpu.latencySensitivity is not None and vcpu.latencySensitivity.level == "normal"
            for vcpu in properties.get("config.vcpuConfig") or ()
        ),
        threads=properties.get("config.hardware.simultaneousThreads") or 1,
        system_contexts=int(contexts) if contexts.isdecimal() else 0,
        cpu_reservation_mhz=properties.get("config.cpuAllocation.reservation") or 0,
        affinity=cpu_affinity(properties),
        node_affinity=node_affinity(advanced),
        memory_mb=memory,
        memory_reservation_mb=memory if locked else properties.get("config.memoryAllocation.reservation") or 0,
    )
