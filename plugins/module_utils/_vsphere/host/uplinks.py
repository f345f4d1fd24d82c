# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which physical NICs carry a port group's traffic on a host: standard and distributed switches."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import PhysicalNic, PortGroupUplinks
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.lookup import name_of, plain_name
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Properties


@dataclasses.dataclass(frozen=True)
class PortGroup:
    """A distributed port group. active: uplink names in the order of its teaming policy, or its switch's.

    hosts: managed object ids of those that have it.
    """

    name: str
    key: str
    switch: str
    switch_uuid: str
    active: tuple[str, ...]
    hosts: frozenset[str]


def distributed_port_groups(found: t.Iterable[tuple[t.Any, Properties]]) -> tuple[PortGroup, ...]:
    """The distributed port groups among objects that were read, without those that hold uplinks; by name."""
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
            PortGroup(
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
    """From uplinkTeamingPolicy.uplinkPortOrder of the first that has one: the port group, else its switch."""
    for properties in settings:
        config = properties.get("config.defaultPortConfig")
        teaming = getattr(config, "uplinkTeamingPolicy", None)
        order = teaming.uplinkPortOrder if teaming is not None else None
        if order is not None and (order.activeUplinkPort or order.standbyUplinkPort):
            return tuple(order.activeUplinkPort or ())
    return ()


def host_port_groups(
    host: str, properties: Properties, nics: t.Sequence[PhysicalNic], distributed: t.Sequence[PortGroup]
) -> tuple[PortGroupUplinks, ...]:
    """The port groups of a host, given its managed object id and properties, with their active uplinks; by name."""
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
        # The port group's own order, or the switch's that it inherits: computedPolicy has both, the others one each.
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
            )
        )
    return groups


def _distributed(group: PortGroup, proxy: t.Any, nics: t.Sequence[PhysicalNic]) -> PortGroupUplinks:
    devices = _devices_by_port(proxy)
    ports = {port.value: [port.key] for port in proxy.uplinkPort or ()}
    # A link aggregation group stands for all of its ports.
    ports.update({lag.lagName: [port.key for port in lag.uplinkPort or ()] for lag in proxy.hostLag or ()})
    active = tuple(devices[port] for uplink in group.active for port in ports.get(uplink, ()) if port in devices)
    return PortGroupUplinks(
        network=group.name,
        key=group.key,
        switch=group.switch,
        distributed=True,
        active=active,
        nodes=nodes_of(active, nics),
        enhanced_data_path=bool(proxy.ensEnabled),
    )


def _devices_by_port(proxy: t.Any) -> dict[str, str]:
    backing = proxy.spec.backing if proxy.spec is not None else None
    return {
        spec.uplinkPortKey: spec.pnicDevice
        for spec in getattr(backing, "pnicSpec", None) or ()
        if spec.uplinkPortKey is not None
    }


def nodes_of(active: t.Sequence[str], nics: t.Sequence[PhysicalNic]) -> tuple[int, ...] | None:
    """The nodes of the named NICs, ascending; None when one of them is not known."""
    known = {nic.name: nic.node for nic in nics}
    nodes = [known.get(name) for name in active]
    if any(node is None for node in nodes):
        return None
    return tuple(sorted({node for node in nodes if node is not None}))
