# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan asks of each cluster: the objects, and the names by which they are known as ours."""

from __future__ import annotations

import dataclasses
import hashlib
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, joined

from .model import DesiredCluster, VmHostRule, VmVmRule

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import Placed, PlacementPlan

    from .model import Members

# vSphere's limit for the names of entities, in characters.
MAX_NAME: t.Final = 80
SHOULD: t.Final = "should"
MUST: t.Final = "must"


@dataclasses.dataclass(frozen=True)
class RuleNames:
    """The names of everything that is made for one placement; what begins so is ours and nobody else's.

    placement: such as ``pgw``.
    """

    placement: str

    @property
    def prefix(self) -> str:
        return f"nfv:{self.placement}:"

    def owns(self, name: str) -> bool:
        return name.startswith(self.prefix)

    def of(self, kind: str, label: str) -> str:
        """A name of one kind; a label that does not fit is cut and told apart by its hash."""
        name = f"{self.prefix}{kind}:{label}"
        if len(name) <= MAX_NAME:
            return name
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        return f"{name[: MAX_NAME - len(digest) - 1]}~{digest}"

    @property
    def automation_record(self) -> str:
        """The group of the VMs whose DRS override we made: an override has no name that could say so."""
        return f"{self.prefix}overrides:drs"

    @property
    def restart_record(self) -> str:
        """The group of the VMs whose HA restart priority we made."""
        return f"{self.prefix}overrides:ha"


@dataclasses.dataclass(frozen=True)
class VmOverrides:
    """What VMs are to have beside their place, by name: automation levels of DRS, restart priorities of HA."""

    automation: t.Mapping[str, str]
    restart: t.Mapping[str, str]


def desired_cluster(
    plan: PlacementPlan,
    wishes: VmOverrides,
    names: RuleNames,
    strength: str,
    vms: t.Mapping[str, str],
    hosts: t.Container[str],
) -> DesiredCluster:
    """What a plan asks of the cluster with the given hosts (moids). vms: moids by name; strength: SHOULD or MUST.

    Raises NfvError for planned VMs that are not there.
    """
    here = [placed for placed in plan.placements if placed.host_moid in hosts]
    missing = [
        NfvError(
            ErrorCode.VM_NOT_FOUND,
            placed.vm,
            f"it is planned on {placed.host}, and there is no such VM",
            "Make it first",
        )
        for placed in here
        if placed.vm not in vms
    ]
    if missing:
        raise joined(missing)
    by_host: dict[str, list[Placed]] = {}
    for placed in here:
        by_host.setdefault(placed.host, []).append(placed)
    vm_groups: dict[str, Members] = {}
    host_groups: dict[str, Members] = {}
    rules: list[VmHostRule | VmVmRule] = []
    for host, placements in sorted(by_host.items()):
        vm_group, host_group = names.of("vms", host), names.of("host", host)
        vm_groups[vm_group] = frozenset(vms[placed.vm] for placed in placements)
        host_groups[host_group] = frozenset({placements[0].host_moid})
        rules.append(VmHostRule(names.of("on", host), vm_group, host_group, strength == MUST))
    placed_here = {placed.vm for placed in here}
    for kind, groups in (("apart", plan.apart), ("together", plan.together)):
        rules += _between_vms(kind, groups, placed_here, names, vms)
    return DesiredCluster(
        vm_groups,
        host_groups,
        tuple(rules),
        {vms[vm]: level for vm, level in wishes.automation.items() if vm in placed_here},
        {vms[vm]: priority for vm, priority in wishes.restart.items() if vm in placed_here},
    )


def _between_vms(
    kind: str, groups: t.Iterable[t.Iterable[str]], placed: t.Container[str], names: RuleNames, vms: t.Mapping[str, str]
) -> list[VmVmRule]:
    """One rule for each group; VMs of other clusters, and those that nobody plans, are left out."""
    rules: dict[str, VmVmRule] = {}
    for group in sorted(tuple(sorted(vm for vm in group if vm in placed)) for group in groups):
        if len(group) < 2:
            continue  # nobody is left to be kept apart from, or together with
        name = names.of(kind, group[0])
        number = 2
        while name in rules:
            name, number = names.of(kind, f"{group[0]}:{number}"), number + 1
        rules[name] = VmVmRule(name, frozenset(vms[vm] for vm in group), kind == "together")
    return list(rules.values())
