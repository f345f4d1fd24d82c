# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What dpdk_info returns, from a recorded guest, and how a module ends."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine import run as engine_run
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    Plan,
    RunCommand,
    WriteFile,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.read import read_info
from tests.unit.guest.conftest import MACS, S5U

if t.TYPE_CHECKING:
    from tests.unit.guest.conftest import RecordedGuest

QUERY = "dpkg-query --show --showformat ${db:Status-Status} ${Version} dpdk"


def test_info_of_a_bound_guest(bound: RecordedGuest) -> None:
    bound.outputs[QUERY] = "installed 22.11.11-0+deb12u1"
    info = read_info(bound)
    assert info["dpdk_version"] == "22.11.11"
    assert info["cpus"] == {"online": "0-1", "isolated": "1", "nohz_full": "1"}
    assert info["transparent_hugepage"] == "never"
    assert "isolcpus=managed_irq,domain,1" in info["kernel"]["arguments"]
    mgmt, s5u, _sgi = info["devices"]
    assert (s5u["name"], s5u["mac"], s5u["pci_address"]) == ("s5u", MACS[S5U], S5U)
    assert (mgmt["userspace"], s5u["userspace"]) == (False, True)
    assert mgmt["interfaces"] == ["enp0s3"]


def test_info_of_a_fresh_guest(fresh: RecordedGuest) -> None:
    fresh.failing.add(QUERY)
    info = read_info(fresh)
    assert info["dpdk_version"] is None
    assert info["cpus"]["isolated"] == info["cpus"]["nohz_full"] == ""
    assert [device["name"] for device in info["devices"]] == [None] * 3


def test_removed_package_is_no_version(fresh: RecordedGuest) -> None:
    fresh.outputs[QUERY] = "config-files 22.11.11-0+deb12u1"
    assert read_info(fresh)["dpdk_version"] is None


class EndedError(Exception):
    """How the module ended."""


class Module:
    """The part of AnsibleModule that runner uses."""

    _name = "module"

    def __init__(self, check_mode: bool = False) -> None:
        self.check_mode = check_mode

    def exit_json(self, **result: t.Any) -> t.NoReturn:
        raise EndedError("success", result)

    def fail_json(self, **result: t.Any) -> t.NoReturn:
        raise EndedError("failure", result)

    def run_command(self, _argv: list[str], **_options: t.Any) -> tuple[int, str, str]:
        raise OSError(2, "No such file or directory")


def ended(monkeypatch: pytest.MonkeyPatch, guest: RecordedGuest, module: Module, stubborn: bool) -> tuple[t.Any, ...]:
    """Runs a module that wants one file, which a stubborn machine never has."""
    monkeypatch.setattr(engine_run, "Guest", lambda _run: guest)

    def decide(tree: RecordedGuest) -> Plan:
        there = tree.exists("/etc/wanted") and not stubborn
        return Plan(
            () if there else (WriteFile("/etc/wanted", "x"),), {"there": there}, {"there": True}, {"there": there}
        )

    with pytest.raises(EndedError) as caught:
        engine_run.converge(module, decide)  # type: ignore[arg-type]
    return caught.value.args


def test_module_returns_the_state_after_the_change(monkeypatch: pytest.MonkeyPatch, fresh: RecordedGuest) -> None:
    how, result = ended(monkeypatch, fresh, Module(), stubborn=False)
    assert (how, result["changed"], result["there"]) == ("success", True, True)
    assert result["diff"] == {"before": {"there": False}, "after": {"there": True}}


def test_check_mode_changes_nothing(monkeypatch: pytest.MonkeyPatch, fresh: RecordedGuest) -> None:
    how, result = ended(monkeypatch, fresh, Module(check_mode=True), stubborn=False)
    assert (how, result["changed"], result["there"]) == ("success", True, False)
    assert not fresh.exists("/etc/wanted")


def test_module_that_does_not_converge_fails(monkeypatch: pytest.MonkeyPatch, fresh: RecordedGuest) -> None:
    how, result = ended(monkeypatch, fresh, Module(), stubborn=True)
    assert (how, result["error_code"]) == ("failure", "guest_not_converged")
    fresh.lay_out("/proc/sys/kernel/hostname", "pgw-1\n")
    how, result = ended(monkeypatch, fresh, Module(), stubborn=True)
    assert result["msg"] == (
        "[guest_not_converged] pgw-1: after the change there is False, asked for True. "
        "Look for what else changes these settings on this guest, and run this again."
    )


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        (
            Plan((), {"kernel": {"grub_cfg": "outdated", "arguments": []}}, {"kernel": {"grub_cfg": "current"}}, {}),
            "after the change kernel grub_cfg is outdated, asked for current; kernel arguments is empty, asked for",
        ),
        (Plan((), {"unit": None}, {"unit": "[Unit]\n" + "x" * 999}, {}), "asked for [Unit] xxx"),
        (
            Plan((WriteFile("/etc/a", ""), RunCommand(("systemctl", "x"), ErrorCode.UNIT_FAILED, "")), {}, {}, {}),
            "there is still to do: /etc/a, systemctl x",
        ),
        (Plan((), {"a": 1}, {"a": 2}, {}, remedy="Look there."), "a is 1, asked for 2. Look there."),
    ],
)
def test_what_has_not_converged_is_told_by_setting(fresh: RecordedGuest, plan: Plan, told: str) -> None:
    message = str(engine_run._not_converged(fresh, plan))
    assert told in message
    assert len(message) < 600
    assert "\n" not in message
    assert "WriteFile(" not in message


def test_missing_program_is_a_failed_command() -> None:
    status, _output, errors = engine_run._command_runner(Module())(("ip",))  # type: ignore[arg-type]
    assert status != 0
    assert "No such file" in errors
