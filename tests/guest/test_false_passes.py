# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that looks like poll mode and is not, set up in a real guest, must fail for the right reason.

All but one: GRUB edited and not rebooted is what Molecule's scenario guest_reboot comes by anyway.
"""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    from tests.guest.conftest import Testbed


def test_testpmd_that_polls_and_forwards_is_proved(forwarding: Testbed) -> None:
    """The positive control: what fails below fails because of the sabotage."""
    verdict, run = forwarding.verify()
    assert verdict.reasons == {}, run.output
    assert verdict.proved
    assert run.succeeded
    assert run.changed == 0
    observed, passive = forwarding.observe_both_ways()
    assert observed.reasons == {}
    assert observed.proved
    assert passive.reasons == {}
    assert passive.status == "running"
    assert observed.rows.keys() == verdict.rows.keys()


def test_spinning_on_idle_ports(forwarding: Testbed) -> None:
    """The polling thread uses all of its CPU and no interrupt count rises, but nobody sends anything."""
    verdict, run = forwarding.verify(dpdk_verify_traffic="none")
    assert not verdict.proved
    assert not run.succeeded
    assert any("[poll_mode_not_proved]" in message for message in run.failures)
    for row in ("traffic", "counters s5u", "counters sgi", "interrupts s5u", "worker CPU 1"):
        assert verdict.reasons[row] == "no traffic seen: not proved"


def test_traffic_that_stopped(forwarding: Testbed) -> None:
    """The tester sends with its cables unplugged: nothing reaches the guest, whose link is up at 10 Gbit/s."""
    forwarding.plug_tester(plugged=False)
    verdict, passive = forwarding.observe_both_ways()
    link = forwarding.telemetry("/ethdev/link_status,0")
    assert (link["status"], link["speed"]) == ("UP", 10000)
    assert not verdict.proved
    assert "200 of 200 lost" in verdict.reasons["traffic forth"]
    assert "the port received 0, the tester sent" in verdict.reasons["counters s5u"]
    # Nobody needs a tester to see that nothing moves.
    assert passive.status == "failed"
    for row in ("live traffic", "counters s5u", "counters sgi", "interrupts s5u", "worker CPU 1"):
        assert passive.reasons[row] == "no traffic seen: not proved"


# By sabotage: rows that must fail, and words of their reasons.
SABOTAGES: dict[str, dict[str, str]] = {
    "devbind_skipped": {
        "driver s5u": "driven by the kernel's vmxnet3",
        "port s5u": "DPDK has no port at",
        "traffic forth": "lost",
    },
    "no_driver": {"driver s5u": "no driver at all", "port s5u": "DPDK has no port at", "traffic forth": "lost"},
    "af_packet": {
        "driver s5u": "driven by the kernel's vmxnet3",
        "port s5u": "DPDK has no port at",
        "EAL arguments": "net_af_packet0",
    },
    "null": {
        "port s5u": "DPDK has no port at",
        "holder sgi": "is not held by the application alone",
        "EAL arguments": "net_null0",
        "traffic back": "lost",
    },
    "tap": {
        "driver sgi": "driven by the kernel's vmxnet3",
        "port sgi": "DPDK has no port at",
        "EAL arguments": "net_tap1",
    },
    "no_huge": {"EAL arguments": "--no-huge", "hugepages": "maps no hugepages"},
    "another_process": {
        "process": "the telemetry before the traffic is process",
        "port s5u": "DPDK has no port at",
        "counters s5u": "not observed",
    },
    "hugepages_short": {"hugepages": "the pool of 2048 kB pages has 100 of 256 pages"},
    "back_on_vmxnet3": {"driver s5u": "driven by the kernel's vmxnet3", "traffic forth": "lost"},
}


# Each resembles another: a driver that is not DPDK's, or a port that is no device's.
AGAIN = {"no_driver", "back_on_vmxnet3", "null", "tap"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.again) if name in AGAIN else name for name in SABOTAGES]
)
def test_false_pass_is_caught_with_its_reason(forwarding: Testbed, name: str) -> None:
    forwarding.sabotage(name)
    verdict, passive = forwarding.observe_both_ways()
    assert not verdict.proved
    assert passive.status == "failed"
    for row, words in SABOTAGES[name].items():
        assert words in verdict.reasons.get(row, "the row passed"), verdict.reasons
        # Each of them shows in rows that need no tester, too.
        if not row.startswith("traffic "):
            assert words in passive.reasons.get(row, "the row passed"), passive.reasons


def test_packets_that_go_round_in_circles(forwarding: Testbed) -> None:
    """The counters rise, but not from the tester's packets."""
    forwarding.move(1, "PG-SGi")
    forwarding.sabotage("recirculating")
    verdict = forwarding.observe()
    assert not verdict.proved
    assert "the port received" in verdict.reasons["counters sgi"]
    assert "lost" in verdict.reasons["traffic forth"]
