# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan asks of a cluster, and the changes that bring it there: ours, all of it, and nothing else."""

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.cluster_changes import plan_cluster, summary_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.desired import (
    MAX_NAME,
    RuleNames,
    VmOverrides,
    desired_cluster,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.model import (
    NOTHING,
    ClusterChanges,
    ClusterState,
    DesiredCluster,
    OtherRule,
    RestartOverride,
    VmHostRule,
    VmVmRule,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.serialize import changes_as_data, diff_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import (
    Failover,
    Placed,
    PlacementPlan,
    Remark,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.serialize import (
    plan_as_data,
    plan_from_data,
)

NAMES = RuleNames("pgw")
HOSTS = {"host-1": "esx-1", "host-2": "esx-2"}
VMS = {"pgw-1": "vm-1", "pgw-2": "vm-2", "pgw-3": "vm-3"}
PLAN = PlacementPlan(
    (
        Placed("pgw-1", "esx-1", "host-1", (0,), 4, 4096),
        Placed("pgw-2", "esx-2", "host-2", (1,), 4, 4096),
        Placed("pgw-3", "esx-1", "host-1", (1,), 4, 4096),
    ),
    apart=(("pgw-1", "pgw-2"),),
    together=(("pgw-1", "pgw-3"),),
)
WISHES = VmOverrides({"pgw-1": "manual"}, {"pgw-2": "high"})
EMPTY = ClusterState(
    "nfv-a", "domain-c1", HOSTS, True, "fully_automated", True, True, True, "medium", {}, {}, (), {}, {}
)
# What an operator has made by hand.
THEIRS = dataclasses.replace(
    EMPTY,
    vm_groups={"licensed": frozenset({"vm-9"})},
    host_groups={"licensed hosts": frozenset({"host-1"})},
    rules=(
        VmHostRule("licence", "licensed", "licensed hosts", True, key=1),
        VmVmRule("databases apart", frozenset({"vm-8", "vm-9"}), False, key=2),
        OtherRule("order", ("licensed",)),
    ),
    automation={"vm-9": "disabled"},
    restart={"vm-9": RestartOverride("highest")},
)


def wanted(plan: PlacementPlan = PLAN, wishes: VmOverrides = WISHES, strength: str = "should") -> DesiredCluster:
    return desired_cluster(plan, wishes, NAMES, strength, VMS, HOSTS)


def after(state: ClusterState, changes: ClusterChanges) -> ClusterState:
    """The cluster once vSphere has made the changes."""
    groups = {"vm_group": dict(state.vm_groups), "host_group": dict(state.host_groups)}
    for group in changes.groups:
        groups[group.kind].pop(group.name, None)
        groups[group.kind].update({group.name: group.after} if group.after is not None else {})
    changed = {rule.name for rule in changes.rules}
    rules = [rule for rule in state.rules if rule.name not in changed]
    rules += [rule.after for rule in changes.rules if rule.after is not None]
    automation: dict[str, t.Any] = {**state.automation, **{each.vm: each.after for each in changes.automation}}
    restart = {**state.restart, **{each.vm: RestartOverride(each.after) for each in changes.restart}}
    return dataclasses.replace(
        state,
        vm_groups=groups["vm_group"],
        host_groups=groups["host_group"],
        rules=tuple(rules),
        automation={vm: level for vm, level in automation.items() if level is not None},
        restart={vm: entry for vm, entry in restart.items() if entry.own is not None},
    )


def test_a_plan_becomes_groups_rules_and_overrides() -> None:
    asked = wanted()
    assert asked.vm_groups == {
        "nfv:pgw:vms:esx-1": frozenset({"vm-1", "vm-3"}),
        "nfv:pgw:vms:esx-2": frozenset({"vm-2"}),
    }
    assert asked.host_groups["nfv:pgw:host:esx-2"] == frozenset({"host-2"})
    assert asked.rules == (
        VmHostRule("nfv:pgw:on:esx-1", "nfv:pgw:vms:esx-1", "nfv:pgw:host:esx-1", False),
        VmHostRule("nfv:pgw:on:esx-2", "nfv:pgw:vms:esx-2", "nfv:pgw:host:esx-2", False),
        VmVmRule("nfv:pgw:apart:pgw-1", frozenset({"vm-1", "vm-2"}), together=False),
        VmVmRule("nfv:pgw:together:pgw-1", frozenset({"vm-1", "vm-3"}), together=True),
    )
    assert (asked.automation, asked.restart) == ({"vm-1": "manual"}, {"vm-2": "high"})
    assert all(rule.mandatory for rule in wanted(strength="must").rules if isinstance(rule, VmHostRule))


def test_what_concerns_another_cluster_is_left_out() -> None:
    asked = desired_cluster(PLAN, WISHES, NAMES, "should", VMS, {"host-2": "esx-2"})
    assert (list(asked.vm_groups), list(asked.automation), list(asked.restart)) == (["nfv:pgw:vms:esx-2"], [], ["vm-2"])
    assert [rule.name for rule in asked.rules] == ["nfv:pgw:on:esx-2"]


def test_a_vm_that_is_not_there_is_refused() -> None:
    with pytest.raises(NfvError) as refused:
        desired_cluster(PLAN, WISHES, NAMES, "should", {"pgw-1": "vm-1", "pgw-2": "vm-2"}, HOSTS)
    assert (refused.value.error_code, refused.value.subject) == ("vm_not_found", "pgw-3")


def test_two_groups_that_begin_alike_have_names_of_their_own() -> None:
    plan = dataclasses.replace(PLAN, together=(("pgw-1", "pgw-2"), ("pgw-1", "pgw-3")))
    names = [rule.name for rule in wanted(plan).rules if isinstance(rule, VmVmRule) and rule.together]
    assert names == ["nfv:pgw:together:pgw-1", "nfv:pgw:together:pgw-1:2"]


def test_a_long_name_is_cut_and_stays_ours_and_unique() -> None:
    first, second = NAMES.of("vms", "a" * 100 + "1"), NAMES.of("vms", "a" * 100 + "2")
    assert len(first) == len(second) == MAX_NAME
    assert first != second
    assert NAMES.owns(first)
    assert not NAMES.owns("nfv:pgw2:vms:x")


def test_applied_once_nothing_is_left_to_do() -> None:
    changes = plan_cluster(THEIRS, wanted(), NAMES)
    done = after(THEIRS, changes)
    assert not plan_cluster(done, wanted(), NAMES)
    assert done.vm_groups["nfv:pgw:overrides:drs"] == frozenset({"vm-1"})
    assert done.vm_groups["nfv:pgw:overrides:ha"] == frozenset({"vm-2"})
    assert (done.automation["vm-1"], done.restart["vm-2"].priority) == ("manual", "high")


def test_taken_back_only_theirs_is_left() -> None:
    done = after(THEIRS, plan_cluster(THEIRS, wanted(), NAMES))
    back = after(done, plan_cluster(done, NOTHING, NAMES))
    assert back == THEIRS
    assert not plan_cluster(back, NOTHING, NAMES)


def test_another_plan_changes_what_differs_only() -> None:
    done = after(THEIRS, plan_cluster(THEIRS, wanted(), NAMES))
    placements = (
        PLAN.placements[0],
        PLAN.placements[1],
        dataclasses.replace(PLAN.placements[2], host="esx-2", host_moid="host-2"),
    )
    changes = plan_cluster(done, wanted(PlacementPlan(placements, apart=PLAN.apart)), NAMES)
    assert [(each.name, each.after) for each in changes.groups] == [
        ("nfv:pgw:vms:esx-1", frozenset({"vm-1"})),
        ("nfv:pgw:vms:esx-2", frozenset({"vm-2", "vm-3"})),
    ]
    assert [(rule.name, rule.after) for rule in changes.rules] == [("nfv:pgw:together:pgw-1", None)]
    assert (changes.automation, changes.restart) == ((), ())


def test_a_disabled_rule_of_ours_is_enabled_again() -> None:
    done = after(EMPTY, plan_cluster(EMPTY, wanted(), NAMES))
    rules = tuple(dataclasses.replace(rule, enabled=False) for rule in done.rules if not isinstance(rule, OtherRule))
    changes = plan_cluster(dataclasses.replace(done, rules=rules), wanted(), NAMES)
    assert len(changes.rules) == 4
    assert "rule nfv:pgw:on:esx-1" in summary_of(changes)


@pytest.mark.parametrize(
    "foreign",
    [
        {"host_groups": {"nfv:pgw:vms:esx-1": frozenset({"host-1"})}},
        {"vm_groups": {"nfv:pgw:host:esx-1": frozenset({"vm-9"})}},
        {"rules": (VmVmRule("nfv:pgw:on:esx-1", frozenset({"vm-8", "vm-9"}), True),)},
        {"rules": (VmVmRule("nfv:pgw:apart:pgw-1", frozenset({"vm-1", "vm-2"}), True),)},
        {"rules": (OtherRule("nfv:pgw:anything"),)},
        {"automation": {"vm-1": "disabled"}},
        {"restart": {"vm-2": RestartOverride("low")}},
    ],
)
def test_what_somebody_else_made_under_our_name_is_refused(foreign: dict[str, t.Any]) -> None:
    with pytest.raises(NfvError) as refused:
        plan_cluster(dataclasses.replace(EMPTY, **foreign), wanted(), NAMES, {"vm-1": "pgw-1", "vm-2": "pgw-2"})
    assert refused.value.error_code == "drs_object_foreign"
    assert "vm-" not in str(refused.value)


def test_a_vm_that_another_placement_of_ours_holds_is_refused() -> None:
    made = after(EMPTY, plan_cluster(EMPTY, wanted(), NAMES))
    names = RuleNames("nfv")
    same = desired_cluster(PLAN, WISHES, names, "should", VMS, HOSTS)
    with pytest.raises(NfvError) as refused:
        plan_cluster(made, same, names, {"vm-1": "pgw-1"})
    assert refused.value.error_code == "placement_elsewhere"
    assert "pgw-1" in str(refused.value)
    assert "nfv_placement_name=pgw" in str(refused.value)
    # Another placement's objects for other VMs are its own.
    others = dataclasses.replace(EMPTY, vm_groups={"nfv:pgw:vms:esx-1": frozenset({"vm-9"})})
    assert plan_cluster(others, same, names)


def test_an_override_that_says_the_same_stays_theirs() -> None:
    state = dataclasses.replace(EMPTY, automation={"vm-1": "manual"}, restart={"vm-2": RestartOverride("high")})
    changes = plan_cluster(state, wanted(), NAMES)
    assert (changes.automation, changes.restart) == ((), ())
    done = after(state, changes)
    assert "nfv:pgw:overrides:drs" not in done.vm_groups
    back = after(done, plan_cluster(done, NOTHING, NAMES))
    assert back == state


def test_an_entry_of_ha_without_a_priority_of_its_own_is_no_contradiction() -> None:
    state = dataclasses.replace(EMPTY, restart={"vm-2": RestartOverride("clusterRestartPriority", others=True)})
    (change,) = plan_cluster(state, wanted(), NAMES).restart
    assert (change.before, change.after, change.entry) == (None, "high", state.restart["vm-2"])


def test_a_group_that_their_rule_uses_is_left_with_a_warning() -> None:
    done = after(EMPTY, plan_cluster(EMPTY, wanted(), NAMES))
    theirs = VmHostRule("pgw off esx-9", "nfv:pgw:vms:esx-1", "others", False, affine=False)
    changes = plan_cluster(dataclasses.replace(done, rules=(*done.rules, theirs)), NOTHING, NAMES)
    assert "nfv:pgw:vms:esx-1" not in [change.name for change in changes.groups]
    assert changes.warnings == ("group nfv:pgw:vms:esx-1 is left: rule pgw off esx-9 of somebody else uses it",)


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"drs": False}, "DRS is off"), ({"ha": False}, "HA is off"), ({"overrides_allowed": False}, "does not allow")],
)
def test_what_has_no_effect_is_said(changed: dict[str, t.Any], said: str) -> None:
    (warning,) = plan_cluster(dataclasses.replace(EMPTY, **changed), wanted(), NAMES).warnings
    assert said in warning
    assert plan_cluster(EMPTY, wanted(), NAMES).warnings == ()


