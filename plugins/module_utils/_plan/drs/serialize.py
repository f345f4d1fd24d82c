# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of clusters as the plain data that placement_rules returns, and as diffs."""

from __future__ import annotations

import typing as t

from .model import ClusterChanges, VmHostRule, VmVmRule

RuleNames = t.Mapping[str, str]
Data = dict[str, t.Any]


def changes_as_data(changes: ClusterChanges, names: RuleNames) -> list[Data]:
    """The changes with ``kind``, ``name``, ``from`` and ``to``. names: of VMs and hosts by moid."""
    rows = [
        _row(each.kind, each.name, _members(each.before, names), _members(each.after, names)) for each in changes.groups
    ]
    rows += [_row("rule", each.name, _rule(each.before, names), _rule(each.after, names)) for each in changes.rules]
    rows += [
        _row("automation_level", names.get(each.vm, each.vm), each.before, each.after) for each in changes.automation
    ]
    rows += [_row("restart_priority", names.get(each.vm, each.vm), each.before, each.after) for each in changes.restart]
    return rows


def diff_of(changes: ClusterChanges, names: RuleNames) -> Data:
    """Before and after of one cluster, for what changes only."""
    rows = changes_as_data(changes, names)
    return {
        "before_header": f"cluster {changes.cluster}",
        "after_header": f"cluster {changes.cluster}",
        "before": {f"{row['kind']} {row['name']}": row["from"] for row in rows if row["from"] is not None},
        "after": {f"{row['kind']} {row['name']}": row["to"] for row in rows if row["to"] is not None},
    }


def _row(kind: str, name: str, before: t.Any, after: t.Any) -> Data:
    return {"kind": kind, "name": name, "from": before, "to": after}


def _members(members: t.Collection[str] | None, names: RuleNames) -> list[str] | None:
    return None if members is None else sorted(names.get(moid, moid) for moid in members)


def _rule(rule: VmHostRule | VmVmRule | None, names: RuleNames) -> Data | None:
    if rule is None:
        return None
    if isinstance(rule, VmVmRule):
        kind = "together" if rule.together else "apart"
        return {"kind": kind, "vms": _members(rule.vms, names), "enabled": rule.enabled}
    return {
        "kind": "must" if rule.mandatory else "should",
        "vm_group": rule.vm_group,
        "host_group": rule.host_group,
        "affine": rule.affine,
        "enabled": rule.enabled,
    }
