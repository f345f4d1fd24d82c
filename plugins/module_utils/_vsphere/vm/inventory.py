# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what VMs are planned against: the names of all VMs, the port groups and the hosts."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.api_version import at_least
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import HostFacts, Network
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import version_text
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.lookup import find_datacenter
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.naming import known, name_of, plain_name
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.host.uplinks import switch_mode

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Properties

# Properties of vim.HostSystem, each with the field of HostFacts that takes it.
_HOST_FACTS: t.Final = {
    "summary.hardware.numCpuCores": "cores",
    "summary.hardware.numCpuThreads": "cpus",
    "summary.hardware.cpuModel": "cpu_model",
    "hardware.numaInfo.numNodes": "numa_nodes",
    "capability.maxSupportedSimultaneousThreads": "simultaneous_threads",
}
# The API version that introduced a property.
_HOST_FACTS_SINCE: t.Final = {"capability.maxSupportedSimultaneousThreads": "8.0.0.1"}
# Read by its key alone: a host has about a thousand advanced settings.
_UDP_RSS_ALLOWED: t.Final = 'config.option["Net.Vmxnet3UDPRSSAllowed"]'
_UUIDS: t.Final = ("config.uuid", "config.instanceUuid")
_SWITCHES: t.Final = ("config.network.portgroup", "config.network.proxySwitch")


@dataclasses.dataclass(frozen=True)
class Host:
    """An ESXi host."""

    name: str
    """Its name in vCenter."""
    mhz: int | None
    """Clock of one core in MHz; None when vSphere does not report it."""
    latency_sensitivity: bool
    """Whether the host supports latency sensitivity High (vim.host.Capability.latencySensitivitySupported)."""
    facts: HostFacts = dataclasses.field(default_factory=HostFacts)
    """What else the settings of a VM depend on."""


@dataclasses.dataclass(frozen=True)
class Inventory:
    """The objects of one datacenter, or of the whole vCenter."""

    vms: tuple[tuple[t.Any, Properties], ...]
    """The VMs and templates as vim.VirtualMachine, each with the properties that were read."""
    networks: t.Mapping[str, tuple[Network, ...]]
    """The port groups by name; several may share a name."""
    hosts: t.Mapping[str, Host]
    """The hosts by managed object ID."""
    api_version: str | None = None
    """The negotiated API version, such as ``8.0.3.0``; None when it does not matter."""

    @functools.cached_property
    def networks_by_key(self) -> t.Mapping[str, Network]:
        """The port groups by their keys."""
        return {network.key: network for group in self.networks.values() for network in group}

    @functools.cached_property
    def vms_by(self) -> t.Mapping[str, t.Mapping[str, t.Sequence[t.Any]]]:
        """The VMs by ``name``, by ``uuid`` (BIOS and instance UUIDs in lower case) and by ``moid``."""
        found: dict[str, dict[str, list[t.Any]]] = {"name": {}, "uuid": {}, "moid": {}}
        for each, properties in self.vms:
            found["name"].setdefault(name_of(each, properties), []).append(each)
            found["moid"].setdefault(each._moId, []).append(each)
            for uuid in {str(known(properties, path) or "").lower() for path in _UUIDS}:
                found["uuid"].setdefault(uuid, []).append(each)
        return found

    @property
    def templates(self) -> frozenset[str]:
        """The names of the templates."""
        return frozenset(
            name_of(each, properties) for each, properties in self.vms if known(properties, "config.template")
        )


def read_inventory(
    client: Client,
    datacenter: str | None,
    with_uuids: bool,
    with_templates: bool = True,
    with_names: bool = True,
    with_udp_rss: bool = False,
    with_switches: bool = False,
) -> Inventory:
    """Reads the names of VMs, the port groups and the hosts in one batch.

    with_uuids: also read the UUIDs of the VMs, so that they can be looked up by them;
    with_templates, with_names: also read which VMs are templates, and the names of VMs;
    with_udp_rss: also read whether each host allows UDP RSS;
    with_switches: also read the switches of each host, with their modes.

    Raises NfvError: datacenter_not_found, datacenter_not_unique.
    """
    api_version = version_text(client.api_version)
    found = client.in_view(
        {
            vim.VirtualMachine: [
                *(("name",) if with_names else ()),
                *(("config.template",) if with_templates else ()),
                *(_UUIDS if with_uuids else ()),
            ],
            vim.HostSystem: [
                "name",
                "summary.hardware.cpuMhz",
                "capability.latencySensitivitySupported",
                *(path for path in _HOST_FACTS if at_least(api_version, _HOST_FACTS_SINCE.get(path))),
                *([_UDP_RSS_ALLOWED] if with_udp_rss else ()),
                *(_SWITCHES if with_switches else ()),
            ],
            vim.Network: ["name", "host"],
            vim.OpaqueNetwork: ["name", "host", "summary"],
            vim.dvs.DistributedVirtualPortgroup: ["name", "host", "key", "config.distributedVirtualSwitch"],
            vim.DistributedVirtualSwitch: ["name", "uuid", "config.productInfo"],
        },
        find_datacenter(client, datacenter) if datacenter else None,
    )
    return Inventory(
        tuple(_of_type(found, vim.VirtualMachine)),
        _networks(found),
        {each._moId: _host(each, properties) for each, properties in _of_type(found, vim.HostSystem)},
        api_version,
    )


