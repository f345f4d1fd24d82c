# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The longest burst of frames, back to back, that a guest's rings and queues take without loss (RFC 9004)."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .generator import Generator, Load, Trial
from .search import GUEST, TESTER

_WIDTH: t.Final = 0.01
_ATTEMPTS: t.Final = 3


@dataclass(frozen=True)
class Burst:
    """What was found, in frames of each direction."""

    frames: int
    """The longest burst without loss: the mean of the searches, as RFC 9004 has it."""
    shortest: int
    """The smallest result of a search."""
    longest: int
    """The largest one."""
    pps: float
    """How fast the generator sent, both directions together: a slower one lets the guest catch up."""
    limited_by: str
    """GUEST, or TESTER where longer bursts than those that could be tried may come through."""


def longest_burst(generator: Generator, largest: int, searches: int) -> Burst:
    """Search as often, up to a largest burst. Raises what the generator raises."""
    found = [_search(generator, largest) for _search_number in range(searches)]
    lengths = [length for length, _limit, _pps in found]
    limited = TESTER if any(limit == TESTER for _length, limit, _pps in found) else GUEST
    pps = max(pps for _length, _limit, pps in found)
    return Burst(round(sum(lengths) / len(lengths)), min(lengths), max(lengths), pps, limited)


def _search(generator: Generator, largest: int) -> tuple[int, str, float]:
    """The longest burst without loss, what limits it, and the rate of the first one that was sent."""
    good, bad, limit = 0, largest + 1, TESTER
    length, pps = largest, 0.0
    while True:
        trial = _burst(generator, length)
        pps = pps or (trial.sent / trial.seconds if trial.seconds else 0.0)
        if not trial.valid:
            bad, limit = length, TESTER
        elif trial.received < trial.sent:
            bad, limit = length, GUEST
        else:
            good = length
        if bad - good <= max(1, int(bad * _WIDTH)):
            return good, limit, pps
        length = (good + bad) // 2


def _burst(generator: Generator, length: int) -> Trial:
    """A burst that the generator sent and counted whole, or its last attempt."""
    for _attempt in range(_ATTEMPTS):
        trial = generator.run(Load(burst=length))
        if trial.valid:
            break
    return trial