def test_changes_and_diff_are_plain_and_name_people_s_names() -> None:
    names = {**{moid: name for name, moid in VMS.items()}, **HOSTS}
    changes = plan_cluster(EMPTY, wanted(), NAMES)
    rows = changes_as_data(changes, names)
    assert json.loads(json.dumps(rows)) == rows
    assert {"kind": "vm_group", "name": "nfv:pgw:vms:esx-1", "from": None, "to": ["pgw-1", "pgw-3"]} in rows
    assert {"kind": "automation_level", "name": "pgw-1", "from": None, "to": "manual"} in rows
    diff = diff_of(changes, names)
    assert diff["before"] == {}
    assert diff["after"]["rule nfv:pgw:apart:pgw-1"] == {"kind": "apart", "vms": ["pgw-1", "pgw-2"], "enabled": True}
    assert "vm-" not in json.dumps(diff["after"])


def test_a_plan_goes_out_as_data_and_comes_back() -> None:
    plan = dataclasses.replace(
        PLAN,
        placements=(dataclasses.replace(PLAN.placements[0], cpus=(4, 5), change="moved", before="esx-2"),),
        remarks=(Remark("uplinks_unknown", "pgw-1", "text"),),
        failovers=(Failover("esx-1", "pgw-1", "esx-2", (0,)),),
    )
    data = json.loads(json.dumps(plan_as_data(plan)))
    assert plan_from_data(data) == plan
    for broken in (None, {}, {"placements": [{}]}, {"placements": [{**data["placements"][0], "cpus": "x"}]}):
        with pytest.raises(NfvError) as refused:
            plan_from_data(broken)
        assert refused.value.error_code == "plan_invalid"


