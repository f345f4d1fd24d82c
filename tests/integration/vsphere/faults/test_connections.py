# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that break and sessions that end: nothing is done twice, nothing is left undone."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import PAUSES
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm import apply

Faults = t.Callable[..., None]
MakeVm = t.Callable[..., t.Any]

# What a run calls that reads; RetrieveServiceContent and Login are the beginning, WaitForUpdatesEx waits for tasks.
READS = (
    "RetrieveServiceContent",
    "CreateContainerView",
    "RetrievePropertiesEx",
    "CreatePropertyCollector",
    "CreateFilter",
    "WaitForUpdatesEx",
)
CYCLE = {"PowerOffVM_Task": 1, "ReconfigVM_Task": 1, "PowerOnVM_Task": 1}


def calls(engine: t.Any, method: str) -> int:
    return int(engine.vcenter.calls().get(method, 0))


def test_a_change_that_took_effect_is_not_made_again(engine: t.Any, vm: t.Any, faults: Faults) -> None:
    announced = engine.converge(vm, check_mode=True)["vms"][vm.name]["changes"]
    faults({"method": "ReconfigVM_Task", "action": "drop_after"})
    result = engine.converge(vm)["vms"][vm.name]
    assert engine.changing_calls() == {"ReconfigVM_Task": 1}
    assert (result["changed"], result["changes"], result["error"]) == (True, announced, None)
    assert vm.config.hardware.memoryMB == 2048
    assert not engine.converge(vm)["changed"]


def test_a_change_that_never_arrived_is_sent_again(engine: t.Any, vm: t.Any, faults: Faults) -> None:
    announced = engine.converge(vm, check_mode=True)["vms"][vm.name]["changes"]
    faults({"method": "ReconfigVM_Task", "action": "drop_before"})
    result = engine.converge(vm)["vms"][vm.name]
    assert engine.changing_calls() == {"ReconfigVM_Task": 2}  # the first one had no effect
    assert (result["changed"], result["changes"], result["error"]) == (True, announced, None)
    assert not engine.converge(vm)["changed"]


def test_a_change_that_never_arrives_is_given_up(engine: t.Any, make_vm: MakeVm, faults: Faults) -> None:
    unlucky, lucky = make_vm(), make_vm()
    faults({"method": "ReconfigVM_Task", "action": "drop_before", "count": 0, "vm": unlucky.name})
    with pytest.raises(NfvError) as caught:
        engine.converge(unlucky, lucky)
    assert str(caught.value).startswith(
        f"[connection_lost] {unlucky.name}: failed to reconfigure the VM: the connection"
    )
    assert calls(engine, "ReconfigVM_Task") == apply.ATTEMPTS + 1
    assert unlucky.config.hardware.memoryMB == 1024
    assert lucky.config.hardware.memoryMB == 2048
    assert caught.value.result()["vms"][lucky.name]["changed"]


@pytest.mark.parametrize("action", ["drop_before", "drop_after"])
@pytest.mark.parametrize("method", READS)
def test_a_read_goes_on_over_a_new_connection(
    engine: t.Any, vm: t.Any, faults: Faults, method: str, action: str
) -> None:
    faults({"method": method, "action": action})
    assert engine.converge(vm)["changed"]
    assert engine.changing_calls() == {"ReconfigVM_Task": 1}
    assert engine.vcenter.faults() == []


def test_a_vcenter_that_does_not_come_back_is_an_error_that_tells_each_vm(
    engine: t.Any, vm: t.Any, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    faults({"method": "CreateFilter", "action": "drop_before", "count": 0})
    with pytest.raises(NfvError) as caught:
        engine.converge(vm)
    assert str(caught.value).startswith(f"[vcenter_unreachable] {vm.name}: ")
    assert caught.value.result()["vms"][vm.name]["error"]["error_code"] == "vcenter_unreachable"
    assert calls(engine, "CreateFilter") == len(PAUSES) + 1
    engine.vcenter.clear_faults()
    assert not engine.converge(vm)["changed"]  # it took effect, which nobody could say


@pytest.mark.parametrize("method", ["PowerOffVM_Task", "PowerOnVM_Task"])
@pytest.mark.parametrize(("action", "times"), [("drop_after", 1), ("drop_before", 2)])
def test_power_goes_by_the_state_that_is_there(
    engine: t.Any, make_vm: MakeVm, faults: Faults, method: str, action: str, times: int
) -> None:
    running = make_vm(power_on=True)
    faults({"method": method, "action": action})
    result = engine.converge(running, power_cycle="when_needed")["vms"][running.name]
    assert engine.changing_calls() == {**CYCLE, method: times}
    assert (result["power_state"], running.runtime.powerState) == ("poweredOn", "poweredOn")


@pytest.mark.parametrize("action", ["drop_before", "drop_after"])
def test_a_guests_shutdown_whose_answer_is_lost(engine: t.Any, make_vm: MakeVm, faults: Faults, action: str) -> None:
    running = make_vm(power_on=True)
    engine.vcenter.report_guest(running.config.uuid)
    faults({"method": "ShutdownGuest", "action": action})
    engine.converge(running, power_cycle="when_needed", shutdown_timeout=1)
    made = engine.changing_calls()
    assert made.pop("PowerOffVM_Task", 0) == (action == "drop_before")
    assert made == {"ShutdownGuest": 1, "ReconfigVM_Task": 1, "PowerOnVM_Task": 1}
    assert running.runtime.powerState == "poweredOn"


@pytest.mark.parametrize(
    "method", [*READS[1:], "PowerOffVM_Task", "ReconfigVM_Task", "PowerOnVM_Task", "DestroyPropertyCollector"]
)
def test_a_session_that_ends_is_replaced_and_the_run_goes_on(
    engine: t.Any, make_vm: MakeVm, faults: Faults, method: str
) -> None:
    running = make_vm(power_on=True)
    faults({"method": method, "action": "expire_session"})
    result = engine.converge(running, power_cycle="when_needed")["vms"][running.name]
    assert (result["changed"], result["error"], result["power_state"]) == (True, None, "poweredOn")
    assert calls(engine, "Login") == 2
    made = engine.changing_calls()
    assert {name: count - (name == method) for name, count in made.items()} == CYCLE  # the refused one is counted too


def test_threads_share_one_new_session(engine: t.Any, make_vm: MakeVm, faults: Faults) -> None:
    machines = [make_vm() for _number in range(12)]
    faults({"method": "ReconfigVM_Task", "action": "expire_session", "skip": 3})
    assert engine.converge(*machines)["changed"]
    assert calls(engine, "Login") == 2
    assert {machine.config.hardware.memoryMB for machine in machines} == {2048}


def test_the_login_itself_is_tried_again(engine: t.Any, vm: t.Any, faults: Faults) -> None:
    faults({"method": "Login", "action": "drop_after"}, {"method": "RetrieveServiceContent", "action": "drop_before"})
    assert engine.converge(vm, check_mode=True)["changed"]


def test_a_wait_for_guests_goes_on_in_a_new_session(engine: t.Any, vm: t.Any, faults: Faults) -> None:
    vm.PowerOn()
    faults({"method": "WaitForUpdatesEx", "action": "expire_session", "skip": 1})
    with pytest.raises(NfvError, match="guest_address_missing"):
        engine.gather(vm.name, wait_for_address=3)
    assert calls(engine, "Login") == 2
