# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kernel that forwards by interrupts is proved, and each way in which it only seems to is found."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic import pci
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.interrupt_evidence import observe
from tests.unit.guest.conftest import MACS, S5U, SGI
from tests.unit.guest.interrupts.conftest import ForwardingGuest
from tests.unit.guest.interrupts.test_plan import ABSENT, DEVICES, VARIANTS, Made, converge

OPTIONS: dict[str, t.Any] = {
    "devices": DEVICES,
    "earlier": None,
    "traffic": [],
    "cpus": "2-3",
    "interrupt_coalescing": True,
}
STREAM = {"name": "uplink", "sent": 100, "expected": 100, "received": 97, "corrupt": 0}
ROWS = {"kernel_driver", "lro_off", "gro_off", "packets_pass", "interrupts_rise"}
AFFECTED = {"30": "2", "31": "3", "40": "3", "41": "2"}


def show(guest: ForwardingGuest, counts: t.Mapping[str, tuple[int, int, int, int]], packets: int) -> None:
    """What the kernel shows of interrupts and packets: counts by CPU, and packets in each direction."""
    lines = [f" {line}: {' '.join(map(str, values))} PCI-MSI {line}-edge eth" for line, values in counts.items()]
    path = guest.path("/proc/interrupts")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["      CPU0 CPU1 CPU2 CPU3", *lines]) + "\n")
    for address in (S5U, SGI):
        for name in guest.names(f"{pci.DEVICES}/{address}/net"):
            for counter in ("rx_packets", "tx_packets"):
                guest.lay_out(f"{pci.DEVICES}/{address}/net/{name}/statistics/{counter}", f"{packets}\n")


@pytest.fixture
def routing(forwarding: Made) -> ForwardingGuest:
    guest = forwarding("debian-12-bound")
    converge(guest, VARIANTS["routing"])
    show(guest, dict.fromkeys(AFFECTED, (5, 5, 100, 100)), 1000)
    return guest


def judged(
    guest: ForwardingGuest, before: t.Mapping[str, t.Any], options: t.Mapping[str, t.Any] | None = None
) -> set[str]:
    """The evidence that does not hold; nothing when the guest is proved."""
    options = options or OPTIONS
    result = observe(guest, {**options, "earlier": before})
    failing = {row["name"] for row in result["evidence"] if not row["holds"]}
    assert result["proved"] == (not failing)
    placed = {"interrupts_placed"} if options["cpus"] else set()
    assert {row["name"] for row in result["evidence"]} >= ROWS | (
        placed if before["boot_id"] == "first-boot" else set()
    )
    return failing


def traffic(guest: ForwardingGuest) -> None:
    show(guest, dict.fromkeys(AFFECTED, (5, 5, 400, 400)), 21000)


def test_kernel_that_forwards_by_interrupts_is_proved(routing: ForwardingGuest) -> None:
    before = observe(routing, OPTIONS)
    assert set(before) == {"sample"}
    traffic(routing)
    assert judged(routing, before["sample"]) == set()
    rows = observe(routing, {**OPTIONS, "earlier": before["sample"]})["evidence"]
    assert {row["seen"] for row in rows if row["name"] == "interrupts_rise"} == {
        "1200 interrupts, 0.030 for each packet"
    }


def test_lro_that_was_left_on_is_found(routing: ForwardingGuest) -> None:
    before = observe(routing, OPTIONS)["sample"]
    traffic(routing)
    routing.change("enp0s4", lro=True)
    assert judged(routing, before) == {"lro_off"}
    routing.change("enp0s4", lro=False, gro=True)
    assert judged(routing, before) == {"gro_off"}


def test_interrupts_that_went_elsewhere_are_found(routing: ForwardingGuest) -> None:
    before = observe(routing, OPTIONS)["sample"]
    show(routing, {**dict.fromkeys(AFFECTED, (5, 5, 400, 400)), "41": (5, 7, 400, 400)}, 21000)
    assert judged(routing, before) == {"interrupts_placed"}
    assert judged(routing, before, {**OPTIONS, "cpus": None}) == set()