vms = st.sampled_from(sorted(VMS))
groups = st.lists(st.frozensets(vms, min_size=1).map(tuple), max_size=3).map(tuple)


@st.composite
def wishes_and_plans(draw: st.DrawFn) -> tuple[PlacementPlan, VmOverrides]:
    chosen = draw(st.dictionaries(vms, st.sampled_from(sorted(HOSTS)), min_size=1))
    placements = tuple(Placed(vm, HOSTS[host], host, (0,), 1, 1024) for vm, host in chosen.items())
    levels = draw(st.dictionaries(vms, st.sampled_from(["disabled", "manual"])))
    priorities = draw(st.dictionaries(vms, st.sampled_from(["low", "high"])))
    return PlacementPlan(placements, apart=draw(groups), together=draw(groups)), VmOverrides(levels, priorities)


@settings(deadline=None, max_examples=60)
@given(st.lists(wishes_and_plans(), min_size=1, max_size=4))
def test_whatever_plans_follow_each_other_each_converges_and_theirs_stays(
    history: list[tuple[PlacementPlan, VmOverrides]],
) -> None:
    state = THEIRS
    for plan, wishes in history:
        asked = wanted(plan, wishes)
        state = after(state, plan_cluster(state, asked, NAMES))
        assert not plan_cluster(state, asked, NAMES)
        assert {vm: level for vm, level in state.automation.items() if vm != "vm-9"} == asked.automation
    assert after(state, plan_cluster(state, NOTHING, NAMES)) == THEIRS
