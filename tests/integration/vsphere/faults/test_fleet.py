# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two hundred VMs in one task: slow, failing, killed halfway."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import typing as t

import pytest
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from tests.support.module_process import start_module

from .conftest import FLEET, Fleet

Faults = t.Callable[..., None]
# The module, as a process of its own.
PATIENCE = 120


def with_cpus(fleet: Fleet, cpus: int) -> int:
    """How many VMs have so many CPUs."""
    found = fleet.session.in_view({vim.VirtualMachine: ["name", "config.hardware.numCPU"]})
    return sum(
        properties["config.hardware.numCPU"] == cpus for _each, properties in found if properties["name"] in fleet.names
    )


def test_a_slow_vcenter_is_asked_many_things_at_a_time(fleet: Fleet, fleet_faults: Faults) -> None:
    fleet_faults({"method": "*", "action": "delay", "delay_ms": 500, "count": 0})
    began = time.monotonic()
    result = fleet.engine.converge(**fleet.params(cpus=4))
    taken = time.monotonic() - began
    fleet.vcenter.clear_faults()
    calls = fleet.vcenter.calls()
    assert sum(each["changed"] for each in result["vms"].values()) == FLEET
    assert calls.pop("ReconfigVM_Task") == FLEET
    assert sum(calls.values()) <= 25  # whatever the number of VMs
    assert taken < FLEET * 0.5 / 2  # one call after the other would take twice that and more
    assert with_cpus(fleet, 4) == FLEET


def test_those_that_fail_stop_no_other_and_each_tells_why(fleet: Fleet, fleet_faults: Faults) -> None:
    failing, busy, changed = fleet.names[3], fleet.names[50], fleet.names[120]
    fleet_faults(
        {"method": "ReconfigVM_Task", "action": "fail_task", "vm": failing, "fault": "GenericVmConfigFault"},
        {"method": "ReconfigVM_Task", "action": "change_vm", "vm": busy, "count": 0},
        {"method": "ReconfigVM_Task", "action": "change_vm", "vm": changed},
    )
    with pytest.raises(NfvError) as caught:
        fleet.engine.converge(**fleet.params(cpus=6))
    result = caught.value.result()
    errors = {name: vm["error"]["error_code"] for name, vm in result["vms"].items() if vm["error"] is not None}
    assert errors == {failing: "vsphere_refused", busy: "object_changed"}
    assert result["error_code"] == "several_errors"
    for name in (failing, busy):
        assert f"{name}: failed to reconfigure the VM" in str(caught.value)
    assert result["changed"]
    assert with_cpus(fleet, 6) == FLEET - 2
    assert any("Somebody else changed the VM" in warning for warning in result["vms"][changed]["warnings"])
    fleet.vcenter.clear_faults()
    again = fleet.engine.converge(**fleet.params(cpus=6))
    assert [name for name, vm in again["vms"].items() if vm["changed"]] == sorted((failing, busy))


def module(fleet: Fleet, cpus: int) -> subprocess.Popen[bytes]:
    """Starts vm_dataplane as Ansible does, without Ansible around it."""
    return start_module("vm_dataplane", fleet.connection, **fleet.params(cpus), datacenter="nfv-dc")


def ended(process: subprocess.Popen[bytes]) -> dict[str, t.Any]:
    output, errors = process.communicate(timeout=PATIENCE)
    assert output, errors.decode()
    result: dict[str, t.Any] = json.loads(output)
    return result


def test_a_run_that_is_killed_halfway_is_finished_by_the_next(fleet: Fleet, fleet_faults: Faults) -> None:
    fleet_faults({"method": "ReconfigVM_Task", "action": "delay", "delay_ms": 50, "count": 0})
    fleet.vcenter.reset_calls()
    process = module(fleet, cpus=8)
    deadline = time.monotonic() + PATIENCE
    while fleet.vcenter.calls().get("ReconfigVM_Task", 0) < FLEET // 3:
        assert process.poll() is None, ended(process)
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait(PATIENCE) == -signal.SIGKILL
    process.communicate()
    fleet.vcenter.clear_faults()
    time.sleep(0.5)  # what was on its way arrives
    half = with_cpus(fleet, 8)
    assert FLEET // 4 < half < FLEET

    fleet.vcenter.reset_calls()
    result = ended(module(fleet, cpus=8))
    assert not result.get("failed"), result.get("msg")
    assert sum(each["changed"] for each in result["vms"].values()) == FLEET - half
    assert fleet.vcenter.calls()["ReconfigVM_Task"] == FLEET - half
    assert with_cpus(fleet, 8) == FLEET
    assert not ended(module(fleet, cpus=8))["changed"]
