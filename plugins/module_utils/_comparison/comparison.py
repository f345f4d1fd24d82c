# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the comparison: what docs/comparison.md describes, as comparison.json has it."""

from __future__ import annotations

import dataclasses
import typing as t

from .cpu import CpuRow, cpu_rows
from .environment import Environment
from .latency import LatencyRatio, LatencyRow, latency_ratios, latency_rows
from .measurement import Measurement
from .rates import NOT_JUDGED, UNKNOWN, RateRow, Ratio, rate_rows, ratios
from .sentence import main_ratio, sentence

if t.TYPE_CHECKING:
    from .samples import HypervisorSample

SCHEMA_VERSION: t.Final = 1
"""The version of the schema of comparison.json. It rises when a key is removed or changes its meaning."""


@dataclasses.dataclass(frozen=True)
class LossPoint:
    """One valid trial."""

    variant: str
    """The variant that forwarded."""
    frame: str
    """Size of the frames."""
    turn: int
    """The turn, from 1."""
    pps: float
    """Packets/s that were sent, of both directions together."""
    loss: float
    """The share of them that were lost."""


@dataclasses.dataclass(frozen=True)
class BurstRow:
    """The longest burst without loss (RFC 9004) of one variant, in its worst turn."""

    variant: str
    """The variant that forwarded."""
    frame: str
    """Size of the frames."""
    frames: int
    """How many frames."""
    limited_by: str
    """GUEST, or TESTER where no longer burst could be sent."""


@dataclasses.dataclass(frozen=True)
class Comparison:
    """The comparison."""

    schema_version: int
    """SCHEMA_VERSION."""
    created: str
    """The time when it was made, in ISO 8601."""
    sentence: str
    """The conclusion, in a sentence or two."""
    verdict: str
    """JUDGED or NOT_JUDGED: the verdict on the pair that the sentence is about."""
    reason: str | None
    """Why that pair is not judged; None when it is."""
    finding: str
    """MORE, LESS, EQUAL or UNKNOWN: what the poll-mode driver forwards, compared with the other variant."""
    frame: str | None
    """The size of the frames that the sentence is about; None where nothing was compared."""
    environment: Environment | None
    """Where it was measured; None where nothing was."""
    turns: t.Mapping[str, int]
    """How many turns each variant had."""
    rates: tuple[RateRow, ...]
    """The rates that each variant forwards."""
    ratios: tuple[Ratio, ...]
    """The poll-mode driver's rate divided by that of each other variant."""
    latencies: tuple[LatencyRow, ...]
    """The latencies of each variant."""
    latency_ratios: tuple[LatencyRatio, ...]
    """The poll-mode driver's latency divided by that of each other variant."""
    cpu: tuple[CpuRow, ...]
    """The CPU time that forwarding takes."""
    bursts: tuple[BurstRow, ...]
    """The longest burst without loss of each variant."""
    loss: tuple[LossPoint, ...]
    """All valid trials."""
    trials: int
    """How many trials there were."""
    invalid_trials: int
    """How many of them were discarded because the tester had not sent enough."""
    error: str | None = None
    """Why nothing was compared, in one line with an error code; None for a comparison."""


def compare(
    measurements: t.Sequence[Measurement],
    environment: Environment,
    created: str,
    hypervisor: t.Sequence[HypervisorSample] = (),
) -> Comparison:
    """The comparison of these measurements.

    created: ISO 8601; hypervisor: what vCenter says of the VM, from before the first trial to after the last.
    Raises NfvError: measurement_invalid, library_missing.
    """
    rates = rate_rows(measurements)
    pairs, latencies = ratios(rates), latency_rows(measurements)
    latency_pairs, cpu = latency_ratios(latencies), cpu_rows(measurements, hypervisor, environment.cpus)
    main = main_ratio(pairs)
    prices = {row.variant: row for row in cpu if main is not None and row.frame == main.frame}
    trials = [trial for each in measurements for trial in each.trials]
    return Comparison(
        schema_version=SCHEMA_VERSION,
        created=created,
        sentence=sentence(main, latency_pairs, prices),
        verdict=NOT_JUDGED if main is None else main.verdict,
        reason=None if main is None else main.reason,
        finding=UNKNOWN if main is None else main.finding,
        frame=None if main is None else main.frame,
        environment=environment,
        turns=_turns(measurements),
        rates=rates,
        ratios=pairs,
        latencies=latencies,
        latency_ratios=latency_pairs,
        cpu=cpu,
        bursts=_bursts(measurements),
        loss=_loss(measurements),
        trials=len(trials),
        invalid_trials=sum(not trial.valid for trial in trials),
    )


def failed_comparison(created: str, error: str) -> Comparison:
    """What stands in the place of a comparison that has not come to its end. error: why, in one line."""
    return Comparison(
        schema_version=SCHEMA_VERSION,
        created=created,
        sentence=f"Nothing was compared: {error}",
        verdict=NOT_JUDGED,
        reason=None,
        finding=UNKNOWN,
        frame=None,
        environment=None,
        turns={},
        rates=(),
        ratios=(),
        latencies=(),
        latency_ratios=(),
        cpu=(),
        bursts=(),
        loss=(),
        trials=0,
        invalid_trials=0,
        error=error,
    )


def _turns(measurements: t.Sequence[Measurement]) -> dict[str, int]:
    turns: dict[str, set[int]] = {}
    for each in measurements:
        turns.setdefault(each.variant, set()).add(each.turn)
    return {variant: len(numbers) for variant, numbers in turns.items()}


def _bursts(measurements: t.Sequence[Measurement]) -> tuple[BurstRow, ...]:
    worst: dict[tuple[str, str], BurstRow] = {}
    for each in measurements:
        if each.bursts is not None:
            key, bursts = (each.variant, each.frame), each.bursts
            if key not in worst or bursts.frames < worst[key].frames:
                worst[key] = BurstRow(*key, bursts.frames, bursts.limited_by)
    return tuple(worst.values())


def _loss(measurements: t.Sequence[Measurement]) -> tuple[LossPoint, ...]:
    return tuple(
        LossPoint(each.variant, each.frame, each.turn, trial.pps, trial.loss)
        for each in measurements
        for trial in each.trials
        if trial.valid
    )


def comparison_as_data(comparison: Comparison) -> dict[str, t.Any]:
    """The comparison as JSON has it (docs/comparison.md has its keys)."""
    return dataclasses.asdict(comparison)
