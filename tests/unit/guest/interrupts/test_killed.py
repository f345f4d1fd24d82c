# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed before any write, by SIGKILL and in a process of its own: the guest becomes what it was."""

from __future__ import annotations

import multiprocessing
import os
import signal
import struct
import typing as t

import pytest

from tests.unit.guest.interrupts.test_plan import ABSENT, PRESENT, VARIANTS, Made, converge, image

if t.TYPE_CHECKING:
    from tests.unit.guest.interrupts.conftest import ForwardingGuest


def die_before_write(guest: ForwardingGuest, writes: int) -> None:
    """Lets the guest's process die by SIGKILL when it is about to make one write more; reading costs nothing."""
    left = [writes]

    def deadly(effect: t.Any, reads: t.Callable[..., bool]) -> t.Any:
        def wrapped(*arguments: t.Any, **options: t.Any) -> t.Any:
            if not reads(*arguments, **options):
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1
            return effect(*arguments, **options)

        return wrapped

    readers: dict[str, t.Callable[..., bool]] = {
        "set_attribute": lambda *_all: False,
        "replace_file": lambda *_all: False,
        "remove_file": lambda *_all: False,
        "run": lambda argv: argv[1] in ("-json", "show"),
        "ask_driver": lambda _interface, request: struct.unpack_from("=I", request)[0] in (0x0E, 0x25, 0x2B),
        "ask_family": lambda _family, _requests, dump=False: dump,
    }
    for name, reads in readers.items():
        setattr(guest, name, deadly(getattr(guest, name), reads))


def killed(guest: ForwardingGuest, params: t.Mapping[str, t.Any], writes: int) -> bool:
    """Whether a run in a process of its own dies after so many writes; False when it was done before."""

    def work() -> None:
        die_before_write(guest, writes)
        converge(guest, params)

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join(30)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


@pytest.mark.parametrize(("variant", "name"), [("gtp", "debian-12-bound"), ("bridge", "debian-12-fresh")])
def test_killed_anywhere_state_absent_restores(forwarding: Made, variant: str, name: str) -> None:
    writes = 0
    while True:
        guest = forwarding(name)
        before = image(guest)
        if not killed(guest, VARIANTS[variant], writes):
            break
        converge(guest, ABSENT)
        assert image(guest) == before, f"killed after {writes} writes"
        writes += 1
    assert writes >= 15


def test_killed_anywhere_a_rerun_goes_on_and_the_first_state_is_kept(forwarding: Made) -> None:
    writes = 0
    while True:
        guest = forwarding("debian-12-fresh")
        before = image(guest)
        if not killed(guest, VARIANTS["uncoalesced"], writes):
            break
        converge(guest, VARIANTS["uncoalesced"])
        converge(guest, ABSENT)
        assert image(guest) == before, f"killed after {writes} writes"
        # The test before this one kills before every single write.
        writes += 3
    assert writes >= 15


def test_restoring_killed_anywhere_is_finished_by_the_next(forwarding: Made) -> None:
    writes = 0
    while True:
        guest = forwarding("debian-12-bound")
        before = image(guest)
        converge(guest, PRESENT)
        if not killed(guest, ABSENT, writes):
            break
        converge(guest, ABSENT)
        assert image(guest) == before, f"killed after {writes} writes"
        writes += 1
    # Override, unbind and probe of two adapters, two units, the record.
    assert writes == 2 * 3 + 2 + 1
