# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each cluster must hold for a plan, and the names that mark these objects as made by this collection."""

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


def placement_of(name: str) -> str | None:
    """The placement that an object belongs to by its name, None for one that this collection did not make."""
    mark, _colon, rest = name.partition(":")
    placement, colon, _object = rest.partition(":")
    return placement if mark == "nfv" and colon else None


@dataclasses.dataclass(frozen=True)
class RuleNames:
    """The names of everything that is made for one placement. Whatever has the prefix is ours and nobody else's."""

    placement: str
    """Name of the placement, such as ``pgw``."""

    @classmethod
    def of_placement(cls, name: str) -> RuleNames:
        """The names of a placement. Raises NfvError (value_malformed) for a name that could own another's objects."""
        if not name.strip() or ":" in name:
            raise NfvError(
                ErrorCode.VALUE_MALFORMED,
                f"name {name!r}",
                "the name of a placement is text without a colon, which ends it in the names of groups and rules",
                "Choose another name",
            )
        return cls(name)

    @property
    def prefix(self) -> str:
        return f"nfv:{self.placement}:"

    def owns(self, name: str) -> bool:
        return name.startswith(self.prefix)

    def of(self, kind: str, label: str) -> str:
        """The name of an object of one kind. A name that is too long is cut and ends with its hash."""
        name = f"{self.prefix}{kind}:{label}"
        if len(name) <= MAX_NAME:
            return name
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        return f"{name[: MAX_NAME - len(digest) - 1]}~{digest}"

    @property
    def automation_record(self) -> str:
        """The VM group of the VMs whose DRS override this collection made; an override itself has no name."""
        return f"{self.prefix}overrides:drs"

    @property
    def restart_record(self) -> str:
        """The VM group of the VMs whose HA restart priority this collection set."""
        return f"{self.prefix}overrides:ha"


@dataclasses.dataclass(frozen=True)
class VmOverrides:
    """The overrides that descriptions ask for."""

    automation: t.Mapping[str, str]
    """DRS automation levels by VM name."""
    restart: t.Mapping[str, str]
    """HA restart priorities by VM name."""


def desired_cluster(
    plan: PlacementPlan,
    wishes: VmOverrides,
    names: RuleNames,
    strength: str,
    vms: t.Mapping[str, str],
    hosts: t.Container[str],
    beside: t.Container[str] = (),
) -> DesiredCluster:
    """What the cluster with the given hosts (moids) must hold. vms: moids by name; strength: SHOULD or MUST.

    beside: names of VMs of the cluster that have no place in the plan, but belong to its groups that are kept apart or
    together.

    Raises NfvError (vm_not_found) for planned VMs that do not exist.
    """
    here = [placed for placed in plan.placements if placed.host_moid in hosts]
    missing = [
        NfvError(
            ErrorCode.VM_NOT_FOUND,
            placed.vm,
            f"it is planned on {placed.host}, but no VM has this name",
            "Create it first",
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
    related = {vm for group in (*plan.apart, *plan.together) for vm in group if vm in placed_here or vm in beside}
    for kind, groups in (("apart", plan.apart), ("together", plan.together)):
        rules += _between_vms(kind, groups, related, names, vms)
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
    """One rule per group; VMs of other clusters and VMs that are not planned are left out."""
    rules: dict[str, VmVmRule] = {}
    for group in sorted(tuple(sorted(vm for vm in group if vm in placed)) for group in groups):
        if len(group) < 2:
            continue  # a rule needs two VMs
        name = names.of(kind, group[0])
        number = 2
        while name in rules:
            name, number = names.of(kind, f"{group[0]}:{number}"), number + 1
        rules[name] = VmVmRule(name, frozenset(vms[vm] for vm in group), kind == "together")
    return list(rules.values())
