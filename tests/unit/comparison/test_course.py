# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a comparison measures, how long it takes, and how the kernel forwards in it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.comparison import (
    comparison_as_data,
    failed_comparison,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.course import plan_course, plan_forwarding
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.samples import hypervisor_samples
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.report.render import render

REQUEST: dict[str, t.Any] = {
    "host": "vnf-1",
    "traffic": "frames",
    "adapters": 2,
    "turns": 2,
    "frames": ["64"],
    "variants": [],
    "search": {},
}
SIDES = [
    {"interface": "s5u", "mac": "02:00:00:00:00:01", "address": "198.18.1.77", "peer_mac": "00:50:56:00:00:02"},
    {"interface": "sgi", "mac": "02:00:00:00:00:02", "address": "198.18.2.77", "peer_mac": "00:50:56:00:00:03"},
]
KEYS = {"local_teid": 1, "peer_teid": 2, "peer_address": "198.18.1.77", "ue_address": "198.19.255.1"}
PGW = {"s5u": {"address": "198.18.1.1/24"}, "sgi": {"address": "198.18.2.1/24"}}
VERIFICATION = {
    "options": {"sessions": [{"name": "verification", **KEYS}, {"name": "six", **KEYS, "ue_address": ""}]},
    "expected": {"sides": {"s5u": "s5u", "sgi": "sgi"}},
}
FRAMES_VERIFICATION = {
    "options": {
        "first": {"interface": "s5u", "guest_mac": "00:50:56:00:00:02"},
        "second": {"interface": "sgi", "guest_mac": "00:50:56:00:00:03"},
        "dropped": [],
    },
    "expected": {"sides": {"first": "left", "second": "right"}},
}


def test_variants_take_turns() -> None:
    course = plan_course({**REQUEST, "variants": ["interrupt", "interrupt_uncoalesced"]})
    assert [(one.variant, one.turn) for one in course.turns] == [
        ("poll", 1),
        ("interrupt", 1),
        ("interrupt_uncoalesced", 1),
        ("poll", 2),
        ("interrupt", 2),
        ("interrupt_uncoalesced", 2),
    ]


def test_a_pgw_is_compared_with_the_kernels_gtp() -> None:
    assert [one.variant for one in plan_course({**REQUEST, "traffic": "gtpu"}).turns[:2]] == ["poll", "kernel_gtp"]


def test_sampler_outlives_the_search_and_what_follows() -> None:
    course = plan_course({**REQUEST, "search": {"timeout": 1200}})
    after = 4 * (course.search["latency_seconds"] + course.search["drain"])
    assert course.sampler_seconds > 1200 + after
    assert course.seconds > 4 * (1200 + after)


@pytest.mark.parametrize(
    ("wrong", "code", "subject"),
    [
        ({"adapters": 1}, "frames_need_two_adapters", "vnf-1"),
        ({"adapters": 3}, "frames_need_two_adapters", "vnf-1"),
        ({"traffic": "testpmd"}, "traffic_invalid", "vnf-1"),
        ({"variants": ["e1000e"]}, "value_not_allowed", "comparison_variants"),
        ({"variants": ["kernel_gtp"]}, "value_not_allowed", "comparison_variants"),
        ({"variants": ["bridge", "bridge"]}, "value_not_allowed", "comparison_variants"),
        ({"frames": []}, "value_not_allowed", "comparison_frames"),
        ({"frames": ["65"]}, "value_not_allowed", "comparison_frames"),
        ({"turns": 0}, "value_not_allowed", "comparison_turns"),
        ({"turns": "two"}, "value_not_allowed", "comparison_turns"),
        ({"search": {"timeouts": 1}}, "value_not_allowed", "comparison_search"),
        ({"search": {"timeout": "long"}}, "value_not_allowed", "comparison_search.timeout"),
    ],
)
def test_what_cannot_be_measured_is_refused(wrong: dict[str, t.Any], code: str, subject: str) -> None:
    with pytest.raises(NfvError) as refused:
        plan_course({**REQUEST, **wrong})
    assert (refused.value.error_code, refused.value.subject) == (code, subject)


def test_the_kernel_has_the_pgws_addresses_and_the_testers_sessions() -> None:
    planned = plan_forwarding("kernel_gtp", VERIFICATION, SIDES, PGW)
    assert (planned.forwarding, planned.sessions, planned.left_out) == ("gtp", (KEYS,), ("six",))
    assert planned.adapters[0] == {
        "name": "s5u",
        "addresses": ["198.18.1.1/24"],
        "neighbours": [{"address": "198.18.1.77", "mac": "02:00:00:00:00:01"}],
        # Before the network of a stopped bridge, which keeps the same address.
        "routes": [{"destination": "198.18.1.77/32", "via": "198.18.1.77"}],
    }


@pytest.mark.parametrize(
    ("variant", "forwarding", "coalescing"),
    [("interrupt", "routing", True), ("interrupt_uncoalesced", "routing", False), ("bridge", "bridge", True)],
)
def test_frames_pass_between_the_testers_networks(variant: str, forwarding: str, coalescing: bool) -> None:
    planned = plan_forwarding(variant, FRAMES_VERIFICATION, SIDES, {})
    assert (planned.forwarding, planned.coalescing, planned.sessions) == (forwarding, coalescing, ())
    assert [one["name"] for one in planned.adapters] == ["left", "right"]


@pytest.mark.parametrize("variant", ["interrupt", "interrupt_uncoalesced"])
def test_a_router_is_sent_frames_of_its_own(variant: str) -> None:
    assert plan_forwarding(variant, FRAMES_VERIFICATION, SIDES, {}).tester == FRAMES_VERIFICATION["options"]


def test_a_bridge_is_sent_frames_of_others() -> None:
    tester = plan_forwarding("bridge", FRAMES_VERIFICATION, SIDES, {}).tester
    assert tester == {
        "first": {"interface": "s5u", "guest_mac": "02:00:00:00:00:02"},
        "second": {"interface": "sgi", "guest_mac": "02:00:00:00:00:01"},
        "dropped": [],
    }


def test_a_tester_behind_a_router_is_refused() -> None:
    far = [SIDES[0], {**SIDES[1], "address": "203.0.113.9"}]
    with pytest.raises(NfvError) as refused:
        plan_forwarding("kernel_gtp", VERIFICATION, far, PGW)
    assert refused.value.error_code == "traffic_invalid"


def test_an_interval_that_two_looks_tell_counts_once() -> None:
    sample = {"time": 20.0, "usage_percent": 50.0, "ready_ms": None, "costop_ms": 0.0}
    assert len(hypervisor_samples([sample, {**sample, "time": 40.0}, sample])) == 2


def test_a_comparison_that_broke_off_is_not_judged_and_says_why() -> None:
    failed = comparison_as_data(failed_comparison("2026-01-01T00:00:00Z", "[comparison_unfinished] it broke off"))
    assert (failed["verdict"], failed["environment"], failed["rates"]) == ("not_judged", None, ())
    page = render("comparison", failed)
    assert "[comparison_unfinished] it broke off" in page
    assert "Not judged" in page
