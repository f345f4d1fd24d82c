# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module for vCenter ends: with its result, what a query finds in it, or one line for its error."""

from __future__ import annotations

import os
import signal
import time
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module import _vsphere_run

OPTIONS = {"hostname": "h", "port": 443, "username": "u", "password": "s3cret", "validate_certs": True, "ca_path": None}


class ModuleExitError(Exception):
    """A module that ended, with its result."""

    def __init__(self, result: dict[str, t.Any]) -> None:
        super().__init__(result)
        self.result = result


class Module:
    """What the runner uses of an AnsibleModule."""

    check_mode = True

    def __init__(self, query: str | None = None) -> None:
        self.params: dict[str, t.Any] = {**OPTIONS, "query": query}
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def exit_json(self, **result: t.Any) -> None:
        raise ModuleExitError(result)

    def fail_json(self, **result: t.Any) -> None:
        raise ModuleExitError({"failed": True, **result})


def info(query: str | None = None) -> dict[str, t.Any]:
    with pytest.raises(ModuleExitError) as ended:
        _vsphere_run.run_info(Module(query), lambda _params, connection: {"vms": {"a": connection.port}})  # type: ignore[arg-type]
    return ended.value.result


def test_query_adds_what_it_finds() -> None:
    assert info() == {"vms": {"a": 443}}
    assert info("vms.a") == {"vms": {"a": 443}, "found": 443}


def test_query_that_is_malformed_is_an_error() -> None:
    assert info("vms[")["error_code"] == "query_invalid"


def test_check_mode_reaches_the_work_and_its_error_the_result() -> None:
    def converge(_params: t.Any, _connection: t.Any, check_mode: bool) -> dict[str, t.Any]:
        raise NfvError(ErrorCode.VM_BUSY, "pgw-1", "another task runs", details={"check_mode": check_mode})

    with pytest.raises(ModuleExitError) as ended:
        _vsphere_run.run_change(Module(), converge)  # type: ignore[arg-type]
    assert ended.value.result["msg"] == "[vm_busy] pgw-1: another task runs"
    assert ended.value.result["check_mode"] is True


@pytest.mark.parametrize("verified", [True, False])
def test_a_certificate_that_is_not_verified_is_warned_of(verified: bool) -> None:
    module = Module()
    module.params["validate_certs"] = verified
    with pytest.raises(ModuleExitError):
        _vsphere_run.run_info(module, lambda _params, _connection: {})  # type: ignore[arg-type]
    assert len(module.warnings) == (not verified)
    assert all("validate_certs" in each and "VMWARE_VALIDATE_CERTS" in each for each in module.warnings)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_passes_through_every_clean_up_and_is_told(number: signal.Signals) -> None:
    cleaned = []

    def work(_params: t.Any, _connection: t.Any) -> dict[str, t.Any]:
        try:
            os.kill(os.getpid(), number)
            time.sleep(5)
        finally:
            os.kill(os.getpid(), number)  # a second one does not stop the clean-up
            cleaned.append("logged out")
        return {}

    before = signal.getsignal(number)
    with pytest.raises(ModuleExitError) as ended:
        _vsphere_run.run_info(Module(), work)  # type: ignore[arg-type]
    assert cleaned == ["logged out"]
    assert ended.value.result["msg"].startswith(f"[module_terminated] this module got {number.name}. ")
    assert signal.getsignal(number) == before
