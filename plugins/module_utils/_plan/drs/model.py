# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster's configuration holds of groups, rules and overrides, and what changes; VMs and hosts by moid."""

from __future__ import annotations

import dataclasses
import typing as t

# vim.cluster.DasVmSettings.RestartPriority: the VM has the cluster's.
CLUSTER_PRIORITY: t.Final = "clusterRestartPriority"

Members = frozenset[str]


@dataclasses.dataclass(frozen=True)
class VmHostRule:
    """A rule between a group of VMs and one of hosts (vim.cluster.VmHostRuleInfo). affine: they belong together."""

    name: str
    vm_group: str | None
    host_group: str | None
    mandatory: bool
    affine: bool = True
    enabled: bool = True
    key: int | None = dataclasses.field(default=None, compare=False)


@dataclasses.dataclass(frozen=True)
class VmVmRule:
    """A rule between VMs. together: of affinity (vim.cluster.AffinityRuleSpec), else of anti-affinity."""

    name: str
    vms: Members
    together: bool
    enabled: bool = True
    key: int | None = dataclasses.field(default=None, compare=False)


@dataclasses.dataclass(frozen=True)
class OtherRule:
    """A rule of a kind that we never make, such as one of dependencies. groups: those that it names."""

    name: str
    groups: tuple[str, ...] = ()


Rule = t.Union[VmHostRule, VmVmRule, OtherRule]


@dataclasses.dataclass(frozen=True)
class RestartOverride:
    """HA's settings of one VM. priority: None or CLUSTER_PRIORITY is the cluster's; others: it has further settings."""

    priority: str | None
    others: bool = False

    @property
    def own(self) -> str | None:
        """The VM's own priority, if it has one."""
        return None if self.priority == CLUSTER_PRIORITY else self.priority


@dataclasses.dataclass(frozen=True)
class ClusterState:
    """A cluster's configuration as far as placement goes (vim.cluster.ConfigInfoEx).

    hosts: names by moid; automation_level and restart_priority: the cluster's own; vm_groups and host_groups: members
    by name; automation: levels of VMs that have one of their own; restart: HA's settings of VMs that have some.
    """

    name: str
    moid: str
    hosts: t.Mapping[str, str]
    drs: bool
    automation_level: str
    overrides_allowed: bool
    ha: bool
    admission_control: bool
    restart_priority: str
    vm_groups: t.Mapping[str, Members]
    host_groups: t.Mapping[str, Members]
    rules: tuple[Rule, ...]
    automation: t.Mapping[str, str]
    restart: t.Mapping[str, RestartOverride]


@dataclasses.dataclass(frozen=True)
class DesiredCluster:
    """What a placement asks of one cluster. automation, restart: levels and priorities by VM."""

    vm_groups: t.Mapping[str, Members]
    host_groups: t.Mapping[str, Members]
    rules: tuple[VmHostRule | VmVmRule, ...]
    automation: t.Mapping[str, str]
    restart: t.Mapping[str, str]


NOTHING: t.Final = DesiredCluster({}, {}, (), {}, {})


@dataclasses.dataclass(frozen=True)
class GroupChange:
    """A group that is made (before None), changed, or removed (after None). kind: ``vm_group`` or ``host_group``."""

    kind: str
    name: str
    before: Members | None
    after: Members | None


@dataclasses.dataclass(frozen=True)
class RuleChange:
    """A rule that is made, changed, or removed."""

    name: str
    before: VmHostRule | VmVmRule | None
    after: VmHostRule | VmVmRule | None


@dataclasses.dataclass(frozen=True)
class AutomationChange:
    """DRS' automation level of one VM; None is the cluster's."""

    vm: str
    before: str | None
    after: str | None


@dataclasses.dataclass(frozen=True)
class RestartChange:
    """HA's restart priority of one VM; None is the cluster's. entry: what HA has of it, None when there is nothing."""

    vm: str
    entry: RestartOverride | None
    after: str | None

    @property
    def before(self) -> str | None:
        return self.entry.own if self.entry is not None else None


@dataclasses.dataclass(frozen=True)
class ClusterChanges:
    """Everything that one reconfiguration of one cluster changes. Empty when it is as wanted."""

    cluster: str
    moid: str
    groups: tuple[GroupChange, ...] = ()
    rules: tuple[RuleChange, ...] = ()
    automation: tuple[AutomationChange, ...] = ()
    restart: tuple[RestartChange, ...] = ()
    warnings: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups or self.rules or self.automation or self.restart)
