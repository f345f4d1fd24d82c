# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel arguments in entries of the Boot Loader Specification, which grubby writes."""

from __future__ import annotations

import re
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.boot import grubby, loader
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest, apply

if t.TYPE_CHECKING:
    from pathlib import Path

ARGUMENTS: dict[str, t.Any] = {
    "isolcpus": "managed_irq,domain,1",
    "transparent_hugepage": "never",
    "default_hugepagesz": "1G",
    "hugepagesz": ["1G", "2M"],
    "hugepages": [2, 512],
}
MACHINES_OWN = "root=/dev/mapper/rhel-root ro transparent_hugepage=madvise hugepagesz=2M crashkernel=1G-4G:192M quiet"
RELEASES = ("rescue-0", "5.14.0-427.el9.x86_64", "5.14.0-503.el9.x86_64")


class RhelGuest(Guest):
    """A guest of the RHEL family: entries as files, and a grubby that does with them what grubby(8) says."""

    def __init__(self, root: Path, options: str = MACHINES_OWN) -> None:
        super().__init__(self._answer, str(root))
        self.commands: list[tuple[str, ...]] = []
        self.fails = False
        self.replace_file(grubby.GRUBBY, "")
        self.replace_file("/proc/cmdline", f"{MACHINES_OWN}\n")
        for release in RELEASES:
            self.replace_file(
                f"{grubby.ENTRIES}/{release}.conf",
                f"title RHEL ({release})\nversion {release}\nlinux /vmlinuz-{release}\noptions {options}\n",
            )

    def _answer(self, argv: t.Sequence[str]) -> tuple[int, str, str]:
        self.commands.append(tuple(argv))
        if self.fails:
            return 1, "", "failed on purpose"
        given = dict(part.split("=", 1) for part in argv[1:])
        assert given.pop("--update-kernel") == "ALL"
        self.update(given.pop("--remove-args", "").split(), given.pop("--args", "").split())
        assert not given
        return 0, "", ""

    def update(self, removed: list[str], added: list[str]) -> None:
        """Takes arguments away, replaces those of the same keys, and appends."""
        keys = {argument.partition("=")[0] for argument in added}

        def changed(arguments: list[str]) -> list[str]:
            kept = [word for word in arguments if word not in removed and word.partition("=")[0] not in keys]
            return kept + added

        self.rewrite(changed)

    def rewrite(self, changed: t.Callable[[list[str]], list[str]]) -> None:
        """Changes the options of every entry."""
        for name in self.names(grubby.ENTRIES):
            path = f"{grubby.ENTRIES}/{name}"
            text = self.text(path) or ""
            options = re.findall(r"^options (.*)$", text, re.MULTILINE)[0].split()
            self.replace_file(path, re.sub(r"^options .*$", f"options {' '.join(changed(options))}", text, flags=re.M))


class OldGrubby(RhelGuest):
    """As releases of 2018 do: one key is found inside another, and only the first is replaced."""

    def update(self, removed: list[str], added: list[str]) -> None:
        def changed(arguments: list[str]) -> list[str]:
            line = " ".join(word for word in arguments if word not in removed)
            for argument in added:
                key, _equals, value = argument.partition("=")
                if f"{key}=" in line:
                    line = re.sub(rf"{key}=[^ ]*", f"{key}={value}", line, count=1)
                else:
                    line += f" {argument}"
            return line.split()

        self.rewrite(changed)


@pytest.fixture
def guest(tmp_path: Path) -> RhelGuest:
    return RhelGuest(tmp_path)


def converge(guest: Guest, arguments: dict[str, t.Any] | None = None, state: str = "present") -> None:
    """Applies a plan, for ARGUMENTS unless told otherwise, and sees that nothing is left to do."""
    arguments = ARGUMENTS if arguments is None else arguments
    apply(loader.plan(guest, arguments, state).steps, guest)
    assert not loader.plan(guest, arguments, state).changed


def options(guest: Guest) -> set[str]:
    """What the entries hold, which is the same for all."""
    return {" ".join(entry) for entry in grubby.entries(guest)}


def test_every_entry_gets_the_arguments_in_their_order(guest: RhelGuest) -> None:
    converge(guest)
    ours = "isolcpus=managed_irq,domain,1 transparent_hugepage=never default_hugepagesz=1G"
    pools = "hugepagesz=1G hugepages=2 hugepagesz=2M hugepages=512"
    assert options(guest) == {f"root=/dev/mapper/rhel-root ro crashkernel=1G-4G:192M quiet {ours} {pools}"}
    assert len(guest.commands) == 1


