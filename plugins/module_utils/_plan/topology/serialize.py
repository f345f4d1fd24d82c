# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts as the plain data that host_topology_info returns, and from it."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import format_cpu_list, parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

from .holdings import NodeUse, node_uses, unbound_use
from .model import Holding, HostTopology, NumaNode, PhysicalNic, PortGroupUplinks

Data = dict[str, t.Any]


def hosts_as_data(hosts: t.Iterable[HostTopology]) -> Data:
    """The hosts by name. None: vSphere does not report it."""
    return {host.name: _host(host) for host in hosts}


def _host(host: HostTopology) -> Data:
    cores, memory_mb = unbound_use(host)
    return {
        "moid": host.moid,
        "cluster": host.cluster,
        "api_version": host.api_version,
        "available": host.available,
        "maintenance": host.maintenance,
        "hyper_threading": host.hyper_threading,
        "mhz": host.mhz,
        "power_policy": host.power_policy,
        "latency_sensitivity": host.latency_sensitivity,
        "max_simultaneous_threads": host.max_simultaneous_threads,
        "nodes": [_node(use) for use in node_uses(host)],
        "unbound": {"cores": cores, "memory_mb": memory_mb},
        "nics": [_nic_data(nic) for nic in host.nics],
        "port_groups": [_port_group_data(group) for group in host.port_groups],
        "holdings": [
            {
                "vm": each.vm,
                "moid": each.moid,
                "node": each.node,
                "cores": each.cores,
                "cpus": format_cpu_list(each.cpus),
                "memory_mb": each.memory_mb,
                "basis": each.basis,
            }
            for each in host.holdings
        ],
    }


def _node(use: NodeUse) -> Data:
    return {
        "number": use.node.number,
        "cpus": format_cpu_list(use.node.cpus),
        "cores": use.node.cores,
        "threads": len(use.node.cpus),
        "memory_mb": use.node.memory_mb,
        "held": {"cores": use.held_cores, "memory_mb": use.held_memory_mb},
        "free": {"cores": use.free_cores, "memory_mb": use.free_memory_mb},
    }


def _nic_data(nic: PhysicalNic) -> Data:
    return {
        "name": nic.name,
        "pci": nic.pci,
        "node": nic.node,
        "driver": nic.driver,
        "firmware": nic.firmware,
        "speed_mbps": nic.speed_mbps,
        "enhanced_data_path": nic.enhanced_data_path,
    }


def _port_group_data(group: PortGroupUplinks) -> Data:
    return {
        "network": group.network,
        "key": group.key,
        "switch": group.switch,
        "distributed": group.distributed,
        "active": list(group.active),
        "nodes": None if group.nodes is None else list(group.nodes),
        "spans_nodes": group.spans_nodes,
        "switch_mode": group.switch_mode,
        "enhanced_data_path": group.enhanced_data_path,
    }


def hosts_from_data(data: t.Any) -> tuple[HostTopology, ...]:
    """The hosts, sorted by name, from ``hosts`` of host_topology_info. Raises NfvError: topology_invalid."""
    if not isinstance(data, t.Mapping):
        raise _invalid("topology", "not a dictionary of hosts")
    hosts = []
    for name, host in sorted(data.items()):
        try:
            hosts.append(_read_host(str(name), host))
        except (KeyError, TypeError, ValueError) as error:
            raise _invalid(str(name), f"missing or malformed: {error}") from error
    return tuple(hosts)


def _invalid(subject: str, what: str) -> NfvError:
    return NfvError(
        ErrorCode.TOPOLOGY_INVALID,
        subject,
        f"cannot read the topology: {what}",
        "Pass what host_topology_info returns as hosts",
    )


def _read_host(name: str, host: t.Mapping[str, t.Any]) -> HostTopology:
    return HostTopology(
        name=name,
        moid=str(host["moid"]),
        cluster=host["cluster"],
        api_version=str(host["api_version"]),
        available=bool(host["available"]),
        maintenance=bool(host["maintenance"]),
        hyper_threading=bool(host["hyper_threading"]),
        mhz=int(host["mhz"]),
        power_policy=host["power_policy"],
        nodes=tuple(
            NumaNode(int(node["number"]), _cpus(node["cpus"]), int(node["cores"]), int(node["memory_mb"]))
            for node in host["nodes"]
        ),
        nics=tuple(_nic(nic) for nic in host["nics"]),
        port_groups=tuple(_port_group(group) for group in host["port_groups"]),
        holdings=tuple(_holding(each) for each in host["holdings"]),
        latency_sensitivity=bool(host["latency_sensitivity"]),
        max_simultaneous_threads=int(host["max_simultaneous_threads"]),
    )


def _nic(nic: t.Mapping[str, t.Any]) -> PhysicalNic:
    return PhysicalNic(
        nic["name"],
        nic["pci"],
        _number(nic["node"]),
        nic["driver"],
        nic["firmware"],
        int(nic["speed_mbps"]),
        nic["enhanced_data_path"],
    )


def _port_group(group: t.Mapping[str, t.Any]) -> PortGroupUplinks:
    nodes = group["nodes"]
    return PortGroupUplinks(
        group["network"],
        group["key"],
        group["switch"],
        bool(group["distributed"]),
        tuple(group["active"]),
        None if nodes is None else tuple(int(node) for node in nodes),
        group["switch_mode"],
    )


def _holding(each: t.Mapping[str, t.Any]) -> Holding:
    return Holding(
        each["vm"],
        each["moid"],
        _number(each["node"]),
        int(each["cores"]),
        _cpus(each["cpus"]),
        int(each["memory_mb"]),
        each["basis"],
    )


def _number(value: t.Any) -> int | None:
    return None if value is None else int(value)


def _cpus(text: str) -> tuple[int, ...]:
    cpus = parse_cpu_list(text)
    if cpus is None:
        raise ValueError(f"{text!r} is not a CPU list")
    return cpus
