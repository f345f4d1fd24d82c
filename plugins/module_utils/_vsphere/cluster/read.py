# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads clusters: groups, rules and overrides, and the settings of DRS and HA."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.model import (
    CLUSTER_PRIORITY,
    ClusterState,
    OtherRule,
    RestartOverride,
    VmHostRule,
    VmVmRule,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.lookup import find_datacenter
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.naming import name_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.model import Rule
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Properties

# Our name of each vim.cluster.DrsConfigInfo.DrsBehavior.
LEVELS: t.Final = {
    "manual": "manual",
    "partiallyAutomated": "partially_automated",
    "fullyAutomated": "fully_automated",
}
DISABLED: t.Final = "disabled"


@dataclasses.dataclass(frozen=True)
class VmPosition:
    """Where a VM is."""

    name: str
    """Its name."""
    managed: t.Any
    """The VM as vim.VirtualMachine."""
    host: str | None
    """The managed object ID of its host."""
    power_state: str
    """Its power state as the API names it, such as ``poweredOn``."""
    template: bool = False
    """Whether it is a template."""


@dataclasses.dataclass(frozen=True)
class Clusters:
    """The clusters and VMs of a datacenter, or of the whole vCenter, by moid."""

    clusters: t.Mapping[str, ClusterState]
    """The clusters in our terms, which plans are made from."""
    objects: t.Mapping[str, t.Any]
    """The clusters as vim.ClusterComputeResource."""
    restart_entries: t.Mapping[str, t.Any]
    """HA's settings of single VMs (vim.cluster.DasVmConfigInfo), by the moid of the VM."""
    vms: t.Mapping[str, VmPosition]
    """The VMs."""

    def of_host(self, host: str | None) -> ClusterState | None:
        """The cluster of the host with this moid."""
        return next((each for each in self.clusters.values() if host in each.hosts), None)

    def named(self, name: str) -> list[VmPosition]:
        """The VMs with this name."""
        return [vm for vm in self.vms.values() if vm.name == name]

    @property
    def names(self) -> dict[str, str]:
        """The names of VMs and hosts by moid."""
        hosts = {moid: name for cluster in self.clusters.values() for moid, name in cluster.hosts.items()}
        return {**hosts, **{moid: vm.name for moid, vm in self.vms.items()}}


def read_clusters(client: Client, datacenter: str | None) -> Clusters:
    """Reads clusters, hosts and VMs in one batch.

    Raises NfvError: datacenter_not_found, datacenter_not_unique, cluster_unreadable.
    """
    found = client.in_view(
        {
            vim.ClusterComputeResource: ["name", "configurationEx"],
            vim.HostSystem: ["name", "parent"],
            vim.VirtualMachine: ["name", "config.template", "runtime.host", "runtime.powerState"],
        },
        find_datacenter(client, datacenter) if datacenter else None,
    )
    hosts: dict[str, dict[str, str]] = {}
    vms = {}
    for each, properties in found:
        name = name_of(each, properties)
        if isinstance(each, vim.HostSystem) and properties.get("parent") is not None:
            hosts.setdefault(properties["parent"]._moId, {})[each._moId] = name
        elif isinstance(each, vim.VirtualMachine):
            host = properties.get("runtime.host")
            power_state = str(properties.get("runtime.powerState", ""))
            template = bool(properties.get("config.template"))
            vms[each._moId] = VmPosition(name, each, host._moId if host is not None else None, power_state, template)
    read = [(each, properties) for each, properties in found if isinstance(each, vim.ClusterComputeResource)]
    return Clusters(
        {each._moId: cluster_state(each, properties, hosts.get(each._moId, {})) for each, properties in read},
        {each._moId: each for each, _properties in read},
        {
            entry.key._moId: entry
            for _each, properties in read
            for entry in properties["configurationEx"].dasVmConfig or ()
        },
        vms,
    )


def cluster_state(managed: t.Any, properties: Properties, hosts: t.Mapping[str, str]) -> ClusterState:
    """Converts configurationEx of a cluster; what is unset there is off or empty.

    hosts: the names of its hosts by moid. Raises NfvError: cluster_unreadable.
    """
    config = properties.get("configurationEx")
    if config is None:
        raise NfvError(
            ErrorCode.CLUSTER_UNREADABLE,
            name_of(managed, properties),
            "failed to read its configuration: vCenter returned none",
            "Grant the user the privilege System.Read on the cluster",
        )
    drs, das = config.drsConfig, config.dasConfig
    groups = list(config.group or ())
    default = das.defaultVmSettings.restartPriority if das is not None and das.defaultVmSettings is not None else None
    return ClusterState(
        name=name_of(managed, properties),
        moid=managed._moId,
        hosts=hosts,
        drs=bool(drs is not None and drs.enabled),
        automation_level=LEVELS.get(str(drs.defaultVmBehavior) if drs is not None else "", "fully_automated"),
        # Unset means allowed: vSphere 5 introduced the field.
        overrides_allowed=drs is None or drs.enableVmBehaviorOverrides is not False,
        ha=bool(das is not None and das.enabled),
        admission_control=bool(das is not None and das.admissionControlEnabled),
        restart_priority=default or "medium",
        vm_groups={group.name: _moids(group.vm) for group in groups if isinstance(group, vim.cluster.VmGroup)},
        host_groups={group.name: _moids(group.host) for group in groups if isinstance(group, vim.cluster.HostGroup)},
        rules=tuple(_rule(rule) for rule in config.rule or ()),
        automation={each.key._moId: level for each in config.drsVmConfig or () if (level := _level(each)) is not None},
        restart={each.key._moId: _restart(each) for each in config.dasVmConfig or ()},
    )


def _moids(objects: t.Iterable[t.Any] | None) -> frozenset[str]:
    return frozenset(each._moId for each in objects or ())


def _rule(rule: t.Any) -> Rule:
    if isinstance(rule, vim.cluster.VmHostRuleInfo):
        affine = rule.affineHostGroupName is not None
        group = rule.affineHostGroupName if affine else rule.antiAffineHostGroupName
        return VmHostRule(
            rule.name, rule.vmGroupName, group, bool(rule.mandatory), affine, rule.enabled is not False, rule.key
        )
    if isinstance(rule, (vim.cluster.AffinityRuleSpec, vim.cluster.AntiAffinityRuleSpec)):
        together = isinstance(rule, vim.cluster.AffinityRuleSpec)
        return VmVmRule(rule.name, _moids(rule.vm), together, rule.enabled is not False, rule.key)
    groups = (getattr(rule, "vmGroup", None), getattr(rule, "dependsOnVmGroup", None))
    return OtherRule(rule.name, tuple(group for group in groups if group))


def _level(override: t.Any) -> str | None:
    """The automation level of a vim.cluster.DrsVmConfigInfo; None stands for the cluster's."""
    if override.enabled is False:
        return DISABLED
    return LEVELS.get(str(override.behavior)) if override.behavior is not None else None


def _restart(override: t.Any) -> RestartOverride:
    settings = override.dasSettings
    if settings is None:
        # Before VI API 2.5 the priority stood beside the settings.
        priority = str(override.restartPriority) if override.restartPriority is not None else None
        return RestartOverride(priority, override.powerOffOnIsolation is not None)
    others = (
        settings.isolationResponse not in (None, "clusterIsolationResponse")
        or settings.vmToolsMonitoringSettings is not None
        or settings.vmComponentProtectionSettings is not None
        or (settings.restartPriorityTimeout or -1) != -1
    )
    return RestartOverride(settings.restartPriority or CLUSTER_PRIORITY, others)
