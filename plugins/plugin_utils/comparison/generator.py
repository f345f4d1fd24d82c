# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sends packets through a guest and counts them: one protocol for every generator.

Rates and numbers are of both directions together, but for bursts, whose frames are those of each direction.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

SHORTFALL: t.Final = 0.005
"""The share of its packets that a generator may leave unsent in a valid trial."""


@dataclass(frozen=True)
class Load:
    """What to send in one trial."""

    pps: float = 0.0
    """Packets/s."""
    seconds: float = 0.0
    """How long."""
    burst: int = 0
    """Frames of each direction to send back to back, in place of a rate."""
    timed: bool = False
    """Packets tell when they were sent, and so their latency."""


@dataclass(frozen=True)
class Trial:
    """What a generator counted in one trial."""

    intended: int
    """Packets that it should have sent."""
    sent: int
    """Packets that it sent."""
    received: int
    """Packets of these that came through."""
    seconds: float
    """How long it sent."""
    start: float = 0.0
    """When it began, in seconds of its CLOCK_REALTIME."""
    dropped_by_generator: int = 0
    """Packets that came through, and that the generator had no room for."""
    latencies: t.Mapping[int, int] = field(default_factory=dict)
    """How many packets took so many nanoseconds."""

    @property
    def valid(self) -> bool:
        """Whether the generator sent what it should have and took what came, so that the trial tells of the guest."""
        return not self.dropped_by_generator and self.sent >= self.intended * (1 - SHORTFALL)

    @property
    def reached(self) -> int:
        """Packets that the generator can do in such a trial."""
        return min(self.sent, self.received) if self.dropped_by_generator else self.sent


class Generator(t.Protocol):
    """Sends packets through a guest in both directions, and counts what comes through."""

    @property
    def name(self) -> str:
        """Its name in the environment of a comparison."""

    @property
    def maximum_pps(self) -> float:
        """The highest rate that it is asked for."""

    def run(self, load: Load) -> Trial:
        """Runs one trial. Raises NfvError when it cannot."""
