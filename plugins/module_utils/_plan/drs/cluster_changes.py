# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The changes that bring a cluster to its desired state. Only what this collection made is changed or removed."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, joined

from .desired import placement_of
from .model import (
    AutomationChange,
    ClusterChanges,
    ClusterState,
    DesiredCluster,
    GroupChange,
    OtherRule,
    RestartChange,
    RuleChange,
    VmHostRule,
    VmVmRule,
)

if t.TYPE_CHECKING:
    from .desired import RuleNames
    from .model import Members, Rule


def plan_cluster(
    state: ClusterState, wanted: DesiredCluster, names: RuleNames, vms: t.Mapping[str, str] | None = None
) -> ClusterChanges:
    """The changes after which the cluster has the desired objects, and no others, under this placement's names.

    vms: names by moid, for errors.
    Raises NfvError (drs_object_foreign) for an object of another kind that has one of these names, and for a VM's
    override that somebody else made and that differs; placement_elsewhere for a VM that another placement of this
    collection holds.
    """
    known = vms or {}
    _refuse_foreign(state, wanted, names)
    _refuse_elsewhere(state, wanted, names, known)
    recorded = state.vm_groups.get(names.automation_record, frozenset())
    automation, automation_record = _plan_overrides(
        state.automation, wanted.automation, recorded, "DRS automation level", known
    )
    current = {vm: entry.own for vm, entry in state.restart.items() if entry.own is not None}
    recorded = state.vm_groups.get(names.restart_record, frozenset())
    restart, restart_record = _plan_overrides(current, wanted.restart, recorded, "HA restart priority", known)
    vm_groups = dict(wanted.vm_groups)
    for record, vms_of_record in ((names.automation_record, automation_record), (names.restart_record, restart_record)):
        members = vms_of_record | wanted.vm_groups.get(record, frozenset())
        vm_groups.update({record: members} if members else {})
    rules = _plan_rules(state.rules, wanted.rules, names)
    used = {name: rule.name for rule in state.rules if not names.owns(rule.name) for name in _groups_of(rule)}
    groups, warnings = [], []
    for kind, now, then in (
        ("vm_group", state.vm_groups, vm_groups),
        ("host_group", state.host_groups, wanted.host_groups),
    ):
        for change in _plan_groups(kind, now, then, names):
            if change.after is None and change.name in used:
                warnings.append(f"group {change.name} is left: rule {used[change.name]} of somebody else uses it")
            else:
                groups.append(change)
    return ClusterChanges(
        state.name,
        state.moid,
        tuple(groups),
        tuple(rules),
        tuple(AutomationChange(vm, state.automation.get(vm), level) for vm, level in automation),
        tuple(RestartChange(vm, state.restart.get(vm), priority) for vm, priority in restart),
        (*warnings, *_without_effect(state, wanted)),
    )


def _groups_of(rule: Rule) -> tuple[str, ...]:
    if isinstance(rule, VmHostRule):
        return tuple(name for name in (rule.vm_group, rule.host_group) if name is not None)
    return rule.groups if isinstance(rule, OtherRule) else ()


def _refuse_foreign(state: ClusterState, wanted: DesiredCluster, names: RuleNames) -> None:
    """Refuses objects that have one of this placement's names but are of another kind: somebody else made them."""
    foreign = [
        *(f"group {name}" for name in wanted.vm_groups if name in state.host_groups),
        *(f"group {name}" for name in wanted.host_groups if name in state.vm_groups),
    ]
    kinds = {rule.name: type(rule) for rule in wanted.rules}
    together = {rule.name: rule.together for rule in wanted.rules if isinstance(rule, VmVmRule)}
    for rule in state.rules:
        wrong_kind = rule.name in kinds and not isinstance(rule, kinds[rule.name])
        wrong_sense = isinstance(rule, VmVmRule) and together.get(rule.name, rule.together) != rule.together
        unknown = names.owns(rule.name) and isinstance(rule, OtherRule)
        if wrong_kind or wrong_sense or unknown:
            foreign.append(f"rule {rule.name}")
    if foreign:
        raise _not_ours(
            state.name, f"{', '.join(foreign)} has this placement's name but is of another kind: somebody else made it"
        )


