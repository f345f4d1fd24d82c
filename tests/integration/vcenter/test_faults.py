# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong when a test asks for it, and only then."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pyVim.connect import Disconnect
from pyVim.task import WaitForTask
from pyVmomi import vim

from lab.errors import LabError

DROPPED = (http.client.RemoteDisconnected, ConnectionResetError)


@pytest.fixture
def session(lab: Any, open_lab: Callable[[Any], Any]) -> Iterator[Any]:
    """A session of its own, with a fresh connection; nothing goes wrong any more afterwards."""
    opened = open_lab(lab.vcenter)
    yield opened
    lab.vcenter.clear_faults()
    Disconnect(opened.service)


@pytest.fixture
def mine(session: Any, vm: Any) -> Any:
    """The VM as the session of its own sees it."""
    return vim.VirtualMachine(vm._moId, session.service._stub)


def annotate(machine: Any, text: str, **spec: Any) -> Any:
    return machine.Reconfigure(vim.vm.ConfigSpec(annotation=text, **spec))


def test_drop_before(lab: Any, mine: Any, vm: Any) -> None:
    before = vm.config.changeVersion
    lab.vcenter.inject({"method": "ReconfigVM_Task", "action": "drop_before"})
    with pytest.raises(DROPPED):
        annotate(mine, "dropped")
    assert (vm.config.annotation, vm.config.changeVersion) == (None, before)
    WaitForTask(annotate(mine, "again"))
    assert vm.config.annotation == "again"


def test_drop_after_takes_full_effect(lab: Any, mine: Any, vm: Any) -> None:
    lab.vcenter.inject({"method": "ReconfigVM_Task", "action": "drop_after"})
    with pytest.raises(DROPPED):
        annotate(mine, "done")
    assert vm.config.annotation == "done"  # at once: the task has ended
    assert lab.vcenter.faults() == []


def test_delay(lab: Any, mine: Any) -> None:
    lab.vcenter.inject({"method": "*", "action": "delay", "delay_ms": 300, "count": 0})
    for _ in range(2):
        began = time.monotonic()
        assert mine.name
        assert time.monotonic() - began >= 0.3
    lab.vcenter.clear_faults()
    began = time.monotonic()
    assert mine.name
    assert time.monotonic() - began < 0.3


def test_expired_session(lab: Any, session: Any, mine: Any, vm: Any) -> None:
    manager = session.service.content.sessionManager
    lab.vcenter.inject({"method": "ReconfigVM_Task", "action": "expire_session"})
    with pytest.raises(vim.fault.NotAuthenticated):
        annotate(mine, "expired")
    with pytest.raises(vim.fault.NotAuthenticated):
        print(mine.name)
    assert vm.config.annotation is None  # the others' sessions go on
    manager.Login(lab.vcenter.username, lab.vcenter.password)
    WaitForTask(annotate(mine, "logged in again"))


def test_failing_task(lab: Any, mine: Any, vm: Any) -> None:
    before = vm.config.changeVersion
    lab.vcenter.inject(
        {"method": "ReconfigVM_Task", "action": "fail_task"},
        {"method": "ReconfigVM_Task", "action": "fail_task", "fault": "InsufficientMemoryResourcesFault", "skip": 1},
        {"method": "PowerOnVM_Task", "action": "fail_task", "fault": "NoCompatibleHost"},
        {"method": "UnregisterVM", "action": "fail_task", "fault": "ResourceInUse"},
    )
    with pytest.raises(vim.fault.GenericVmConfigFault, match="as the test asked"):
        WaitForTask(annotate(mine, "failed"))
    with pytest.raises(vim.fault.InsufficientMemoryResourcesFault):
        WaitForTask(annotate(mine, "failed"))
    with pytest.raises(vim.fault.NoCompatibleHost):
        WaitForTask(mine.PowerOn())
    with pytest.raises(vim.fault.ResourceInUse):
        mine.UnregisterVM()
    assert (vm.config.annotation, vm.config.changeVersion) == (None, before)
    assert vm.runtime.powerState == "poweredOff"
    WaitForTask(annotate(mine, "changed"))


