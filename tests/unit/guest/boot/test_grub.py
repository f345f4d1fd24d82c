# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel arguments: how they are written, what is pending, and that an interrupted run is finished."""

from __future__ import annotations

import subprocess
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.boot import grub
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.boot.arguments import tokens, unmet, written
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import apply
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import RunCommand, WriteFile

if t.TYPE_CHECKING:
    from tests.unit.guest.conftest import RecordedGuest

ARGUMENTS = {
    "isolcpus": "managed_irq,domain,1",
    "nohz_full": "1",
    "rcu_nocbs": "1",
    "irqaffinity": "0",
    "transparent_hugepage": "never",
    "default_hugepagesz": "2M",
    "hugepagesz": "2M",
    "hugepages": "256",
}
LINE = written(ARGUMENTS)


def update_grub(guest: RecordedGuest) -> None:
    """What grub-mkconfig makes of the drop-in."""
    ours = grub.drop_in_arguments(guest.text(grub.DROP_IN) or "")
    guest.replace_file(
        grub.NEW_GRUB_CFG, f"menuentry 'Debian' {{\n\tlinux\t/boot/vmlinuz ro quiet {' '.join(ours)}\n}}\n"
    )


def carry_out(guest: RecordedGuest, arguments: dict[str, t.Any], state: str = "present") -> None:
    """Applies a plan, with a grub-mkconfig that works."""
    for step in grub.plan(guest, arguments, state).steps:
        if isinstance(step, RunCommand):
            update_grub(guest)
        else:
            apply([step], guest)


def test_values_are_written_in_order() -> None:
    assert written({"nohz_full": 1, "nosmt": None, "isolcpus": "1"}) == ("nohz_full=1", "nosmt", "isolcpus=1")


def test_sizes_and_counts_of_hugepages_alternate() -> None:
    line = written({"default_hugepagesz": "1G", "hugepagesz": ["1G", "2M"], "hugepages": [2, 512], "x": "y"})
    assert line == ("default_hugepagesz=1G", "hugepagesz=1G", "hugepages=2", "hugepagesz=2M", "hugepages=512", "x=y")


@pytest.mark.parametrize(
    "arguments", [{"a": "b c"}, {"a": '"'}, {"a": "$(reboot)"}, {"a": "`id`"}, {"a b": "c"}, {"a": True}, {"a": ""}]
)
def test_what_a_shell_would_interpret_is_refused(arguments: dict[str, t.Any]) -> None:
    with pytest.raises(NfvError) as caught:
        written(arguments)
    assert caught.value.error_code == "argument_invalid"


def test_quoted_white_space_belongs_to_an_argument() -> None:
    assert tokens('ro dyndbg="file a +p" quiet\n') == ("ro", 'dyndbg="file a +p"', "quiet")


def test_fresh_guest_gets_drop_in_and_everything_is_pending(fresh: RecordedGuest) -> None:
    plan = grub.plan(fresh, ARGUMENTS, "present")
    assert [type(step).__name__ for step in plan.steps] == [
        "WriteFile",
        "RunCommand",
        "RenameFile",
        "WriteFile",
    ]
    assert plan.result["pending"] == list(LINE)
    assert plan.result["reboot_required"]
    assert not plan.result["configured"]


def test_tuned_guest_has_nothing_to_do(bound: RecordedGuest) -> None:
    plan = grub.plan(bound, ARGUMENTS, "present")
    assert not plan.changed
    assert plan.result["pending"] == []
    assert plan.before == plan.after


def test_edited_and_not_rebooted_is_pending(fresh: RecordedGuest) -> None:
    carry_out(fresh, ARGUMENTS)
    plan = grub.plan(fresh, ARGUMENTS, "present")
    assert not plan.changed
    assert plan.result["reboot_required"]


def test_only_what_differs_is_pending(bound: RecordedGuest) -> None:
    plan = grub.plan(bound, {**ARGUMENTS, "hugepages": "300"}, "present")
    assert plan.changed
    assert plan.result["pending"] == ["hugepages=300"]


def test_an_argument_given_twice_elsewhere_is_pending(bound: RecordedGuest) -> None:
    text = bound.text("/proc/cmdline") or ""
    bound.replace_file("/proc/cmdline", text.replace("ro ", "ro nohz_full=0 ", 1))
    assert grub.plan(bound, ARGUMENTS, "present").result["pending"] == ["nohz_full=1"]


@pytest.mark.parametrize("done", [1, 2, 3])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_interrupted_run_is_finished_by_the_next(bound: RecordedGuest, state: str, done: int) -> None:
    fewer = {key: value for key, value in ARGUMENTS.items() if key != "irqaffinity"}
    for step in grub.plan(bound, fewer, state).steps[:done]:
        update_grub(bound) if isinstance(step, RunCommand) else apply([step], bound)
    assert grub.plan(bound, fewer, state).changed, "nobody would notice that the menu was not made"
    carry_out(bound, fewer, state)
    assert not grub.plan(bound, fewer, state).changed
    assert "irqaffinity" not in (bound.text(grub.GRUB_CFG) or "")
    assert bound.exists(grub.DROP_IN) is (state == "present")


