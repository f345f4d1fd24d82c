# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PGW's sessions: the time to install ten thousand, to change a hundred, and to recover all of them.

Open vSwitch's userspace datapath runs on this machine as in a guest, except for DPDK. Measured is what the module
pgw_sessions does: observe, plan, apply, and observe again. Ansible and the connection to the guest are not included.
"""

from __future__ import annotations

import time
import typing as t

from bench.model import Measurement, Size, at_most, median, seconds
from bench.native_pgw import plane, session, traffic
from lab.testing.native_switch import native_switch

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.testing.native_switch import NativeSwitch

NAMES = ("pgw_install_10000_s", "pgw_install_growth_1k_10k", "pgw_change_100_s", "pgw_recovery_s")
SESSIONS, FEW, CHANGED = 10_000, 1_000, 100
# Load on sessions that stay: packets per second and direction, and the number of sessions.
LOAD, LOADED = 200, 10
RECOVERY_SECONDS = 120
# Ten times the sessions may take slightly more than ten times as long.
GROWTH = 12


def measure(size: Size) -> Iterator[Measurement]:
    """Raises AssertionError when a packet of a session that stays is lost, or a session does not come back."""
    sessions, few = round(SESSIONS * size.scale), round(FEW * size.scale)
    with native_switch() as switch:
        _install(switch, 1)  # so that no figure includes the first resolution of the neighbours
        pairs = [(_install(switch, few), _install(switch, sessions)) for _run in range(size.runs)]
        changes = [_change(switch, sessions, max(1, round(CHANGED * size.scale)), run) for run in range(size.runs)]
        recoveries = [_recover(switch, sessions) for _run in range(size.runs)]
    yield Measurement("pgw_install_10000_s", median([all_of_them for _few, all_of_them in pairs]), "s")
    growth = median([all_of_them / some for some, all_of_them in pairs])
    yield Measurement("pgw_install_growth_1k_10k", growth, "ratio", at_most(GROWTH))
    yield Measurement("pgw_change_100_s", median(changes), "s")
    yield Measurement("pgw_recovery_s", median(recoveries), "s")


def _install(switch: NativeSwitch, count: int) -> float:
    """Seconds to install so many sessions where there are none."""
    wanted = plane([session(number) for number in range(1, count + 1)])
    switch.converge(None)
    return seconds(lambda: switch.converge(wanted))


def _change(switch: NativeSwitch, count: int, changed: int, run: int) -> float:
    """Seconds to give the last sessions other TEIDs while the first ones carry traffic, of which no packet is lost."""
    sessions = [session(number) for number in range(1, count + 1)]
    first = count - changed
    sessions[first:] = [session(number + 1, 0x100000 * (run + 1) + number) for number in range(first, count)]
    wanted = plane(sessions)
    loaded = range(1, min(LOADED, first) + 1)
    with traffic(switch, loaded, LOAD) as load:
        time.sleep(1)
        before = load.sent
        took = seconds(lambda: switch.converge(wanted))
        meanwhile = load.sent - before
    assert meanwhile > 0
    assert load.lost() == {"uplink": 0, "downlink": 0}, f"{load.lost()} of {load.sent} lost"
    return took


def _recover(switch: NativeSwitch, count: int) -> float:
    """Seconds from SIGKILL of ovs-vswitchd until packets pass in both directions, with all sessions there.

    The function does what systemd would: it starts ovs-vswitchd again, and with it nfv-pgw.service. The traffic is on
    the last sessions of the list.
    """
    wanted = plane([session(number) for number in range(1, count + 1)])
    switch.converge(wanted)
    with traffic(switch, range(count - min(LOADED, count) + 1, count + 1), LOAD) as load:
        time.sleep(1)
        switch.kill_switch()
        killed, number = time.monotonic(), load.sent
        switch.unit_lost()
        switch.start_switch()
        switch.guest.run(["systemctl", "start", "nfv-pgw.service"])
        first = load.first_since(number, RECOVERY_SECONDS)
    found = switch.decide(wanted)
    assert not found.changed, found.steps
    assert len(found.result["sessions"]) == count
    return max(first.values()) - killed
