# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Features of real VMs of the lab, judged by what vCenter has of them."""

from __future__ import annotations

import copy
import typing as t

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.feature_compat_info import gather_features
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection

from .conftest import DESCRIPTION, find_vm


def gather(connection: Connection, *vms: dict[str, t.Any], **options: t.Any) -> dict[str, t.Any]:
    defaults = {"datacenter": "nfv-dc", "dataplane": None, "must_keep": [], "ask_fault_tolerance": True}
    return gather_features({"vms": list(vms), **defaults, **options}, connection)["vms"]


def verdicts(vm: dict[str, t.Any]) -> dict[str, str]:
    return {feature: judged["verdict"] for feature, judged in vm["features"].items()}


def described(**placement: t.Any) -> dict[str, t.Any]:
    return {**copy.deepcopy(DESCRIPTION), "placement": placement}


def test_vms_as_they_are(placing: t.Any, connection: Connection) -> None:
    placing.reset_calls()
    vms = gather(connection, {"name": "tenant-plain"}, {"name": "tenant-pinned"}, {"name": "tenant-high"})
    assert placing.mutating_calls().keys() <= {"QueryFaultToleranceCompatibility"}
    # DRS and HA are on in this cluster, so nothing is in the way of a plain VM.
    assert verdicts(vms["tenant-plain"]) == dict.fromkeys(verdicts(vms["tenant-plain"]), "works")
    assert verdicts(vms["tenant-pinned"])["vmotion"] == "blocked"
    (reason,) = vms["tenant-pinned"]["features"]["vmotion"]["reasons"]
    assert (reason["setting"], reason["verdict"]) == ("cpu.affinity", "blocked")
    assert set(verdicts(vms["tenant-high"]).values()) == {"limited"}
    settings = {reason["setting"] for reason in vms["tenant-high"]["features"]["vmotion"]["reasons"]}
    assert settings == {"cpu.latency_sensitivity", "placement.numa"}


def test_a_cluster_without_drs_and_ha_blocks_both(connection: Connection) -> None:
    vms = gather(connection, {"name": "tenant-old"})
    assert verdicts(vms["tenant-old"])["ha"] == "blocked"


def test_a_snapshot_and_a_must_rule_are_found(session: Client, connection: Connection) -> None:
    vm = find_vm(session, "tenant-plain")
    cluster = vm.runtime.host.parent
    WaitForTask(vm.CreateSnapshot_Task("before", "", memory=False, quiesce=False))
    groups = [
        vim.cluster.GroupSpec(operation="add", info=vim.cluster.VmGroup(name="v", vm=[vm])),
        vim.cluster.GroupSpec(operation="add", info=vim.cluster.HostGroup(name="h", host=[vm.runtime.host])),
    ]
    rule = vim.cluster.VmHostRuleInfo(
        name="licence", enabled=True, mandatory=True, vmGroupName="v", affineHostGroupName="h"
    )
    spec = vim.cluster.ConfigSpecEx(groupSpec=groups, rulesSpec=[vim.cluster.RuleSpec(operation="add", info=rule)])
    WaitForTask(cluster.ReconfigureComputeResource_Task(spec, True))
    try:
        found = gather(connection, {"name": "tenant-plain"})["tenant-plain"]
        assert verdicts(found) == {
            "vmotion": "blocked",
            "drs": "blocked",
            "ha": "blocked",
            "fault_tolerance": "blocked",
            "snapshots": "works",
        }
        settings = [reason["setting"] for reason in found["features"]["fault_tolerance"]["reasons"]]
        assert settings == ["snapshots", "VM-host rule"]
    finally:
        key = cluster.configurationEx.rule[0].key
        spec = vim.cluster.ConfigSpecEx(
            groupSpec=[vim.cluster.GroupSpec(operation="remove", removeKey=name) for name in ("v", "h")],
            rulesSpec=[vim.cluster.RuleSpec(operation="remove", removeKey=key)],
        )
        WaitForTask(cluster.ReconfigureComputeResource_Task(spec, True))
        WaitForTask(vm.RemoveAllSnapshots_Task())
    assert verdicts(gather(connection, {"name": "tenant-plain"})["tenant-plain"])["vmotion"] == "works"


def test_what_must_be_kept_is_refused_by_the_description_or_by_the_vm(connection: Connection) -> None:
    # As described, the pinned VM will have no affinity any more: it may be deployed.
    gather(connection, {"name": "tenant-pinned", "dataplane": described(must_keep=["vmotion", "snapshots"])})
    with pytest.raises(NfvError) as refused:
        gather(connection, {"name": "tenant-pinned"}, must_keep=["vmotion"])
    assert (refused.value.error_code, refused.value.subject) == ("feature_blocked", "tenant-pinned")
    assert refused.value.details["vms"]["tenant-pinned"]["present"]


def test_a_device_that_no_description_takes_away_blocks(session: Client, connection: Connection) -> None:
    vm = find_vm(session, "tenant-off")
    port = vim.vm.device.VirtualSerialPort(key=-1, yieldOnPoll=True)
    port.backing = vim.vm.device.VirtualSerialPort.URIBackingInfo(serviceURI="vspc", direction="client")
    add = vim.vm.device.VirtualDeviceSpec(operation="add", device=port)
    WaitForTask(vm.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=[add])))
    try:
        with pytest.raises(NfvError) as refused:
            gather(connection, {"name": "tenant-off", "dataplane": described(must_keep="fault_tolerance")})
        assert refused.value.error_code == "feature_blocked"
        gather(connection, {"name": "tenant-off", "dataplane": described(must_keep="snapshots")})
    finally:
        (port,) = [each for each in vm.config.hardware.device if isinstance(each, vim.vm.device.VirtualSerialPort)]
        remove = vim.vm.device.VirtualDeviceSpec(operation="remove", device=port)
        WaitForTask(vm.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=[remove])))
    gather(connection, {"name": "tenant-off", "dataplane": described(must_keep="fault_tolerance")})


def test_a_vm_that_is_not_there_yet_is_judged_by_its_description(connection: Connection) -> None:
    vms = gather(connection, {"name": "not-yet", "dataplane": described()}, {"name": "nobody"})
    assert not vms["not-yet"]["present"]
    assert verdicts(vms["not-yet"])["vmotion"] == "limited"
    assert vms["nobody"] == {
        "present": False,
        "moid": None,
        "features": {},
        "fault_tolerance_query": None,
        "error": None,
    }
