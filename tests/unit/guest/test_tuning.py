# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest's whole tuning: derived from the description, planned in one go, and compared with what runs."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest import tuning
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.boot import grub, last_reboot
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import apply
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    RemoveFile,
    ResizePool,
    SetAttribute,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.isolation import irqbalance
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.memory.hugepages import Pool
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.tuning import Tuning
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane
from lab.testing.descriptions import adapters, description, hugepages
from tests.unit.guest.boot.test_grub import update_grub

if t.TYPE_CHECKING:
    from tests.unit.guest.conftest import RecordedGuest

THP = "/sys/kernel/mm/transparent_hugepage/enabled"


def described(*pools: dict[str, t.Any], polling: str = "1") -> Tuning:
    """The tuning of the recorded guest's description, with other pools if given."""
    dataplane, problems = parse_dataplane(
        description(
            cpu={"polling": polling, "exclusivity": "none"},
            memory={"size_mb": 4096, "hugepages": list(pools or hugepages(512))},
            adapters=adapters("mgmt", "s5u"),
        )
    )
    assert problems == ()
    assert dataplane is not None
    return Tuning.of(dataplane)


def carry_out(guest: RecordedGuest, asked: Tuning, **options: str) -> None:
    """Applies what is planned on a machine whose GRUB makes menus and whose tools do as they are told."""

    def run(argv: t.Sequence[str]) -> tuple[int, str, str]:
        if argv[0] == grub.GRUB_MKCONFIG:
            update_grub(guest)
        return 0, guest.outputs.get(" ".join(argv), ""), ""

    guest.run = run
    apply(tuning.plan(guest, asked, **options).steps, guest)


def settings(guest: RecordedGuest, asked: Tuning, state: str = "present") -> list[str]:
    return [difference.setting for difference in tuning.compare(guest, asked, state)]


def test_follows_from_the_description() -> None:
    asked = described({"size": "1G", "amount_mb": 1024, "node": 0}, {"size": "2M", "amount_mb": 512})
    assert asked.pools == (Pool(1048576, 1, 0), Pool(2048, 256))
    assert asked.mounted_sizes == ("2M",)
    assert (asked.polling_cpus, asked.transparent_hugepages) == ("1", "never")
    assert asked.kernel_arguments["nohz_full"] == "1"


def test_tuned_guest_needs_nothing(bound: RecordedGuest) -> None:
    planned = tuning.plan(bound, described(), reboot="never")
    assert planned.steps == ()
    assert (planned.before, planned.after, planned.warnings) == ({}, {}, ())
    assert planned.result["differences"] == []
    assert not planned.result["reboot_required"]


def test_reboot_without_consent_is_refused_with_the_settings_that_need_it(fresh: RecordedGuest) -> None:
    with pytest.raises(NfvError, match="isolcpus=managed_irq,domain,1 nohz_full=1") as caught:
        tuning.plan(fresh, described(), reboot="never")
    assert caught.value.error_code == "reboot_consent_missing"
    assert "guest_tuning_reboot" in caught.value.remedy
    assert "hugepages=256" not in caught.value.details["pending"]


def test_later_writes_everything_but_what_only_a_boot_brings(fresh: RecordedGuest) -> None:
    carry_out(fresh, described(), reboot="later")
    again = tuning.plan(fresh, described(), reboot="later")
    assert again.steps == ()
    assert "isolcpus=managed_irq,domain,1" in again.result["pending"]
    assert {"isolated CPUs", "mode of transparent hugepages"} <= set(settings(fresh, described()))
    assert "hugepage pools that are short" not in settings(fresh, described())


@pytest.mark.parametrize(
    ("reboot", "resized"), [("later", ["hugepages of 2048 kB"]), ("when_needed", [])], ids=["later", "when needed"]
)
def test_pools_that_a_reboot_brings_are_left_to_it(fresh: RecordedGuest, reboot: str, resized: list[str]) -> None:
    asked = described({"size": "2M", "amount_mb": 64}, {"size": "1G", "amount_mb": 1024})
    steps = tuning.plan(fresh, asked, reboot=reboot).steps
    assert [step.name for step in steps if isinstance(step, ResizePool)] == resized


def test_another_number_of_small_pages_alone_needs_no_reboot(bound: RecordedGuest) -> None:
    asked = described({"size": "2M", "amount_mb": 600})
    planned = tuning.plan(bound, asked, reboot="never")
    assert planned.result["pending"] == []
    assert any(isinstance(step, ResizePool) and step.count == 300 for step in planned.steps)
    assert set(planned.after) == {"kernel", "hugepages"}
    assert "hugepage pools that are short" in settings(bound, asked)
    carry_out(bound, asked, reboot="never")
    assert settings(bound, asked) == []


