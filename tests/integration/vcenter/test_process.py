# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab vCenter as a program: its control socket, its count of calls, its end."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any

from pyVim.task import WaitForTask
from pyVmomi import vim


def test_calls_are_counted_by_method(lab: Any, make_vm: Callable[..., Any]) -> None:
    vm = make_vm()
    lab.vcenter.reset_calls()
    assert lab.vcenter.calls() == {}
    WaitForTask(vm.Reconfigure(vim.vm.ConfigSpec(annotation="counted")))
    calls = lab.vcenter.calls()
    assert calls["ReconfigVM_Task"] == 1
    assert "PowerOnVM_Task" not in calls
    lab.vcenter.reset_calls()
    assert lab.vcenter.calls() == {}


def test_control_socket_is_its_owners(lab: Any) -> None:
    assert lab.vcenter.control_socket.stat().st_mode & 0o777 == 0o600


def test_process_ends_cleanly(start_vcenter: Callable[..., Any]) -> None:
    vcenter = start_vcenter()
    ready = vcenter.control_socket.with_name("vcenter.json")
    assert json.loads(ready.read_text(encoding="utf-8"))["pid"] == vcenter.pid
    os.kill(vcenter.pid, 15)
    deadline = time.monotonic() + 20
    while ready.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not ready.exists()
