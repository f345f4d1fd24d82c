# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dpdk_application in a recorded guest: what it refuses, installs, restarts, waits for and removes."""

from __future__ import annotations

import os
import time
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.application import service
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import apply
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.service import show_command
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module import dpdk_application
from lab.testing.descriptions import description, hugepages

UNIT = "vnf-testpmd.service"
PATH = f"/etc/systemd/system/{UNIT}"
SHOW = " ".join(show_command(UNIT))
RUNS = "ActiveState=active\nMainPID=712\nNeedDaemonReload=no\nUnitFileState=enabled\n"
INACTIVE = "ActiveState=inactive\nMainPID=0\nNeedDaemonReload=no\nUnitFileState=\n"
DESCRIPTION = description(cpu={"count": 4, "polling": "2-3"}, memory={"size_mb": 4096, "hugepages": hugepages(1024)})
DEVICES = [
    {"name": "s5u", "pci_address": "0000:0b:00.0", "mac": "00:50:56:01:00:02", "driver": "vfio-pci"},
    {"name": "sgi", "pci_address": "0000:13:00.0", "mac": "00:50:56:01:00:03", "driver": "vfio-pci"},
]
COMMAND = (
    "/usr/bin/dpdk-testpmd -l 0,2,3 --main-lcore 0 -m 1024 --file-prefix testpmd -a 0000:0b:00.0 -a 0000:13:00.0"
    " --log-level=pmd:debug -- --auto-start"
)


def options(**changed: t.Any) -> dict[str, t.Any]:
    return {
        "state": "present",
        "name": "testpmd",
        "program": "/usr/bin/dpdk-testpmd",
        "arguments": ["--auto-start"],
        "eal": "arguments",
        "eal_arguments": ["--log-level=pmd:debug"],
        "files": [],
        "dataplane": DESCRIPTION,
        "devices": DEVICES,
        "adapters": None,
        "memory_mb": None,
        "file_prefix": None,
        "restart_policy": "on-failure",
        "restart_seconds": 5,
        "restart": "when_needed",
        "start_timeout": 0,
        **changed,
    }


def decide(guest: t.Any, *, check_mode: bool = False, first: bool = True, **changed: t.Any) -> t.Any:
    return dpdk_application.decide(guest, options(**changed), check_mode, first=first)


def refused(guest: t.Any, **changed: t.Any) -> NfvError:
    with pytest.raises(NfvError) as error:
        decide(guest, **changed)
    return error.value


@pytest.fixture
def guest(bound: t.Any) -> t.Any:
    """A guest with the program, in which systemd knows no such unit."""
    bound.lay_out("/usr/bin/dpdk-testpmd", "#!/bin/sh\n")
    bound.path("/usr/bin/dpdk-testpmd").chmod(0o755)
    bound.outputs[SHOW] = INACTIVE
    return bound


def install(guest: t.Any, show: str = RUNS, **changed: t.Any) -> None:
    """What a run leaves: the unit, and a service that systemd reports as ``show``, started now."""
    apply(decide(guest, **changed).steps, guest)
    guest.commands.clear()
    guest.outputs[SHOW] = show
    uptime, ticks = 1000.0, os.sysconf("SC_CLK_TCK")
    guest.path("/proc/uptime").write_text(f"{uptime} 1.0\n")
    fields = ["S", *["0"] * 18, str(int((uptime + 1) * ticks)), *["0"] * 30]
    guest.lay_out("/proc/712/stat", f"712 (dpdk-testpmd) {' '.join(fields)}\n")


