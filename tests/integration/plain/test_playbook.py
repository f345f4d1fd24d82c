# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same playbook does not depend on what the lab's vCenter adds to the simulator."""

from __future__ import annotations

import typing as t

from pyVim.task import WaitForTask
from pyVmomi import vim

from tests.integration.vsphere.conftest import DESCRIPTION, REPOSITORY

PLAYBOOK = REPOSITORY / "playbooks" / "deploy_pgw.yml"
NAME = "pgw-it"
TAGS = ("--tags", "vsphere")
SHARED_CORES = {**DESCRIPTION, "cpu": {**DESCRIPTION["cpu"], "exclusivity": "none"}}


def find(session: t.Any) -> t.Any:
    found = session.in_view({vim.VirtualMachine: ["name"]})
    return next((each for each, properties in found if properties["name"] == NAME), None)


def test_the_playbook_runs_on_the_simulator_as_it_is(ansible: t.Any, vcenter: t.Any, session: t.Any) -> None:
    vcenter.reset_calls()
    run = ansible.playbook(PLAYBOOK, "--check", "--diff")
    assert run.status == 0, run.output
    assert vcenter.mutating_calls() == {}

    # The simulator drops the latency sensitivity of single vCPUs without a word; reading back finds that out.
    run = ansible.playbook(PLAYBOOK, *TAGS, vm_hardware_address_timeout=1)
    assert run.failure()["msg"].startswith(f"[setting_ignored] {NAME}: ")
    assert "cpu.latency_sensitivity_by_vcpu" in run.failure()["msg"]

    run = ansible.playbook(PLAYBOOK, *TAGS, nfv_dataplane=SHARED_CORES, vm_hardware_address_timeout=1)
    assert run.failure().get("error_code") == "guest_address_missing", run.failure()["msg"]
    made = find(session)
    assert made.runtime.powerState == "poweredOn"
    cards = [each for each in made.config.hardware.device if isinstance(each, vim.vm.device.VirtualEthernetCard)]
    assert [type(each) for each in cards] == [vim.vm.device.VirtualVmxnet3] * len(DESCRIPTION["adapters"])
    assert made.config.hardware.memoryMB == DESCRIPTION["memory"]["size_mb"]
    assert made.config.memoryReservationLockedToMax

    # The simulator's own way to a guest with an address. The stale changeVersion is the negative control: the lab's
    # vCenter would refuse it.
    address = vim.option.OptionValue(key="SET.guest.ipAddress", value="198.18.0.10")
    WaitForTask(made.ReconfigVM_Task(vim.vm.ConfigSpec(changeVersion="of another day", extraConfig=[address])))
    vcenter.reset_calls()
    run = ansible.playbook(PLAYBOOK, *TAGS, nfv_dataplane=SHARED_CORES)
    assert run.status == 0, run.output
    assert run.recap[NAME]["changed"] == 0
    assert vcenter.mutating_calls() == {}
