# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan kept by a real cluster's groups, rules and overrides: one reconfigure, read back, taken back, theirs kept."""

from __future__ import annotations

import copy
import typing as t

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.placement_rules import keep_placement
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection

from .conftest import DESCRIPTION, find_vm

Keep = t.Callable[..., dict[str, t.Any]]


@pytest.fixture
def cluster(session: Client) -> t.Iterator[t.Any]:
    """The cluster nfv-a with a rule, a group and overrides that an operator made; empty again after the test."""
    vm, other = find_vm(session, "tenant-high"), find_vm(session, "tenant-pinned")
    cluster = vm.runtime.host.parent
    apart = vim.cluster.AntiAffinityRuleSpec(name="tenants apart", enabled=True, vm=[vm, other])
    das = vim.cluster.DasVmSettings(restartPriority="low", isolationResponse="none")
    WaitForTask(
        cluster.ReconfigureComputeResource_Task(
            vim.cluster.ConfigSpecEx(
                groupSpec=[
                    vim.cluster.GroupSpec(operation="add", info=vim.cluster.VmGroup(name="tenants", vm=[vm, other]))
                ],
                rulesSpec=[vim.cluster.RuleSpec(operation="add", info=apart)],
                drsVmConfigSpec=[
                    vim.cluster.DrsVmConfigSpec(
                        operation="add", info=vim.cluster.DrsVmConfigInfo(key=vm, enabled=True, behavior="manual")
                    )
                ],
                dasVmConfigSpec=[
                    vim.cluster.DasVmConfigSpec(
                        operation="add", info=vim.cluster.DasVmConfigInfo(key=vm, dasSettings=das)
                    )
                ],
            ),
            True,
        )
    )
    yield cluster
    config = cluster.configurationEx
    remove = {"operation": "remove"}
    WaitForTask(
        cluster.ReconfigureComputeResource_Task(
            vim.cluster.ConfigSpecEx(
                groupSpec=[vim.cluster.GroupSpec(removeKey=group.name, **remove) for group in config.group],
                rulesSpec=[vim.cluster.RuleSpec(removeKey=rule.key, **remove) for rule in config.rule],
                drsVmConfigSpec=[vim.cluster.DrsVmConfigSpec(removeKey=e.key, **remove) for e in config.drsVmConfig],
                dasVmConfigSpec=[vim.cluster.DasVmConfigSpec(removeKey=e.key, **remove) for e in config.dasVmConfig],
            ),
            True,
        )
    )


@pytest.fixture
def hosts(session: Client) -> dict[str, str]:
    """The hosts' ids by name."""
    return {properties["name"]: each._moId for each, properties in session.in_view({vim.HostSystem: ["name"]})}


@pytest.fixture
def plan(hosts: dict[str, str]) -> dict[str, t.Any]:
    """tenant-off and tenant-plain, on different hosts; tenant-off is not where it is planned."""

    def placed(vm: str, host: str) -> dict[str, t.Any]:
        return {
            "vm": vm,
            "host": host,
            "host_moid": hosts[host],
            "nodes": [1],
            "cores": 4,
            "memory_mb": 8192,
            "cpus": "",
            "change": "new",
            "before": None,
        }

    return {
        "placements": [placed("tenant-off", "esx-a1.lab"), placed("tenant-plain", "esx-a2.lab")],
        "remarks": [],
        "failovers": [],
        "apart": [["tenant-off", "tenant-plain"]],
        "together": [],
    }


@pytest.fixture
def keep(placing: t.Any, connection: Connection) -> Keep:
    def run(plan: dict[str, t.Any] | None, check_mode: bool = False, **options: t.Any) -> dict[str, t.Any]:
        params = {
            "name": "pgw",
            "plan": plan,
            "vms": [],
            "strength": "should",
            "relocate": "never",
            "keep": [],
            "state": "present" if plan is not None else "absent",
            "datacenter": "nfv-dc",
        }
        placing.reset_calls()
        return keep_placement({**params, **options}, connection, check_mode)

    return run


