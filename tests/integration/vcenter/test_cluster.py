# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups, rules and overrides of a cluster: carried out whole or refused; migration and fault tolerance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl

BAD_GROUP = vim.cluster.GroupSpec(operation="remove", removeKey="no such group")


@pytest.fixture
def cluster(lab: Any) -> Iterator[Any]:
    """The cluster, as a new one again after the test."""
    yield lab.cluster
    WaitForTask(lab.cluster.ReconfigureComputeResource_Task(vim.cluster.ConfigSpecEx(), False))
    held = lab.cluster.configurationEx
    assert (held.group, held.rule, held.drsVmConfig, held.dasVmConfig) == ([], [], [], [])


def reconfigure(cluster: Any, **spec: Any) -> None:
    WaitForTask(cluster.ReconfigureComputeResource_Task(vim.cluster.ConfigSpecEx(**spec), True))


def added(kind: Any, info: Any) -> list[Any]:
    return [kind(operation="add", info=info)]


def vm_group(name: str, *vms: Any) -> list[Any]:
    return added(vim.cluster.GroupSpec, vim.cluster.VmGroup(name=name, vm=list(vms)))


def apart(name: str, *vms: Any) -> list[Any]:
    return added(vim.cluster.RuleSpec, vim.cluster.AntiAffinityRuleSpec(name=name, enabled=True, vm=list(vms)))


def test_one_reconfiguration_makes_all_of_it(lab: Any, cluster: Any, make_vm: Callable[..., Any]) -> None:
    first, second = make_vm(), make_vm()
    host_group = vim.cluster.HostGroup(name="hosts", host=[cluster.host[0]])
    on_hosts = vim.cluster.VmHostRuleInfo(
        name="on hosts", enabled=True, mandatory=False, vmGroupName="vms", affineHostGroupName="hosts"
    )
    automation = vim.cluster.DrsVmConfigInfo(key=first, enabled=True, behavior="partiallyAutomated")
    restart = vim.cluster.DasVmConfigInfo(key=first, dasSettings=vim.cluster.DasVmSettings(restartPriority="highest"))
    lab.vcenter.reset_calls()
    reconfigure(
        cluster,
        groupSpec=vm_group("vms", first, second) + added(vim.cluster.GroupSpec, host_group),
        rulesSpec=apart("apart", first, second) + added(vim.cluster.RuleSpec, on_hosts),
        drsVmConfigSpec=added(vim.cluster.DrsVmConfigSpec, automation),
        dasVmConfigSpec=added(vim.cluster.DasVmConfigSpec, restart),
    )
    assert lab.vcenter.calls()["ReconfigureComputeResource_Task"] == 1
    held = cluster.configurationEx
    assert [(group.name, type(group)) for group in held.group] == [
        ("vms", vim.cluster.VmGroup),
        ("hosts", vim.cluster.HostGroup),
    ]
    assert [rule.name for rule in held.rule] == ["apart", "on hosts"]
    assert len({rule.key for rule in held.rule}) == len({rule.ruleUuid for rule in held.rule}) == 2
    assert [(each.key, each.behavior) for each in held.drsVmConfig] == [(first, "partiallyAutomated")]
    assert [each.dasSettings.restartPriority for each in held.dasVmConfig] == ["highest"]
    key = held.rule[0].key
    edited = vim.cluster.AntiAffinityRuleSpec(key=key, name="apart", enabled=False, vm=[first, second])
    reconfigure(cluster, rulesSpec=[vim.cluster.RuleSpec(operation="edit", info=edited)])
    assert next((rule.key, rule.enabled) for rule in cluster.configurationEx.rule) == (key, False)
    reconfigure(
        cluster,
        rulesSpec=[vim.cluster.RuleSpec(operation="remove", removeKey=rule.key) for rule in held.rule],
        groupSpec=[vim.cluster.GroupSpec(operation="remove", removeKey=name) for name in ("vms", "hosts")],
        drsVmConfigSpec=[vim.cluster.DrsVmConfigSpec(operation="remove", removeKey=first)],
        dasVmConfigSpec=[vim.cluster.DasVmConfigSpec(operation="remove", removeKey=first)],
    )


def test_refused_as_a_whole(cluster: Any, make_vm: Callable[..., Any]) -> None:
    first, second = make_vm(), make_vm()
    with pytest.raises(vmodl.fault.InvalidArgument) as refused:
        reconfigure(cluster, groupSpec=[*vm_group("vms", first), BAD_GROUP], rulesSpec=apart("apart", first, second))
    assert refused.value.invalidProperty == "spec.groupSpec[1]"
    assert (cluster.configurationEx.group, cluster.configurationEx.rule) == ([], [])


def test_names_are_unique(cluster: Any, make_vm: Callable[..., Any]) -> None:
    first, second = make_vm(), make_vm()
    reconfigure(cluster, groupSpec=vm_group("taken", first), rulesSpec=apart("taken", first, second))
    for spec in ({"groupSpec": vm_group("taken", second)}, {"rulesSpec": apart("taken", second, first)}):
        with pytest.raises(vim.fault.DuplicateName, match="taken") as refused:
            reconfigure(cluster, **spec)
        assert refused.value.name == "taken"
    reconfigure(cluster, groupSpec=vm_group("free", second), rulesSpec=apart("free", second, first))


