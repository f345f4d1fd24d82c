# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed between any two writes, by SIGKILL and in a process of its own: the next run converges."""

from __future__ import annotations

import multiprocessing
import os
import signal
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.boot import grub
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.boot.arguments import written
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import apply
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic import binding, pci
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.model import BindingPolicy
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.read import read_guest_adapters
from tests.unit.guest.boot.test_grub import ARGUMENTS, LINE, update_grub
from tests.unit.guest.nic.test_binding import ADAPTERS

if t.TYPE_CHECKING:
    from tests.unit.guest.conftest import RecordedGuest

EFFECTS = ("set_attribute", "replace_file", "rename_file", "remove_file", "remove_directory", "run")
Decide = t.Callable[["RecordedGuest"], Plan]


def arm(guest: RecordedGuest, writes: int) -> None:
    """Lets the guest's process die by SIGKILL when it is about to make one write more."""
    left = [writes]
    for name in EFFECTS:
        effect = getattr(guest, name)

        def deadly(*arguments: t.Any, effect: t.Any = effect) -> t.Any:
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return effect(*arguments)

        setattr(guest, name, deadly)


def killed(guest: RecordedGuest, decide: Decide, writes: int) -> bool:
    """Applies a plan in a process that dies after so many writes; False when the plan was done before."""

    def work() -> None:
        steps = decide(guest).steps
        arm(guest, writes)
        apply(steps, guest)

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join(30)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def kill_everywhere(
    made: t.Callable[[], RecordedGuest], decide: Decide, check: t.Callable[[RecordedGuest], None]
) -> int:
    """Kills a run before its first write, its second and so on, and reruns each; returns how many writes there are."""
    writes = 0
    while True:
        guest = made()
        if not killed(guest, decide, writes):
            return writes
        check(guest)
        apply(decide(guest).steps, guest)
        assert not decide(guest).changed, f"killed after {writes} writes, a rerun does not converge"
        writes += 1


def test_a_file_half_written_is_used_up_by_the_next_run(
    recorded: t.Callable[[str], RecordedGuest], monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = recorded("debian-12-fresh")
    path = guest.path(grub.DROP_IN)

    def write(content: str) -> int | None:
        process = multiprocessing.get_context("fork").Process(target=guest.replace_file, args=(grub.DROP_IN, content))
        process.start()
        process.join(30)
        return process.exitcode

    with monkeypatch.context() as dying:
        dying.setattr(os, "fsync", lambda _descriptor: os.kill(os.getpid(), signal.SIGKILL))
        assert write("the first\n") == -signal.SIGKILL
    left = [entry.name for entry in path.parent.iterdir()]
    assert len(left) == 1
    assert not left[0].endswith((".cfg", ".conf"))
    assert write("second\n") == 0
    assert {entry.name: entry.read_text() for entry in path.parent.iterdir()} == {path.name: "second\n"}


def bind(state: str) -> Decide:
    return lambda guest: binding.plan(ADAPTERS, read_guest_adapters(guest), BindingPolicy(), state)


def test_binding_killed_anywhere(recorded: t.Callable[[str], RecordedGuest]) -> None:
    def management_stays(guest: RecordedGuest) -> None:
        assert pci.read_network_devices(guest)[0].driver == "vmxnet3"

    writes = kill_everywhere(lambda: recorded("debian-12-fresh"), bind("present"), management_stays)
    # Record, modules, modprobe, for each of two adapters override, unbind and probe, and for the next boot the program,
    # the list, the unit and systemctl.
    assert writes == 3 + 2 * 3 + 4


def test_giving_back_killed_anywhere(recorded: t.Callable[[str], RecordedGuest]) -> None:
    def nothing(_guest: RecordedGuest) -> None:
        pass

    assert kill_everywhere(lambda: recorded("debian-12-bound"), bind("absent"), nothing) >= 2 * 3 + 4


@pytest.mark.parametrize("state", ["present", "absent"])
def test_update_of_grub_killed_anywhere_leaves_a_menu_that_boots(
    recorded: t.Callable[[str], RecordedGuest], state: str
) -> None:
    arguments = {key: value for key, value in ARGUMENTS.items() if key != "irqaffinity"}

    def made() -> RecordedGuest:
        guest = recorded("debian-12-bound")

        def run(argv: t.Sequence[str]) -> tuple[int, str, str]:
            assert argv[0] == grub.GRUB_MKCONFIG
            update_grub(guest)
            return 0, "", ""

        guest.run = run
        return guest

    def menu_is_whole(guest: RecordedGuest) -> None:
        entries = grub.menu_lines(guest.text(grub.GRUB_CFG) or "")
        assert entries
        wanted = written(arguments) if state == "present" else ()
        assert any(set(LINE) <= set(entry) or set(wanted) <= set(entry) for entry in entries)
        assert (guest.text(grub.GRUB_CFG) or "").rstrip().endswith(("}", "###"))

    writes = kill_everywhere(made, lambda guest: grub.plan(guest, arguments, state), menu_is_whole)
    # Mark, make the menu, rename it, settle; the menu's maker writes once itself.
    assert writes == 5