def described(name: str, **placement: t.Any) -> dict[str, t.Any]:
    return {"name": name, "dataplane": {**copy.deepcopy(DESCRIPTION), "placement": placement}}


def snapshot(cluster: t.Any) -> dict[str, t.Any]:
    """What the cluster holds, in comparable form."""
    config = cluster.configurationEx
    return {
        "groups": {
            group.name: sorted(
                each._moId for each in (group.vm if isinstance(group, vim.cluster.VmGroup) else group.host)
            )
            for group in config.group
        },
        "rules": sorted(rule.name for rule in config.rule),
        "drs": {each.key._moId: (each.enabled, each.behavior) for each in config.drsVmConfig},
        "ha": {
            each.key._moId: (each.dasSettings.restartPriority, each.dasSettings.isolationResponse)
            for each in config.dasVmConfig
        },
    }


def test_applied_once_read_back_and_taken_back(
    placing: t.Any, cluster: t.Any, plan: dict[str, t.Any], keep: Keep, session: Client
) -> None:
    before = snapshot(cluster)
    vms = [described("tenant-off", automation_level="manual", restart_priority="high"), described("tenant-plain")]

    foretold = keep(plan, check_mode=True, vms=vms)
    assert foretold["changed"]
    assert placing.mutating_calls() == {}
    assert snapshot(cluster) == before

    done = keep(plan, vms=vms)
    assert placing.mutating_calls() == {"ReconfigureComputeResource_Task": 1}
    assert (done["clusters"], done["diff"], done["misplaced"]) == (
        foretold["clusters"],
        foretold["diff"],
        foretold["misplaced"],
    )
    assert [each["vm"] for each in done["misplaced"]] == ["tenant-off"]
    now = snapshot(cluster)
    off, plain = (find_vm(session, name)._moId for name in ("tenant-off", "tenant-plain"))
    assert now["groups"]["nfv:pgw:vms:esx-a1.lab"] == [off]
    assert now["groups"]["nfv:pgw:overrides:drs"] == [off]
    assert set(now["rules"]) == {
        "tenants apart",
        "nfv:pgw:on:esx-a1.lab",
        "nfv:pgw:on:esx-a2.lab",
        "nfv:pgw:apart:tenant-off",
    }
    assert now["drs"][off] == (True, "manual")
    assert now["ha"][off][0] == "high"
    assert plain not in now["drs"]

    again = keep(plan, vms=vms)
    assert (again["changed"], again["diff"], placing.mutating_calls()) == (False, [], {})

    back = keep(None)
    assert back["changed"]
    assert placing.mutating_calls() == {"ReconfigureComputeResource_Task": 1}
    assert snapshot(cluster) == before
    assert (keep(None)["changed"], placing.mutating_calls()) == (False, {})


def test_must_rules_and_another_placement_beside(cluster: t.Any, plan: dict[str, t.Any], keep: Keep) -> None:
    keep(plan, strength="must")
    assert all(rule.mandatory for rule in cluster.configurationEx.rule if rule.name.startswith("nfv:pgw:on:"))
    with pytest.raises(NfvError) as refused:
        keep({**plan, "apart": []}, name="other")
    assert refused.value.error_code == "placement_elsewhere"
    elsewhere = copy.deepcopy({**plan, "apart": []})
    elsewhere["placements"] = [{**elsewhere["placements"][0], "vm": "tenant-high"}]
    keep(elsewhere, name="other")
    changed = keep(plan, strength="should")["clusters"]["nfv-a"]["changes"]
    assert {(row["name"], row["from"]["kind"], row["to"]["kind"]) for row in changed} == {
        ("nfv:pgw:on:esx-a1.lab", "must", "should"),
        ("nfv:pgw:on:esx-a2.lab", "must", "should"),
    }
    keep(None)
    left = snapshot(cluster)["rules"]
    assert left == ["nfv:other:on:esx-a1.lab", "tenants apart"]