def test_interrupt_that_moves_while_it_is_handled_is_no_stray(routing: ForwardingGuest) -> None:
    """Seen in the lab: the first interrupt after a line was sent elsewhere still comes on the old CPU."""
    before = observe(routing, OPTIONS)["sample"]
    show(routing, dict.fromkeys(AFFECTED, (5, 6, 400, 400)), 21000)
    assert judged(routing, before) == set()
    rows = observe(routing, {**OPTIONS, "earlier": before})["evidence"]
    assert {row["seen"] for row in rows if row["name"] == "interrupts_placed"} == {
        "on CPUs 1-3, sent to 2-3, 2 of 1202 elsewhere"
    }
    show(routing, dict.fromkeys(AFFECTED, (5, 6, 100, 100)), 21000)
    assert judged(routing, before) == {"interrupts_placed"}


def test_adapter_without_interrupts_or_packets_is_found(routing: ForwardingGuest) -> None:
    before = observe(routing, OPTIONS)["sample"]
    assert judged(routing, before) == {"packets_pass", "interrupts_rise", "interrupts_placed"}


def test_coalescing_must_be_seen_to_be_off(routing: ForwardingGuest) -> None:
    before = observe(routing, OPTIONS)["sample"]
    traffic(routing)
    without = {**OPTIONS, "interrupt_coalescing": False}
    assert judged(routing, before, without) == {"coalescing_off"}
    routing.hardware_13 = False
    assert judged(routing, before, without) == {"coalescing_off"}
    routing.hardware_13 = True
    converge(routing, VARIANTS["uncoalesced"])
    assert judged(routing, before, without) == set()


def test_adapters_that_are_polled_prove_nothing(routing: ForwardingGuest) -> None:
    before = observe(routing, OPTIONS)["sample"]
    converge(routing, ABSENT)
    assert judged(routing, before) >= {"kernel_driver", "lro_off", "gro_off", "packets_pass", "interrupts_rise"}


def test_another_adapter_at_the_address_is_found(routing: ForwardingGuest) -> None:
    before = observe(routing, OPTIONS)["sample"]
    traffic(routing)
    routing.path(f"{pci.DEVICES}/{S5U}/net/enp0s4/address").write_text(MACS[SGI])
    assert judged(routing, before) == {"kernel_driver"}


def test_samples_of_two_boots_prove_nothing(routing: ForwardingGuest) -> None:
    before = observe(routing, OPTIONS)["sample"]
    traffic(routing)
    assert judged(routing, {**before, "boot_id": "another"}) == {"packets_pass", "interrupts_rise"}


def test_what_is_no_sample_is_refused(routing: ForwardingGuest) -> None:
    for earlier in ({}, {"devices": 3, "boot_id": "x"}, {"devices": [{}], "boot_id": "x"}):
        with pytest.raises(NfvError) as caught:
            observe(routing, {**OPTIONS, "earlier": earlier})
        assert caught.value.error_code == "value_not_allowed"


def test_counters_that_one_sample_lacks_are_no_traffic(routing: ForwardingGuest) -> None:
    before = observe(routing, OPTIONS)["sample"]
    traffic(routing)
    unread = [{**one, "counters": dict.fromkeys(one["counters"])} for one in before["devices"]]
    assert judged(routing, {**before, "devices": unread}) == {"packets_pass"}


@pytest.mark.parametrize(
    ("stream", "holds"),
    [
        (STREAM, True),
        ({**STREAM, "received": 0}, False),
        ({**STREAM, "corrupt": 1}, False),
        ({**STREAM, "name": "wrong TEID", "expected": 0, "received": 0}, True),
        ({**STREAM, "name": "wrong TEID", "expected": 0, "received": 1}, False),
        ({**STREAM, "sent": 0, "expected": 0, "received": 0}, False),
    ],
)
def test_what_the_tester_sent_must_come_through_and_nothing_else(
    routing: ForwardingGuest, stream: dict[str, t.Any], holds: bool
) -> None:
    before = observe(routing, OPTIONS)["sample"]
    traffic(routing)
    result = observe(routing, {**OPTIONS, "earlier": before, "traffic": [stream]})
    assert result["proved"] is holds
    assert [stream["name"] in text for text in result["failures"]] == [True] * (not holds)


def test_what_is_no_stream_is_refused(routing: ForwardingGuest) -> None:
    before = observe(routing, OPTIONS)["sample"]
    with pytest.raises(NfvError) as caught:
        observe(routing, {**OPTIONS, "earlier": before, "traffic": [{"name": "uplink"}]})
    assert (caught.value.error_code, caught.value.subject) == ("value_not_allowed", "traffic")
