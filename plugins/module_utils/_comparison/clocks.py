# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest's clock against the tester's: the guest's counters have times by the one, trials by the other."""

from __future__ import annotations

import dataclasses
import typing as t

from .fields import Fields

UNCERTAIN_SECONDS: t.Final = 0.15
"""Beyond it nobody can tell what the guest took in a trial of a second, and what between two."""


@dataclasses.dataclass(frozen=True)
class ClockReading:
    """Both clocks as the controller read them, one right after the other."""

    guest_seconds: float
    """When that was, by the guest's clock, in seconds since 1970."""
    ahead_seconds: float
    """By how much the guest's clock was ahead of the tester's."""
    uncertainty_seconds: float
    """By how much that may be wrong either way."""

    @classmethod
    def from_fields(cls, fields: Fields) -> ClockReading:
        """Of ``guest`` and ``tester``, each what the module clock_info returns."""
        guest, tester = fields.below("guest"), fields.below("tester")
        offsets = [one.number("offset_seconds", low=-1e12) for one in (guest, tester)]
        return cls(
            guest.number("controller") + offsets[0],
            offsets[0] - offsets[1],
            guest.number("uncertainty_seconds") + tester.number("uncertainty_seconds"),
        )


@dataclasses.dataclass(frozen=True)
class Clocks:
    """The readings of one measurement, from before the first trial and after the last."""

    readings: tuple[ClockReading, ...]
    """In the order of time; empty where nobody looked."""

    @property
    def uncertainty_seconds(self) -> float | None:
        """By how much a time of the guest may be wrong; None where nobody looked."""
        return max((one.uncertainty_seconds for one in self.readings), default=None)

    @property
    def known(self) -> bool:
        """Whether the guest's times can be told by the tester's clock."""
        uncertainty = self.uncertainty_seconds
        return uncertainty is not None and uncertainty <= UNCERTAIN_SECONDS

    def by_tester(self, guest_seconds: float) -> float:
        """A time of the guest by the tester's clock. Between two readings the difference changes evenly."""
        first, last = self.readings[0], self.readings[-1]
        between = last.guest_seconds - first.guest_seconds
        share = min(max((guest_seconds - first.guest_seconds) / between, 0.0), 1.0) if between > 0 else 0.0
        return guest_seconds - first.ahead_seconds - share * (last.ahead_seconds - first.ahead_seconds)