def test_a_half_made_menu_is_never_the_one_that_boots(fresh: RecordedGuest) -> None:
    """The menu in force is the old one, whole, until the new one is finished and renamed over it."""
    before = fresh.text(grub.GRUB_CFG)
    pending, made, renamed, _settled = grub.plan(fresh, ARGUMENTS, "present").steps
    apply([pending], fresh)
    assert isinstance(made, RunCommand)
    fresh.replace_file(grub.NEW_GRUB_CFG, "menuentry 'Deb")
    assert fresh.text(grub.GRUB_CFG) == before
    update_grub(fresh)
    assert fresh.text(grub.GRUB_CFG) == before
    apply([renamed], fresh)
    assert not fresh.exists(grub.NEW_GRUB_CFG)
    assert LINE[0] in (fresh.text(grub.GRUB_CFG) or "")


def test_grub_cfg_without_the_arguments_is_made_again(bound: RecordedGuest) -> None:
    bound.replace_file(grub.GRUB_CFG, "linux /boot/vmlinuz ro\n")
    plan = grub.plan(bound, ARGUMENTS, "present")
    assert plan.changed
    assert (plan.before["grub_cfg"], plan.after["grub_cfg"]) == ("outdated", "current")


def test_recovery_entries_need_not_carry_them(bound: RecordedGuest) -> None:
    entries = grub.menu_lines(bound.text(grub.GRUB_CFG) or "")
    assert any(not unmet(LINE, entry) for entry in entries)
    assert not all(not unmet(LINE, entry) for entry in entries)


def test_failing_update_grub_is_told_and_tried_again(fresh: RecordedGuest) -> None:
    fresh.failing.add(f"{grub.GRUB_MKCONFIG} -o {grub.NEW_GRUB_CFG}")
    with pytest.raises(NfvError, match="failed on purpose") as caught:
        apply(grub.plan(fresh, ARGUMENTS, "present").steps, fresh)
    assert caught.value.error_code == "update_grub_failed"
    assert grub.plan(fresh, ARGUMENTS, "present").changed


def test_absent_takes_all_away_and_tells_what_still_runs(bound: RecordedGuest) -> None:
    before = grub.plan(bound, ARGUMENTS, "absent")
    assert before.result["pending"] == list(LINE)
    carry_out(bound, ARGUMENTS, "absent")
    plan = grub.plan(bound, ARGUMENTS, "absent")
    assert not plan.changed
    assert plan.result["pending"] == list(LINE)
    bound.replace_file("/proc/cmdline", "ro quiet\n")
    assert grub.plan(bound, ARGUMENTS, "absent").result["pending"] == []


def test_an_argument_that_the_machine_has_itself_is_not_taken_away(fresh: RecordedGuest) -> None:
    fresh.replace_file("/proc/cmdline", "ro transparent_hugepage=never\n")
    fresh.replace_file(grub.GRUB_CFG, "linux /boot/vmlinuz ro transparent_hugepage=never\n")
    plan = grub.plan(fresh, ARGUMENTS, "absent")
    assert (plan.changed, plan.result["pending"]) == (False, [])


def test_other_boot_loaders_are_refused(fresh: RecordedGuest) -> None:
    fresh.remove_file(grub.GRUB_MKCONFIG)
    with pytest.raises(NfvError) as caught:
        grub.plan(fresh, ARGUMENTS, "present")
    assert caught.value.error_code == "bootloader_unsupported"


def test_a_write_that_fails_names_the_file(fresh: RecordedGuest) -> None:
    fresh.replace_file("/etc/file", "")
    with pytest.raises(NfvError, match="/etc/file/below") as caught:
        apply([WriteFile("/etc/file/below", "")], fresh)
    assert caught.value.error_code == "write_failed"


DEFAULTS = "/etc/default/grub"
LATER = "/etc/default/grub.d/99-local.cfg"
DEBIAN = """\
# If you change this file, run 'update-grub' afterwards.
GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
"""


def boot(guest: RecordedGuest, *files: str) -> str:
    """What the real shell makes of GRUB's files, and so what the kernel gets at the next boot."""
    script = "".join(f". {guest.path(file)}\n" for file in files)
    variables = "$GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX_DEFAULT"
    done = subprocess.run(["sh", "-ec", f'{script}echo "{variables}"'], capture_output=True, text=True, check=True)
    guest.replace_file(grub.GRUB_CFG, f"menuentry 'Debian' {{\n\tlinux /boot/vmlinuz ro {done.stdout}}}\n")
    return done.stdout


