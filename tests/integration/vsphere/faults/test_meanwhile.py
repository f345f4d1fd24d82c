# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody else changes VMs between our reading and our writing."""

from __future__ import annotations

import dataclasses
import typing as t

from pyVim.task import WaitForTask
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.change_set import plan_vm
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.apply import apply_plans
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import read_inventory
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import read_vms

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import ChangeSet
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.fleet import Outcome
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import VmRecord

DESCRIPTION = {
    "cpu": {"count": 4},
    "memory": {"size_mb": 2048},
    "adapters": [{"name": "mgmt", "network": "PG-Mgmt", "driver": "kernel"}],
}
MakeVm = t.Callable[..., t.Any]


@dataclasses.dataclass
class Job:
    """An application of plans that stands between reading and writing."""

    session: Client
    machines: list[t.Any]

    def __post_init__(self) -> None:
        dataplane, _problems = parse_dataplane(DESCRIPTION)
        assert dataplane is not None
        self.dataplane = dataplane
        self.inventory = read_inventory(self.session, "nfv-dc", with_uuids=False)
        self.records = read_vms(self.session, self.machines, self.inventory)

    def plan(self, record: VmRecord) -> ChangeSet:
        return plan_vm(record.state, self.dataplane, self.inventory.networks)

    def apply(self, plan: t.Callable[[VmRecord], ChangeSet] | None = None) -> Outcome:
        plans = {moid: self.plan(record) for moid, record in self.records.items()}
        return apply_plans(self.session, self.inventory, self.records, plans, plan or self.plan)


def reconfigure(machine: t.Any, **fields: t.Any) -> None:
    WaitForTask(machine.ReconfigVM_Task(spec=vim.vm.ConfigSpec(**fields)))


def test_the_others_change_is_kept_and_ours_is_made(session: Client, vm: t.Any) -> None:
    job = Job(session, [vm])
    reconfigure(vm, numCPUs=6, annotation="mine")
    outcome = job.apply()
    assert outcome.errors == {}
    assert (vm.config.hardware.numCPU, vm.config.annotation) == (4, "mine")
    plan = outcome.plans[vm._moId]
    assert {change.setting: change.before for change in plan.changes}["cpu.count"] == 6
    assert "Somebody else changed the VM" in plan.warnings[-1]


def test_what_the_other_already_did_is_no_change_of_ours(session: Client, vm: t.Any) -> None:
    Job(session, [vm]).apply()
    reconfigure(vm, numCPUs=2)
    job = Job(session, [vm])
    reconfigure(vm, numCPUs=4)
    outcome = job.apply()
    assert outcome.errors == {}
    assert outcome.changed == set()
    assert outcome.plans[vm._moId].changes == ()


def test_who_changes_it_again_and_again_wins_and_the_others_are_not_stopped(session: Client, make_vm: MakeVm) -> None:
    vm, other = make_vm(), make_vm()
    job = Job(session, [vm, other])

    def plan_while_it_changes(record: VmRecord) -> ChangeSet:
        if record.state.moid == vm._moId:
            reconfigure(vm, numCPUs=6 if vm.config.hardware.numCPU == 8 else 8)
        return job.plan(record)

    reconfigure(vm, numCPUs=8)
    outcome = job.apply(plan_while_it_changes)
    assert {moid: error.error_code for moid, error in outcome.errors.items()} == {vm._moId: "object_changed"}
    assert vm.config.hardware.numCPU in (6, 8)
    assert other.config.hardware.numCPU == 4
    assert outcome.changed == {other._moId}


def test_a_vm_that_is_deleted_meanwhile_is_named_and_the_others_are_changed(session: Client, make_vm: MakeVm) -> None:
    machines = [make_vm() for _number in range(4)]
    # A VM of this test's own, so that the fixture does not destroy it a second time.
    task = machines[2].Clone(machines[2].parent, "engine-gone", vim.vm.CloneSpec(location=vim.vm.RelocateSpec()))
    WaitForTask(task)
    gone, moid = task.info.result, task.info.result._moId
    job = Job(session, [*machines[:2], gone, *machines[2:]])
    WaitForTask(gone.Destroy_Task())
    outcome = job.apply()
    assert {key: error.error_code for key, error in outcome.errors.items()} == {moid: "object_gone"}
    assert str(outcome.errors[moid]).startswith("[object_gone] engine-gone: ")
    assert outcome.changed == {machine._moId for machine in machines}


def test_a_vm_that_is_powered_on_meanwhile_is_not_cut_off_without_consent(session: Client, vm: t.Any) -> None:
    job = Job(session, [vm])
    WaitForTask(vm.PowerOn())

    def plan(record: VmRecord) -> ChangeSet:
        if record.state.power_state == "poweredOn":
            raise NfvError("power_off_needed", record.state.name, "it is powered on")
        return job.plan(record)

    outcome = job.apply(plan)
    assert outcome.errors[vm._moId].error_code == "power_off_needed"
    assert vm.runtime.powerState == "poweredOn"
    assert vm.config.hardware.numCPU == 2
