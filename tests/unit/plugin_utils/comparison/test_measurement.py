# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measurements on simulated guests: what is put together, and what is never told."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.histogram import merged_percentiles
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.measurement import Measurement
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.hdr_histogram import encoded
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.rate.trial import latency_kept
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.comparison.bursts import longest_burst
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.comparison.generator import Load, Trial
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.comparison.measurement import (
    Extent,
    MeasurementSubject,
    measure,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.comparison.search import Effort

SUBJECT = MeasurementSubject("poll", 2, "imix")
EXTENT = Extent(Effort(minimum_pps=100, maximum_pps=50_000), 2.0, 4096, 2)


@dataclass
class Guest:
    """A guest with a rate and a queue, seen through a tester that sends up to a rate."""

    name = "simulated"
    maximum_pps: float = 50_000
    capacity_pps: float = 20_000
    queue: int = 700
    tester_pps: float = 1e9
    started: float = 0.0

    def run(self, load: Load) -> Trial:
        self.started += 1
        if load.burst:
            return self._burst(load.burst)
        intended = round(load.seconds * load.pps)
        sent = min(intended, int(load.seconds * self.tester_pps))
        received = min(sent, int(load.seconds * self.capacity_pps))
        latencies = {30_000: received - 1, 90_000: 1} if load.timed and received else {}
        return Trial(intended, sent, received, load.seconds, self.started, latencies=latencies)

    def _burst(self, frames: int) -> Trial:
        taken = min(frames, self.queue)
        return Trial(2 * frames, 2 * frames, 2 * taken, 2 * frames / 1e6, self.started)


def measured(guest: Guest, extent: Extent = EXTENT) -> dict[str, t.Any]:
    return measure(guest, SUBJECT, extent, lambda _line: None)


def test_a_measurement_has_all_that_was_seen() -> None:
    guest = Guest()
    result = measured(guest)
    assert (result["variant"], result["turn"], result["frame"], result["generator"]) == ("poll", 2, "imix", "simulated")
    assert [rate["goal"] for rate in result["rates"]] == ["ndr", "pdr"]
    pdr = result["rates"][1]["lower_pps"]
    assert pdr == pytest.approx(20_000, rel=0.02)
    assert [(row["load"], row["pps"]) for row in result["latencies"]] == [
        ("lowest", 100),
        ("10", 0.1 * pdr),
        ("50", 0.5 * pdr),
        ("90", 0.9 * pdr),
    ]
    for row in result["latencies"]:
        assert merged_percentiles([row["histogram"]], "")["p50"] == row["p50_us"]
        assert row["minimum_us"] == pytest.approx(30, rel=0.001)
        assert row["maximum_us"] == pytest.approx(90, rel=0.001)
        assert row["p50_us"] == row["p90_us"]
        assert row["packets"] == round(2 * row["pps"])
    assert result["bursts"] == {
        "frames": pytest.approx(700, rel=0.01),
        "shortest": pytest.approx(700, rel=0.01),
        "longest": pytest.approx(700, rel=0.01),
        "pps": 1e6,
        "limited_by": "guest",
    }
    assert Measurement.from_dict(result).rate("pdr") is not None
    # Bursts are no trials at a rate.
    assert [row["start"] for row in result["trials"]] == list(range(1, len(result["trials"]) + 1))
    assert all(row["valid"] for row in result["trials"])


def test_what_was_not_asked_for_is_not_measured() -> None:
    result = measured(Guest(), Extent(EXTENT.effort, 0.0, 0, 1))
    assert (result["latencies"], result["bursts"]) == ([], None)


def test_a_guest_that_forwards_nothing_has_no_latency() -> None:
    result = measured(Guest(capacity_pps=0, queue=0))
    assert [rate["lower_pps"] for rate in result["rates"]] == [None, None]
    assert Measurement.from_dict(result).latencies == ()
    assert result["latencies"] == []
    assert (result["bursts"]["frames"], result["bursts"]["limited_by"]) == (0, "guest")


def test_a_queue_beyond_the_largest_burst_is_limited_by_the_tester() -> None:
    burst = longest_burst(Guest(queue=10_000), 4096, 1)
    assert (burst.frames, burst.limited_by) == (4096, "tester")


def test_a_burst_that_the_tester_cannot_send_is_no_loss() -> None:
    class Short(Guest):
        def run(self, load: Load) -> Trial:
            sent = 2 * min(load.burst, 500)
            return Trial(2 * load.burst, sent, sent, 0.1)

    burst = longest_burst(Short(), 4096, 1)
    assert burst.frames == pytest.approx(500, rel=0.02)
    assert burst.limited_by == "tester"


@pytest.mark.parametrize(
    ("guest", "effort", "code"),
    [
        (Guest(tester_pps=50), EXTENT.effort, "tester_slow"),
        (Guest(), Effort(100, 50_000, timeout_seconds=1e-6), "rate_search_unfinished"),
    ],
)
def test_a_search_that_finds_nothing_says_why(guest: Guest, effort: Effort, code: str) -> None:
    with pytest.raises(NfvError) as raised:
        measured(guest, Extent(effort, 0.0, 0, 1))
    assert raised.value.error_code.value == code
    assert raised.value.subject == "poll, turn 2, frame imix"
    assert raised.value.remedy


def test_a_histogram_loses_nothing_by_what_the_tester_keeps() -> None:
    """The tester keeps as many digits of a latency as an HdrHistogram does."""
    values = [1, 2047, 2049, 4097, 12_345, 999_999, 1_000_077, 59 * 10**9]
    assert encoded(map(latency_kept, values)) == encoded(values)


def test_a_clock_that_was_set_back_gives_no_latency_below_a_nanosecond() -> None:
    assert latency_kept(-5) == 1
    assert latency_kept(0) == 1