def _not_ours(subject: str, what: str) -> NfvError:
    return NfvError(
        ErrorCode.DRS_OBJECT_FOREIGN, subject, what, "Rename or remove it, or give this placement another name"
    )


def _refuse_elsewhere(
    state: ClusterState, wanted: DesiredCluster, names: RuleNames, known: t.Mapping[str, str]
) -> None:
    """Refuses VMs of another placement: what was made under its name would stay, and might contradict this one."""
    ours = frozenset[str]().union(*wanted.vm_groups.values())
    held = dict(state.vm_groups)
    held.update((rule.name, rule.vms) for rule in state.rules if isinstance(rule, VmVmRule))
    for name, members in sorted(held.items()):
        other = placement_of(name)
        if other is not None and other != names.placement and members & ours:
            vms = ", ".join(sorted(known.get(vm, vm) for vm in members & ours))
            raise NfvError(
                ErrorCode.PLACEMENT_ELSEWHERE,
                state.name,
                f"{vms} is part of placement {other} by {name}, and would be part of {names.placement}, too",
                f"Run with nfv_placement_name={other}, or remove that placement first",
            )


def _plan_rules(now: t.Sequence[Rule], wanted: t.Sequence[VmHostRule | VmVmRule], names: RuleNames) -> list[RuleChange]:
    ours = {rule.name: rule for rule in now if names.owns(rule.name) and not isinstance(rule, OtherRule)}
    then = {rule.name: rule for rule in wanted}
    return [
        RuleChange(name, ours.get(name), then.get(name))
        for name in sorted({*ours, *then})
        if ours.get(name) != then.get(name)
    ]


def _plan_groups(
    kind: str, now: t.Mapping[str, Members], then: t.Mapping[str, Members], names: RuleNames
) -> list[GroupChange]:
    ours = {name: members for name, members in now.items() if names.owns(name)}
    return [
        GroupChange(kind, name, ours.get(name), then.get(name))
        for name in sorted({*ours, *then})
        if ours.get(name) != then.get(name)
    ]


def _plan_overrides(
    now: t.Mapping[str, str], wanted: t.Mapping[str, str], recorded: Members, what: str, names: t.Mapping[str, str]
) -> tuple[list[tuple[str, str | None]], Members]:
    """The changes as (VM, value or None), and the VMs whose override is this collection's afterwards.

    An override that somebody else made and that already has the wanted value stays theirs and is never removed.
    """
    changes: list[tuple[str, str | None]] = []
    foreign: list[NfvError] = []
    ours = {vm for vm in recorded if vm in wanted}
    for vm, value in sorted(wanted.items()):
        current = now.get(vm)
        if current == value:
            continue
        if current is not None and vm not in recorded:
            said = f"somebody else set its {what} to {current}; the plan needs {value}"
            foreign.append(_not_ours(names.get(vm, vm), said))
        changes.append((vm, value))
        ours.add(vm)
    if foreign:
        raise joined(foreign)
    changes += [(vm, None) for vm in sorted(recorded - set(wanted)) if vm in now]
    return changes, frozenset(ours)


def _without_effect(state: ClusterState, wanted: DesiredCluster) -> list[str]:
    """Warnings about changes that have no effect while the cluster is configured as it is."""
    found = []
    if wanted.rules and not state.drs:
        found.append(f"DRS is off in cluster {state.name}: groups and rules have no effect")
    if wanted.automation and not state.overrides_allowed:
        found.append(
            f"cluster {state.name} does not allow VMs automation levels of their own (enableVmBehaviorOverrides)"
        )
    if wanted.restart and not state.ha:
        found.append(f"HA is off in cluster {state.name}: restart priorities have no effect")
    return found


def summary_of(changes: ClusterChanges) -> str:
    """The changes in a few words, for an error message."""
    parts = [f"{change.kind} {change.name}" for change in changes.groups]
    parts += [f"rule {change.name}" for change in changes.rules]
    parts += [f"automation level of {change.vm}" for change in changes.automation]
    parts += [f"restart priority of {change.vm}" for change in changes.restart]
    return ", ".join(parts)
