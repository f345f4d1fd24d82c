# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A switch that hangs up on a reader is asked again; one that is not there is not."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.observe import READ_ATTEMPTS, patient

HUNG_UP = (1, "", "ovs-ofctl: dump flows (Broken pipe)")
NOT_THERE = (1, "", "ovs-ofctl: br-sgi is not a bridge or a socket")
FLOWS = (0, "cookie=0x6e6676", "")


@pytest.mark.parametrize(
    ("answers", "expected", "asked"),
    [
        ([FLOWS], FLOWS, 1),
        ([HUNG_UP, FLOWS], FLOWS, 2),
        ([NOT_THERE, FLOWS], NOT_THERE, 1),
        ([HUNG_UP] * READ_ATTEMPTS, HUNG_UP, READ_ATTEMPTS),
        ([(0, "", "Broken pipe"), FLOWS], (0, "", "Broken pipe"), 1),
    ],
)
def test_only_a_hung_up_reader_asks_again(
    answers: list[tuple[int, str, str]], expected: tuple[int, str, str], asked: int
) -> None:
    left = list(answers)
    assert patient(lambda: left.pop(0)) == expected
    assert len(answers) - len(left) == asked
