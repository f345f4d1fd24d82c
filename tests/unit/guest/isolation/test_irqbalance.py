# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""irqbalance: told which CPUs poll, restarted when it has not read it, and left as it was afterwards."""

from __future__ import annotations

import os
import time
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import apply
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import RunCommand
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.isolation import irqbalance
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.service import show_command

if t.TYPE_CHECKING:
    from tests.unit.guest.conftest import RecordedGuest

RESTART = [("systemctl", "daemon-reload"), ("systemctl", "try-restart", "irqbalance.service")]
SHOW = " ".join(show_command(irqbalance.UNIT))
UPTIME = 1000.0


@pytest.fixture
def guest(fresh: RecordedGuest) -> RecordedGuest:
    """A guest whose irqbalance is process 712, started 100 seconds after the boot."""
    fresh.lay_out(irqbalance.PROGRAM, "")
    fresh.outputs[SHOW] = "NeedDaemonReload=no\nMainPID=712\n"
    fresh.lay_out("/proc/uptime", f"{UPTIME} 1500.0\n")
    started = 100 * os.sysconf("SC_CLK_TCK")
    behind = ["S", *["0"] * 18, str(started), *["0"] * 20]
    fresh.lay_out("/proc/712/stat", f"712 (irqbalance) {' '.join(behind)}\n")
    return fresh


def commands(guest: RecordedGuest, state: str = "present") -> list[tuple[str, ...]]:
    return [step.argv for step in irqbalance.plan(guest, "1", state).steps if isinstance(step, RunCommand)]


def told(guest: RecordedGuest, seconds_after_boot: float) -> None:
    """Writes the drop-in so long after the boot."""
    guest.replace_file(irqbalance.DROP_IN, irqbalance.drop_in("1"))
    written = time.time() - UPTIME + seconds_after_boot
    os.utime(guest.path(irqbalance.DROP_IN), (written, written))


def test_is_told_and_restarted(guest: RecordedGuest) -> None:
    planned = irqbalance.plan(guest, "1", "present")
    assert commands(guest) == RESTART
    apply(planned.steps, guest)
    assert "IRQBALANCE_BANNED_CPULIST=1" in (guest.text(irqbalance.DROP_IN) or "")
    assert planned.result == {"installed": True, "banned_cpus": "1"}


@pytest.mark.parametrize(
    ("written", "reload", "restarted"),
    [(50, "no", False), (150, "no", True), (50, "yes", True)],
    ids=["has read it", "process older than its file", "systemd has not read it"],
)
def test_interrupted_run_is_finished(guest: RecordedGuest, written: float, reload: str, restarted: bool) -> None:
    told(guest, written)
    guest.outputs[SHOW] = f"NeedDaemonReload={reload}\nMainPID=712\n"
    planned = irqbalance.plan(guest, "1", "present")
    assert planned.changed is restarted
    assert planned.before["in_effect"] is not restarted
    assert commands(guest) == (RESTART if restarted else [])


def test_one_that_does_not_run_has_nothing_to_read(guest: RecordedGuest) -> None:
    told(guest, 150)
    guest.outputs[SHOW] = "NeedDaemonReload=no\nMainPID=0\n"
    assert not irqbalance.plan(guest, "1", "present").changed


def test_machine_without_irqbalance_is_left_alone(fresh: RecordedGuest) -> None:
    assert irqbalance.plan(fresh, "1", "present").steps == ()
    assert irqbalance.plan(fresh, "1", "absent").steps == ()


@pytest.mark.parametrize("kept", [False, True], ids=["ours alone", "somebody's too"])
def test_taken_back(guest: RecordedGuest, kept: bool) -> None:
    told(guest, 50)
    directory = irqbalance.DROP_IN.rpartition("/")[0]
    if kept:
        guest.replace_file(f"{directory}/override.conf", "[Service]\n")
    assert commands(guest, "absent") == RESTART
    apply(irqbalance.plan(guest, "1", "absent").steps, guest)
    assert guest.names(directory) == (("override.conf",) if kept else ())
    assert guest.exists(directory) is kept
    assert not irqbalance.plan(guest, "1", "absent").changed


DIRECTORY = irqbalance.DROP_IN.rpartition("/")[0]


@pytest.mark.parametrize("name", ["nfv-vsphere-dpdk.conf.bak", ".override.conf.swp", "override.conf"])
def test_an_administrators_file_beside_ours_stays(guest: RecordedGuest, name: str) -> None:
    told(guest, 50)
    guest.lay_out(f"{DIRECTORY}/{name}", "[Service]\n")
    guest.lay_out(f"{DIRECTORY}/.nfv-vsphere-dpdk.conf.nfv-new", "left by a killed run")
    apply(irqbalance.plan(guest, "1", "absent").steps, guest)
    assert guest.names(DIRECTORY) == (name,)


def test_an_administrators_empty_directory_stays(guest: RecordedGuest) -> None:
    guest.path(DIRECTORY).mkdir(parents=True)
    assert irqbalance.plan(guest, "1", "absent").steps == ()


def test_a_file_that_comes_meanwhile_keeps_the_directory(guest: RecordedGuest) -> None:
    told(guest, 50)
    steps = irqbalance.plan(guest, "1", "absent").steps
    guest.lay_out(f"{DIRECTORY}/override.conf", "[Service]\n")
    apply(steps, guest)
    assert guest.names(DIRECTORY) == ("override.conf",)
    assert not irqbalance.plan(guest, "1", "absent").changed
