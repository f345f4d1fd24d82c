# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest's CPU and kernel cannot do is refused in the first look: no reboot is asked for."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest import tuning
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.boot import grub
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.kernel_cmdline import decide
from tests.unit.guest.test_tuning import described

if t.TYPE_CHECKING:
    from tests.unit.guest.conftest import RecordedGuest

LARGE = {"size": "1G", "amount_mb": 1024}
SMALL = {"size": "2M", "amount_mb": 512}
OLD_CPU = "processor\t: 0\nflags\t\t: fpu pse pae lm\nvmx flags\t: pdpe1gb\n"
NEW_CPU = "processor\t: 0\nflags\t\t: fpu pse pae pdpe1gb lm\n"


def refusal(guest: RecordedGuest, *pools: dict[str, t.Any], polling: str = "1") -> NfvError:
    """The error of every mode: none of them may ask for a reboot, or change anything."""
    for reboot in (tuning.NEVER, tuning.LATER, tuning.WHEN_NEEDED):
        with pytest.raises(NfvError) as refused:
            tuning.plan(guest, described(*pools, polling=polling), reboot=reboot)
        assert "nothing was changed" in str(refused.value)
    return refused.value


def test_large_pages_on_a_cpu_without_them(fresh: RecordedGuest) -> None:
    fresh.lay_out("/proc/cpuinfo", OLD_CPU)
    error = refusal(fresh, LARGE)
    assert error.error_code == "hugepage_size_unsupported"
    assert "pdpe1gb" in error.attempted
    assert "cpu.guest_1g_pages" in error.remedy
    assert tuning.plan(fresh, described(SMALL)).result["reboot_required"]
    # What was set up before can be taken back.
    assert tuning.plan(fresh, described(LARGE), tuning.ABSENT).result["pending"] == []
    fresh.path("/proc/cpuinfo").write_text(NEW_CPU)
    assert tuning.plan(fresh, described(LARGE)).result["reboot_required"]


def test_a_cpu_that_does_not_say_is_not_refused(fresh: RecordedGuest) -> None:
    fresh.lay_out("/proc/cpuinfo", "processor : 0\n")
    assert tuning.plan(fresh, described(LARGE)).result["reboot_required"]


def test_pages_on_a_node_that_is_not_there(fresh: RecordedGuest) -> None:
    error = refusal(fresh, {**SMALL, "node": 1})
    assert error.error_code == "hugepage_size_unsupported"
    assert "NUMA node 1" in error.subject


def test_more_pages_than_memory(fresh: RecordedGuest) -> None:
    """The description fits the VM that it describes, and this guest has 2 GiB: it would boot without any memory."""
    error = refusal(fresh, {"size": "2M", "amount_mb": 3072})
    assert error.error_code == "hugepages_short"
    assert "2012116 kB" in error.attempted


def test_cpus_that_are_not_there(fresh: RecordedGuest) -> None:
    fresh.lay_out("/sys/devices/system/cpu/present", "0\n")
    error = refusal(fresh, SMALL)
    assert (error.error_code, error.subject) == ("cpus_missing", "CPU 1")


@pytest.mark.parametrize("option", ["CONFIG_CPU_ISOLATION", "CONFIG_NO_HZ_FULL", "CONFIG_RCU_NOCB_CPU"])
def test_a_kernel_without_what_an_argument_needs(fresh: RecordedGuest, option: str) -> None:
    (config,) = (name for name in fresh.names("/boot") if name.startswith("config-"))
    fresh.path(f"/boot/{config}").write_text(f"CONFIG_UIO=m\n# {option} is not set\n# {option}_ALL is not set\n")
    error = refusal(fresh, SMALL)
    assert error.error_code == "kernel_option_missing"
    assert option in error.attempted
    with pytest.raises(NfvError, match=option):
        decide(fresh, {"isolcpus": "1", "nohz_full": "1", "rcu_nocbs": "1"}, "present")
    assert not decide(fresh, {"nohz_full": "1"}, "absent").changed
    assert decide(fresh, {"irqaffinity": "0"}, "present").changed
    assert not fresh.exists(grub.DROP_IN)


def test_all_of_it_at_once(fresh: RecordedGuest) -> None:
    fresh.lay_out("/proc/cpuinfo", OLD_CPU)
    fresh.lay_out("/sys/devices/system/cpu/present", "0\n")
    error = refusal(fresh, LARGE)
    assert error.error_code == "several_errors"
    assert "[cpus_missing]" in str(error)
    assert "[hugepage_size_unsupported]" in str(error)
