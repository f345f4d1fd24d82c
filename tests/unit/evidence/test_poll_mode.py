# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters that judge samples and report on verdicts."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.poll_mode import poll_mode_report, poll_mode_verdict

EXPECTED: dict[str, t.Any] = {
    "devices": [
        {"name": "s5u", "pci_address": "0000:00:04.0", "mac": "00:50:56:01:0A:02", "driver": "uio_pci_generic"},
        {"name": "sgi", "pci_address": "0000:00:05.0", "mac": "00:50:56:01:0A:03", "driver": "uio_pci_generic"},
    ],
    "sides": {"s5u": "s5u", "sgi": "sgi"},
    "polling_cpus": [1],
    "hugepages": [{"size_kb": 2048, "count": 256, "node": None}],
    "outer_checksum": False,
}
CREATED = "2026-01-01T00:00:00Z"


def test_verdict_filter(good: dict[str, t.Any]) -> None:
    assert poll_mode_verdict(good, EXPECTED)["proved"]


def test_the_mac_that_vsphere_assigned_goes_before_the_guests(good: dict[str, t.Any]) -> None:
    adapters = [{"name": "mgmt", "mac": "00:50:56:00:00:01"}, {"name": "s5u", "mac": "00:50:56:99:99:99"}]
    result = poll_mode_verdict(good, {**EXPECTED, "adapters": adapters})
    assert "its MAC is 00:50:56:01:0a:02" in str([row["reason"] for row in result["evidence"]])
    assert not result["proved"]


def test_empty_errors_are_no_errors(good: dict[str, t.Any]) -> None:
    assert poll_mode_verdict({**good, "errors": ["", None]}, EXPECTED)["proved"]
    assert not poll_mode_verdict({**good, "errors": ["no route"]}, EXPECTED)["proved"]


@pytest.mark.parametrize("expected", [{}, {**EXPECTED, "lost": 1}, "text"])
def test_an_incomplete_expectation_is_refused(expected: t.Any, good: dict[str, t.Any]) -> None:
    with pytest.raises(AnsibleFilterError, match="poll_mode_verdict"):
        poll_mode_verdict(good, expected)


def test_one_host_without_a_verdict_spoils_the_report(good: dict[str, t.Any]) -> None:
    proved = poll_mode_verdict(good, EXPECTED)
    assert poll_mode_report({"pgw-1": proved}, ["pgw-1"], CREATED)["proved"]
    report = poll_mode_report({"pgw-1": proved}, ["pgw-1", "pgw-2"], CREATED)
    assert (report["proved"], report["hosts"]["pgw-1"]["proved"], report["hosts"]["pgw-2"]["proved"]) == (
        False,
        True,
        False,
    )
    assert not poll_mode_report({}, [], CREATED)["proved"]


def test_nothing_but_known_keys_gets_into_a_report(good: dict[str, t.Any]) -> None:
    verdict = poll_mode_verdict(good, EXPECTED)
    verdict["vsphere_password"] = verdict["traffic"][0]["token"] = verdict["evidence"][0]["secret"] = "hunter2"
    assert "hunter2" not in str(poll_mode_report({"pgw-1": verdict}, ["pgw-1"], CREATED))