def read_names(client: Client, datacenter: str | None, with_uuids: bool) -> Inventory:
    """Reads of an inventory only what VMs are looked up by. See read_inventory."""
    paths = ("name", *(_UUIDS if with_uuids else ()))
    root = find_datacenter(client, datacenter) if datacenter else None
    return Inventory(tuple(client.in_view({vim.VirtualMachine: paths}, root)), {}, {})


def _of_type(found: t.Iterable[tuple[t.Any, Properties]], kind: t.Any) -> list[tuple[t.Any, Properties]]:
    return [(each, properties) for each, properties in found if isinstance(each, kind)]


def _host(managed: t.Any, properties: Properties) -> Host:
    option = properties.get(_UDP_RSS_ALLOWED)
    known: dict[str, t.Any] = {name: properties.get(path) for path, name in _HOST_FACTS.items()}
    facts = HostFacts(
        **known,
        udp_rss_allowed=None if option is None else str(option.value) != "0",
        standard_switches={
            plain_name(group.spec.name): group.spec.vswitchName
            for group in properties.get("config.network.portgroup") or ()
        },
        switch_modes=_switch_modes(properties.get("config.network.proxySwitch") or ()),
    )
    return Host(
        name_of(managed, properties),
        properties.get("summary.hardware.cpuMhz"),
        bool(properties.get("capability.latencySensitivitySupported")),
        facts,
    )


def _switch_modes(proxies: t.Iterable[t.Any]) -> dict[str, str]:
    modes = {proxy.dvsUuid: switch_mode(proxy) for proxy in proxies}
    return {uuid: mode for uuid, mode in modes.items() if mode is not None}


def _networks(found: t.Sequence[tuple[t.Any, Properties]]) -> dict[str, tuple[Network, ...]]:
    hosts = {each._moId: name_of(each, properties) for each, properties in _of_type(found, vim.HostSystem)}
    switches = {each._moId: properties for each, properties in _of_type(found, vim.DistributedVirtualSwitch)}
    networks: dict[str, tuple[Network, ...]] = {}
    for each, properties in _of_type(found, vim.Network):
        network = dataclasses.replace(_network(each, properties, switches), hosts=_hosts(each, properties, hosts))
        networks[network.name] = (*networks.get(network.name, ()), network)
    return networks


def _hosts(managed: t.Any, properties: Properties, names: t.Mapping[str, str]) -> frozenset[str] | None:
    """The names of the hosts that offer a port group, None when vSphere does not report them.

    Only a distributed port group exists without a host; for others an empty list means that there is no report.
    """
    offering = frozenset(names.get(host._moId, host._moId) for host in properties.get("host") or ())
    known = "host" in properties and isinstance(managed, vim.dvs.DistributedVirtualPortgroup)
    return offering if offering or known else None


def _network(managed: t.Any, properties: Properties, switches: t.Mapping[str, Properties]) -> Network:
    name = name_of(managed, properties)
    if isinstance(managed, vim.OpaqueNetwork):
        summary = properties["summary"]
        return Network(name, managed._moId, summary.opaqueNetworkId, opaque_type=summary.opaqueNetworkType)
    if not isinstance(managed, vim.dvs.DistributedVirtualPortgroup):
        return Network(name, managed._moId, managed._moId)
    reference = properties.get("config.distributedVirtualSwitch")
    switch = switches.get(reference._moId, {}) if reference is not None else {}
    product = switch.get("config.productInfo")
    return Network(
        name,
        managed._moId,
        properties.get("key", managed._moId),
        switch.get("uuid"),
        product.version if product is not None else None,
        switch=plain_name(switch["name"]) if "name" in switch else None,
    )
