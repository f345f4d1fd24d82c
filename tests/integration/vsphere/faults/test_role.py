# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role vm_hardware in a play over several VMs: who fails is out, who does not goes on."""

from __future__ import annotations

import typing as t

import pytest

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
    assert run.failure()["msg"].startswith(f"[vsphere_refused] {bad}: it was to be reconfigured")
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
