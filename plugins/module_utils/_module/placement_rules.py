# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module placement_rules does: makes clusters keep a plan, with groups, rules and overrides."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, joined
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.cluster_changes import plan_cluster, summary_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.desired import (
    RuleNames,
    VmOverrides,
    desired_cluster,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.kept import plan_beside, with_kept
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.model import ClusterChanges
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.serialize import changes_as_data, diff_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import PlacementPlan
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.serialize import plan_from_data
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import POWERED_OFF
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import typed_errors
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.cluster.apply import reconfigure, relocate
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.cluster.read import Clusters, read_clusters

from ._vm_requests import read_requests
from ._vsphere_run import run_change

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.model import ClusterState, DesiredCluster
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import Placed
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.cluster.read import VmPosition

PRESENT: t.Final = "present"
POWERED_OFF_ONLY: t.Final = "powered_off"


@dataclasses.dataclass(frozen=True)
class Move:
    """A powered-off VM that is not on its planned host."""

    vm: VmPosition
    """Where the VM is."""
    placed: Placed
    """Where it is planned."""


@dataclasses.dataclass(frozen=True)
class _Target:
    """What the clusters are brought to."""

    plan: PlacementPlan
    """The plan; without a place with ``state: absent``."""
    wishes: VmOverrides
    """The overrides that descriptions ask for."""
    names: RuleNames
    """The names of everything that is made."""
    strength: str
    """SHOULD or MUST."""
    keep: frozenset[str]
    """Names of the placement's VMs that are left alone."""


def run(module: AnsibleModule) -> None:
    """Runs the module and exits."""
    run_change(module, keep_placement)


def keep_placement(params: t.Mapping[str, t.Any], connection: Connection, check_mode: bool) -> dict[str, t.Any]:
    """Makes the clusters keep the plan, or with state absent drop it; returns the result of the module.

    Raises NfvError before any change when the plan does not fit the clusters, and afterwards when a change failed.
    """
    whole = plan_from_data(params["plan"]) if params["state"] == PRESENT else PlacementPlan(())
    # What the plan says of the VMs that are left alone is not carried out, but relates others to them.
    plan = dataclasses.replace(
        whole, placements=tuple(placed for placed in whole.placements if placed.vm not in params["keep"])
    )
    target = _Target(
        plan, _wishes(params), RuleNames.of_placement(params["name"]), params["strength"], frozenset(params["keep"])
    )
    with (
        Client.open(connection, closed_for_writes=check_mode) as client,
        typed_errors(connection.hostname, "failed to read and reconfigure groups and rules"),
    ):
        before = read_clusters(client, params["datacenter"])
        vms = _planned_vms(plan, before)
        changes = _plan_all(before, target)
        moves = _moves(plan, vms) if params["relocate"] == POWERED_OFF_ONLY else []
        after = before
        if not client.closed_for_writes and (moves or any(changes)):
            relocate(client, [(move.vm, move.placed.host_moid) for move in moves])
            reconfigure(client, before, filter(None, changes))
            after = read_clusters(client, params["datacenter"])
            _refuse_ignored(_plan_all(after, target))
    return _result(changes, moves, before, _misplaced(plan, after, moves if check_mode else ()))


def _wishes(params: t.Mapping[str, t.Any]) -> VmOverrides:
    placements = {
        request.value: request.dataplane.placement
        for request in read_requests(params["vms"], None, needed=True)
        if request.dataplane is not None
    }
    return VmOverrides(
        {vm: each.automation_level for vm, each in placements.items() if each.automation_level is not None},
        {vm: each.restart_priority for vm, each in placements.items() if each.restart_priority is not None},
    )


def _planned_vms(plan: PlacementPlan, clusters: Clusters) -> dict[str, VmPosition]:
    """Returns the planned VMs by name. Raises NfvError for VMs outside of the cluster that they are planned in."""
    found: dict[str, VmPosition] = {}
    errors = []
    for placed in plan.placements:
        named = clusters.named(placed.vm)
        cluster = clusters.of_host(placed.host_moid)
        if cluster is None:
            errors.append(
                NfvError(
                    ErrorCode.HOST_NOT_FOUND, placed.host, "the plan has this host, and no cluster has it", "Plan again"
                )
            )
        elif len(named) != 1:
            code = ErrorCode.VM_NOT_UNIQUE if named else ErrorCode.VM_NOT_FOUND
            error = NfvError(
                code, placed.vm, f"it is planned on {placed.host}, and {len(named)} VMs have its name", "Make it"
            )
            errors.append(error)
        elif named[0].template:
            errors.append(
                NfvError(
                    ErrorCode.VM_IS_TEMPLATE,
                    placed.vm,
                    "it is a template, which is never moved and has no place",
                    "Name a VM made from it instead",
                )
            )
        elif named[0].host not in cluster.hosts:
            host = clusters.names.get(named[0].host or "", named[0].host)
            attempted = f"it is planned in cluster {cluster.name}, and is on {host}, which is not in it"
            errors.append(
                NfvError(
                    ErrorCode.VM_IN_OTHER_CLUSTER, placed.vm, attempted, "Migrate it there, or correct the cluster"
                )
            )
        else:
            found[placed.vm] = named[0]
    if errors:
        raise joined(errors)
    return found


def _plan_all(clusters: Clusters, target: _Target) -> list[ClusterChanges]:
    """Plans the clusters that the plan names, and those that hold something of this placement."""
    known = clusters.names
    changes, errors = [], []
    for moid in sorted(clusters.clusters):
        state = clusters.clusters[moid]
        try:
            wanted = _wanted(clusters, state, target)
            if wanted.vm_groups or _holds_ours(state, target.names):
                changes.append(plan_cluster(state, wanted, target.names, known))
        except NfvError as error:
            errors.append(error)
    if errors:
        raise joined(errors, what="clusters")
    return changes


def _wanted(clusters: Clusters, state: ClusterState, target: _Target) -> DesiredCluster:
    """What the cluster must hold: the plan, and what it holds already for the VMs that are left alone."""
    moids = {vm.name: moid for moid, vm in clusters.vms.items()}
    kept = {vm.name: moid for moid, vm in clusters.vms.items() if vm.name in target.keep and vm.host in state.hosts}
    plan = plan_beside(target.plan, kept, state, target.names)
    wanted = desired_cluster(plan, target.wishes, target.names, target.strength, moids, state.hosts, kept)
    return with_kept(wanted, frozenset(kept.values()), state, target.names)


def _holds_ours(state: ClusterState, names: RuleNames) -> bool:
    objects = (*state.vm_groups, *state.host_groups, *(rule.name for rule in state.rules))
    return any(names.owns(name) for name in objects)


def _moves(plan: PlacementPlan, vms: t.Mapping[str, VmPosition]) -> list[Move]:
    return [
        Move(vms[placed.vm], placed)
        for placed in plan.placements
        if vms[placed.vm].host != placed.host_moid and vms[placed.vm].power_state == POWERED_OFF
    ]


def _refuse_ignored(left: t.Iterable[ClusterChanges]) -> None:
    errors = [
        NfvError(
            ErrorCode.SETTING_IGNORED,
            change.cluster,
            f"vSphere reported success, but did not change {summary_of(change)}",
            "Check the cluster's rules, and whether somebody else changes them; run again",
        )
        for change in left
        if change
    ]
    if errors:
        raise joined(errors, what="clusters")


def _misplaced(plan: PlacementPlan, clusters: Clusters, moves: t.Iterable[Move]) -> list[dict[str, t.Any]]:
    """Returns the VMs that are not on their planned hosts. moves: those that check mode predicts."""
    moving = {move.placed.vm for move in moves}
    misplaced = []
    for placed in plan.placements:
        (vm,) = clusters.named(placed.vm)
        if vm.host != placed.host_moid and placed.vm not in moving:
            host = clusters.names.get(vm.host or "")
            misplaced.append({"vm": placed.vm, "host": host, "planned": placed.host, "power_state": vm.power_state})
    return misplaced


def _result(
    changes: t.Sequence[ClusterChanges],
    moves: t.Sequence[Move],
    clusters: Clusters,
    misplaced: list[dict[str, t.Any]],
) -> dict[str, t.Any]:
    names = clusters.names
    moved = [{"vm": move.placed.vm, "from": names.get(move.vm.host or ""), "to": move.placed.host} for move in moves]
    diff = [diff_of(change, names) for change in changes if change]
    diff += [
        {
            "before_header": each["vm"],
            "after_header": each["vm"],
            "before": {"host": each["from"]},
            "after": {"host": each["to"]},
        }
        for each in moved
    ]
    return {
        "changed": bool(moved) or any(changes),
        "diff": diff,
        "clusters": {
            change.cluster: {
                "moid": change.moid,
                "changes": changes_as_data(change, names),
                "warnings": list(change.warnings),
            }
            for change in changes
        },
        "moved": moved,
        "misplaced": misplaced,
    }
