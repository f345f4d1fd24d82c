# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock of another machine, read over a connection that takes its time."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.comparison.clock import COMMAND, READINGS, read_clock


class Machine:
    """A machine whose clock is ahead, and whose connection takes some time each way."""

    def __init__(self, ahead: float, ways: list[tuple[float, float]]) -> None:
        self.now = 1_790_000_000.0
        self.ahead = ahead
        self.ways = ways

    def run(self, line: str) -> tuple[int, str, str]:
        assert line == COMMAND
        there, back = self.ways.pop(0)
        told = self.now + there + self.ahead
        self.now += there + back
        return 0, f"Welcome\n{told:.9f}\n", ""


@pytest.mark.parametrize("ahead", [-1.37, 0.0, 3600.0])
def test_the_shortest_round_trip_bounds_the_error(ahead: float) -> None:
    # The first one opens the connection, and most of each is one way.
    machine = Machine(ahead, [(0.9, 0.1), (0.05, 0.02), (0.03, 0.001), (0.2, 0.0), (0.06, 0.05)])
    clock = read_clock(machine.run, "pgw-1", lambda: machine.now)
    assert clock["uncertainty_seconds"] == pytest.approx(0.0155, abs=1e-6)
    assert abs(clock["offset_seconds"] - ahead) <= clock["uncertainty_seconds"] + 1e-6
    assert clock["offset_seconds"] != pytest.approx(ahead, abs=0.01)
    assert not machine.ways and READINGS == 5


@pytest.mark.parametrize(
    ("answer", "problem"),
    [((127, "", "date: not found"), "status 127: 'date: not found'"), ((0, "N", ""), "printed 'N'")],
)
def test_a_machine_that_does_not_tell_the_time_is_named(answer: tuple[int, str, str], problem: str) -> None:
    with pytest.raises(NfvError, match=problem) as caught:
        read_clock(lambda _line: answer, "pgw-1")
    assert (caught.value.error_code, caught.value.subject) == (ErrorCode.CLOCK_UNREADABLE, "pgw-1")