def test_vm_that_does_not_exist(lab: Any, cluster: Any, make_vm: Callable[..., Any]) -> None:
    there = make_vm()
    nobody = vim.VirtualMachine("vm-99999", lab.service._stub)
    override = vim.cluster.DrsVmConfigInfo(key=nobody, enabled=False)
    for spec in (
        {"groupSpec": vm_group("vms", there, nobody)},
        {"rulesSpec": apart("apart", there, nobody)},
        {"drsVmConfigSpec": added(vim.cluster.DrsVmConfigSpec, override)},
    ):
        with pytest.raises(vmodl.fault.ManagedObjectNotFound) as refused:
            reconfigure(cluster, **spec)
        assert refused.value.obj == nobody
    reconfigure(cluster, groupSpec=vm_group("vms", there))


def test_rule_without_its_groups(cluster: Any, make_vm: Callable[..., Any]) -> None:
    vm = make_vm()
    rule = vim.cluster.VmHostRuleInfo(name="on hosts", vmGroupName="vms", affineHostGroupName="hosts")
    spec = {"rulesSpec": added(vim.cluster.RuleSpec, rule)}
    reconfigure(cluster, groupSpec=vm_group("vms", vm))
    with pytest.raises(vmodl.fault.InvalidArgument):
        reconfigure(cluster, **spec)
    host_group = vim.cluster.HostGroup(name="hosts", host=[cluster.host[0]])
    reconfigure(cluster, groupSpec=added(vim.cluster.GroupSpec, host_group), **spec)


def test_removal_of_what_is_not_there(cluster: Any, vm: Any) -> None:
    for spec in (
        {"groupSpec": [BAD_GROUP]},
        {"rulesSpec": [vim.cluster.RuleSpec(operation="remove", removeKey=4711)]},
        {"drsVmConfigSpec": [vim.cluster.DrsVmConfigSpec(operation="remove", removeKey=vm)]},
        {"dasVmConfigSpec": [vim.cluster.DasVmConfigSpec(operation="remove", removeKey=vm)]},
    ):
        with pytest.raises(vmodl.fault.InvalidArgument):
            reconfigure(cluster, **spec)


def test_features_of_the_cluster(cluster: Any) -> None:
    reconfigure(cluster, dasConfig=vim.cluster.DasConfigInfo(enabled=True))
    reconfigure(cluster, drsConfig=vim.cluster.DrsConfigInfo(defaultVmBehavior="fullyAutomated"))
    held = cluster.configurationEx
    assert (held.dasConfig.enabled, held.dasConfig.admissionControlEnabled) == (True, False)
    assert (held.drsConfig.enabled, held.drsConfig.defaultVmBehavior) == (True, "fullyAutomated")


def test_vm_that_is_destroyed_leaves_groups_and_rules(lab: Any, cluster: Any, vm: Any) -> None:
    going = lab.clone()
    override = vim.cluster.DrsVmConfigInfo(key=going, enabled=False)
    reconfigure(
        cluster,
        groupSpec=vm_group("vms", vm, going),
        rulesSpec=apart("apart", vm, going),
        drsVmConfigSpec=added(vim.cluster.DrsVmConfigSpec, override),
    )
    WaitForTask(going.Destroy_Task())
    held = cluster.configurationEx
    assert (list(held.group[0].vm), list(held.rule[0].vm), held.drsVmConfig) == ([vm], [vm], [])


def test_migration_of_a_pinned_vm(cluster: Any, vm: Any) -> None:
    def migrate() -> None:
        (target,) = [host for host in cluster.host if host != vm.runtime.host]
        WaitForTask(vm.RelocateVM_Task(vim.vm.RelocateSpec(host=target)))
        assert vm.runtime.host == target

    WaitForTask(vm.Reconfigure(vim.vm.ConfigSpec(cpuAffinity=vim.vm.AffinityInfo(affinitySet=[4, 5]))))
    migrate()
    WaitForTask(vm.PowerOn())
    with pytest.raises(vim.fault.AffinityConfigured) as refused:
        migrate()
    assert list(refused.value.configuredAffinity) == ["cpu"]
    WaitForTask(vm.PowerOff())
    WaitForTask(vm.Reconfigure(vim.vm.ConfigSpec(cpuAffinity=vim.vm.AffinityInfo(affinitySet=[]))))
    WaitForTask(vm.PowerOn())
    migrate()


def test_fault_tolerance_query(cluster: Any, vm: Any) -> None:
    def reasons() -> list[str]:
        asked = vm.QueryFaultToleranceCompatibility()
        assert [str(each) for each in asked] == [str(each) for each in vm.QueryFaultToleranceCompatibilityEx(False)]
        assert all(each.msg for each in asked)
        return [getattr(each, "reason", type(each).__name__.rsplit(".", 1)[-1]) for each in asked]

    assert reasons() == ["haNotEnabled"]
    reconfigure(cluster, dasConfig=vim.cluster.DasConfigInfo(enabled=True))
    assert reasons() == []
    WaitForTask(vm.Reconfigure(vim.vm.ConfigSpec(numCPUs=9, cpuHotAddEnabled=True)))
    WaitForTask(vm.CreateSnapshot_Task("s", "", memory=False, quiesce=False))
    assert reasons() == ["tooManyVCPUs", "hasSnapshots", "VmConfigIncompatibleForFaultTolerance"]
    WaitForTask(vm.RemoveAllSnapshots_Task())
    WaitForTask(vm.Reconfigure(vim.vm.ConfigSpec(numCPUs=8, cpuHotAddEnabled=False)))
    assert reasons() == []


def test_snapshots(vm: Any) -> None:
    WaitForTask(vm.CreateSnapshot_Task("first", "", memory=False, quiesce=False))
    WaitForTask(vm.CreateSnapshot_Task("second", "", memory=False, quiesce=False))
    (first,) = vm.snapshot.rootSnapshotList
    assert [first.name, first.childSnapshotList[0].name] == ["first", "second"]
    WaitForTask(first.snapshot.RemoveSnapshot_Task(True))
    assert vm.snapshot is None
