# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the judge of poll mode works on: two samples, the tester's rows, what was asked for, and a row of evidence."""

from __future__ import annotations

import dataclasses
import typing as t

# Frames that are no test traffic: ARP, neighbour discovery and the tester's own datagram that starts an ARP exchange.
# A fixed part for what a run causes and one frame a second for what the segments do by themselves.
NOISE_FIXED = 10
NOISE_PER_SECOND = 1.0

NO_TRAFFIC = "no traffic seen: not proved"

Mapping = t.Mapping[str, t.Any]

# The side by which each direction of the tester's traffic enters the guest, and the one by which it leaves.
WAYS = {
    "uplink": ("s5u", "sgi"),
    "downlink": ("sgi", "s5u"),
    "forth": ("first", "second"),
    "back": ("second", "first"),
}
# The directions that must be delivered, by the kind of traffic: G-PDUs and their packets through a PGW; frames through
# an application that forwards between two ports, from a tester's interfaces or from testpmd on a second VM; none, with
# which nothing can be proved.
DIRECTIONS = {
    "gtpu": ("uplink", "downlink"),
    "frames": ("forth", "back"),
    "testpmd": ("forth", "back"),
    "none": (),
}


@dataclasses.dataclass(frozen=True)
class Row:
    """One piece of evidence: what was asked for, what was seen, and why it does not hold (or a remark when it does)."""

    name: str
    asked: str
    seen: str
    verdict: str
    reason: str


@dataclasses.dataclass(frozen=True)
class Expected:
    """What must hold.

    devices: name, pci_address and mac of every adapter that must be polled; sides: the device's name for each side of
    the tester, ``s5u`` and ``sgi``, or ``first`` and ``second`` with frames and testpmd; polling_cpus: the CPUs given
    for polling; hugepages: size_kb and count of each pool; executable: how the application's program is called, or
    begins; port_driver: name of the poll-mode driver; lost: packets of a leg that may be lost; outer_checksum: whether
    a wrong UDP checksum of a G-PDU fails; traffic: a key of DIRECTIONS.
    """

    devices: tuple[Mapping, ...]
    sides: Mapping
    polling_cpus: tuple[int, ...]
    hugepages: tuple[Mapping, ...]
    executable: str = "ovs-vswitchd"
    port_driver: str = "net_vmxnet3"
    lost: int = 0
    outer_checksum: bool = True
    traffic: str = "gtpu"


@dataclasses.dataclass(frozen=True)
class Load:
    """The frames that by the tester's count a device received and sent; ``noise`` may come on top."""

    received: int
    sent_least: int
    sent_most: int
    noise: int

    @property
    def any(self) -> bool:
        """Whether the tester moved anything at all over the device."""
        return self.received > 0 or self.sent_least > 0


@dataclasses.dataclass(frozen=True)
class Window:
    """The two samples around the traffic and the traffic itself."""

    before: Mapping
    after: Mapping
    traffic: tuple[Mapping, ...]
    expected: Expected

    @property
    def seconds(self) -> float:
        """Time between the samples on the guest's monotonic clock."""
        return float(self.after["monotonic"]) - float(self.before["monotonic"])

    def pair(self, section: str, key: str, value: t.Any) -> tuple[Mapping | None, Mapping | None]:
        """The entry of a list section whose ``key`` has that value, in both samples; None where there is none."""
        return find(self.before.get(section), key, value), find(self.after.get(section), key, value)

    def load(self, device: str) -> Load:
        """What the tester's rows mean for a device, by the side that it is on."""
        sides = {side for side, name in self.expected.sides.items() if name == device}
        incoming = [leg for leg in self.traffic if WAYS[leg["direction"]][0] in sides]
        outgoing = [leg for leg in self.traffic if WAYS[leg["direction"]][1] in sides and leg["expected"] > 0]
        # Each packet of an unknown tunnel may be answered with an Error Indication (3GPP TS 29.281, 7.3.1).
        answered = [leg for leg in incoming if leg["name"] == "wrong TEID"]
        return Load(
            received=sum(leg["sent"] + leg["warm_up_sent"] for leg in incoming),
            sent_least=sum(leg["received"] + leg["warm_up_received"] for leg in outgoing),
            sent_most=sum(leg["sent"] + leg["warm_up_sent"] for leg in (*outgoing, *answered)),
            noise=NOISE_FIXED + int(self.seconds * NOISE_PER_SECOND),
        )


def find(entries: t.Sequence[Mapping] | None, key: str, value: t.Any) -> Mapping | None:
    """The first entry whose ``key`` has that value."""
    return next((entry for entry in entries or () if entry.get(key) == value), None)


def row(name: str, asked: str, seen: str, problems: t.Sequence[str], remark: str = "") -> Row:
    """A row that holds when there are no problems; these become its reason."""
    if problems:
        return Row(name, asked, seen, "fail", "; ".join(problems))
    return Row(name, asked, seen, "pass", remark)


def joined(values: t.Iterable[t.Any]) -> str:
    """Values as a person reads them; ``none`` when there are none."""
    return ", ".join(str(value) for value in values) or "none"
