# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the ConfigSpecEx that carries out the changes of a cluster."""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.model import CLUSTER_PRIORITY, VmHostRule
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim

from .read import DISABLED, LEVELS

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.model import (
        AutomationChange,
        ClusterChanges,
        GroupChange,
        RestartChange,
        RuleChange,
    )
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client

_BEHAVIORS: t.Final = {level: behavior for behavior, level in LEVELS.items()}


def cluster_spec(client: Client, changes: ClusterChanges, entries: t.Mapping[str, t.Any]) -> t.Any:
    """Builds the vim.cluster.ConfigSpecEx of the changes. Apply it with ``modify`` true: what it does not name stays.

    entries: HA's present settings of VMs (vim.cluster.DasVmConfigInfo), by the moid of the VM.
    """
    return vim.cluster.ConfigSpecEx(
        groupSpec=[_group(client, change) for change in changes.groups],
        rulesSpec=[_rule(client, change) for change in changes.rules],
        drsVmConfigSpec=[_automation(client, change) for change in changes.automation],
        dasVmConfigSpec=[_restart(client, change, entries.get(change.vm)) for change in changes.restart],
    )


def _operation(before: object, after: object) -> str:
    if after is None:
        return "remove"
    return "add" if before is None else "edit"


def _group(client: Client, change: GroupChange) -> t.Any:
    operation = _operation(change.before, change.after)
    if change.after is None:
        return vim.cluster.GroupSpec(operation=operation, removeKey=change.name)
    members = sorted(change.after)
    if change.kind == "vm_group":
        info = vim.cluster.VmGroup(name=change.name, vm=[client.managed(vim.VirtualMachine, moid) for moid in members])
    else:
        info = vim.cluster.HostGroup(name=change.name, host=[client.managed(vim.HostSystem, moid) for moid in members])
    return vim.cluster.GroupSpec(operation=operation, info=info)


def _rule(client: Client, change: RuleChange) -> t.Any:
    operation = _operation(change.before, change.after)
    key = change.before.key if change.before is not None else None
    if change.after is None:
        return vim.cluster.RuleSpec(operation=operation, removeKey=key)
    rule = change.after
    if isinstance(rule, VmHostRule):
        info = vim.cluster.VmHostRuleInfo(
            name=rule.name, enabled=rule.enabled, mandatory=rule.mandatory, vmGroupName=rule.vm_group
        )
        if rule.affine:
            info.affineHostGroupName = rule.host_group
        else:
            info.antiAffineHostGroupName = rule.host_group
    else:
        kind = vim.cluster.AffinityRuleSpec if rule.together else vim.cluster.AntiAffinityRuleSpec
        info = kind(name=rule.name, enabled=rule.enabled)
        info.vm = [client.managed(vim.VirtualMachine, moid) for moid in sorted(rule.vms)]
    info.userCreated = True
    if key is not None:
        info.key = key
    return vim.cluster.RuleSpec(operation=operation, info=info)


def _automation(client: Client, change: AutomationChange) -> t.Any:
    managed = client.managed(vim.VirtualMachine, change.vm)
    operation = _operation(change.before, change.after)
    if change.after is None:
        return vim.cluster.DrsVmConfigSpec(operation=operation, removeKey=managed)
    info = vim.cluster.DrsVmConfigInfo(key=managed, enabled=change.after != DISABLED)
    if change.after != DISABLED:
        info.behavior = _BEHAVIORS[change.after]
    return vim.cluster.DrsVmConfigSpec(operation=operation, info=info)


def _restart(client: Client, change: RestartChange, entry: t.Any) -> t.Any:
    """Changes the restart priority alone: HA keeps it in one entry with its other settings of the VM."""
    managed = client.managed(vim.VirtualMachine, change.vm)
    if change.after is None and (change.entry is None or not change.entry.others):
        return vim.cluster.DasVmConfigSpec(operation="remove", removeKey=managed)
    kept = entry.dasSettings if entry is not None else None
    settings = copy.copy(kept) if kept is not None else vim.cluster.DasVmSettings()
    settings.restartPriority = change.after or CLUSTER_PRIORITY
    info = vim.cluster.DasVmConfigInfo(key=managed, dasSettings=settings)
    return vim.cluster.DasVmConfigSpec(operation="add" if change.entry is None else "edit", info=info)
