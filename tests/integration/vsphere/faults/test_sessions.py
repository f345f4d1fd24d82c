# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No session is left behind in vCenter, however a module ends."""

from __future__ import annotations

import json
import signal
import time
import typing as t

import pytest

from tests.support.module_process import start_module

Faults = t.Callable[..., None]
PATIENCE = 60


@pytest.fixture
def left_behind(session: t.Any) -> t.Callable[[], set[str]]:
    """A function that returns the sessions that vCenter has and did not have before the test."""

    def keys() -> set[str]:
        return {each.key for each in session.content.sessionManager.sessionList}

    before = keys()
    return lambda: keys() - before


@pytest.mark.parametrize(("method", "action", "count"), [("Login", "drop_after", 2), ("Logout", "drop_before", 1)])
def test_a_lost_answer_leaves_no_session(
    engine: t.Any,
    vm: t.Any,
    faults: Faults,
    left_behind: t.Callable[[], set[str]],
    method: str,
    action: str,
    count: int,
) -> None:
    faults({"method": method, "action": action, "count": count})
    assert engine.gather(vm.name)["vms"][vm.name]["present"]
    assert engine.vcenter.faults() == []
    assert left_behind() == set()


def test_a_lost_answer_to_the_login_after_an_expired_session_leaves_none(
    engine: t.Any, vm: t.Any, faults: Faults, left_behind: t.Callable[[], set[str]]
) -> None:
    faults(
        {"method": "CreateContainerView", "action": "expire_session"},
        {"method": "Login", "action": "drop_after", "skip": 1},
    )
    assert engine.converge(vm)["changed"]
    assert left_behind() == set()


def test_who_may_not_end_sessions_is_not_stopped_by_that(
    engine: t.Any, vcenter: t.Any, vm: t.Any, faults: Faults
) -> None:
    reader = {"username": vcenter.readonly_username, "password": vcenter.readonly_password}
    faults({"method": "Login", "action": "drop_after"})
    process = start_module("vm_dataplane_info", vcenter, vms=[{"name": vm.name}], **reader)
    output, errors = process.communicate(timeout=PATIENCE)
    assert json.loads(output)["vms"][vm.name]["present"], errors


@pytest.mark.parametrize("method", ["Login", "RetrievePropertiesEx"])
def test_a_module_that_is_terminated_logs_out(
    vcenter: t.Any, vm: t.Any, faults: Faults, left_behind: t.Callable[[], set[str]], method: str
) -> None:
    faults({"method": method, "action": "delay", "delay_ms": 1500})
    vcenter.reset_calls()
    process = start_module("vm_dataplane_info", vcenter, vms=[{"name": vm.name}])
    deadline = time.monotonic() + PATIENCE
    while method not in vcenter.calls():  # counted before the answer is delayed
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=PATIENCE)
    assert json.loads(output or "{}").get("error_code") == "module_terminated", errors
    assert left_behind() == set()
