# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster's groups, rules and VM overrides, and changes to them. VMs and hosts are given by managed object id."""

from __future__ import annotations

import dataclasses
import typing as t

# vim.cluster.DasVmSettings.RestartPriority of a VM without a priority of its own.
CLUSTER_PRIORITY: t.Final = "clusterRestartPriority"

Members = frozenset[str]


@dataclasses.dataclass(frozen=True)
class VmHostRule:
    """A rule between a VM group and a host group (vim.cluster.VmHostRuleInfo)."""

    name: str
    """Its name."""
    vm_group: str | None
    """Name of the VM group, None when the rule names none."""
    host_group: str | None
    """Name of the host group, None when the rule names none."""
    mandatory: bool
    """A must rule; otherwise a should rule."""
    affine: bool = True
    """The VMs run on the hosts; otherwise anywhere else."""
    enabled: bool = True
    """Whether it is in force."""
    key: int | None = dataclasses.field(default=None, compare=False)
    """Its key in the cluster, None for a rule that is still to be created."""


@dataclasses.dataclass(frozen=True)
class VmVmRule:
    """An affinity or anti-affinity rule between VMs."""

    name: str
    """Its name."""
    vms: Members
    """Managed object ids of the VMs."""
    together: bool
    """Affinity (vim.cluster.AffinityRuleSpec); otherwise anti-affinity."""
    enabled: bool = True
    """Whether it is in force."""
    key: int | None = dataclasses.field(default=None, compare=False)
    """Its key in the cluster, None for a rule that is still to be created."""


@dataclasses.dataclass(frozen=True)
class OtherRule:
    """A rule of a kind that this collection never makes, such as a dependency rule."""

    name: str
    """Its name."""
    groups: tuple[str, ...] = ()
    """The groups that it names."""


Rule = t.Union[VmHostRule, VmVmRule, OtherRule]


@dataclasses.dataclass(frozen=True)
class RestartOverride:
    """HA's settings of one VM."""

    priority: str | None
    """Its restart priority; None and CLUSTER_PRIORITY stand for the cluster's."""
    others: bool = False
    """It has further settings, which must be kept."""

    @property
    def own(self) -> str | None:
        """The VM's own priority, if it has one."""
        return None if self.priority == CLUSTER_PRIORITY else self.priority


@dataclasses.dataclass(frozen=True)
class ClusterState:
    """What placement needs of a cluster's configuration (vim.cluster.ConfigInfoEx)."""

    name: str
    """Its name."""
    moid: str
    """Managed object id."""
    hosts: t.Mapping[str, str]
    """Names of its hosts by moid."""
    drs: bool
    """Whether DRS is on."""
    automation_level: str
    """The cluster's own level."""
    overrides_allowed: bool
    """Whether VMs may have automation levels of their own (enableVmBehaviorOverrides)."""
    ha: bool
    """Whether HA is on."""
    admission_control: bool
    """Whether HA's admission control is on."""
    restart_priority: str
    """The cluster's own priority."""
    vm_groups: t.Mapping[str, Members]
    """Members by group name."""
    host_groups: t.Mapping[str, Members]
    """Members by group name."""
    rules: tuple[Rule, ...]
    """All DRS rules."""
    automation: t.Mapping[str, str]
    """Automation levels of the VMs that have one of their own."""
    restart: t.Mapping[str, RestartOverride]
    """HA's settings of the VMs that have any."""


@dataclasses.dataclass(frozen=True)
class DesiredCluster:
    """What one cluster must hold for a placement."""

    vm_groups: t.Mapping[str, Members]
    """Members by group name."""
    host_groups: t.Mapping[str, Members]
    """Members by group name."""
    rules: tuple[VmHostRule | VmVmRule, ...]
    """The rules."""
    automation: t.Mapping[str, str]
    """Automation levels by VM."""
    restart: t.Mapping[str, str]
    """Restart priorities by VM."""


NOTHING: t.Final = DesiredCluster({}, {}, (), {}, {})


@dataclasses.dataclass(frozen=True)
class GroupChange:
    """A group that is created, changed or removed."""

    kind: str
    """``vm_group`` or ``host_group``."""
    name: str
    """Its name."""
    before: Members | None
    """None when it is created."""
    after: Members | None
    """None when it is removed."""


@dataclasses.dataclass(frozen=True)
class RuleChange:
    """A rule that is created (before is None), changed, or removed (after is None)."""

    name: str
    """Its name."""
    before: VmHostRule | VmVmRule | None
    """None when it is created."""
    after: VmHostRule | VmVmRule | None
    """None when it is removed."""


@dataclasses.dataclass(frozen=True)
class AutomationChange:
    """The DRS automation level of one VM; None stands for the cluster's."""

    vm: str
    """Managed object id."""
    before: str | None
    """The level now."""
    after: str | None
    """The new level."""


@dataclasses.dataclass(frozen=True)
class RestartChange:
    """The HA restart priority of one VM."""

    vm: str
    """Managed object id."""
    entry: RestartOverride | None
    """HA's settings of the VM, None when it has none."""
    after: str | None
    """The new priority; None stands for the cluster's."""

    @property
    def before(self) -> str | None:
        return self.entry.own if self.entry is not None else None


@dataclasses.dataclass(frozen=True)
class ClusterChanges:
    """Everything that one reconfiguration of one cluster changes. False as a boolean when that is nothing."""

    cluster: str
    """Name of the cluster."""
    moid: str
    """Managed object id of the cluster."""
    groups: tuple[GroupChange, ...] = ()
    """Groups that are created, changed or removed."""
    rules: tuple[RuleChange, ...] = ()
    """Rules that are created, changed or removed."""
    automation: tuple[AutomationChange, ...] = ()
    """DRS automation levels that change."""
    restart: tuple[RestartChange, ...] = ()
    """HA restart priorities that change."""
    warnings: tuple[str, ...] = ()
    """What stays although it is not as desired, one sentence each."""

    def __bool__(self) -> bool:
        return bool(self.groups or self.rules or self.automation or self.restart)