def make_older(guest: t.Any) -> None:
    """As if the unit had been written a minute after the process was started."""
    later = time.time() + 60
    os.utime(guest.path(PATH), (later, later))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"name": "Test"}, "unit_name_invalid"),
        ({"name": "x" * 32}, "unit_name_invalid"),
        ({"file_prefix": "../rte"}, "unit_name_invalid"),
        ({"program": "/usr/bin/none"}, "program_missing"),
        ({"program": "/usr/bin"}, "program_missing"),
        ({"devices": DEVICES[:1]}, "adapter_not_bound"),
        ({"adapters": ["mgmt"]}, "adapter_unknown"),
        ({"memory_mb": 2048}, "memory_beyond_hugepages"),
        ({"arguments": ["a\nb"]}, "argument_invalid"),
        ({"dataplane": {"cpu": {"count": 0}}}, "description_invalid"),
    ],
)
def test_what_cannot_run_is_refused(guest: t.Any, changed: dict[str, t.Any], code: str) -> None:
    assert refused(guest, **changed).error_code == code
    assert not guest.exists(PATH)


def test_check_mode_takes_a_program_that_is_still_to_be_installed(guest: t.Any) -> None:
    assert decide(guest, check_mode=True, program="/usr/bin/later").changed


def test_the_unit_holds_the_derived_command_and_is_started_and_enabled(guest: t.Any) -> None:
    plan = decide(guest)
    apply(plan.steps, guest)
    text = guest.text(PATH)
    assert f"ExecStart={COMMAND}\n" in text
    assert "Restart=on-failure\nRestartSec=5\n" in text
    assert guest.commands == ["systemctl daemon-reload", f"systemctl enable {UNIT}", f"systemctl restart {UNIT}"]
    assert (plan.before["unit"], plan.after["unit"]) == (None, text)
    assert plan.result == {"unit": UNIT, "command": COMMAND.split(), "files": []}


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_runs_as_described_is_left_alone(guest: t.Any, monkeypatch: t.Any, check_mode: bool) -> None:
    install(guest)
    ports = [{"name": device["pci_address"], "started": True} for device in DEVICES]
    sample = {"application": {"pid": 712, "telemetry_pid": 712}, "ports": ports, "problems": {}}
    monkeypatch.setattr(dpdk_application, "take_sample", lambda *_: sample)
    assert not decide(guest, check_mode=check_mode).changed


@pytest.mark.parametrize(
    ("show", "commands"),
    [
        (RUNS.replace("NeedDaemonReload=no", "NeedDaemonReload=yes"), ["daemon-reload", f"enable {UNIT}", "restart"]),
        (RUNS.replace("=active", "=inactive").replace("712", "0"), ["start"]),
        (RUNS.replace("=enabled", "=disabled"), ["enable"]),
    ],
)
def test_what_an_earlier_run_left_undone_is_done(guest: t.Any, show: str, commands: list[str]) -> None:
    install(guest, show)
    apply(decide(guest).steps, guest)
    assert [command.split()[1] for command in guest.commands] == [command.split()[0] for command in commands]


def test_a_process_older_than_its_unit_is_restarted(guest: t.Any) -> None:
    install(guest)
    make_older(guest)
    apply(decide(guest).steps, guest)
    assert guest.commands[-1] == f"systemctl restart {UNIT}"


@pytest.mark.parametrize("older", [True, False])
def test_nothing_that_runs_is_restarted_without_consent(guest: t.Any, older: bool) -> None:
    install(guest)
    changed: dict[str, t.Any] = {} if older else {"arguments": ["--stats-period=1"]}
    if older:
        make_older(guest)
    before = guest.text(PATH)
    assert refused(guest, restart="never", **changed).error_code == "restart_required"
    assert guest.text(PATH) == before
    assert guest.commands == []
    guest.outputs[SHOW] = RUNS.replace("=active", "=failed").replace("712", "0")
    assert decide(guest, restart="never", **changed).changed


