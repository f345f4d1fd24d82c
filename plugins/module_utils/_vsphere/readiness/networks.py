# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what is judged of clusters and port groups, in one batch."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.facts import (
    ClusterReadinessFacts,
    PortGroupFacts,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.naming import name_of, plain_name
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.cluster.read import cluster_state

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Properties

Found = t.Sequence[tuple[t.Any, "Properties"]]
# VLAN 4095 of a standard port group hands all tags to the guest (vSphere Networking, "VLAN Tagging Modes").
_ALL_VLANS: t.Final = 4095


def read_networks(
    client: Client, root: t.Any, cluster: str | None, hosts: t.Mapping[str, str]
) -> tuple[tuple[ClusterReadinessFacts, ...], tuple[PortGroupFacts, ...]]:
    """The clusters and distributed port groups below ``root`` (vim.Datacenter; None: of the whole vCenter).

    cluster: the name or managed object ID of the only cluster to read, None for all; hosts: the names of those that
    matter, by managed object ID.
    Raises NfvError: cluster_unreadable.
    """
    found = client.in_view(
        {
            vim.ClusterComputeResource: ["name", "configurationEx", "summary"],
            vim.dvs.DistributedVirtualPortgroup: [
                *("name", "host", "config.uplink", "config.distributedVirtualSwitch", "config.defaultPortConfig"),
                "config.backingType",
            ],
            vim.DistributedVirtualSwitch: ["name", "config"],
            vim.OpaqueNetwork: ["name", "host"],
        },
        root,
    )
    clusters = tuple(
        cluster_facts(each, properties)
        for each, properties in _of(found, vim.ClusterComputeResource)
        if cluster in (None, each._moId, name_of(each, properties))
    )
    return clusters, (*_distributed(found, hosts), *_segments(found, hosts))


def _of(found: Found, kind: t.Any) -> list[tuple[t.Any, Properties]]:
    return [(each, properties) for each, properties in found if isinstance(each, kind)]


def cluster_facts(managed: t.Any, properties: Properties) -> ClusterReadinessFacts:
    """Converts a cluster. Raises NfvError: cluster_unreadable."""
    state = cluster_state(managed, properties, {})
    summary = properties.get("summary")
    return ClusterReadinessFacts(
        state.name,
        state.drs,
        state.automation_level,
        state.ha,
        state.admission_control,
        evc=getattr(summary, "currentEVCModeKey", None) or None,
    )


def standard_port_groups(host: str, properties: Properties) -> list[PortGroupFacts]:
    """The port groups of a host's standard switches, with the policy that takes effect."""
    switches = {switch.name: switch for switch in properties.get("config.network.vswitch") or ()}
    groups = []
    for group in properties.get("config.network.portgroup") or ():
        switch = switches.get(group.spec.vswitchName)
        policies = [group.computedPolicy, group.spec.policy, switch.spec.policy if switch is not None else None]
        secure = [policy.security for policy in policies if policy is not None and policy.security is not None]
        vlan = group.spec.vlanId
        groups.append(
            PortGroupFacts(
                plain_name(group.spec.name),
                group.spec.vswitchName,
                frozenset({host}),
                distributed=False,
                promiscuous=_first(secure, "allowPromiscuous"),
                mac_changes=_first(secure, "macChanges"),
                forged_transmits=_first(secure, "forgedTransmits"),
                mac_learning=False,  # a standard switch has none
                vlans=None if vlan is None else ((0, 4094),) if vlan == _ALL_VLANS else (),
                mtu=None if switch is None else switch.mtu,
            )
        )
    return groups


def _first(policies: t.Iterable[t.Any], field: str) -> bool | None:
    return next((value for policy in policies if (value := getattr(policy, field)) is not None), None)


def _distributed(found: Found, hosts: t.Mapping[str, str]) -> list[PortGroupFacts]:
    switches = {each._moId: properties for each, properties in _of(found, vim.DistributedVirtualSwitch)}
    groups = []
    for each, properties in _of(found, vim.dvs.DistributedVirtualPortgroup):
        if properties.get("config.uplink"):
            continue
        parent = properties.get("config.distributedVirtualSwitch")
        switch = switches.get(parent._moId, {}) if parent is not None else {}
        config = switch.get("config")
        groups.append(
            distributed_port_group(
                name_of(each, properties),
                plain_name(switch["name"]) if "name" in switch else None,
                _names(properties, hosts),
                properties.get("config.defaultPortConfig"),
                getattr(config, "maxMtu", None) or None,
                nsx=properties.get("config.backingType") == "nsx",
            )
        )
    return groups


def distributed_port_group(
    name: str, switch: str | None, hosts: frozenset[str] | None, config: t.Any, mtu: int | None, *, nsx: bool
) -> PortGroupFacts:
    """Converts a distributed port group.

    config: its defaultPortConfig; mtu: its switch's; nsx: NSX made it, and decides by profiles what vSphere does not
    show.
    """
    if nsx:
        return PortGroupFacts(name, switch, hosts, mtu=mtu)
    # Since vSphere 6.7 the one with MAC learning; before, each policy is a value of its own.
    newer, older = getattr(config, "macManagementPolicy", None), getattr(config, "securityPolicy", None)

    def policy(field: str) -> bool | None:
        value = getattr(newer, field, None)
        if value is None:
            value = getattr(getattr(older, field, None), "value", None)
        return value

    learning = getattr(newer, "macLearningPolicy", None)
    return PortGroupFacts(
        name,
        switch,
        hosts,
        promiscuous=policy("allowPromiscuous"),
        mac_changes=policy("macChanges"),
        forged_transmits=policy("forgedTransmits"),
        mac_learning=bool(learning is not None and learning.enabled),
        unicast_flooding=None if learning is None else learning.allowUnicastFlooding,
        vlans=_vlans(getattr(config, "vlan", None)),
        mtu=mtu,
    )


def _vlans(spec: t.Any) -> tuple[tuple[int, int], ...] | None:
    if isinstance(spec, vim.dvs.VmwareDistributedVirtualSwitch.TrunkVlanSpec):
        return tuple((each.start, each.end) for each in spec.vlanId or ())
    if isinstance(spec, vim.dvs.VmwareDistributedVirtualSwitch.PvlanSpec):
        return ()
    return None if spec is None else ()


def _segments(found: Found, hosts: t.Mapping[str, str]) -> list[PortGroupFacts]:
    """NSX segments outside any distributed switch, of which vSphere shows the name alone."""
    return [
        PortGroupFacts(name_of(each, properties), None, _names(properties, hosts))
        for each, properties in _of(found, vim.OpaqueNetwork)
    ]


def _names(properties: Properties, hosts: t.Mapping[str, str]) -> frozenset[str] | None:
    if "host" not in properties:
        return None
    return frozenset(hosts[host._moId] for host in properties["host"] or () if host._moId in hosts)
