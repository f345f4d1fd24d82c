# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run leaves alone: the groups, rules and overrides of this placement's VMs that it does not bring to a plan."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.relations import (
    cover_pairs,
    merge_groups,
    pairs_of,
)

from .model import VmHostRule, VmVmRule

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import PlacementPlan
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.relations import Groups, Pairs

    from .desired import RuleNames
    from .model import ClusterState, DesiredCluster, Members


def plan_beside(plan: PlacementPlan, kept: t.Mapping[str, str], state: ClusterState, names: RuleNames) -> PlacementPlan:
    """The plan beside VMs that are left alone: the cluster's rules say which two of these are kept apart or together.

    kept: moids by name.
    """
    if not kept:
        return plan
    known = {moid: name for name, moid in kept.items()}

    def beside(groups: Groups, together: bool) -> Pairs:
        now = pairs_of(
            [known[vm] for vm in rule.vms if vm in known]
            for rule in state.rules
            if isinstance(rule, VmVmRule) and names.owns(rule.name) and rule.together == together
        )
        return now | {pair for pair in pairs_of(groups) if not pair <= kept.keys()}

    apart, together = beside(plan.apart, False), beside(plan.together, True)
    return dataclasses.replace(plan, apart=cover_pairs(apart), together=merge_groups(together))


def with_kept(wanted: DesiredCluster, kept: Members, state: ClusterState, names: RuleNames) -> DesiredCluster:
    """The desired objects with those that the cluster has for the VMs that are left alone. kept: their moids.

    Raises NfvError (placement_partial) when a VM and one that is left alone share a rule that would change for both.
    """
    records = (names.automation_record, names.restart_record)
    vm_groups = dict(wanted.vm_groups)
    staying = {name: members & kept for name, members in state.vm_groups.items() if names.owns(name)}
    for name, members in staying.items():
        if members:
            vm_groups[name] = vm_groups.get(name, frozenset()) | members
    rules = {rule.name: rule for rule in wanted.rules}
    host_groups = dict(wanted.host_groups)
    for rule in state.rules:
        if isinstance(rule, VmHostRule) and names.owns(rule.name) and staying.get(rule.vm_group or ""):
            if rules.setdefault(rule.name, rule) != rule:
                raise _shared(rule.name, state.name)
            host_group = rule.host_group or ""
            if host_group in state.host_groups:
                host_groups.setdefault(host_group, state.host_groups[host_group])
    restart = {vm: own for vm, entry in state.restart.items() if (own := entry.own) is not None}
    recorded = [staying.get(record, frozenset()) for record in records]
    return dataclasses.replace(
        wanted,
        vm_groups=vm_groups,
        host_groups=host_groups,
        rules=tuple(rules.values()),
        automation={**wanted.automation, **{vm: state.automation[vm] for vm in recorded[0] if vm in state.automation}},
        restart={**wanted.restart, **{vm: restart[vm] for vm in recorded[1] if vm in restart}},
    )


def _shared(rule: str, cluster: str) -> NfvError:
    return NfvError(
        ErrorCode.PLACEMENT_PARTIAL,
        cluster,
        f"rule {rule} would change, and VMs that are not part of this run share it",
        "Run without --limit, for all VMs of the placement",
    )
