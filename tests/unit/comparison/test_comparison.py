# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A comparison says what its measurements say, and not more."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.comparison import (
    Comparison,
    compare,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.environment import Environment
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.histogram import merged_percentiles
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.measurement import (
    PERCENTILES,
    Measurement,
    measurements_from_data,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.rates import Ratio, rate_rows, ratios
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.samples import (
    Counters,
    GuestSample,
    hypervisor_samples,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.sentence import latency_words
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.comparison import latency
from tests.unit.comparison import sample

Bounds = tuple[t.Optional[float], t.Optional[float]]


def compared(measurements: list[sample.Data], **environment: t.Any) -> Comparison:
    return compare(
        measurements_from_data(measurements),
        Environment.from_dict(sample.environment(**environment)),
        sample.CREATED,
        hypervisor_samples(sample.hypervisor()),
    )


def turn(variant: str, number: int, bounds: Bounds, limited_by: str | None = None) -> sample.Data:
    """A measurement of rates alone: the same bounds for both goals."""
    lower, upper = bounds
    limit = limited_by or ("tester" if upper is None else "guest")
    rate = {"lower_pps": lower, "upper_pps": upper, "throughput_pps": lower, "limited_by": limit}
    return {
        "variant": variant,
        "turn": number,
        "frame": "64",
        "rates": [{"goal": goal, **rate} for goal in ("ndr", "pdr")],
        "trials": [],
        "latencies": [],
        "bursts": None,
        "samples": [],
    }


def pair(poll: t.Sequence[Bounds], interrupt: t.Sequence[Bounds]) -> list[sample.Data]:
    return [
        turn(variant, number, bounds)
        for variant, turns in (("poll", poll), ("interrupt", interrupt))
        for number, bounds in enumerate(turns, start=1)
    ]


def judged(poll: t.Sequence[Bounds], interrupt: t.Sequence[Bounds]) -> Ratio:
    return ratios(rate_rows(measurements_from_data(pair(poll, interrupt))))[0]


def test_the_sample_in_one_sentence() -> None:
    found = compared(sample.measurements())
    assert found.sentence == (
        "Poll mode forwards at least 4.0 times as much without loss, at a quarter of the latency, and takes 1.0 CPU all"
        " the time."
    )
    assert (found.verdict, found.reason, found.finding, found.frame) == ("judged", None, "more", "64")
    assert found.turns == {"poll": 3, "interrupt": 3, "interrupt_uncoalesced": 3}
    assert found.invalid_trials == 6
    assert {point.variant for point in found.loss if point.loss == 0} == set(sample.VARIANTS)
    # Trials in which the tester did not send enough say nothing of the loss.
    assert not [point for point in found.loss if point.variant == "poll" and point.loss]


@pytest.mark.parametrize(
    ("poll", "interrupt", "verdict", "reason", "finding", "words"),
    [
        ([(24e3, 24.2e3)], [(1e4, 1.01e4)], "judged", None, "more", "forwards 2.4 times as much without loss."),
        ([(24e3, None)], [(1e4, 1e4)], "judged", None, "more", "forwards at least 2.4 times as much without loss."),
        ([(5e3, 5.1e3)], [(1e4, 1.01e4)], "judged", None, "less", "less without loss than interrupts, 0.50 times as"),
        ([(5e3, 5e3)], [(1e4, None)], "judged", None, "less", "less without loss than interrupts, at most 0.50 times"),
        ([(1e4, 1.01e4)], [(1e4, 1.01e4)], "not_judged", "bounds_overlap", "equal", "as much without loss as inter"),
        ([(1e4, 1.6e4)], [(1.2e4, 1.3e4)], "not_judged", "bounds_overlap", "unknown", "because the bounds of the two"),
        ([(1e4, None)], [(1e4, None)], "not_judged", "tester_limits", "unknown", "the tester could not send enough"),
        ([(1e4, None)], [(1.2e4, 1.3e4)], "not_judged", "tester_limits", "unknown", "could not send enough"),
        ([(None, 100.0)], [(None, 100.0)], "not_judged", "nothing_forwarded", "unknown", "neither forwarded the low"),
        ([(1e4, 1.1e4)], [(None, 1e3)], "judged", None, "more", "forwards at least 10 times as much without loss."),
        ([(None, 1e3)], [(1e4, 1.1e4)], "judged", None, "less", "interrupts, at most 0.10 times as much."),
        (
            [(2e4, 2e4), (3e4, 3e4)],
            [(1e4, 1e4)] * 2,
            "judged",
            None,
            "more",
            "forwards 2.0 to 3.0 times as much without",
        ),
        ([(1e4, 1e4)] * 2, [(2e4, 2e4), (4e4, 4e4)], "judged", None, "less", "interrupts, 0.25 to 0.50 times as much."),
        ([(1e4, 1e4), (3e4, 3e4)], [(1e4, 1e4)] * 2, "not_judged", "spread_wide", "unknown", "turns of one of them"),
    ],
)
def test_a_pair_is_judged_by_its_bounds(
    poll: t.Sequence[Bounds], interrupt: t.Sequence[Bounds], verdict: str, reason: str | None, finding: str, words: str
) -> None:
    ratio = judged(poll, interrupt)
    assert (ratio.verdict, ratio.reason, ratio.finding) == (verdict, reason, finding)
    assert words in compared(pair(poll, interrupt)).sentence


def test_the_ratio_is_that_of_medians_and_its_interval_that_of_all_turns() -> None:
    ratio = judged([(20.0, 21.0), (22.0, 23.0), (21.0, 22.0)], [(10.0, 10.5), (9.0, 9.5), (9.5, 10.0)])
    assert (ratio.ratio, ratio.lowest, ratio.highest) == (21 / 9.5, 20 / 10.5, 23 / 9)
    assert ratio.spread == pytest.approx(1 / 9.5)
    assert not ratio.at_least


def test_nothing_to_compare_is_said() -> None:
    for only in ("poll", "interrupt"):
        found = compared([turn(only, 1, (1.0, 2.0))])
        assert (found.verdict, found.finding) == ("not_judged", "unknown")
        assert "not measured" in found.sentence
    assert "Nothing was compared" in compared([]).sentence


def test_no_size_of_frames_is_taken_because_it_comes_out_better() -> None:
    larger = [{**one, "frame": "1400"} for one in pair([(9e4, 9e4)], [(1e4, 1e4)])]
    found = compared([*larger, *pair([(1e4, 1.6e4)], [(1.2e4, 1.3e4)])])
    assert found.frame == "64" and "unknown" in found.sentence


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.25, "a quarter of the latency"),
        (0.51, "half the latency"),
        (0.38, "38 % of the latency"),
        (0.004, "less than 1 % of the latency"),
        (1.0, "the same latency"),
        (1.7, "1.7 times the latency"),
    ],
)
def test_latency_in_words(value: float, words: str) -> None:
    assert latency_words(value) == words


