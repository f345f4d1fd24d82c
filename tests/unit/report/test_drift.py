# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome of a comparison, and each difference with its side."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.drift import drift_report

AT = "2026-01-01T00:00:00Z"
SAME: dict[str, t.Any] = {"present": True, "differences": [], "error": None}
DIFFERENCES = [
    {"setting": "cpu.count", "from": 2, "to": 4, "power_off_needed": True},
    {"setting": "memory.host_1g_pages", "from": None, "to": "TRUE", "power_off_needed": False},
]
DIFFERS = {"present": True, "differences": DIFFERENCES, "error": None}
BROKEN = {"present": True, "differences": None, "error": {"error_code": "x", "message": "[x] pgw-3: no port group"}}
MISSING = {"present": False}
GUEST_SAME: dict[str, t.Any] = {"changed": False, "differences": []}
GUEST_DIFFERS = {
    "differences": [
        {"setting": "isolated CPUs", "asked": "1", "seen": "", "error_code": "y", "message": "isolated CPUs: none"}
    ]
}
OFF = {"unreachable": True, "msg": "Connection timed out"}
SKIPPED = {"skipped": True, "skip_reason": "Conditional result was False"}
REFUSED = {"failed": True, "msg": "[z] pgw-1: unreadable", "differences": []}


@pytest.mark.parametrize(
    ("vms", "outcome"),
    [
        ([SAME, SAME], "none"),
        ([SAME, DIFFERS], "found"),
        ([SAME, MISSING], "found"),
        ([DIFFERS, BROKEN], "failed"),
        ([], "failed"),  # nothing compared is nothing known
    ],
)
def test_the_worst_outcome_counts(vms: list[dict[str, t.Any]], outcome: str) -> None:
    results = {f"pgw-{number}": vm for number, vm in enumerate(vms)}
    report = drift_report({"vsphere": results}, list(results), AT)
    assert (report["outcome"], report["created"], tuple(report["sides"])) == (outcome, AT, ("vsphere",))


@pytest.mark.parametrize(
    ("vm", "guest", "outcome"),
    [
        (SAME, GUEST_SAME, "none"),
        (SAME, GUEST_DIFFERS, "found"),
        (DIFFERS, GUEST_SAME, "found"),
        (SAME, OFF, "failed"),
        (DIFFERS, OFF, "failed"),
        (SAME, REFUSED, "failed"),
        (SAME, SKIPPED, "failed"),
        (SAME, {}, "failed"),
        (SAME, None, "failed"),
        (None, GUEST_SAME, "failed"),
        (MISSING, OFF, "found"),  # a VM that does not exist has no guest
    ],
)
def test_both_sides_must_be_compared(vm: dict[str, t.Any] | None, guest: dict[str, t.Any] | None, outcome: str) -> None:
    sides = {side: {} if one is None else {"pgw-1": one} for side, one in (("vsphere", vm), ("guest", guest))}
    assert drift_report(sides, ["pgw-1"], AT)["outcome"] == outcome


def test_only_the_sides_that_are_asked_for_are_compared() -> None:
    results = {"vsphere": {"pgw-1": DIFFERS}, "guest": {"pgw-1": GUEST_SAME}}
    assert drift_report(results, ["pgw-1"], AT, sides=["guest"])["outcome"] == "none"
    assert drift_report({"vsphere": {"pgw-1": SAME}}, ["pgw-1"], AT, sides=["vsphere", "guest"])["outcome"] == "failed"
    assert drift_report(results, ["pgw-1"], AT, sides=[])["outcome"] == "failed"
    with pytest.raises(AnsibleFilterError):
        drift_report(results, ["pgw-1"], AT, sides=["network"])


def test_one_side_alone_is_compared_when_asked() -> None:
    assert drift_report({"guest": {"pgw-1": GUEST_SAME}}, ["pgw-1"], AT)["outcome"] == "none"
    assert drift_report({}, ["pgw-1"], AT)["outcome"] == "failed"
    with pytest.raises(AnsibleFilterError, match="vsphere and guest"):
        drift_report({"network": {}}, ["pgw-1"], AT)


def test_an_error_of_the_whole_is_failure_whatever_was_seen() -> None:
    report = drift_report({}, [], AT, "[vcenter_unreachable] vc: no answer")
    assert (report["outcome"], report["message"]) == ("failed", "[vcenter_unreachable] vc: no answer")


def test_each_difference_is_one_line_with_its_side() -> None:
    report = drift_report(
        {
            "vsphere": {"a": SAME, "b": DIFFERS, "c": MISSING, "d": BROKEN},
            "guest": {"a": GUEST_DIFFERS, "b": OFF, "d": GUEST_SAME},
        },
        ["a", "b", "c", "d"],
        AT,
    )
    assert list(report["lines"]) == [
        "a (guest): isolated CPUs: none",
        "b (guest): Connection timed out",
        "b (vsphere): cpu.count is 2, described as 4 (needs a power cycle)",
        "b (vsphere): memory.host_1g_pages is not set, described as TRUE",
        "c (vsphere): the VM does not exist",
        "d (vsphere): [x] pgw-3: no port group",
    ]
    assert report["vms"]["b"]["differences"][0] == {
        "side": "vsphere",
        "setting": "cpu.count",
        "described": 4,
        "found": 2,
        "message": "cpu.count is 2, described as 4 (needs a power cycle)",
    }
    assert report["message"] == (
        "[drift_unknown] 2 of 4 VMs could not be compared: b (guest): Connection timed out; "
        "d (vsphere): [x] pgw-3: no port group"
    )


def test_the_message_names_the_vms_that_drifted() -> None:
    results = {"a": SAME, "b": DIFFERS}
    assert drift_report({"vsphere": results}, ["a", "b"], AT)["message"] == (
        "[drift_found] 1 of 2 VMs are not as described: b; 2 differences"
    )
    assert drift_report({"vsphere": {"a": SAME}}, ["a"], AT)["message"] == "nothing differs"


class _Lazy(list[t.Any]):
    """A container that cannot be made from its elements, as Ansible's lazy ones cannot."""

    def __init__(self) -> None:
        super().__init__(["isolcpus=1"])


def test_lazy_containers_of_ansible_are_taken() -> None:
    difference = {"setting": "kernel arguments", "asked": _Lazy(), "seen": [], "message": "missing"}
    report = drift_report({"guest": {"pgw-1": {"differences": [difference]}}}, ["pgw-1"], AT)
    assert report["vms"]["pgw-1"]["differences"][0]["described"] == ["isolcpus=1"]


def test_an_expected_vm_that_vcenter_was_not_asked_for_is_failed() -> None:
    report = drift_report({"guest": {"pgw-1": GUEST_SAME}}, ["pgw-1"], AT, None, None, ["pgw-1", "pgw-2"])
    assert (report["outcome"], report["vms"]["pgw-1"]["outcome"]) == ("failed", "none")
    (failure,) = report["vms"]["pgw-2"]["failures"]
    assert "vCenter was not asked" in failure["message"]


def test_expected_vms_do_not_stand_in_for_compared_ones() -> None:
    assert drift_report({"vsphere": {"pgw-1": MISSING}}, [], AT, None, None, ["pgw-1"])["outcome"] == "failed"
