# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every playbook that talks to vCenter, in check mode: no call that changes anything; announced is what comes."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

from lab.testing.descriptions import description

from .conftest import REPOSITORY

MakeVm = t.Callable[..., t.Any]
RESERVED = description(cpu={"exclusivity": "none"}, memory={"reserve_all": True})
PLAYBOOKS = REPOSITORY / "playbooks"

# What each of them needs to get through its vSphere half without a guest; drift has a file of tests of its own.
CASES: dict[str, dict[str, t.Any]] = {
    "deploy": {"arguments": ("--tags", "vsphere")},
    "drift": {"drift_sides": ["vsphere"]},
    "readiness": {},
    "remove": {"remove_delete_vm": True},
    "verify": {},
}
# Ends in check mode before it connects, because it would measure nothing (../playbooks/test_comparison.py).
BEFORE_ANY_CONNECTION = {"compare_poll_and_interrupt"}


def report_address(vcenter: t.Any, machine: t.Any) -> None:
    mac = next(each.macAddress for each in machine.config.hardware.device if hasattr(each, "macAddress"))
    nics = [{"mac": mac, "network": "PG-Mgmt", "addresses": ["198.18.0.11/24"]}]
    vcenter.report_guest(machine.config.uuid, ip_address="198.18.0.11", nics=nics)


@pytest.fixture
def drifted(engine: t.Any, vcenter: t.Any, make_vm: MakeVm, ansible: t.Any) -> t.Any:
    """All of the inventory: a VM that runs, and is as described but for a reservation, which can be had meanwhile."""
    machine = make_vm()
    engine.converge(machine, dataplane=RESERVED)
    nothing = vim.ResourceAllocationInfo(reservation=0)
    WaitForTask(
        machine.ReconfigVM_Task(vim.vm.ConfigSpec(memoryReservationLockedToMax=False, memoryAllocation=nothing))
    )
    WaitForTask(machine.PowerOn())
    report_address(vcenter, machine)
    (ansible.directory / "hosts.ini").write_text(f"[pgw]\n{machine.name} ansible_connection=local\n")
    return machine


def test_every_playbook_that_talks_to_vcenter_has_a_case() -> None:
    found = {path.stem for path in PLAYBOOKS.glob("*.yml") if "__nfv_vsphere" in path.read_text()}
    assert set(CASES) == found - BEFORE_ANY_CONNECTION


# deploy is announced and then done below.
@pytest.mark.parametrize("name", sorted(CASES.keys() - {"deploy"}))
def test_check_mode_makes_no_call_that_changes_anything(
    ansible: t.Any, vcenter: t.Any, drifted: t.Any, tmp_path: t.Any, name: str
) -> None:
    variables = {"nfv_report_dir": str(tmp_path), **CASES[name]}
    variables["nfv_dataplane"] = RESERVED
    vcenter.reset_calls()
    run = ansible.playbook(PLAYBOOKS / f"{name}.yml", "--check", "--diff", **variables)
    assert vcenter.calls().get("RetrievePropertiesEx", 0) > 0, run.output
    assert vcenter.mutating_calls() == {}
    if name == "remove":
        assert run.status == 0, run.output
        assert run.recap[drifted.name]["changed"] + run.recap.get("localhost", {}).get("changed", 0) > 0
    assert drifted.runtime.powerState == "poweredOn"
    assert drifted.config.memoryAllocation.reservation == 0


def converged(run: t.Any, machine: t.Any) -> dict[str, t.Any]:
    """What the run says of the VM's hardware."""
    (found,) = [result for result in run.results() if isinstance(result.get("vms"), dict) and "diff" in result]
    return {"changes": found["vms"][machine.name]["changes"], "diff": found["diff"], "changed": found["changed"]}


def test_a_deployment_changes_what_it_announced_and_then_nothing(
    ansible: t.Any, vcenter: t.Any, drifted: t.Any, tmp_path: Path
) -> None:
    def told() -> dict[str, t.Any]:
        report: dict[str, t.Any] = json.loads((tmp_path / "reports/run.json").read_text())
        return report

    def run(*arguments: str) -> dict[str, t.Any]:
        vcenter.reset_calls()
        done = ansible.playbook(
            PLAYBOOKS / "deploy_pgw.yml",
            "--diff",
            *CASES["deploy"]["arguments"],
            *arguments,
            nfv_dataplane=RESERVED,
            nfv_report_dir=str(tmp_path / "reports"),
        )
        assert done.status == 0, done.output
        return converged(done, drifted)

    announced = run("--check")
    assert vcenter.calls()["RetrievePropertiesEx"] > 0
    assert vcenter.mutating_calls() == {}
    assert drifted.runtime.powerState == "poweredOn"
    assert drifted.config.memoryAllocation.reservation == 0
    assert [each["setting"] for each in announced["changes"]] == ["memory.reserve_all", "memory.reservation_mb"]
    plan = told()
    assert plan["outcome"] == "changed"
    assert [each["setting"] for each in plan["hosts"][drifted.name]["changes"]] == [
        "memory.reserve_all",
        "memory.reservation_mb",
    ]
    assert run() == announced
    # The guest was left out, so nothing is proved.
    assert (told()["outcome"], told()["digest"]) == ("not_proved", plan["digest"])
    assert vcenter.mutating_calls() == {"ReconfigVM_Task": 1}
    assert run()["changed"] is False
    assert told()["digest"] != plan["digest"]
    assert vcenter.mutating_calls() == {}