def test_a_second_run_does_nothing_and_waits_for_the_reboot(guest: RhelGuest) -> None:
    converge(guest)
    plan = loader.plan(guest, ARGUMENTS, "present")
    assert (plan.changed, plan.result["configured"], plan.result["reboot_required"]) == (False, True, True)
    guest.replace_file("/proc/cmdline", f"{options(guest).pop()}\n")
    assert loader.plan(guest, ARGUMENTS, "present").result["pending"] == []


def test_absent_gives_back_what_the_machine_had(guest: RhelGuest) -> None:
    converge(guest)
    guest.replace_file("/proc/cmdline", f"{options(guest).pop()}\n")
    assert "hugepages=512" in loader.plan(guest, ARGUMENTS, "absent").result["pending"]
    converge(guest, state="absent")
    assert {frozenset(entry) for entry in grubby.entries(guest)} == {frozenset(MACHINES_OWN.split())}
    assert not guest.exists(grubby.RECORD)
    pending = loader.plan(guest, ARGUMENTS, "absent").result["pending"]
    assert "isolcpus=managed_irq,domain,1" in pending
    assert "hugepagesz=2M" not in pending, "the machine's own stays"


def test_an_argument_that_the_machine_has_itself_is_not_taken_away(tmp_path: Path) -> None:
    guest = RhelGuest(tmp_path, "ro transparent_hugepage=never")
    converge(guest)
    converge(guest, state="absent")
    assert options(guest) == {"ro transparent_hugepage=never"}


def test_an_argument_that_is_asked_for_no_more_goes(guest: RhelGuest) -> None:
    converge(guest)
    converge(guest, {"isolcpus": "1"})
    assert {frozenset(entry) for entry in grubby.entries(guest)} == {frozenset([*MACHINES_OWN.split(), "isolcpus=1"])}


def test_an_entry_of_a_new_kernel_without_them_is_noticed(guest: RhelGuest) -> None:
    converge(guest)
    guest.replace_file(f"{grubby.ENTRIES}/new.conf", f"title new\noptions {MACHINES_OWN}\n")
    plan = loader.plan(guest, ARGUMENTS, "present")
    assert (plan.changed, plan.before["boot_entries"]) == (True, "outdated")
    converge(guest)


@pytest.mark.parametrize("done", [1, 2])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_interrupted_run_is_finished_by_the_next(guest: RhelGuest, state: str, done: int) -> None:
    converge(guest)
    fewer = {"transparent_hugepage": "never"}
    apply(loader.plan(guest, fewer, state).steps[:done], guest)
    assert loader.plan(guest, fewer, state).changed
    converge(guest, fewer, state)
    converge(guest, fewer, "absent")
    assert {frozenset(entry) for entry in grubby.entries(guest)} == {frozenset(MACHINES_OWN.split())}


def test_what_an_old_grubby_makes_of_it_is_not_taken_for_done(tmp_path: Path) -> None:
    guest = OldGrubby(tmp_path)
    apply(loader.plan(guest, ARGUMENTS, "present").steps, guest)
    assert loader.plan(guest, ARGUMENTS, "present").changed


def test_arguments_that_kernels_share_are_found_in_grubs_environment(tmp_path: Path) -> None:
    guest = RhelGuest(tmp_path, "$kernelopts")
    guest.replace_file(grubby.GRUBENV, f"# GRUB Environment Block\nkernelopts={MACHINES_OWN}\nboot_success=1\n#####")
    assert options(guest) == {MACHINES_OWN}


def test_a_grubby_that_fails_is_told(guest: RhelGuest) -> None:
    guest.fails = True
    with pytest.raises(NfvError, match="failed on purpose") as caught:
        apply(loader.plan(guest, ARGUMENTS, "present").steps, guest)
    assert caught.value.error_code == "grubby_failed"
    guest.fails = False
    converge(guest)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"arguments": 1, "replaced": []}'])
def test_a_record_that_cannot_be_read_stops_everything(guest: RhelGuest, text: str) -> None:
    guest.replace_file(grubby.RECORD, text)
    with pytest.raises(NfvError) as caught:
        loader.plan(guest, ARGUMENTS, "present")
    assert caught.value.error_code == "kernel_arguments_record_invalid"
    assert guest.commands == []


def test_without_entries_it_is_grubs_own_business(guest: RhelGuest) -> None:
    for name in guest.names(grubby.ENTRIES):
        guest.remove_file(f"{grubby.ENTRIES}/{name}")
    with pytest.raises(NfvError) as caught:
        loader.plan(guest, ARGUMENTS, "present")
    assert caught.value.error_code == "bootloader_unsupported"
