# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what is judged of hosts: one batch for all of them, and one question for each host's time."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import datetime as dt
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.facts import (
    HostReadinessFacts,
    PortGroupFacts,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import CONNECTIONS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import typed_errors
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.naming import name_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.host.topology import pci_address

from .networks import standard_port_groups

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import HostTopology
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Properties

_UDP_RSS_ALLOWED: t.Final = 'config.option["Net.Vmxnet3UDPRSSAllowed"]'
_PROPERTIES: t.Final = (
    "summary.hardware.cpuModel",
    "hardware.cpuPowerManagementInfo",
    "hardware.pciDevice",
    "config.network.pnic",
    "config.network.portgroup",
    "config.network.vswitch",
    "config.service",
    "config.dateTimeInfo",
    "configManager.dateTimeSystem",
    _UDP_RSS_ALLOWED,
)
_TIME_SERVICES: t.Final = ("ntpd", "ptpd")
# What vSphere shows in place of a power policy where the BIOS allows none.
_NO_POLICY: t.Final = "not supported"


def read_hosts(
    client: Client, topologies: t.Sequence[HostTopology]
) -> tuple[tuple[HostReadinessFacts, ...], tuple[PortGroupFacts, ...]]:
    """The facts of hosts whose topology is known already, in that order, and their standard port groups."""
    managed = [client.managed(vim.HostSystem, topology.moid) for topology in topologies]
    found = {each._moId: properties for each, properties in client.of_objects(vim.HostSystem, managed, _PROPERTIES)}
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as threads:
        facts = tuple(threads.map(lambda each: _host(client, each, found.get(each.moid, {})), topologies))
    groups = (group for each in topologies for group in standard_port_groups(each.name, found.get(each.moid, {})))
    return facts, tuple(groups)


def read_hosts_of_vms(client: Client, root: t.Any, names: t.Collection[str]) -> dict[str, str]:
    """The name of each VM's host, of those that there are. root: the vim.Datacenter, None for the whole vCenter."""
    found = client.in_view({vim.VirtualMachine: ["name", "runtime.host"], vim.HostSystem: ["name"]}, root)
    hosts = {each._moId: name_of(each, properties) for each, properties in found if isinstance(each, vim.HostSystem)}
    return {
        name: hosts.get(properties["runtime.host"]._moId, "")
        for each, properties in found
        if isinstance(each, vim.VirtualMachine) and properties.get("runtime.host") is not None
        for name in [name_of(each, properties)]
        if name in names
    }


def _host(client: Client, topology: HostTopology, properties: Properties) -> HostReadinessFacts:
    facts = host_facts(topology, properties)
    system = properties.get("configManager.dateTimeSystem")
    if system is None or not topology.available:
        return facts
    started = dt.datetime.now(dt.timezone.utc)
    try:
        with typed_errors(topology.name, "failed to ask the host for its time"):
            answered = client.read(system.QueryDateTime)
    except NfvError:
        return facts  # it did not tell, which is what the row says
    took = dt.datetime.now(dt.timezone.utc) - started
    ahead = answered - (started + took / 2)
    return dataclasses.replace(facts, clock_ahead=ahead.total_seconds(), clock_uncertainty=took.total_seconds() / 2)


def host_facts(topology: HostTopology, properties: Properties) -> HostReadinessFacts:
    """Converts a host with _PROPERTIES, except for its time."""
    services = properties.get("config.service")
    running = {each.key for each in services.service or () if each.running} if services is not None else set()
    option = properties.get(_UDP_RSS_ALLOWED)
    return HostReadinessFacts(
        topology,
        cpu_model=properties.get("summary.hardware.cpuModel"),
        power_support=_power_support(properties.get("hardware.cpuPowerManagementInfo")),
        time_service=None
        if services is None
        else next((service for service in _TIME_SERVICES if service in running), ""),
        time_servers=_time_servers(properties.get("config.dateTimeInfo")),
        udp_rss_allowed=None if option is None else str(option.value) != "0",
        nic_models=_models(properties),
        driver_versions={
            nic.device: nic.driverVersion
            for nic in properties.get("config.network.pnic") or ()
            if getattr(nic, "driverVersion", None)
        },
    )


def _power_support(info: t.Any) -> str | None:
    """What the BIOS leaves to ESXi; empty when it is nothing, None when the host does not tell."""
    if info is None:
        return None
    if (info.currentPolicy or "").lower() == _NO_POLICY:
        return ""
    return info.hardwareSupport or ""


def _time_servers(info: t.Any) -> tuple[str, ...] | None:
    if info is None:
        return None
    return tuple(info.ntpConfig.server or ()) if info.ntpConfig is not None else ()


def _models(properties: Properties) -> dict[str, str]:
    """Vendor and model of each NIC, which only the list of PCI devices tells."""
    models = {
        pci_address(device.id): f"{device.vendorName} {device.deviceName}".strip()
        for device in properties.get("hardware.pciDevice") or ()
    }
    nics = properties.get("config.network.pnic") or ()
    found = {nic.device: models.get(pci_address(nic.pci)) for nic in nics}
    return {device: model for device, model in found.items() if model is not None}