def test_the_price_is_that_of_the_samples() -> None:
    found = compared(sample.measurements(["64"]))
    poll, interrupt, _uncoalesced = found.cpu
    assert poll.idle_cpus == pytest.approx(1.02, abs=0.01)
    assert interrupt.idle_cpus == pytest.approx(0.04, abs=0.01)
    assert poll.interrupts_per_packet == 0
    assert interrupt.interrupts_per_packet == pytest.approx(0.62, abs=0.01)
    assert interrupt.loads[0].busy_cpus == pytest.approx(0.04 + 8e-5 * 882, abs=0.01)
    assert sum(interrupt.loads[0].by_cpu.values()) == pytest.approx(interrupt.loads[0].busy_cpus)
    assert poll.hypervisor.used_cpus == pytest.approx(1.1)
    assert poll.hypervisor.ready_percent == pytest.approx(0.3)


def read_late(one: sample.Data, ahead: tuple[float, float], told: float = 1.0, **clock: float) -> sample.Data:
    """The same guest with a clock that is so far ahead at its first sample and at its last. told: the share seen."""
    start, end = (int(one["samples"][number]["realtime_ns"]) for number in (0, -1))

    def at(nanoseconds: int) -> float:
        return ahead[0] + (ahead[1] - ahead[0]) * (nanoseconds - start) / (end - start)

    samples = [
        {**each, "realtime_ns": round(each["realtime_ns"] + 1e9 * at(each["realtime_ns"]))} for each in one["samples"]
    ]
    clocks = [sample.clocks(moment / 1e9, told * at(moment), **clock) for moment in (start, end)]
    return {**one, "samples": samples, "clocks": clocks}


@pytest.mark.parametrize("ahead", [(-1.37, -1.37), (3600.0, 3600.0), (0.2, 0.9)])
def test_the_price_does_not_depend_on_the_guest_s_clock(ahead: tuple[float, float]) -> None:
    right = compared(sample.measurements(["64"])).cpu
    measured = sample.measurements(["64"])
    late, unseen = (compared([read_late(one, ahead, told) for one in measured]).cpu for told in (1.0, 0.0))
    for known, other in zip(right, late):
        assert other.idle_cpus == pytest.approx(known.idle_cpus, abs=0.01)
        assert other.interrupts_per_packet == pytest.approx(known.interrupts_per_packet, abs=0.01)
    # The control: as if nobody had looked.
    assert unseen[1].interrupts_per_packet != pytest.approx(right[1].interrupts_per_packet, abs=0.1)


