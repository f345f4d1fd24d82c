# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The address of a VM leads to another machine: no playbook does anything there."""

from __future__ import annotations

import json
import typing as t
import uuid

import pytest

from lab.testing.descriptions import description
from tests.support.firmware import Firmware

from .conftest import REPOSITORY, Ansible
from .test_drift_playbook import address_of_this_machine

PLAYBOOKS = REPOSITORY / "playbooks"
SHARED_CORES = description(cpu={"exclusivity": "none"})
LOOKS = ("ping", "guest_identity_info", "guest_dataplane_info")
ARGUMENTS = {"deploy_pgw": ("--tags", "guest"), "remove_pgw": (), "verify": ()}
OTHER = "420b5e3f-1122-7788-99aa-bbccddeeff01"


@pytest.fixture
def running(engine: t.Any, vcenter: t.Any, vm: t.Any) -> t.Any:
    """A VM as described; its address is one of this machine."""
    engine.converge(vm, dataplane=SHARED_CORES)
    address_of_this_machine(vcenter, vm)
    return vm


def reach(ansible: Ansible, machine: t.Any, firmware: Firmware, playbook: str, **variables: t.Any) -> t.Any:
    """Runs a playbook against the VM, whose guest is this machine with a firmware of its own."""
    (ansible.directory / "hosts.ini").write_text(f"[pgw]\n{machine.name} {firmware.variables}\n")
    variables = {"nfv_dataplane": SHARED_CORES, "nfv_report_dir": str(ansible.directory), **variables}
    return ansible.playbook(PLAYBOOKS / f"{playbook}.yml", *ARGUMENTS.get(playbook, ()), **variables)


@pytest.mark.parametrize("playbook", ARGUMENTS)
def test_nothing_runs_on_another_machine(ansible: Ansible, running: t.Any, playbook: str, tmp_path: t.Any) -> None:
    firmware = Firmware(tmp_path / "other", LOOKS, product_uuid=OTHER)
    run = reach(ansible, running, firmware, playbook)
    failure = run.failure()
    assert run.status == 2
    assert failure["error_code"] == "guest_identity_differs"
    for named in (running.name, "198.18.0.11", OTHER, running.config.uuid, "Nothing was changed"):
        assert named in failure["msg"]
    assert firmware.executed == ["ping", "guest_identity_info"]


def test_a_machine_without_a_uuid_is_not_taken_for_the_vm(ansible: Ansible, running: t.Any, tmp_path: t.Any) -> None:
    firmware = Firmware(tmp_path / "none", LOOKS)
    run = reach(ansible, running, firmware, "deploy_pgw")
    assert run.failure()["error_code"] == "guest_identity_unknown"
    assert firmware.executed == ["ping", "guest_identity_info"]


def test_drift_compares_the_vm_and_no_other_machine(ansible: Ansible, running: t.Any, tmp_path: t.Any) -> None:
    def compare(firmware: Firmware) -> dict[str, t.Any]:
        run = reach(ansible, running, firmware, "drift", drift_sides=["guest"])
        assert run.status == 2
        assert firmware.executed == ["guest_dataplane_info"]
        report: dict[str, t.Any] = json.loads((ansible.directory / "drift.json").read_text())
        return report

    report = compare(Firmware(tmp_path / "other", LOOKS, product_uuid=OTHER))
    assert report["outcome"] == "failed"
    (failure,) = report["vms"][running.name]["failures"]
    assert failure["message"].startswith(f"[guest_identity_differs] {running.name}: ")

    own = uuid.UUID(running.config.uuid)
    swapped = Firmware(tmp_path / "own", LOOKS, product_uuid=str(uuid.UUID(bytes_le=own.bytes)))
    compared = compare(swapped)["vms"][running.name]
    assert "guest_identity" not in json.dumps(compared)
