# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role vm_hardware in a play over several VMs: who fails is out, who does not goes on."""

from __future__ import annotations

import typing as t

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

from ..conftest import REPOSITORY
from ..test_check_mode_playbooks import RESERVED, report_address

Faults = t.Callable[..., None]


@pytest.fixture
def running(engine: t.Any, vcenter: t.Any, make_vm: t.Callable[..., t.Any], ansible: t.Any) -> list[t.Any]:
    """The inventory: three VMs that run, differ from their descriptions in a reservation, and have addresses."""
    machines = [make_vm() for _number in range(3)]
    loose = {**RESERVED, "memory": {**RESERVED["memory"], "reserve_all": False}}
    engine.converge(*machines, dataplane=loose)
    for machine in machines:
        machine.PowerOn()
        report_address(vcenter, machine)
    (ansible.directory / "hosts.ini").write_text("[pgw]\n" + "".join(f"{machine.name}\n" for machine in machines))
    return machines


def test_a_vm_that_fails_stops_its_own_host_only(ansible: t.Any, running: list[t.Any], faults: Faults) -> None:
    bad = running[1].name
    faults({"method": "ReconfigVM_Task", "action": "fail_task", "vm": bad})
    run = ansible.playbook(REPOSITORY / "playbooks" / "deploy_pgw.yml", "--tags", "vsphere", nfv_dataplane=RESERVED)
    assert run.status == 2
    assert run.failure()["msg"].startswith(f"[vsphere_refused] {bad}: failed to reconfigure the VM")
    assert {name: host["failures"] for name, host in run.recap.items() if name != "localhost"} == {
        machine.name: int(machine.name == bad) for machine in running
    }
    assert [bool(machine.config.memoryReservationLockedToMax) for machine in running] == [True, False, True]
    reached = [each for each in run.results() if "ansible_host" in each.get("ansible_facts", {})]
    assert len(reached) == 2  # the others went on to their addresses


def test_what_is_refused_before_any_change_stops_all(ansible: t.Any, running: list[t.Any], vcenter: t.Any) -> None:
    larger = {**RESERVED, "cpu": {**RESERVED["cpu"], "count": 4}}
    run = ansible.playbook(REPOSITORY / "playbooks" / "deploy_pgw.yml", "--tags", "vsphere", nfv_dataplane=larger)
    assert {host["failures"] for name, host in run.recap.items() if name != "localhost"} == {1}
    assert [bool(machine.config.memoryReservationLockedToMax) for machine in running] == [False] * 3


ROLE = """
- hosts: pgw
  gather_facts: false
  module_defaults:
    group/nfv.vsphere_dpdk.vsphere:
      hostname: "{{ vsphere_hostname }}"
      port: "{{ vsphere_port }}"
      username: "{{ vsphere_username }}"
      password: "{{ vsphere_password }}"
      ca_path: "{{ vsphere_ca_path }}"
      datacenter: "{{ vsphere_datacenter }}"
  roles: [nfv.vsphere_dpdk.vm_hardware]
"""


@pytest.fixture
def old(vcenter: t.Any, make_vm: t.Callable[..., t.Any], ansible: t.Any) -> t.Any:
    """All of the inventory: a VM that runs on old virtual hardware, with one adapter more than is described."""
    machine = make_vm()
    WaitForTask(machine.ReconfigVM_Task(vim.vm.ConfigSpec(version="vmx-13")))
    WaitForTask(machine.PowerOn())
    report_address(vcenter, machine)
    (ansible.directory / "hosts.ini").write_text(f"[pgw]\n{machine.name}\n")
    (ansible.directory / "role.yml").write_text(ROLE)
    return machine


def test_the_role_passes_on_what_is_allowed(ansible: t.Any, old: t.Any, vcenter: t.Any, faults: Faults) -> None:
    described = {**RESERVED, "iommu": True, "adapters": RESERVED["adapters"][:2]}

    def run(**allowed: t.Any) -> t.Any:
        return ansible.playbook(ansible.directory / "role.yml", nfv_dataplane=described, **allowed)

    assert run().failure()["msg"].startswith(f"[hardware_version_old] {old.name}: ")
    allowed: dict[str, t.Any] = {"vm_hardware_power_cycle": "when_needed", "vm_hardware_upgrade": "when_needed"}
    faults({"method": "ShutdownGuest", "action": "drop_before", "count": 0})  # a guest that does not listen
    patient = {**allowed, "vm_hardware_shutdown_timeout": 1, "vm_hardware_force_power_off": False}
    assert run(**patient).failure()["msg"].startswith(f"[guest_not_shut_down] {old.name}: ")
    assert (old.runtime.powerState, old.config.version) == ("poweredOn", "vmx-13")
    vcenter.clear_faults()

    assert run(**allowed).status == 0
    assert (old.runtime.powerState, old.config.version, adapters(old)) == ("poweredOn", "vmx-14", 3)
    allowed["vm_hardware_remove_unmanaged_adapters"] = True
    assert run(**allowed).status == 0
    assert adapters(old) == 2
    assert {host["changed"] for host in run(**allowed).recap.values()} == {0}


def test_consent_of_one_host_is_none_of_the_others(ansible: t.Any, running: list[t.Any]) -> None:
    """One task changes all VMs, with the variables of the first host."""
    first, *others = (machine.name for machine in running)
    consent = "vm_hardware_power_cycle=when_needed"
    (ansible.directory / "hosts.ini").write_text(f"[pgw]\n{first} {consent}\n" + "".join(f"{one}\n" for one in others))
    (ansible.directory / "role.yml").write_text(ROLE)
    larger = {**RESERVED, "cpu": {**RESERVED["cpu"], "count": 4}}
    cpus = [machine.config.hardware.numCPU for machine in running]
    run = ansible.playbook(ansible.directory / "role.yml", nfv_dataplane=larger)
    assert "[power_off_needed]" in run.output
    assert [machine.config.hardware.numCPU for machine in running] == cpus
    run = ansible.playbook(ansible.directory / "role.yml", "--limit", first, nfv_dataplane=larger)
    assert run.status == 0, run.output
    assert [machine.config.hardware.numCPU for machine in running] == [4, *cpus[1:]]


def adapters(machine: t.Any) -> int:
    return sum(isinstance(each, vim.vm.device.VirtualEthernetCard) for each in machine.config.hardware.device)