def test_what_is_not_ours_is_refused_before_any_change(
    placing: t.Any, cluster: t.Any, plan: dict[str, t.Any], keep: Keep, session: Client
) -> None:
    off, plain = find_vm(session, "tenant-off"), find_vm(session, "tenant-plain")
    theirs = vim.cluster.AffinityRuleSpec(name="nfv:pgw:on:esx-a1.lab", enabled=True, vm=[off, plain])
    spec = vim.cluster.ConfigSpecEx(rulesSpec=[vim.cluster.RuleSpec(operation="add", info=theirs)])
    WaitForTask(cluster.ReconfigureComputeResource_Task(spec, True))
    for options in ({}, {"vms": [described("tenant-off", automation_level="disabled")]}):
        with pytest.raises(NfvError) as refused:
            keep(plan, **options)
        assert refused.value.error_code == "drs_object_foreign"
        assert "rule nfv:pgw:on:esx-a1.lab" in str(refused.value)
        assert placing.mutating_calls() == {}


def test_an_override_of_somebody_else_s_is_left_to_them(
    placing: t.Any, cluster: t.Any, plan: dict[str, t.Any], keep: Keep, hosts: dict[str, str]
) -> None:
    plan["placements"][0].update(vm="tenant-high")
    plan["apart"] = []
    before = snapshot(cluster)
    with pytest.raises(NfvError) as refused:
        keep(plan, vms=[described("tenant-high", automation_level="fully_automated")])
    assert "tenant-high: somebody else set its DRS automation level to manual" in str(refused.value)
    assert refused.value.error_code == "drs_object_foreign"
    assert placing.mutating_calls() == {}
    keep(plan, vms=[described("tenant-high", automation_level="manual")])
    keep(None)
    assert snapshot(cluster) == before


def test_a_powered_off_vm_is_moved_when_that_is_allowed(
    placing: t.Any, cluster: t.Any, plan: dict[str, t.Any], keep: Keep, session: Client
) -> None:
    vm = find_vm(session, "tenant-off")
    home = vm.runtime.host
    foretold = keep(plan, check_mode=True, relocate="powered_off")
    assert (foretold["moved"], foretold["misplaced"]) == (
        [{"vm": "tenant-off", "from": "esx-a2.lab", "to": "esx-a1.lab"}],
        [],
    )
    assert placing.mutating_calls() == {}
    try:
        done = keep(plan, relocate="powered_off")
        assert placing.mutating_calls() == {"RelocateVM_Task": 1, "ReconfigureComputeResource_Task": 1}
        assert (done["moved"], done["misplaced"]) == (foretold["moved"], [])
        assert vm.runtime.host.name == "esx-a1.lab"
        assert keep(plan, relocate="powered_off")["moved"] == []
        # A VM that runs stays where it is.
        plan["placements"][1].update(host="esx-a1.lab", host_moid=plan["placements"][0]["host_moid"])
        moved = keep(plan, relocate="powered_off")
        assert [each["vm"] for each in moved["misplaced"]] == ["tenant-plain"]
        assert "RelocateVM_Task" not in placing.mutating_calls()
    finally:
        WaitForTask(vm.RelocateVM_Task(vim.vm.RelocateSpec(host=home)))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"vm": "nobody"}, "vm_not_found"),
        ({"host_moid": "host-0"}, "host_not_found"),
        ({"vm": "tenant-old"}, "vm_in_other_cluster"),
    ],
)
def test_a_plan_that_does_not_fit_what_is_there_changes_nothing(
    placing: t.Any, cluster: t.Any, plan: dict[str, t.Any], keep: Keep, change: dict[str, t.Any], code: str
) -> None:
    plan["placements"][0].update(change)
    with pytest.raises(NfvError) as refused:
        keep(plan)
    assert refused.value.error_code == code
    assert placing.mutating_calls() == {}
