# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock of another machine, read by short commands from the controller."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import shown

READINGS: t.Final = 5
"""How often it is read; the shortest round trip tells the most."""
COMMAND: t.Final = "date +%s.%N"
"""Of GNU coreutils: seconds since 1970, with nine decimal places."""

Run = t.Callable[[str], tuple[int, str, str]]
"""Runs a shell's command on the machine: takes its text, returns its status, output and errors."""


def read_clock(run: Run, name: str, now: t.Callable[[], float] = time.time) -> dict[str, float]:
    """How far the machine's clock is ahead of the controller's, as the module clock_info documents it.

    The machine looks at its clock between question and answer, so that half the round trip bounds the error.
    name: of the machine, in errors. Raises NfvError: clock_unreadable.
    """
    readings = []
    for _reading in range(READINGS):
        asked = now()
        told = _seconds(*run(COMMAND), name)
        answered = now()
        readings.append((answered - asked, asked, told))
    round_trip, asked, told = min(readings)
    middle = asked + round_trip / 2
    return {"controller": middle, "offset_seconds": told - middle, "uncertainty_seconds": round_trip / 2}


def _seconds(status: int, output: str, errors: str, name: str) -> float:
    # What a login shell prints comes before it.
    last = output.strip().rpartition("\n")[2]
    try:
        if status == 0:
            return float(last)
        problem = f"status {status}: {shown(errors.strip()[-200:])}"
    except ValueError:
        problem = f"it printed {shown(last[-200:])}"
    raise NfvError(
        ErrorCode.CLOCK_UNREADABLE,
        name,
        f"'{COMMAND}' told no time: {problem}",
        "Run it there by hand; it needs date of GNU coreutils",
    )
