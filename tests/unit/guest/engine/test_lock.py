# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs on one guest exclude each other, with real processes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import signal
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine import run as engine_run
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.lock import LOCK, exclusive
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan, WriteFile
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree
from tests.unit.guest.nic.test_read import EndedError, Module

if t.TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    from tests.unit.guest.conftest import RecordedGuest

FORK = multiprocessing.get_context("fork")


@contextlib.contextmanager
def another_run(guest: RecordedGuest, check_mode: bool = False) -> t.Iterator[int]:
    """A run in a process of its own that is between its look and its change; yields the process's number."""
    ours, its = FORK.Pipe()

    def work(connection: Connection) -> None:
        def decide(_guest: RecordedGuest) -> Plan:
            connection.send("looked")
            connection.recv()
            return Plan((), {}, {}, {})

        with contextlib.suppress(EndedError):
            engine_run.converge(Module(check_mode), decide)  # type: ignore[arg-type]

    process = FORK.Process(target=work, args=(its,))
    process.start()
    assert process.pid is not None
    try:
        assert ours.poll(30)
        ours.recv()
        yield process.pid
        ours.send("go on")
    finally:
        process.join(30)
    assert process.exitcode == 0


def outcome(check_mode: bool = False) -> tuple[str, dict[str, t.Any]]:
    """How a run ends that wants to write a file."""

    def decide(guest: Tree) -> Plan:
        there = guest.exists("/etc/wanted")
        return Plan(() if there else (WriteFile("/etc/wanted", "x"),), {}, {}, {})

    with pytest.raises(EndedError) as ended:
        engine_run.converge(Module(check_mode), decide)  # type: ignore[arg-type]
    return ended.value.args[0], ended.value.args[1]


@pytest.fixture
def guest(fresh: RecordedGuest, monkeypatch: pytest.MonkeyPatch) -> RecordedGuest:
    monkeypatch.setattr(engine_run, "Guest", lambda _run: fresh)
    return fresh


def test_second_run_is_refused_with_the_holder_and_changes_nothing(guest: RecordedGuest) -> None:
    with another_run(guest) as process:
        how, result = outcome()
    assert (how, result["error_code"]) == ("failure", "guest_locked")
    assert re.search(rf"process {process}, since 2\d\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", result["msg"])
    assert not guest.exists("/etc/wanted")
    assert outcome()[0] == "success"


def test_without_the_lock_both_run(guest: RecordedGuest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the same two runs, and nothing between them."""
    monkeypatch.setattr(engine_run, "exclusive", lambda _guest: contextlib.nullcontext())
    with another_run(guest):
        assert outcome()[0] == "success"
    assert guest.exists("/etc/wanted")


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_run_that_only_looks_neither_waits_nor_keeps_others_waiting(guest: RecordedGuest, check_mode: bool) -> None:
    with another_run(guest, check_mode=not check_mode):
        assert outcome(check_mode)[0] == "success"


def test_check_mode_writes_no_lock(guest: RecordedGuest) -> None:
    assert outcome(check_mode=True)[0] == "success"
    assert not guest.exists(LOCK)


def test_killed_run_leaves_no_lock(tmp_path: Path) -> None:
    tree = Tree(str(tmp_path))

    def die() -> None:
        with exclusive(tree):
            os.kill(os.getpid(), signal.SIGKILL)

    process = FORK.Process(target=die)
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL
    with exclusive(tree):
        assert str(os.getpid()) in (tree.text(LOCK) or "")
    assert tree.path(LOCK).stat().st_mode & 0o777 == 0o600


def test_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    tree = Tree(str(tmp_path))
    victim = tmp_path / "victim"
    victim.write_text("precious")
    tree.path(LOCK).parent.mkdir()
    tree.path(LOCK).symlink_to(victim)
    with pytest.raises(NfvError, match="write_failed"), exclusive(tree):
        pass
    assert victim.read_text() == "precious"
