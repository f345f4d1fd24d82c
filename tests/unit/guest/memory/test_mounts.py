# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts of further page sizes: made, completed after an interruption, and taken back."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import apply
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import RunCommand, Step
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.memory import mounts

if t.TYPE_CHECKING:
    from tests.unit.guest.conftest import RecordedGuest

UNIT = "dev-nfv_hugepages1G.mount"
ENABLE = ("systemctl", "enable", "--now", UNIT)
RELOAD = ("systemctl", "daemon-reload")


def commands(steps: t.Iterable[Step]) -> list[tuple[str, ...]]:
    return [step.argv for step in steps if isinstance(step, RunCommand)]


def mounted(guest: RecordedGuest) -> RecordedGuest:
    """The guest with pages of 1 GiB mounted, as systemd leaves it."""
    apply(mounts.plan(guest, ["1G"]).steps, guest)
    guest.lay_out(f"{mounts.WANTED}/{UNIT}", {"link": f"{mounts.UNITS}/{UNIT}"})
    guest.lay_out("/proc/mounts", "hugetlbfs /dev/nfv_hugepages1G hugetlbfs rw,nosuid,nodev,pagesize=1024M 0 0\n")
    return guest


def test_unit_is_written_enabled_and_started(fresh: RecordedGuest) -> None:
    planned = mounts.plan(fresh, ["1G"])
    assert commands(planned.steps) == [RELOAD, ENABLE]
    assert (planned.before, planned.after) == ({"page_sizes": []}, {"page_sizes": ["1G"]})
    unit = mounts.unit_text("1G")
    assert "Where=/dev/nfv_hugepages1G\n" in unit
    assert "Options=pagesize=1G,nosuid,nodev\n" in unit
    assert "ConditionPathExists=/sys/kernel/mm/hugepages/hugepages-1048576kB\n" in unit
    assert not mounts.plan(mounted(fresh), ["1G"]).changed


@pytest.mark.parametrize("lost", ["/proc/mounts", f"{mounts.WANTED}/{UNIT}"], ids=["not mounted", "not enabled"])
def test_what_an_interrupted_run_left_out_is_done(fresh: RecordedGuest, lost: str) -> None:
    mounted(fresh).remove_file(lost)
    assert commands(mounts.plan(fresh, ["1G"]).steps) == [RELOAD, ENABLE]


def test_size_that_the_kernel_does_not_have_is_not_waited_for(fresh: RecordedGuest) -> None:
    pool = fresh.path("/sys/kernel/mm/hugepages/hugepages-1048576kB")
    pool.rename(pool.with_name("gone"))
    mounted(fresh).remove_file("/proc/mounts")
    assert not mounts.plan(fresh, ["1G"]).changed


def test_mount_that_is_asked_for_no_longer_is_taken_back(fresh: RecordedGuest) -> None:
    planned = mounts.plan(mounted(fresh), [])
    assert commands(planned.steps) == [("systemctl", "disable", "--now", UNIT), RELOAD]
    assert planned.before == {"page_sizes": ["1G"]}
    apply(planned.steps, fresh)
    assert not mounts.plan(fresh, []).changed
