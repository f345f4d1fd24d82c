# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""drift.yml: without drift, with drift that somebody else made, and when it cannot know."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

from .conftest import DESCRIPTION, REPOSITORY

MakeVm = t.Callable[..., t.Any]
PLAYBOOKS = REPOSITORY / "playbooks"


class Drift:
    """Runs of drift.yml over an inventory of VMs, with their reports."""

    def __init__(self, ansible: t.Any, reports: Path) -> None:
        self._ansible = ansible
        self._file = reports / "drift.json"

    def run(self, names: list[str], *arguments: str, **variables: t.Any) -> tuple[t.Any, dict[str, t.Any]]:
        (self._ansible.directory / "hosts.ini").write_text("[pgw]\n" + "\n".join(names) + "\n")
        run = self._ansible.playbook(
            PLAYBOOKS / "drift.yml", *arguments, nfv_report_dir=str(self._file.parent), **variables
        )
        assert self._ansible.inventory["vsphere_password"] not in self._file.read_text()
        return run, json.loads(self._file.read_text())


@pytest.fixture
def drift(ansible: t.Any, tmp_path: Path) -> Drift:
    return Drift(ansible, tmp_path / "reports")


@pytest.mark.parametrize("arguments", [(), ("--check", "--diff")])
def test_drift_that_somebody_made_is_found_and_named(
    engine: t.Any, vcenter: t.Any, make_vm: MakeVm, drift: Drift, arguments: tuple[str, ...]
) -> None:
    same, other = make_vm(), make_vm()
    engine.converge(same, other)
    vcenter.reset_calls()
    run, report = drift.run([same.name, other.name], *arguments)
    assert (run.status, report["outcome"], report["lines"]) == (0, "none", [])
    assert sum(host["changed"] for host in run.recap.values()) == 0
    assert {name: vm["outcome"] for name, vm in report["vms"].items()} == {same.name: "none", other.name: "none"}

    WaitForTask(other.ReconfigVM_Task(vim.vm.ConfigSpec(numCPUs=4)))
    vcenter.reset_calls()
    run, report = drift.run([same.name, other.name], *arguments)
    assert run.status == 2
    message = run.failure()["msg"]
    assert message.startswith(f"[drift_found] 1 of 2 VMs are not as described: {other.name}; ")
    assert report["outcome"] == "found"
    assert report["lines"][0].startswith(f"{other.name} (vsphere): cpu.count is 4, described as 2 ")
    assert report["vms"][other.name]["differences"][0]["setting"] == "cpu.count"
    assert report["vms"][same.name]["outcome"] == "none"
    assert vcenter.mutating_calls() == {}
    assert other.config.hardware.numCPU == 4


def test_a_vm_that_is_not_there_is_drift(engine: t.Any, vm: t.Any, drift: Drift) -> None:
    engine.converge(vm)
    run, report = drift.run([vm.name, "engine-nobody"])
    assert (run.status, report["outcome"]) == (2, "found")
    assert report["lines"] == ["engine-nobody (vsphere): the VM does not exist"]


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"vsphere_port": 1}, "vcenter_unreachable"),
        ({"vsphere_password": "wrong"}, "authentication_failed"),
        ({"nfv_dataplane": {"cpu": {"count": 0}}}, "description_invalid"),
        (
            {
                "nfv_dataplane": {
                    **DESCRIPTION,
                    "adapters": [{"name": "mgmt", "network": "PG-Nowhere", "driver": "kernel"}],
                }
            },
            "network_not_found",
        ),
    ],
)
def test_what_keeps_it_from_knowing_is_no_drift_and_replaces_an_old_report(
    engine: t.Any, vm: t.Any, drift: Drift, variables: dict[str, t.Any], code: str
) -> None:
    engine.converge(vm)
    assert drift.run([vm.name])[1]["outcome"] == "none"
    run, report = drift.run([vm.name], **variables)
    assert (run.status, report["outcome"]) == (2, "failed")
    assert f"[{code}]" in run.failure()["msg"]
    assert "drift_found" not in run.output


def test_a_run_that_breaks_off_leaves_no_report_of_an_earlier_one(engine: t.Any, vm: t.Any, drift: Drift) -> None:
    engine.converge(vm)
    assert drift.run([vm.name])[1]["outcome"] == "none"
    run, report = drift.run([vm.name], vsphere_hostname="{{ not_defined }}")
    assert (run.status, report["outcome"]) == (2, "failed")
