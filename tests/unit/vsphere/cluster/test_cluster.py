# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster's configuration in the SDK's types, read and written."""

from __future__ import annotations

import typing as t

import pytest
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.model import (
    AutomationChange,
    ClusterChanges,
    GroupChange,
    OtherRule,
    RestartChange,
    RestartOverride,
    RuleChange,
    VmHostRule,
    VmVmRule,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.cluster.config_spec import cluster_spec
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.cluster.read import cluster_state
from tests.support.offline_client import OfflineClient

cluster = vim.cluster


def vm(number: int) -> t.Any:
    return vim.VirtualMachine(f"vm-{number}")


@pytest.fixture
def config() -> t.Any:
    das = cluster.DasVmSettings
    return cluster.ConfigInfoEx(
        drsConfig=cluster.DrsConfigInfo(
            enabled=True, defaultVmBehavior="partiallyAutomated", enableVmBehaviorOverrides=False
        ),
        dasConfig=cluster.DasConfigInfo(
            enabled=True, admissionControlEnabled=True, defaultVmSettings=das(restartPriority="low")
        ),
        group=[
            cluster.VmGroup(name="vms", vm=[vm(1), vm(2)]),
            cluster.HostGroup(name="hosts", host=[vim.HostSystem("host-1")]),
        ],
        rule=[
            cluster.VmHostRuleInfo(
                key=1, name="on", enabled=True, mandatory=True, vmGroupName="vms", affineHostGroupName="hosts"
            ),
            cluster.VmHostRuleInfo(key=2, name="off", enabled=True, vmGroupName="vms", antiAffineHostGroupName="hosts"),
            cluster.AntiAffinityRuleSpec(key=3, name="apart", enabled=False, vm=[vm(1), vm(2)]),
            cluster.AffinityRuleSpec(key=4, name="together", enabled=True, vm=[vm(1), vm(2)]),
            cluster.DependencyRuleInfo(key=5, name="order", vmGroup="vms", dependsOnVmGroup="others"),
        ],
        drsVmConfig=[
            cluster.DrsVmConfigInfo(key=vm(1), enabled=False),
            cluster.DrsVmConfigInfo(key=vm(2), enabled=True, behavior="manual"),
            cluster.DrsVmConfigInfo(key=vm(3), enabled=True),
        ],
        dasVmConfig=[
            cluster.DasVmConfigInfo(key=vm(1), dasSettings=das(restartPriority="high")),
            cluster.DasVmConfigInfo(key=vm(2), dasSettings=das(isolationResponse="shutdown")),
            cluster.DasVmConfigInfo(
                key=vm(3), dasSettings=das(restartPriority="high", isolationResponse="clusterIsolationResponse")
            ),
        ],
    )


def test_a_cluster_is_read(config: t.Any) -> None:
    state = cluster_state(
        vim.ClusterComputeResource("c1"), {"name": "a%2fb", "configurationEx": config}, {"host-1": "esx"}
    )
    assert (state.name, state.drs, state.automation_level, state.overrides_allowed) == (
        "a/b",
        True,
        "partially_automated",
        False,
    )
    assert (state.ha, state.admission_control, state.restart_priority) == (True, True, "low")
    assert state.vm_groups == {"vms": frozenset({"vm-1", "vm-2"})}
    assert state.host_groups == {"hosts": frozenset({"host-1"})}
    both = frozenset({"vm-1", "vm-2"})
    assert state.rules == (
        VmHostRule("on", "vms", "hosts", True),
        VmHostRule("off", "vms", "hosts", False, affine=False),
        VmVmRule("apart", both, together=False, enabled=False),
        VmVmRule("together", both, together=True),
        OtherRule("order", ("vms", "others")),
    )
    assert state.automation == {"vm-1": "disabled", "vm-2": "manual"}
    assert {vm: (entry.own, entry.others) for vm, entry in state.restart.items()} == {
        "vm-1": ("high", False),
        "vm-2": (None, True),
        "vm-3": ("high", False),
    }


def test_a_bare_cluster_has_everything_off() -> None:
    bare = {"name": "bare", "configurationEx": cluster.ConfigInfoEx()}
    state = cluster_state(vim.ClusterComputeResource("c1"), bare, {})
    assert (state.drs, state.ha, state.admission_control, state.restart_priority) == (False, False, False, "medium")
    assert (state.rules, state.automation, state.restart, state.overrides_allowed) == ((), {}, {}, True)


def test_a_cluster_that_may_not_be_read_is_told_apart_from_an_empty_one() -> None:
    with pytest.raises(NfvError) as refused:
        cluster_state(vim.ClusterComputeResource("c1"), {"name": "hidden"}, {})
    assert (refused.value.error_code, refused.value.subject) == ("cluster_unreadable", "hidden")


def spec(entries: dict[str, t.Any] | None = None, **changes: t.Any) -> t.Any:
    return cluster_spec(OfflineClient(), ClusterChanges("nfv-a", "c1", **changes), entries or {})


def test_groups_are_written() -> None:
    both = frozenset({"vm-2", "vm-1"})
    made, changed, removed = spec(
        groups=(
            GroupChange("vm_group", "v", None, both),
            GroupChange("host_group", "h", frozenset(), frozenset({"host-1"})),
            GroupChange("vm_group", "old", both, None),
        )
    ).groupSpec
    assert (made.operation, [each._moId for each in made.info.vm]) == ("add", ["vm-1", "vm-2"])
    assert (changed.operation, changed.info.host[0]._moId) == ("edit", "host-1")
    assert (removed.operation, removed.removeKey, removed.info) == ("remove", "old", None)


def test_rules_are_written() -> None:
    should = VmHostRule("on", "v", "h", False)
    off = VmHostRule("off", "v", "h", True, affine=False)
    apart, together = (VmVmRule("x", frozenset({"vm-1", "vm-2"}), kind, key=7) for kind in (False, True))
    first, second, third, fourth = spec(
        rules=(
            RuleChange("on", None, should),
            RuleChange("off", None, off),
            RuleChange("x", apart, apart),
            RuleChange("x", together, None),
        )
    ).rulesSpec
    assert (first.info.vmGroupName, first.info.affineHostGroupName, first.info.mandatory) == ("v", "h", False)
    assert (second.info.antiAffineHostGroupName, second.info.affineHostGroupName) == ("h", None)
    assert (third.operation, third.info.key, third.info.enabled) == ("edit", 7, True)
    assert isinstance(third.info, cluster.AntiAffinityRuleSpec)
    assert (fourth.operation, fourth.removeKey) == ("remove", 7)


def test_automation_levels_are_written() -> None:
    off, manual, back = spec(
        automation=(
            AutomationChange("vm-1", None, "disabled"),
            AutomationChange("vm-2", "disabled", "manual"),
            AutomationChange("vm-3", "manual", None),
        )
    ).drsVmConfigSpec
    assert (off.operation, off.info.enabled, off.info.behavior) == ("add", False, None)
    assert (manual.operation, manual.info.enabled, manual.info.behavior) == ("edit", True, "manual")
    assert (back.operation, back.removeKey._moId) == ("remove", "vm-3")


def test_a_restart_priority_leaves_other_settings_of_ha_alone() -> None:
    settings = cluster.DasVmSettings(restartPriority="high", isolationResponse="shutdown")
    entry = cluster.DasVmConfigInfo(key=vm(2), dasSettings=settings)
    made, changed, back, gone = spec(
        {"vm-2": entry},
        restart=(
            RestartChange("vm-1", None, "high"),
            RestartChange("vm-2", RestartOverride("low", others=True), "high"),
            RestartChange("vm-2", RestartOverride("high", others=True), None),
            RestartChange("vm-3", RestartOverride("high"), None),
        ),
    ).dasVmConfigSpec
    assert (made.operation, made.info.dasSettings.restartPriority) == ("add", "high")
    assert (changed.operation, changed.info.dasSettings.isolationResponse) == ("edit", "shutdown")
    assert (back.operation, back.info.dasSettings.restartPriority) == ("edit", "clusterRestartPriority")
    assert (gone.operation, gone.removeKey._moId) == ("remove", "vm-3")
    assert settings.restartPriority == "high", "what was read is not changed in place"
