# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""drift.yml: without drift, with drift that somebody else made, and when it cannot know."""

from __future__ import annotations

import json
import sys
import typing as t
from pathlib import Path

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

from tests.support.firmware import Firmware

from .conftest import DESCRIPTION, REPOSITORY
from .test_check_mode_playbooks import report_address

MakeVm = t.Callable[..., t.Any]
PLAYBOOKS = REPOSITORY / "playbooks"
BOTH = ["vsphere", "guest"]
# A guest that is this machine.
LOCAL = "{} ansible_connection=local ansible_python_interpreter=" + sys.executable


class Drift:
    """Runs of drift.yml over an inventory of VMs, with their reports."""

    def __init__(self, ansible: t.Any, reports: Path) -> None:
        self._ansible = ansible
        self._file = reports / "drift.json"

    def earlier(self) -> None:
        """An earlier run has found nothing."""
        self._file.parent.mkdir()
        self._file.write_text(json.dumps({"outcome": "none", "lines": [], "vms": {}}))

    def run(self, names: list[str], *arguments: str, **variables: t.Any) -> tuple[t.Any, dict[str, t.Any]]:
        """Runs the playbook on the vSphere side unless told otherwise; these VMs have no guests."""
        (self._ansible.directory / "hosts.ini").write_text("[pgw]\n" + "\n".join(names) + "\n")
        variables = {"drift_sides": ["vsphere"], **variables}
        run = self._ansible.playbook(
            PLAYBOOKS / "drift.yml", *arguments, nfv_report_dir=str(self._file.parent), **variables
        )
        for report in (self._file, self._file.with_name("run.json")):
            assert self._ansible.inventory["vsphere_password"] not in report.read_text()
        return run, json.loads(self._file.read_text())

    def of_the_run(self) -> dict[str, t.Any]:
        """run.json."""
        report: dict[str, t.Any] = json.loads(self._file.with_name("run.json").read_text())
        return report


@pytest.fixture
def drift(ansible: t.Any, tmp_path: Path) -> Drift:
    return Drift(ansible, tmp_path / "reports")


def test_drift_that_somebody_made_is_found_and_named_in_check_mode_too(
    engine: t.Any, vcenter: t.Any, make_vm: MakeVm, drift: Drift
) -> None:
    same, other = make_vm(), make_vm()
    engine.converge(same, other)
    vcenter.reset_calls()
    run, report = drift.run([same.name, other.name])
    assert (run.status, report["outcome"], report["lines"]) == (0, "none", [])
    assert sum(host["changed"] for host in run.recap.values()) == 0
    assert drift.of_the_run()["outcome"] == "clean"
    assert drift.of_the_run()["hosts"][same.name]["looked"] == {"vsphere": True, "guest": False}
    assert {name: vm["outcome"] for name, vm in report["vms"].items()} == {same.name: "none", other.name: "none"}

    WaitForTask(other.ReconfigVM_Task(vim.vm.ConfigSpec(numCPUs=4)))
    vcenter.reset_calls()
    for arguments in ((), ("--check", "--diff")):
        run, report = drift.run([same.name, other.name], *arguments)
        assert run.status == 2
        message = run.failure()["msg"]
        assert message.startswith(f"[drift_found] 1 of 2 VMs are not as described: {other.name}; ")
        assert report["outcome"] == "found"
        assert report["lines"][0].startswith(f"{other.name} (vsphere): cpu.count is 4, described as 2 ")
        assert report["vms"][other.name]["differences"][0]["setting"] == "cpu.count"
        assert report["vms"][same.name]["outcome"] == "none"
        whole = drift.of_the_run()
        assert (whole["outcome"], whole["message"], whole["check"]) == ("drift", message, bool(arguments))
        assert {name: host["outcome"] for name, host in whole["hosts"].items()} == {
            same.name: "clean",
            other.name: "drift",
        }
        assert whole["hosts"][other.name]["differences"][0]["setting"] == "cpu.count"
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
    drift.earlier()
    run, report = drift.run([vm.name], **variables)
    assert (run.status, report["outcome"]) == (2, "failed")
    assert f"[{code}]" in run.failure()["msg"]
    assert run.handed_on()["drift"] == {"outcome": "failed", "message": report["message"]}
    assert "drift_found" not in run.output


def test_a_run_that_breaks_off_leaves_no_report_of_an_earlier_one(engine: t.Any, vm: t.Any, drift: Drift) -> None:
    engine.converge(vm)
    drift.earlier()
    run, report = drift.run([vm.name], vsphere_hostname="{{ not_defined }}")
    assert (run.status, report["outcome"]) == (2, "failed")


def address_of_this_machine(vcenter: t.Any, machine: t.Any) -> None:
    """Powers the VM on; its guest seems to have an address of the loopback interface."""
    WaitForTask(machine.PowerOn())
    report_address(vcenter, machine)


