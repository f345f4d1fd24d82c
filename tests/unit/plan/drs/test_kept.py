# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run for some VMs of a placement: the groups, rules and overrides of the others stay, whatever is planned."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.cluster_changes import plan_cluster
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.desired import (
    RuleNames,
    VmOverrides,
    desired_cluster,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.kept import plan_beside, with_kept
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.model import (
    ClusterChanges,
    ClusterState,
    VmHostRule,
    VmVmRule,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import Placed, PlacementPlan
from tests.unit.plan.drs.test_cluster_changes import EMPTY, HOSTS, NAMES, VMS, after

APART = PlacementPlan(
    (
        Placed("pgw-1", "esx-1", "host-1", (0,), 4, 4096),
        Placed("pgw-2", "esx-2", "host-2", (0,), 4, 4096),
        Placed("pgw-3", "esx-1", "host-1", (1,), 4, 4096),
    ),
    apart=(("pgw-1", "pgw-2", "pgw-3"),),
)
WISHES = VmOverrides({"pgw-2": "manual"}, {"pgw-2": "high", "pgw-3": "low"})
NO_WISHES = VmOverrides({}, {})


def changes(
    state: ClusterState, plan: PlacementPlan, *keep: str, wishes: VmOverrides = NO_WISHES, strength: str = "should"
) -> ClusterChanges:
    """What a run changes that leaves some VMs alone."""
    kept = {name: VMS[name] for name in keep}
    beside = plan_beside(plan, kept, state, NAMES)
    wanted = desired_cluster(beside, wishes, NAMES, strength, VMS, HOSTS, kept)
    return plan_cluster(state, with_kept(wanted, frozenset(kept.values()), state, NAMES), NAMES)


@pytest.fixture
def whole() -> ClusterState:
    """The cluster after a run for all of them."""
    return after(EMPTY, changes(EMPTY, APART, wishes=WISHES))


def only(*names: str, apart: tuple[tuple[str, ...], ...] = APART.apart) -> PlacementPlan:
    return PlacementPlan(tuple(placed for placed in APART.placements if placed.vm in names), apart=apart)


def test_a_run_for_one_vm_changes_nothing_of_a_converged_placement(whole: ClusterState) -> None:
    assert not changes(whole, only("pgw-1"), "pgw-2", "pgw-3")
    # Its description is the only one that asks to be apart, so that the plan has pairs with it alone.
    assert not changes(whole, only("pgw-1", apart=(("pgw-1", "pgw-2"), ("pgw-1", "pgw-3"))), "pgw-2", "pgw-3")


def test_a_vm_that_is_planned_elsewhere_takes_only_itself_along(whole: ClusterState) -> None:
    moved = dataclasses.replace(only("pgw-1").placements[0], host="esx-2", host_moid="host-2")
    state = after(whole, changes(whole, dataclasses.replace(only(), placements=(moved,)), "pgw-2", "pgw-3"))
    assert state.vm_groups["nfv:pgw:vms:esx-1"] == {"vm-3"}
    assert state.vm_groups["nfv:pgw:vms:esx-2"] == {"vm-1", "vm-2"}
    assert (set(state.rules), state.automation, state.restart) == (set(whole.rules), whole.automation, whole.restart)


def test_others_stay_apart_although_no_description_asks_for_it_any_more(whole: ClusterState) -> None:
    state = after(whole, changes(whole, only("pgw-1", apart=()), "pgw-2", "pgw-3"))
    assert [rule.vms for rule in state.rules if isinstance(rule, VmVmRule)] == [{"vm-2", "vm-3"}]


def test_a_vm_that_joins_is_kept_apart_from_the_others() -> None:
    first = after(EMPTY, changes(EMPTY, only("pgw-2", "pgw-3", apart=(("pgw-2", "pgw-3"),))))
    state = after(first, changes(first, only("pgw-1"), "pgw-2", "pgw-3"))
    assert [rule.vms for rule in state.rules if isinstance(rule, VmVmRule)] == [set(VMS.values())]


def test_removing_one_leaves_the_others(whole: ClusterState) -> None:
    state = after(whole, changes(whole, PlacementPlan(()), "pgw-2", "pgw-3"))
    assert state.vm_groups["nfv:pgw:vms:esx-1"] == {"vm-3"}
    assert (state.automation, state.restart) == (whole.automation, whole.restart)
    assert [rule.vms for rule in state.rules if isinstance(rule, VmVmRule)] == [{"vm-2", "vm-3"}]
    assert not after(state, changes(state, PlacementPlan(()))).vm_groups


def test_a_shared_rule_that_would_change_is_refused(whole: ClusterState) -> None:
    """pgw-3 is in the same group of the same host."""
    with pytest.raises(NfvError) as refused:
        changes(whole, only("pgw-1"), "pgw-2", "pgw-3", strength="must")
    assert refused.value.error_code == "placement_partial"
    assert "nfv:pgw:on:esx-1" in str(refused.value)


def test_what_an_operator_disabled_stays_disabled_for_the_others(whole: ClusterState) -> None:
    rules = tuple(
        dataclasses.replace(rule, enabled=False)
        if isinstance(rule, VmHostRule) and rule.name == "nfv:pgw:on:esx-2"
        else rule
        for rule in whole.rules
    )
    assert not changes(dataclasses.replace(whole, rules=rules), only("pgw-1"), "pgw-2", "pgw-3")


@pytest.mark.parametrize("name", ["pgw:lab", "", " "])
def test_a_name_that_could_own_the_objects_of_another_placement_is_refused(name: str) -> None:
    """nfv:pgw: begins the names of a placement pgw:lab, too; state absent of pgw would remove them."""
    with pytest.raises(NfvError) as refused:
        RuleNames.of_placement(name)
    assert refused.value.error_code == "value_malformed"
