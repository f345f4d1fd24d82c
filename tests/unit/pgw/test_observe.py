# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading again where the switch hangs up, and waiting where the unit is about to start."""

from __future__ import annotations

import time
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.observe import READ_ATTEMPTS, patient, settled

HUNG_UP = (1, "", "ovs-ofctl: dump flows (Broken pipe)")
NOT_THERE = (1, "", "ovs-ofctl: br-sgi is not a bridge or a socket")
FLOWS = (0, "cookie=0x6e6676", "")


@pytest.mark.parametrize(
    ("answers", "expected", "asked"),
    [
        ([FLOWS], FLOWS, 1),
        ([HUNG_UP, FLOWS], FLOWS, 2),
        ([NOT_THERE, FLOWS], NOT_THERE, 1),
        ([HUNG_UP] * READ_ATTEMPTS, HUNG_UP, READ_ATTEMPTS),
        ([(0, "", "Broken pipe"), FLOWS], (0, "", "Broken pipe"), 1),
    ],
)
def test_only_a_hung_up_reader_asks_again(
    answers: list[tuple[int, str, str]], expected: tuple[int, str, str], asked: int
) -> None:
    left = list(answers)
    assert patient(lambda: left.pop(0)) == expected
    assert len(answers) - len(left) == asked


QUEUED = "ActiveState=inactive\nJob=412\nUnitFileState=enabled\n"
STARTING = "ActiveState=activating\nJob=412\nUnitFileState=enabled\n"
ACTIVE = "ActiveState=active\nJob=\nUnitFileState=enabled\n"
STOPPED = "ActiveState=inactive\nUnitFileState=enabled\n"


@pytest.mark.parametrize(
    ("shown", "asked"),
    [([QUEUED, STARTING, ACTIVE], 3), ([STOPPED, ACTIVE], 1), ([ACTIVE, STOPPED], 1), ([""], 1)],
    ids=["it starts", "it is stopped", "it runs", "no systemd"],
)
def test_a_unit_that_is_about_to_start_is_waited_for(
    shown: list[str], asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    left = list(shown)
    assert settled(lambda _argv, _text: (0, left.pop(0), ""), "nfv-pgw.service") == set(shown[asked - 1].splitlines())
    assert len(shown) - len(left) == asked


def test_a_start_that_does_not_end_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10_000, 7))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)

    def ask(_argv: t.Sequence[str], _text: str) -> tuple[int, str, str]:
        return 0, STARTING, ""

    assert "ActiveState=activating" in settled(ask, "nfv-pgw.service")
