# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One measurement of a comparison: a variant's rates, its latencies at shares of them, and its longest burst."""

from __future__ import annotations

import platform
import sys
import typing as t
from dataclasses import asdict, dataclass

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

from .bursts import longest_burst
from .generator import Generator, Load, Trial
from .latency import summary
from .search import ATTEMPTS, MLRSEARCH_PROBLEM, PDR, Effort, Found, SlowTesterError, search

Tell = t.Callable[[str], None]
"""Is told what happens, a line each time."""

SHARES_OF_PDR: t.Final = {"10": 0.1, "50": 0.5, "90": 0.9}
"""The loads at which latency is measured, beside the lowest rate."""


@dataclass(frozen=True)
class MeasurementSubject:
    """What is measured."""

    variant: str
    """What forwards."""
    turn: int
    """Which of its turns this is, from 1."""
    frame: str
    """The size of the frames."""


@dataclass(frozen=True)
class Extent:
    """How much is measured."""

    effort: Effort
    """Of the search."""
    latency_seconds: float
    """Length of a trial that measures latency; 0 measures none."""
    burst_frames: int
    """The longest burst that is tried, in frames of each direction; 0 tries none."""
    burst_searches: int
    """How often the longest burst is searched."""


def require_library() -> None:
    """Raises NfvError(library_missing) unless this Python has what the search needs."""
    if MLRSEARCH_PROBLEM is not None:
        raise NfvError(
            ErrorCode.LIBRARY_MISSING,
            "MLRsearch",
            f"{sys.executable}, which runs Ansible on {platform.node()}, cannot import this Python library: "
            f"{MLRSEARCH_PROBLEM}",
            f"Install it there: {sys.executable} -m pip install MLRsearch",
        )


def measure(generator: Generator, subject: MeasurementSubject, extent: Extent, tell: Tell) -> dict[str, t.Any]:
    """The measurement, as the module rate_search documents it, but for ``sizes``.

    Raises NfvError: library_missing, tester_slow, rate_search_unfinished, and what the generator raises.
    """
    require_library()
    record = _Recorded(generator, tell)
    found = _found(record, subject, extent.effort)
    return {
        **asdict(subject),
        "generator": generator.name,
        "rates": [asdict(rate) for rate in found.rates],
        "latencies": _latencies(record, found, extent) if extent.latency_seconds else [],
        "bursts": _burst(generator, extent, tell) if extent.burst_frames else None,
        "trials": record.rows,
        "invalid_trials": found.invalid_trials,
        "samples": [],
    }


class _Recorded:
    """A generator whose trials are kept and told."""

    def __init__(self, generator: Generator, tell: Tell) -> None:
        self.rows: list[dict[str, t.Any]] = []
        self.maximum_pps = generator.maximum_pps
        self._generator = generator
        self._tell = tell

    def run(self, load: Load) -> Trial:
        trial = self._generator.run(load)
        names = ("start", "seconds", "intended", "sent", "received", "valid")
        self.rows.append({name: getattr(trial, name) for name in names})
        self._tell(f"trial {len(self.rows)}: {_outcome(load, trial)}")
        return trial


def _outcome(load: Load, trial: Trial) -> str:
    asked = f"{load.pps:,.0f} packets/s"
    if trial.dropped_by_generator:
        return f"{asked}, says nothing: the tester had no room for {trial.dropped_by_generator} packets"
    if not trial.valid:
        return f"{asked}, says nothing: the tester sent {trial.sent} of {trial.intended} packets"
    lost = trial.sent - trial.received
    return f"{asked}, {lost} of {trial.sent} packets lost ({lost / max(trial.sent, 1):.3%})"


def _found(record: _Recorded, subject: MeasurementSubject, effort: Effort) -> Found:
    name = f"{subject.variant}, turn {subject.turn}, frame {subject.frame}"
    try:
        return search(lambda seconds, pps: record.run(Load(pps, seconds)), effort)
    except SlowTesterError as error:
        raise NfvError(
            ErrorCode.TESTER_SLOW,
            name,
            f"the tester reaches {error}, and the lowest rate of the search is {effort.minimum_pps:.0f} packets/s",
            "Give the tester more CPU, or lower minimum_pps",
        ) from error
    except RuntimeError as error:
        raise NfvError(
            ErrorCode.RATE_SEARCH_UNFINISHED,
            name,
            f"the search was not over after {effort.timeout_seconds:.0f} s and {len(record.rows)} trials: {error}",
            "Raise timeout, or lower trials, trial_seconds or the precision (width)",
        ) from error


def _latencies(record: _Recorded, found: Found, extent: Extent) -> list[dict[str, t.Any]]:
    """A row for each load at which packets came through and the tester kept up."""
    pdr = next(rate.lower_pps for rate in found.rates if rate.goal == PDR)
    loads = {"lowest": extent.effort.minimum_pps}
    if pdr is not None:
        loads.update({name: max(share * pdr, extent.effort.minimum_pps) for name, share in SHARES_OF_PDR.items()})
    rows = []
    for name, pps in loads.items():
        for _attempt in range(ATTEMPTS):
            trial = record.run(Load(pps, extent.latency_seconds, timed=True))
            if trial.valid:
                break
        if trial.valid and trial.latencies:
            rows.append({"load": name, "pps": pps, **summary(trial.latencies)})
    return rows


def _burst(generator: Generator, extent: Extent, tell: Tell) -> dict[str, t.Any]:
    tell(f"bursts of up to {extent.burst_frames} frames")
    return asdict(longest_burst(generator, extent.burst_frames, extent.burst_searches))
