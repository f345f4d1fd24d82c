# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passive verification, and what vCenter tells: a guest that runs is never called proved, false passes are caught."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.poll_mode import poll_mode_plan, poll_mode_report
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.model import Expected
from tests.unit.evidence.conftest import recording
from tests.unit.evidence.test_judge import failed, port, sleeping, verdict, worker
from tests.unit.evidence.test_poll_mode import CREATED
from tests.unit.evidence.test_verification import REQUEST

Sample = dict[str, t.Any]
ADAPTERS = tuple(
    {"name": name, "type": "vmxnet3", "connected": True, "network": name, "mac": "00:50:56:01:0a:02"}
    for name in ("s5u", "sgi")
)


@pytest.fixture
def passive(expected: Expected) -> Expected:
    """What is asked of the recorded guest when nobody knows its traffic."""
    return dataclasses.replace(expected, traffic="passive", sides={}, adapters=ADAPTERS)


def test_a_guest_that_runs_is_not_proved(good: Sample, passive: Expected) -> None:
    result = verdict({**good, "traffic": []}, passive)
    assert failed(result) == {}
    assert (result["status"], result["proved"], result["error_code"]) == ("running", False, "")
    assert "running, not proved" in result["summary"]


def test_flows_that_a_tester_would_see_dropped_are_not_asked_for(good: Sample, passive: Expected) -> None:
    assert not failed(verdict({**good, "traffic": []}, dataclasses.replace(passive, dropped=("tcp",))))


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("kernel", {"driver s5u", "holder s5u", "port s5u", "counters s5u", "interrupts s5u"}),
        ("af_packet", {"driver s5u", "holder s5u", "port s5u", "counters s5u", "interrupts s5u"}),
        ("system", {"driver s5u", "holder s5u", "port s5u", "counters s5u", "interrupts s5u"}),
        # Nobody sends anything to a guest that spins on idle ports.
        (
            "silent",
            {"counters s5u", "counters sgi", "interrupts s5u", "worker CPU 1", "polled packets", "live traffic"},
        ),
    ],
)
def test_recorded_fakes_fail_without_a_tester(name: str, rows: set[str], passive: Expected) -> None:
    result = verdict({**recording(name), "traffic": []}, passive)
    assert rows <= failed(result).keys()
    assert (result["status"], result["error_code"]) == ("failed", "poll_mode_not_running")


def misses(sample: Sample) -> None:
    port(sample)["counters"]["imissed"] += 1


def receives_only(sample: Sample) -> None:
    before = {one["name"]: one["counters"]["opackets"] for one in sample["before"]["ports"] if one["counters"]}
    for one in sample["after"]["ports"]:
        if one["counters"]:
            one["counters"]["opackets"] = before[one["name"]]


def polled_elsewhere(sample: Sample) -> None:
    for entry, was in zip(sample["after"]["cycles"], sample["before"]["cycles"]):
        entry["packets"] = was["packets"] + 30


def elsewhere(sample: Sample) -> None:
    worker(sample)["cpu"] = 0


@pytest.mark.parametrize(
    ("change", "row", "words"),
    [
        (misses, "counters s5u", "imissed rose by 1"),
        (receives_only, "live traffic", "sent only 0 packets"),
        (polled_elsewhere, "polled packets", "they received 30"),
        (sleeping, "worker CPU 1", "waits instead of polling"),
        (elsewhere, "worker CPU 1", "runs on CPU 0"),
    ],
)
def test_each_row_fails_by_itself(
    change: t.Callable[[Sample], None], row: str, words: str, good: Sample, passive: Expected
) -> None:
    change(good)
    assert words in failed(verdict({**good, "traffic": []}, passive)).get(row, "the row passed")


def test_misses_may_be_tolerated(good: Sample, passive: Expected) -> None:
    misses(good)
    assert not failed(verdict({**good, "traffic": []}, dataclasses.replace(passive, frame_loss_tolerance=1)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"connected": False}, "it is not connected"),
        ({"connected": None}, "whether it is connected was not observed"),
        ({"type": "e1000"}, "its type is e1000"),
        ({"name": "other"}, "no adapter that the description calls by this name"),
    ],
)
@pytest.mark.parametrize("traffic", ["gtpu", "passive"])
def test_what_vcenter_says_counts(changes: Sample, words: str, traffic: str, good: Sample, expected: Expected) -> None:
    asked = dataclasses.replace(expected, traffic=traffic, adapters=ADAPTERS)
    assert not failed(verdict(good, asked))
    asked = dataclasses.replace(asked, adapters=({**ADAPTERS[0], **changes}, ADAPTERS[1]))
    assert words in failed(verdict(good, asked))["virtual adapter s5u"]


def test_adapters_that_vcenter_was_not_asked_about_have_no_row(good: Sample, expected: Expected) -> None:
    unasked = tuple({"name": one["name"], "mac": one["mac"]} for one in ADAPTERS)
    names = [row["name"] for row in verdict(good, dataclasses.replace(expected, adapters=unasked))["evidence"]]
    assert not [name for name in names if name.startswith("virtual adapter")]


def test_passive_needs_no_tester_and_sends_nothing() -> None:
    found = poll_mode_plan({**REQUEST, "traffic": "passive", "hosts": [], "pgw": {}})
    assert (found["problems"], found["options"], found["expected"]["traffic"]) == ((), {}, "passive")


def one(status: str, error_code: str = "") -> dict[str, t.Any]:
    proved = status == "proved"
    return {"status": status, "proved": proved, "error_code": error_code, "evidence": [], "traffic": []}


def test_others_traffic_may_pass_beside_the_testers(good: Sample, expected: Expected) -> None:
    shared = dataclasses.replace(expected, shared=True)
    for key in ("ipackets", "opackets"):
        port(good)["counters"][key] += 100_000
    assert "the port received" in failed(verdict(good, expected))["counters s5u"]
    assert failed(verdict(good, shared)) == {}
    # Fewer than the tester's are too few all the same.
    port(good)["counters"]["ipackets"] -= 100_500
    assert "the port received" in failed(verdict(good, shared))["counters s5u"]
    misses(good)
    assert "imissed rose by 1" in failed(verdict(good, shared))["counters s5u"]


@pytest.mark.parametrize(
    ("verdicts", "outcome", "words"),
    [
        ([one("proved"), one("running")], "running", "1 of 2 hosts are running, not proved"),
        ([one("skipped"), one("running")], "skipped", "1 of 2 hosts were not looked at"),
        ([one("skipped"), one("failed", "poll_mode_not_proved")], "failed", "[poll_mode_not_proved] 1 of 2"),
        ([one("running"), one("failed", "poll_mode_not_running")], "failed", "[poll_mode_not_running] 1 of 2"),
        ([one("proved"), one("proved")], "proved", "2 of 2 hosts are proved"),
    ],
)
def test_outcome_is_the_worst_of_all_hosts(verdicts: list[Sample], outcome: str, words: str) -> None:
    report = poll_mode_report(dict(zip(("a", "b"), verdicts)), ["a", "b"], CREATED)
    assert (report["outcome"], report["proved"]) == (outcome, outcome == "proved")
    assert words in report["message"]
