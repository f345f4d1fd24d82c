# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No session is left behind in vCenter, however a module ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import typing as t

import pytest

Faults = t.Callable[..., None]
MODULE = "ansible_collections.nfv.vsphere_dpdk.plugins.modules.vm_dataplane_info"
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
    process = module(vcenter, vm.name, **reader)
    output, errors = process.communicate(timeout=PATIENCE)
    assert json.loads(output)["vms"][vm.name]["present"], errors


@pytest.mark.parametrize("method", ["Login", "RetrievePropertiesEx"])
def test_a_module_that_is_terminated_logs_out(
    vcenter: t.Any, vm: t.Any, faults: Faults, left_behind: t.Callable[[], set[str]], method: str
) -> None:
    faults({"method": method, "action": "delay", "delay_ms": 1500})
    vcenter.reset_calls()
    process = module(vcenter, vm.name)
    deadline = time.monotonic() + PATIENCE
    while method not in vcenter.calls():  # counted before the answer is delayed
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=PATIENCE)
    assert json.loads(output or "{}").get("error_code") == "module_terminated", errors
    assert left_behind() == set()


def module(vcenter: t.Any, name: str, **changed: str) -> subprocess.Popen[bytes]:
    """Starts vm_dataplane_info as Ansible does, as a process of its own."""
    arguments = {
        "hostname": vcenter.hostname,
        "port": vcenter.port,
        "username": vcenter.username,
        "password": vcenter.password,
        "ca_path": str(vcenter.ca_path),
        "vms": [{"name": name}],
    }
    process = subprocess.Popen(
        [sys.executable, "-m", MODULE],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, **changed}}).encode())
    process.stdin.close()
    process.stdin = None
    return process