@pytest.mark.parametrize(("gap", "uncertain", "known"), [(0.6, 0.05, True), (0.6, 0.14, True), (0.3, 0.05, False)])
def test_what_lies_between_trials_is_idle_but_for_packets_under_way(gap: float, uncertain: float, known: bool) -> None:
    """As close as a tester begins one trial after the other."""
    guest = sample.Guest(sample.START)
    guest.run(1.0, 0.04)
    for _number in range(5):
        guest.trial(9000, 9000, 9000)
        guest.run(1.2, 0.8)  # packets under way
        guest.run(gap - 0.2, 0.04)
        guest.trials[-1]["seconds"] = 1.0
    clocks = [sample.clocks(moment, uncertain=uncertain) for moment in (sample.START, guest.now)]
    one = {**turn("interrupt", 1, (9000, 9100)), "clock_ticks": sample.TICKS, "clocks": clocks}
    (row,) = compared([{**one, "trials": guest.trials, "samples": guest.samples}]).cpu
    assert row.idle_cpus == (pytest.approx(0.04, abs=0.03) if known else None)


def test_clocks_that_cannot_be_compared_leave_the_price_unknown() -> None:
    measured = [read_late(one, (0.0, 0.0), uncertain=0.16) for one in sample.measurements(["64"])]
    found = compared(measured)
    poll = found.cpu[0]
    assert (poll.idle_cpus, poll.seconds_per_packet, poll.interrupts_per_packet, poll.loads) == (None, None, None, ())
    assert poll.clock_uncertainty_seconds == pytest.approx(0.161)
    assert poll.hypervisor.used_cpus == pytest.approx(1.1)
    assert "CPU" not in found.sentence


def test_the_price_has_the_application_s_threads_and_polling_cycles() -> None:
    poll, interrupt, _uncoalesced = compared(sample.measurements(["64"])).cpu
    assert (interrupt.threads, interrupt.pmd, interrupt.loads[0].pmd_busy_share) == ((), (), None)
    # The thread's number in Open vSwitch is another one after each restart.
    assert [thread.name for thread in poll.threads] == ["pmd-c00", "ovs-vswitchd"]
    assert poll.threads[0].idle_cpus == pytest.approx(1.0, abs=0.01)
    received = [point.pps for point in poll.loads]
    assert poll.threads[0].seconds_per_packet == pytest.approx(len(received) / sum(received), rel=0.02)
    assert [thread.cpu for thread in poll.pmd] == ["0"]
    assert poll.pmd[0].cycles_per_packet == pytest.approx(sample.CYCLES, rel=0.02)
    for point in poll.loads:
        assert point.pmd_busy_share == pytest.approx(point.pps * sample.CYCLES / 2e9, abs=0.01)


def test_a_thread_that_begins_or_starts_again_meanwhile_says_nothing() -> None:
    def at(seconds: float, threads: dict[str, float], cycles: float) -> GuestSample:
        return GuestSample(seconds, {0: seconds}, 0.0, threads, {0: cycles}, {0: cycles})

    counters = Counters([at(1, {"7 a": 5.0}, 9.0), at(2, {"7 a": 6.0, "8 a": 1.0}, 10.0), at(3, {"8 a": 3.0}, 2.0)])
    first, both = counters.between(1, 2), counters.between(1, 3)
    assert first is not None and (first.threads, first.pmd_busy_share) == ({"a": 1.0}, 0.5)
    assert both is not None and (both.threads, both.pmd_busy, both.pmd_busy_share) == ({}, {}, None)


def test_without_samples_the_price_is_unknown_and_not_nothing() -> None:
    measured = [{**one, "samples": []} for one in sample.measurements(["64"])]
    found = compare(measurements_from_data(measured), Environment.from_dict(sample.environment()), sample.CREATED)
    poll = found.cpu[0]
    assert (poll.idle_cpus, poll.seconds_per_packet, poll.interrupts_per_packet, poll.loads) == (None, None, None, ())
    assert (poll.hypervisor.samples, poll.hypervisor.used_cpus) == (0, None)
    assert "CPU" not in found.sentence


def test_counters_say_nothing_beyond_their_samples_or_across_a_boot() -> None:
    counters = Counters([GuestSample(10.0, {0: 5.0}, 100.0), GuestSample(12.0, {0: 6.0}, 300.0)])
    halfway = counters.between(10.0, 11.0)
    assert halfway is not None and (halfway.busy, halfway.interrupts) == ({0: 0.5}, 100.0)
    assert counters.between(9.0, 11.0) is None
    assert counters.between(11.0, 12.5) is None
    assert Counters([GuestSample(1.0, {0: 5.0}, 9.0), GuestSample(2.0, {0: 0.1}, 0.0)]).between(1.0, 2.0) is None
    assert Counters([]).between(1.0, 2.0) is None


