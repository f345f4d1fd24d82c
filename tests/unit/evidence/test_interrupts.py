# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Interrupts that a polled device may raise, and those that show that nobody polls it."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.model import Expected
from tests.unit.evidence.test_judge import Sample, failed, verdict


@pytest.mark.parametrize(
    ("rise", "packets", "proved"), [(1, 204, True), (1, 50, True), (1, 49, False), (2, 204, False), (0, 49, True)]
)
@pytest.mark.parametrize("own", [True, False])
def test_the_first_packet_after_a_start_may_raise_one_interrupt(
    good: Sample, expected: Expected, rise: int, packets: int, proved: bool, own: bool
) -> None:
    (before, _sgi), (after, _other) = good["before"]["devices"], good["after"]["devices"]
    after["interrupts"][0].update(count=before["interrupts"][0]["count"] + rise)
    for one, more in ((before, 0), (after, rise)):
        one["uio_events"] = 7 + more if own else None
    counted = [
        next(p for p in good[when]["ports"] if p["name"] == before["pci_address"]) for when in ("before", "after")
    ]
    counted[1]["counters"]["ipackets"] = counted[0]["counters"]["ipackets"] + packets
    row = next(row for row in verdict(good, expected)["evidence"] if row["name"] == "interrupts s5u")
    assert (row["verdict"] == "pass") is proved, row
    assert ("first packet after a start" in row["reason"]) is (proved and rise == 1)


def test_a_shared_interrupt_line_is_judged_by_the_devices_own_count(good: Sample, expected: Expected) -> None:
    for when in ("before", "after"):
        good[when]["devices"][0]["interrupts"] = [
            {"line": "20", "count": 5, "handlers": ["uio_pci_generic", "ehci_hcd"]}
        ]
    good["after"]["devices"][0]["interrupts"][0]["count"] = 90
    assert failed(verdict(good, expected)) == {}
    for when in ("before", "after"):
        good[when]["devices"][0]["uio_events"] = None
    assert "shared with ehci_hcd" in failed(verdict(good, expected))["interrupts s5u"]