def test_no_reboot_for_what_the_machine_has_in_another_file(fresh: RecordedGuest) -> None:
    """Seen in the field: pending at every run, and rebooted for ever with consent."""
    fresh.lay_out(DEFAULTS, f'{DEBIAN}GRUB_CMDLINE_LINUX="transparent_hugepage=never nohz_full=1"\n')
    for step in grub.plan(fresh, ARGUMENTS, "present").steps:
        if isinstance(step, RunCommand):
            running = boot(fresh, DEFAULTS, grub.DROP_IN)
            fresh.replace_file(grub.NEW_GRUB_CFG, fresh.text(grub.GRUB_CFG) or "")
        else:
            apply([step], fresh)
    assert running.split().count("transparent_hugepage=never") == 2
    assert "transparent_hugepage=never" in grub.plan(fresh, ARGUMENTS, "present").result["pending"]
    fresh.replace_file("/proc/cmdline", running)
    plan = grub.plan(fresh, ARGUMENTS, "present")
    assert (plan.changed, plan.result["pending"]) == (False, [])
    # What the machine has itself is not awaited to go either.
    assert not {"transparent_hugepage=never", "nohz_full=1"} & {
        *grub.plan(fresh, ARGUMENTS, "absent").result["pending"]
    }


@pytest.mark.parametrize(
    ("path", "content", "named"),
    [
        (LATER, 'GRUB_CMDLINE_LINUX_DEFAULT="consoleblank=0"\n', [LATER, "isolcpus=managed_irq,domain,1"]),
        (LATER, 'export GRUB_CMDLINE_LINUX_DEFAULT=""\n', [LATER, grub.DROP_IN]),
        (
            LATER,
            'GRUB_CMDLINE_LINUX_DEFAULT="${GRUB_CMDLINE_LINUX_DEFAULT} \\\n transparent_hugepage=always"\n',
            [LATER, "transparent_hugepage=always", "transparent_hugepage=never"],
        ),
        (
            DEFAULTS,
            f"{DEBIAN}GRUB_CMDLINE_LINUX='isolcpus=2-3'\n",
            [DEFAULTS, "isolcpus=2-3", "not even after a reboot"],
        ),
        (DEFAULTS, 'GRUB_CMDLINE_LINUX="panic=5 --"\n', [grub.DROP_IN, "(--)"]),
    ],
    ids=["set anew", "emptied", "set after ours", "set before ours where the first counts", "arguments for init"],
)
def test_a_file_that_overrules_an_argument_is_named_before_any_change(
    fresh: RecordedGuest, path: str, content: str, named: list[str]
) -> None:
    fresh.lay_out(path, content)
    with pytest.raises(NfvError) as refused:
        grub.plan(fresh, ARGUMENTS, "present")
    assert refused.value.error_code == "kernel_argument_overruled"
    for each in (*named, "nothing was changed"):
        assert each in str(refused.value)
    assert not fresh.exists(grub.DROP_IN)
    assert not grub.plan(fresh, {}, "absent").changed


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (DEFAULTS, 'GRUB_CMDLINE_LINUX_DEFAULT="quiet transparent_hugepage=always"\n'),
        ("/etc/default/grub.d/50-cloud.cfg", 'GRUB_CMDLINE_LINUX_DEFAULT="console=tty1"\n'),
        (LATER, 'GRUB_CMDLINE_LINUX_DEFAULT="consoleblank=0 $GRUB_CMDLINE_LINUX_DEFAULT" # "quoted\n'),
        (LATER, 'GRUB_CMDLINE_LINUX_DEFAULT="${GRUB_CMDLINE_LINUX_DEFAULT:+$GRUB_CMDLINE_LINUX_DEFAULT }quiet"\n'),
        (LATER, "# GRUB_CMDLINE_LINUX_DEFAULT=\nGRUB_TIMEOUT=0\n"),
        ("/etc/default/grub.d/99-kept.cfg.dpkg-old", 'GRUB_CMDLINE_LINUX_DEFAULT=""\n'),
    ],
)
def test_a_file_that_overrules_nothing_is_no_hindrance(fresh: RecordedGuest, path: str, content: str) -> None:
    fresh.lay_out(path, content)
    assert grub.plan(fresh, ARGUMENTS, "present").changed


def test_what_a_look_cannot_know_is_told_after_the_change(fresh: RecordedGuest) -> None:
    """The file decides by itself; the menu that was made shows what came of it, and the remedy says where to look."""
    fresh.lay_out(LATER, 'if true; then\n    GRUB_CMDLINE_LINUX_DEFAULT="quiet"\nfi\n')
    for step in grub.plan(fresh, ARGUMENTS, "present").steps:
        if isinstance(step, RunCommand):
            fresh.replace_file(grub.NEW_GRUB_CFG, "menuentry 'Debian' {\n\tlinux /boot/vmlinuz ro quiet\n}\n")
        else:
            apply([step], fresh)
    plan = grub.plan(fresh, ARGUMENTS, "present")
    assert (plan.changed, plan.before["grub_cfg"]) == (True, "outdated")
    assert "/etc/default/grub.d" in plan.remedy