def test_failing_task_needs_a_session(lab: Any, mine: Any, session: Any) -> None:
    manager = session.service.content.sessionManager
    lab.vcenter.inject({"method": "ReconfigVM_Task", "action": "fail_task"})
    manager.Logout()
    with pytest.raises(vim.fault.NotAuthenticated):
        annotate(mine, "nobody")
    manager.Login(lab.vcenter.username, lab.vcenter.password)


def test_change_by_another_client(lab: Any, mine: Any, vm: Any) -> None:
    seen = vm.config.changeVersion
    lab.vcenter.inject({"method": "ReconfigVM_Task", "action": "change_vm", "extra_config": {"other": "was here"}})
    with pytest.raises(vim.fault.ConcurrentAccess):
        WaitForTask(annotate(mine, "ours", changeVersion=seen))
    assert vm.config.annotation is None
    assert {o.key: o.value for o in vm.config.extraConfig}["other"] == "was here"
    lab.vcenter.inject({"method": "PowerOnVM_Task", "action": "change_vm"})
    seen = vm.config.changeVersion
    WaitForTask(mine.PowerOn())
    assert vm.config.changeVersion != seen
    assert vm.config.annotation.startswith("changed by another client")


def test_change_before_a_call_on_no_vm(lab: Any, mine: Any, vm: Any) -> None:
    seen = vm.config.changeVersion
    lab.vcenter.inject({"method": "Fetch", "action": "change_vm", "vm": vm.name})
    assert mine.config.changeVersion != seen


def test_limits(lab: Any, session: Any, mine: Any, vm: Any, make_vm: Callable[..., Any]) -> None:
    other = vim.VirtualMachine(make_vm()._moId, session.service._stub)
    rule = {"method": "ReconfigVM_Task", "action": "fail_task", "vm": vm.name, "skip": 1, "count": 2}
    lab.vcenter.inject(rule)
    WaitForTask(annotate(other, "another VM"))
    WaitForTask(annotate(mine, "skipped"))
    assert [(left["skip"], left["count"]) for left in lab.vcenter.faults()] == [(0, 2)]
    with pytest.raises(vim.fault.GenericVmConfigFault):
        WaitForTask(annotate(mine, "first"))
    WaitForTask(annotate(other, "another VM"))
    assert [(left["skip"], left["count"]) for left in lab.vcenter.faults()] == [(0, 1)]
    with pytest.raises(vim.fault.GenericVmConfigFault):
        WaitForTask(annotate(mine, "second"))
    assert lab.vcenter.faults() == []
    WaitForTask(annotate(mine, "third"))


def test_calls_that_go_wrong_are_counted(lab: Any, mine: Any) -> None:
    lab.vcenter.reset_calls()
    for action in ("drop_before", "drop_after", "fail_task"):
        lab.vcenter.inject({"method": "ReconfigVM_Task", "action": action})
    with pytest.raises(DROPPED):
        annotate(mine, "one call, three rules")
    assert lab.vcenter.calls()["ReconfigVM_Task"] == 1
    assert lab.vcenter.faults() == []


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"action": "delay"}, "no method"),
        ({"method": "*", "action": "explode"}, "action is one of"),
        ({"method": "*", "action": "delay"}, "needs delay_ms"),
        ({"method": "*", "action": "drop_before", "count": -1}, "not negative"),
        ({"method": "*", "action": "fail_task", "fault": "Sunshine"}, "no fault of the API"),
        ({"method": "*", "action": "drop_before", "times": 2}, "unknown field"),
    ],
)
def test_rules_that_make_no_sense(lab: Any, session: Any, rule: dict[str, Any], message: str) -> None:
    with pytest.raises(LabError, match=message):
        lab.vcenter.inject({"method": "*", "action": "drop_before"}, rule)
    assert lab.vcenter.faults() == []
