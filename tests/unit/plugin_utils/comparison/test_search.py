# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search on simulated guests, whose rates are known, behind testers that may be too slow."""

from __future__ import annotations

import random
import typing as t
from dataclasses import dataclass, field

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.comparison.generator import Trial
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.comparison.search import (
    GUEST,
    TESTER,
    Effort,
    Found,
    Rate,
    SlowTesterError,
    search,
)

EFFORT = Effort(minimum_pps=100, maximum_pps=100_000)
SEEDS = range(100)


@dataclass
class Device:
    """A guest that forwards up to a rate, seen through a tester that sends up to a rate."""

    capacity_pps: float
    noise: float = 0.0
    """Standard deviation of the capacity between trials, as a share of it; it is never above the capacity."""
    dropped_every: int = 0
    """One packet of so many is dropped at any rate."""
    tester_pps: float = 1e9
    seed: int = 0
    random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311 - noise

    def trial(self, seconds: float, pps: float) -> Trial:
        intended = round(seconds * pps)
        sent = min(intended, int(seconds * self.tester_pps))
        capacity = self.capacity_pps * (1 - abs(self.random.gauss(0, self.noise)))
        dropped = sent // self.dropped_every if self.dropped_every else 0
        return Trial(intended, sent, min(sent - dropped, int(seconds * capacity)), seconds)


def found(device: Device, **changes: t.Any) -> dict[str, Rate]:
    result: Found = search(device.trial, Effort(**{**vars(EFFORT), **changes}))
    return {rate.goal: rate for rate in result.rates}


@pytest.mark.parametrize("noise", [0.0, 0.003])
def test_the_rates_are_found_within_two_percent(noise: float) -> None:
    for seed in SEEDS:
        capacity = 5_000 + seed * 551.3
        rates = found(Device(capacity, noise, seed=seed))
        for rate in rates.values():
            assert rate.lower_pps == pytest.approx(capacity, rel=0.02), seed
            assert rate.upper_pps is not None and rate.upper_pps > (rate.lower_pps or 0)
            assert rate.limited_by == GUEST


def test_a_guest_that_drops_every_thousandth_packet_has_no_ndr_and_the_same_pdr() -> None:
    sound, leaking = found(Device(20_000)), found(Device(20_000, dropped_every=1_000))
    # At rates at which a trial has less than a thousand packets nothing is dropped.
    assert leaking["ndr"].lower_pps is not None
    assert leaking["ndr"].lower_pps < 2_000
    assert leaking["pdr"].lower_pps == pytest.approx(sound["pdr"].lower_pps, rel=0.02)


def test_a_slow_tester_is_the_limit_and_never_loss() -> None:
    rates = found(Device(50_000, tester_pps=12_000))
    for rate in rates.values():
        assert rate.limited_by == TESTER
        assert rate.upper_pps is None
        assert rate.lower_pps == pytest.approx(12_000 * 0.97, rel=0.02)


def test_a_tester_below_the_lowest_rate_of_the_library_is_the_limit() -> None:
    for rate in found(Device(50_000, tester_pps=3_000)).values():
        assert (rate.limited_by, rate.upper_pps) == (TESTER, None)
        assert rate.lower_pps == pytest.approx(3_000 * 0.97, rel=0.02)


def test_what_the_tester_had_no_room_for_is_no_loss() -> None:
    def overrun(seconds: float, pps: float) -> Trial:
        intended = round(seconds * pps)
        taken = min(intended, int(seconds * 9_500))
        return Trial(intended, intended, taken, seconds, dropped_by_generator=intended - taken)

    for rate in search(overrun, EFFORT).rates:
        assert (rate.limited_by, rate.upper_pps) == (TESTER, None)
        assert rate.lower_pps == pytest.approx(9_500 * 0.97, rel=0.02)


def test_a_slow_tester_does_not_hide_a_slower_guest() -> None:
    for rate in found(Device(8_000, tester_pps=12_000)).values():
        assert rate.limited_by == GUEST
        assert rate.lower_pps == pytest.approx(8_000, rel=0.02)


def test_a_tester_below_the_lowest_rate_finds_nothing() -> None:
    with pytest.raises(SlowTesterError, match="50 packets/s"):
        search(Device(50_000, tester_pps=50).trial, EFFORT)


def test_a_guest_that_forwards_nothing_has_no_lower_bound() -> None:
    for rate in found(Device(0)).values():
        assert (rate.lower_pps, rate.throughput_pps, rate.limited_by) == (None, None, GUEST)


def test_a_single_stumble_of_the_tester_is_repeated_and_counted() -> None:
    device, calls = Device(20_000), []

    def stumbling(seconds: float, pps: float) -> Trial:
        calls.append(pps)
        trial = device.trial(seconds, pps)
        return Trial(trial.intended, trial.intended // 2, 0, seconds) if len(calls) == 4 else trial

    result = search(stumbling, EFFORT)
    assert (result.trials, result.invalid_trials) == (len(calls), 1)
    assert {rate.limited_by for rate in result.rates} == {GUEST}
    assert result.rates[0].lower_pps == pytest.approx(20_000, rel=0.02)


def test_a_guest_beyond_the_highest_rate_that_is_asked_for_is_no_limit() -> None:
    for rate in found(Device(1e9)).values():
        assert (rate.limited_by, rate.upper_pps) == (TESTER, None)
        assert rate.lower_pps == pytest.approx(EFFORT.maximum_pps, rel=0.02)
