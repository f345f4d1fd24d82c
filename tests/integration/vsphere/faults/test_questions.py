# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VM that asks a question: its text and choices at once, instead of a wait for a task that does not go on."""

from __future__ import annotations

import time
import typing as t

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tasks import settle

Faults = t.Callable[..., None]
TEXT = "This virtual machine might have been moved or copied."
AT_ONCE = 30


@pytest.fixture
def asking(faults: Faults, make_vm: t.Callable[..., t.Any]) -> t.Iterator[t.Callable[..., t.Any]]:
    """A function that makes a VM, which asks its question right before a method is called. The end answers it."""
    made: list[t.Any] = []

    def make(method: str, power_on: bool = False) -> t.Any:
        machine = make_vm(power_on=power_on)
        choices = ["I moved it", "I copied it"]
        faults({"method": method, "action": "ask_question", "vm": machine.name, "text": TEXT, "choices": choices})
        made.append(machine)
        return machine

    yield make
    for machine in made:
        answer(machine)


def answer(machine: t.Any) -> None:
    """Answers the VM's question, and waits for what waited for that."""
    if machine.runtime.question is not None:
        machine.AnswerVM(machine.runtime.question.id, "0")
    for task in machine.recentTask:
        WaitForTask(task, raiseOnError=False)


def refused(name: str, work: t.Callable[[], t.Any]) -> NfvError:
    began = time.monotonic()
    with pytest.raises(NfvError) as caught:
        work()
    assert time.monotonic() - began < AT_ONCE
    assert caught.value.error_code == "vm_question_pending"
    assert f"[vm_question_pending] {name}: " in str(caught.value)
    assert f"{TEXT} (I moved it / I copied it)" in str(caught.value)
    return caught.value


def test_a_pending_question_is_shown_and_refused_before_any_change(
    engine: t.Any, asking: t.Callable[..., t.Any], vm: t.Any
) -> None:
    machine = asking("Login")
    found = engine.gather(machine.name)["vms"][machine.name]
    assert found["question"] == {"text": TEXT, "choices": ("I moved it", "I copied it")}
    refused(machine.name, lambda: engine.converge(machine, vm))
    assert engine.changing_calls() == {}
    refused(machine.name, lambda: engine.gather(machine.name, wait_for_address=300))
    answer(machine)
    assert engine.converge(machine, vm)["changed"]


@pytest.mark.parametrize(
    ("method", "power_on"), [("ReconfigVM_Task", False), ("PowerOffVM_Task", True), ("PowerOnVM_Task", True)]
)
def test_a_question_during_a_task_ends_the_wait_for_it_and_no_other(
    engine: t.Any, asking: t.Callable[..., t.Any], make_vm: t.Callable[..., t.Any], method: str, power_on: bool
) -> None:
    machine, other = asking(method, power_on), make_vm(power_on=power_on)
    error = refused(machine.name, lambda: engine.converge(machine, other, power_cycle="when_needed"))
    results = error.result()["vms"]
    assert (results[other.name]["changed"], results[other.name]["error"]) == (True, None)
    answer(machine)
    again = engine.converge(machine, other, power_cycle="when_needed")["vms"]
    assert again[other.name]["changes"] == []
    assert machine.config.hardware.memoryMB == 2048


@pytest.mark.parametrize("force", [True, False])
def test_a_question_during_a_shutdown_ends_the_wait_for_it(
    engine: t.Any, asking: t.Callable[..., t.Any], force: bool
) -> None:
    machine = asking("ShutdownGuest", power_on=True)
    engine.vcenter.report_guest(machine.config.uuid)
    options = {"power_cycle": "when_needed", "shutdown_timeout": 300, "force_power_off": force}
    refused(machine.name, lambda: engine.converge(machine, **options))


def test_somebody_elses_task_that_waits_for_an_answer_is_not_waited_for(
    session: t.Any, asking: t.Callable[..., t.Any]
) -> None:
    machine = asking("ReconfigVM_Task")
    machine.ReconfigVM_Task(vim.vm.ConfigSpec(annotation="theirs"))
    began = time.monotonic()
    settle(session, [machine])
    assert time.monotonic() - began < AT_ONCE
    assert machine.recentTask[-1].info.state == "running"