@pytest.mark.parametrize(
    ("pid", "telemetry_pid", "started", "said"),
    [
        (712, 712, 1, "the ports of sgi in"),
        (712, 800, 2, "in its own process"),
        (None, None, 0, "the ports of s5u, sgi in"),
    ],
)
def test_ports_that_have_not_started_fail_with_the_last_words(
    guest: t.Any, monkeypatch: t.Any, pid: int | None, telemetry_pid: int | None, started: int, said: str
) -> None:
    install(guest)
    ports = [{"name": device["pci_address"], "started": True} for device in DEVICES[:started]]
    sample = {"application": {"pid": pid, "telemetry_pid": telemetry_pid}, "ports": ports, "problems": {}}
    monkeypatch.setattr(dpdk_application, "take_sample", lambda *_: sample)
    guest.outputs[f"journalctl --unit {UNIT} --lines 15 --no-pager --output cat"] = "EAL: no\nfree pages\n"
    error = refused(guest)
    assert error.error_code == "ports_not_started"
    assert said in str(error)
    assert "EAL: no / free pages" in str(error)


def test_a_later_look_does_not_start_what_has_ended(guest: t.Any) -> None:
    install(guest, RUNS.replace("=active", "=inactive").replace("712", "0"))
    assert refused(guest, first=False).error_code == "ports_not_started"


def test_all_of_it_is_removed(guest: t.Any) -> None:
    install(guest)
    guest.lay_out("/dev/hugepages/testpmdmap_0", "")
    guest.lay_out("/dev/nfv_hugepages1G/testpmdmap_1", "")
    guest.lay_out("/dev/hugepages/rtemap_0", "")
    guest.lay_out("/run/dpdk/testpmd/config", "")
    guest.lay_out("/run/dpdk/rte/config", "")
    plan = decide(guest, state="absent", program=None, dataplane=None)
    apply(plan.steps, guest)
    assert guest.commands == [f"systemctl disable --now {UNIT}", "systemctl daemon-reload"]
    assert plan.before["hugepage_files"] == 2
    for path in (PATH, "/dev/hugepages/testpmdmap_0", "/dev/nfv_hugepages1G/testpmdmap_1", "/run/dpdk/testpmd"):
        assert not guest.exists(path)
    for path in ("/dev/hugepages/rtemap_0", "/run/dpdk/rte/config"):
        assert guest.exists(path)
    assert not decide(guest, state="absent").changed


@pytest.mark.parametrize(("group", "stays"), [(f"/system.slice/{UNIT}", False), ("/system.slice/other.service", True)])
def test_files_that_another_process_uses_stay(guest: t.Any, group: str, stays: bool) -> None:
    """Two applications with one file prefix, such as EAL's default rte: only one of them is taken away."""
    install(guest)
    guest.lay_out("/dev/hugepages/testpmdmap_0", "")
    guest.lay_out("/run/dpdk/testpmd/config", "")
    guest.lay_out("/proc/901/fd/7", {"link": "/run/dpdk/testpmd/config"})
    guest.lay_out("/proc/901/cgroup", f"0::{group}\n")
    plan = decide(guest, state="absent", program=None, dataplane=None)
    assert [("process 901" in warning) for warning in plan.warnings] == [True] * stays
    apply(plan.steps, guest)
    assert not guest.exists(PATH)
    assert guest.exists("/dev/hugepages/testpmdmap_0") is stays
    assert guest.exists("/run/dpdk/testpmd/config") is stays
    assert not decide(guest, state="absent").changed


def test_a_directory_that_eal_does_not_make_stays(guest: t.Any) -> None:
    install(guest)
    guest.lay_out("/run/dpdk/testpmd/config", "")
    guest.lay_out("/run/dpdk/testpmd/dumps/core", "")
    apply(decide(guest, state="absent", program=None, dataplane=None).steps, guest)
    assert guest.names("/run/dpdk/testpmd") == ("dumps",)
    assert not decide(guest, state="absent").changed


def test_the_unit_is_what_systemd_reads() -> None:
    text = service.unit_text(service.DpdkService("x", "x", ("/usr/bin/a b", "100%")))
    assert 'ExecStart="/usr/bin/a b" "100%%"' in text