def test_a_guest_that_is_off_is_not_known_whatever_its_vm_is(engine: t.Any, vm: t.Any, drift: Drift) -> None:
    engine.converge(vm)
    run, report = drift.run([vm.name], drift_sides=BOTH)
    assert (run.status, report["outcome"]) == (2, "failed")
    (failure,) = report["vms"][vm.name]["failures"]
    assert failure["side"] == "guest"
    assert failure["message"].startswith("[guest_address_missing] ")


def test_both_sides_are_compared_unless_told_otherwise(engine: t.Any, vm: t.Any, drift: Drift, ansible: t.Any) -> None:
    engine.converge(vm)
    (ansible.directory / "hosts.ini").write_text(f"[pgw]\n{vm.name}\n")
    run = ansible.playbook(PLAYBOOKS / "drift.yml", nfv_report_dir=str(ansible.directory))
    report = json.loads((ansible.directory / "drift.json").read_text())
    assert (run.status, report["outcome"], report["sides"]) == (2, "failed", ["vsphere", "guest"])


@pytest.mark.parametrize("sides", [BOTH, ["guest"]])
def test_a_guest_out_of_reach_is_not_known(
    engine: t.Any, vcenter: t.Any, vm: t.Any, drift: Drift, sides: list[str]
) -> None:
    engine.converge(vm)
    address_of_this_machine(vcenter, vm)
    # Port 1 of the loopback interface: nobody listens.
    run, report = drift.run([f"{vm.name} ansible_port=1"], drift_sides=sides)
    assert (run.status, report["outcome"]) == (2, "failed")
    assert [failure["side"] for failure in report["vms"][vm.name]["failures"]] == ["guest"]
    assert "could not be compared" in report["message"]


def test_a_look_that_fails_in_the_guest_is_not_known(engine: t.Any, vcenter: t.Any, vm: t.Any, drift: Drift) -> None:
    """The guest is this machine; a driver that nobody knows is refused before anything is looked at."""
    engine.converge(vm)
    address_of_this_machine(vcenter, vm)
    run, report = drift.run([LOCAL.format(vm.name)], drift_sides=BOTH, dpdk_bind_driver="none_of_them")
    assert (run.status, report["outcome"]) == (2, "failed")
    (failure,) = report["vms"][vm.name]["failures"]
    assert "none_of_them" in failure["message"]


def test_a_guest_that_is_not_as_described_has_drifted(
    engine: t.Any, vcenter: t.Any, vm: t.Any, drift: Drift, tmp_path: Path
) -> None:
    """The guest is this machine, which isolates no CPU and has none of the adapters."""
    engine.converge(vm)
    address_of_this_machine(vcenter, vm)
    firmware = Firmware(tmp_path / "firmware", ["guest_dataplane_info"], product_uuid=vm.config.uuid)
    run, report = drift.run([f"{vm.name} {firmware.variables}"], drift_sides=BOTH)
    assert run.status == 2
    assert {each["side"] for each in report["vms"][vm.name]["differences"]} <= {"guest"}
    assert report["outcome"] != "none"


def test_a_side_that_does_not_exist_is_refused_and_the_report_says_failed(
    engine: t.Any, vm: t.Any, drift: Drift
) -> None:
    engine.converge(vm)
    run, report = drift.run([vm.name], drift_sides=["network"])
    assert (run.status, report["outcome"]) == (2, "failed")


def test_expected_vms_that_nobody_compares_are_named(engine: t.Any, make_vm: MakeVm, drift: Drift) -> None:
    """One is in vCenter and in no inventory, one nowhere; the one that is compared does not differ."""
    here, unlisted = make_vm(), make_vm()
    engine.converge(here, unlisted)
    assert drift.run([here.name], drift_expected=[here.name])[1]["outcome"] == "none"

    run, report = drift.run([here.name], drift_expected=[here.name, "pgw-nowhere"])
    assert (run.status, report["outcome"]) == (2, "found")
    (line,) = report["lines"]
    assert line.startswith("pgw-nowhere (vsphere): [expected_vm_missing] ")
    assert "neither inventory nor vCenter has it" in line

    run, report = drift.run([here.name], drift_expected=[here.name, unlisted.name, "pgw-nowhere"])
    assert (run.status, report["outcome"]) == (2, "failed")
    outcomes = {name: vm["outcome"] for name, vm in report["vms"].items()}
    assert outcomes == {here.name: "none", unlisted.name: "failed", "pgw-nowhere": "found"}
    assert "vCenter has it" in report["message"]


def test_no_host_is_never_green(drift: Drift, tmp_path: Path, ansible: t.Any) -> None:
    # A description for all hosts would make the tester one of them.
    del ansible.inventory["nfv_dataplane"]
    (ansible.directory / "hosts.ini").write_text("[testers]\ntester-1\n")
    run = ansible.playbook(PLAYBOOKS / "drift.yml", nfv_report_dir=str(tmp_path))
    assert run.status == 2
    assert run.failure()["msg"].startswith("[hosts_missing] no host of hosts_with_nfv_dataplane ")