def test_another_number_of_large_pages_needs_one(bound: RecordedGuest) -> None:
    asked = described({"size": "1G", "amount_mb": 1024})
    assert "hugepages=1" in tuning.plan(bound, asked).result["pending"]


def test_mode_of_transparent_hugepages_that_somebody_changed_is_set_again(bound: RecordedGuest) -> None:
    bound.path(THP).write_text("[always] madvise never\n")
    assert settings(bound, described()) == ["mode of transparent hugepages"]
    assert tuning.plan(bound, described(), reboot="never").steps == (SetAttribute(THP, "never"),)


def test_what_the_running_kernel_does_not_have_is_named(bound: RecordedGuest) -> None:
    bound.path("/sys/devices/system/cpu/isolated").write_text("\n")
    (difference,) = tuning.compare(bound, described())
    assert difference.as_data() == {
        "setting": "isolated CPUs",
        "asked": "1",
        "seen": "",
        "error_code": "tuning_not_in_effect",
        "message": "isolated CPUs: , asked for 1",
    }


def test_boot_loader_that_would_not_bring_it_again_is_a_difference(bound: RecordedGuest) -> None:
    bound.remove_file(grub.DROP_IN)
    assert settings(bound, described()) == ["boot loader"]


def test_pages_on_another_node_are_not_those_asked_for(bound: RecordedGuest) -> None:
    asked = described({"size": "2M", "amount_mb": 512, "node": 1})
    difference = next(each for each in tuning.compare(bound, asked) if each.setting == "hugepage pools that are short")
    assert difference.asked == [{"size_kb": 2048, "count": 256, "node": 1}]
    assert difference.seen == [{"size_kb": 2048, "count": 0, "node": 1}]


@pytest.mark.parametrize(("release", "warned"), [("5.10.0-30-amd64", True), ("5.16.0", False), ("6.1.0-56", False)])
def test_pools_of_nodes_on_an_old_kernel_are_warned_of(bound: RecordedGuest, release: str, warned: bool) -> None:
    bound.path("/proc/sys/kernel/osrelease").write_text(f"{release}\n")
    warnings = tuning.plan(bound, described({"size": "2M", "amount_mb": 512, "node": 0})).warnings
    assert any("node_hugepages_at_boot" in warning for warning in warnings) is warned
    assert tuning.plan(bound, described()).warnings == ()


def test_taken_back(bound: RecordedGuest) -> None:
    bound.lay_out(irqbalance.PROGRAM, "")
    carry_out(bound, described(), reboot="later")
    assert bound.exists(irqbalance.DROP_IN)
    carry_out(bound, described(), state="absent", reboot="later")
    again = tuning.plan(bound, described(), "absent")
    assert again.steps == ()
    assert "isolcpus=managed_irq,domain,1" in again.result["pending"]
    assert settings(bound, described(), "absent") == ["kernel arguments"]
    assert not bound.exists(grub.DROP_IN)
    assert not bound.exists("/etc/systemd/system/irqbalance.service.d")
    assert bound.number("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages") == 0


def boot(guest: RecordedGuest, number: int) -> None:
    guest.lay_out("/proc/sys/kernel/random/boot_id", f"{number}\n")


def test_reboot_that_did_not_help_is_not_asked_for_again(fresh: RecordedGuest) -> None:
    boot(fresh, 1)
    carry_out(fresh, described(), reboot="when_needed")
    # The run was killed before the reboot.
    assert tuning.plan(fresh, described(), reboot="when_needed").result["reboot_required"]
    boot(fresh, 2)
    with pytest.raises(NfvError, match=r"a reboot did not bring .*isolcpus=managed_irq,domain,1") as caught:
        tuning.plan(fresh, described(), reboot="when_needed")
    assert caught.value.error_code == "tuning_not_in_effect"
    # What the operator does by hand, and a description that asks for something else, are no such reboot.
    assert tuning.plan(fresh, described(), reboot="later").result["reboot_required"]
    asked = described({"size": "1G", "amount_mb": 1024})
    carry_out(fresh, asked, reboot="when_needed")
    assert tuning.plan(fresh, asked, reboot="when_needed").result["reboot_required"]


@pytest.mark.parametrize("record", ["{", "[]", '{"boot_id": 7}'])
def test_damaged_record_of_a_reboot_counts_for_nothing(fresh: RecordedGuest, record: str) -> None:
    boot(fresh, 1)
    carry_out(fresh, described(), reboot="later")
    fresh.lay_out(last_reboot.RECORD, record)
    assert tuning.plan(fresh, described(), reboot="when_needed").result["reboot_required"]


def test_record_of_a_reboot_goes_when_it_has_helped(bound: RecordedGuest) -> None:
    bound.lay_out(last_reboot.RECORD, '{"boot_id": "1", "pending": ["nohz_full=1"]}')
    assert tuning.plan(bound, described(), reboot="never").steps == (RemoveFile(last_reboot.RECORD),)
