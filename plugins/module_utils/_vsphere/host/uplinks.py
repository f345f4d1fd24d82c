# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the physical NICs that carry a port group's traffic on a host, on standard and distributed switches."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import PhysicalNic, PortGroupUplinks
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import EDP_DEDICATED, EDP_STANDARD, STANDARD
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.naming import name_of, plain_name
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Properties


@dataclasses.dataclass(frozen=True)
class DistributedPortGroup:
    """A port group of a distributed switch."""

    name: str
    """Its name."""
    key: str
    """Its key (vim.dvs.DistributedVirtualPortgroup.key)."""
    switch: str
    """The name of its switch."""
    switch_uuid: str
    """The UUID of its switch."""
    active: tuple[str, ...]
    """The names of the active uplinks, in the order of its teaming policy, or of its switch's."""
    hosts: frozenset[str]
    """The managed object IDs of the hosts that have it."""


def distributed_port_groups(found: t.Iterable[tuple[t.Any, Properties]]) -> tuple[DistributedPortGroup, ...]:
    """Converts the distributed port groups among the objects that were read, except uplink port groups; by name."""
    objects = list(found)
    switches = {
        each._moId: properties for each, properties in objects if isinstance(each, vim.DistributedVirtualSwitch)
    }
    groups = []
    for each, properties in objects:
        if not isinstance(each, vim.dvs.DistributedVirtualPortgroup) or properties.get("config.uplink"):
            continue
        parent = properties.get("config.distributedVirtualSwitch")
        switch = switches.get(parent._moId, {}) if parent is not None else {}
        groups.append(
            DistributedPortGroup(
                name=name_of(each, properties),
                key=properties.get("key", each._moId),
                switch=plain_name(switch.get("name", "")),
                switch_uuid=switch.get("uuid", ""),
                active=_active_uplinks(properties, switch),
                hosts=frozenset(host._moId for host in properties.get("host") or ()),
            )
        )
    return tuple(sorted(groups, key=lambda group: (group.name, group.key)))


def _active_uplinks(*settings: Properties) -> tuple[str, ...]:
    """The active uplinks of the first that has an order (uplinkTeamingPolicy.uplinkPortOrder).

    settings: the properties of the port group, then those of its switch.
    """
    for properties in settings:
        config = properties.get("config.defaultPortConfig")
        teaming = getattr(config, "uplinkTeamingPolicy", None)
        order = teaming.uplinkPortOrder if teaming is not None else None
        if order is not None and (order.activeUplinkPort or order.standbyUplinkPort):
            return tuple(order.activeUplinkPort or ())
    return ()


def host_port_groups(
    host: str, properties: Properties, nics: t.Sequence[PhysicalNic], distributed: t.Sequence[DistributedPortGroup]
) -> tuple[PortGroupUplinks, ...]:
    """The port groups of a host with their active uplinks, by name.

    host: its managed object ID; properties: see host_topology; nics: its physical NICs.
    """
    standard = _standard(properties, nics)
    proxies = {proxy.dvsUuid: proxy for proxy in properties.get("config.network.proxySwitch") or ()}
    groups = [
        _distributed(group, proxies[group.switch_uuid], nics)
        for group in distributed
        if host in group.hosts and group.switch_uuid in proxies
    ]
    return tuple(sorted((*standard, *groups), key=lambda each: (each.network, each.key)))


def _standard(properties: Properties, nics: t.Sequence[PhysicalNic]) -> list[PortGroupUplinks]:
    switches = {switch.name: switch for switch in properties.get("config.network.vswitch") or ()}
    groups = []
    for group in properties.get("config.network.portgroup") or ():
        switch = switches.get(group.spec.vswitchName)
        # computedPolicy has the order that takes effect; without it, the port group's own goes before its switch's.
        policies = [group.computedPolicy, group.spec.policy, switch.spec.policy if switch is not None else None]
        teaming = [policy.nicTeaming for policy in policies if policy is not None and policy.nicTeaming is not None]
        orders = [each.nicOrder for each in teaming if each.nicOrder is not None]
        active = tuple(orders[0].activeNic or ()) if orders else ()
        groups.append(
            PortGroupUplinks(
                network=plain_name(group.spec.name),
                key=group.key or group.spec.name,
                switch=group.spec.vswitchName,
                distributed=False,
                active=active,
                nodes=nodes_of(active, nics),
                switch_mode=STANDARD,
            )
        )
    return groups


def _distributed(group: DistributedPortGroup, proxy: t.Any, nics: t.Sequence[PhysicalNic]) -> PortGroupUplinks:
    devices = _devices_by_port(proxy)
    ports = {port.value: [port.key] for port in proxy.uplinkPort or ()}
    # A link aggregation group stands for all its ports.
    ports.update({lag.lagName: [port.key for port in lag.uplinkPort or ()] for lag in proxy.hostLag or ()})
    active = tuple(devices[port] for uplink in group.active for port in ports.get(uplink, ()) if port in devices)
    return PortGroupUplinks(
        network=group.name,
        key=group.key,
        switch=group.switch,
        distributed=True,
        active=active,
        nodes=nodes_of(active, nics),
        switch_mode=switch_mode(proxy),
    )


def switch_mode(proxy: t.Any) -> str | None:
    """The mode of a distributed switch on a host, one of SWITCH_MODES; None when vSphere does not report it.

    proxy: the host's vim.host.HostProxySwitch, which has the mode since vSphere 7.0.
    """
    if proxy.ensInterruptEnabled:
        return EDP_STANDARD
    if proxy.ensEnabled:
        return EDP_DEDICATED
    return None if proxy.ensEnabled is None else STANDARD


def _devices_by_port(proxy: t.Any) -> dict[str, str]:
    backing = proxy.spec.backing if proxy.spec is not None else None
    return {
        spec.uplinkPortKey: spec.pnicDevice
        for spec in getattr(backing, "pnicSpec", None) or ()
        if spec.uplinkPortKey is not None
    }


def nodes_of(active: t.Sequence[str], nics: t.Sequence[PhysicalNic]) -> tuple[int, ...] | None:
    """The NUMA nodes of the named NICs, ascending; None when the node of one of them is unknown."""
    known = {nic.name: nic.node for nic in nics}
    nodes = [known.get(name) for name in active]
    if any(node is None for node in nodes):
        return None
    return tuple(sorted({node for node in nodes if node is not None}))
