# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked alike of guests and testers: their Python and their clock. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode

from .row import Row, Subject

OLDEST_PYTHON: t.Final = (3, 9)
PYTHON: t.Final = "python"
CLOCK: t.Final = "clock"


@dataclasses.dataclass(frozen=True)
class MachineFacts:
    """A machine that modules run on."""

    python: tuple[int, ...]
    """Version of the Python that ran the module."""
    time: float
    """Its clock when it was looked at, in seconds since the epoch."""
    synchronized: bool | None = None
    """Whether its kernel knows that the clock is kept by NTP or PTP; None when it does not tell."""


def python_row(subject: Subject, name: str, facts: MachineFacts) -> Row:
    """Modules need Python 3.9."""
    wanted = f"{'.'.join(map(str, OLDEST_PYTHON))} or newer"
    seen = ".".join(map(str, facts.python))
    if facts.python >= OLDEST_PYTHON:
        return Row.ready(subject, name, PYTHON, wanted, seen)
    remedy = "Install a newer Python, and name it in ansible_python_interpreter."
    return Row.not_ready(subject, name, PYTHON, wanted, seen, code=ErrorCode.PYTHON_OLD, remedy=remedy)


@dataclasses.dataclass(frozen=True)
class ClockAsked:
    """What is asked of a clock."""

    controller_time: float | None = None
    """The controller's clock when it asked, in seconds since the epoch; None not to compare."""
    tolerance: float = 60
    """Seconds by which the clocks may differ."""
    latency: float = 300
    """Seconds that may pass between the question and the look: a clock that is ahead by them may be right."""


def clock_row(subject: Subject, name: str, facts: MachineFacts, asked: ClockAsked) -> Row:
    """Certificates, the archives' signatures and the samples' times need clocks that agree."""
    kept = {None: "NTP not reported", True: "kept by NTP", False: "not kept by NTP"}[facts.synchronized]
    if asked.controller_time is None:
        return Row.not_asked(subject, name, CLOCK, kept)
    wanted = f"within {asked.tolerance:g} s of the controller's, after at most {asked.latency:g} s on the way"
    skew = facts.time - asked.controller_time
    # More digits would promise what a look over ssh cannot tell.
    seen = f"{skew:+.0f} s, {kept}"
    if -asked.tolerance <= skew <= asked.tolerance + asked.latency:
        return Row.ready(subject, name, CLOCK, wanted, seen)
    remedy = "Let an NTP client (chrony, systemd-timesyncd) set the clock, on the controller, too."
    return Row.not_ready(subject, name, CLOCK, wanted, seen, code=ErrorCode.CLOCK_DIFFERS, remedy=remedy)