def test_latencies_of_turns_are_merged_and_not_averaged() -> None:
    slow, fast = sample.histogram(1000, 100), sample.histogram(10, 9900)
    merged = merged_percentiles([slow, fast], "here")
    assert merged["p50"] < 15
    assert merged["p999"] > 900


def refused(change: t.Callable[[sample.Data], t.Any]) -> NfvError:
    measured = sample.measurement("interrupt", 1, "64")
    Measurement.from_dict(measured)
    change(measured)
    with pytest.raises(NfvError) as caught:
        compared([measured])
    assert caught.value.error_code is ErrorCode.MEASUREMENT_INVALID
    return caught.value


@pytest.mark.parametrize(
    ("subject", "change"),
    [
        ("measurements[0].variant", lambda one: one.update(variant="magic")),
        ("measurements[0].turn", lambda one: one.update(turn=0)),
        ("measurements[0].frame", lambda one: one.update(frame=64)),
        ("measurements[0].rates", lambda one: one.pop("rates")),
        ("measurements[0].rates[0].lower_pps", lambda one: one["rates"][0].update(lower_pps=float("nan"))),
        ("measurements[0].rates[0].lower_pps", lambda one: one["rates"][0].update(lower_pps=True)),
        ("measurements[0].rates[0]", lambda one: one["rates"][0].update(lower_pps=2e9)),
        ("measurements[0].rates[1]", lambda one: one["rates"][1].update(upper_pps=None)),
        ("measurements[0].rates[1]", lambda one: one["rates"][1].update(upper_pps=None, lower_pps=None)),
        ("measurements[0].trials[2].sent", lambda one: one["trials"][2].update(sent=1.5)),
        ("measurements[0].trials[2]", lambda one: one["trials"][2].update(received=10**9)),
        ("measurements[0].trials[2].seconds", lambda one: one["trials"][2].update(seconds=0)),
        ("measurements[0].trials[2].valid", lambda one: one["trials"][2].update(valid="yes")),
        ("measurements[0].latencies[0]", lambda one: one["latencies"][0].update(p50_us=1e9)),
        ("latencies of interrupt, 64, lowest", lambda one: one["latencies"][0].update(histogram="HISTFAAAACd4")),
        ("measurements[0].bursts", lambda one: one.update(bursts=7)),
        ("measurements[0].samples[0].busy_ticks", lambda one: one["samples"][0].update(busy_ticks={"cpu": 1})),
        ("measurements[0].samples[0].thread_ticks", lambda one: one["samples"][0].pop("thread_ticks")),
        ("measurements[0].samples[0].thread_ticks.7 a", lambda one: one["samples"][0].update(thread_ticks={"7 a": -1})),
        ("measurements[0].samples[0].pmd_cycles", lambda one: one["samples"][0].update(pmd_cycles={"main": {}})),
        ("measurements[0].samples[0].pmd_cycles.2", lambda one: one["samples"][0].update(pmd_cycles={"2": 7})),
        ("measurements[0].samples[0].pmd_cycles.2.idle", lambda one: one["samples"][0].update(pmd_cycles={"2": {}})),
        ("measurements[0].samples[0].interrupts.s5u", lambda one: one["samples"][0].update(interrupts={"s5u": -1})),
        ("measurements[0].clock_ticks", lambda one: one.pop("clock_ticks")),
        ("measurements[0].clocks", lambda one: one.pop("clocks")),
        ("measurements[0].clocks[1].guest.controller", lambda one: one["clocks"][1]["guest"].update(controller=None)),
        ("measurements[0].samples[0]", lambda one: one["samples"].insert(0, None)),
    ],
)
def test_what_is_malformed_is_refused_by_its_path(subject: str, change: t.Callable[[sample.Data], t.Any]) -> None:
    assert refused(change).subject == subject


def test_a_measurement_that_is_there_twice_is_refused() -> None:
    with pytest.raises(NfvError, match=r"measurements\[1\]: is a second one of poll, turn 1, 64"):
        compared([turn("poll", 1, (1.0, 2.0))] * 2)


@pytest.mark.parametrize("changed", [{"vm": ""}, {"cpus": 0}, {"emulated": "no"}, {"host": {"name": []}}])
def test_an_environment_that_is_malformed_is_refused(changed: sample.Data) -> None:
    with pytest.raises(NfvError, match=r"\[measurement_invalid\] environment"):
        compared([], **changed)


def test_what_the_rate_search_measures_is_understood() -> None:
    """Its histograms count nanoseconds; the numbers beside them are microseconds."""
    row = latency.summary({250_000: 90, 900_000: 10})
    merged = merged_percentiles([row["histogram"]] * 2, "here")
    assert merged["p50"] == pytest.approx(250, rel=0.01)
    assert merged == {name: row[f"{name}_us"] for name in PERCENTILES}
