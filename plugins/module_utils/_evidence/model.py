# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the judge works on: two samples, the tester's rows and what must hold. What it returns: rows of evidence."""

from __future__ import annotations

import dataclasses
import typing as t

# Frames that are no test traffic: ARP, neighbour discovery, and the tester's datagram that starts an ARP exchange. The
# fixed part allows for what a run causes, the rate for other traffic in the segments.
NOISE_FIXED = 10
NOISE_PER_SECOND = 1.0

NO_TRAFFIC = "no traffic seen: not proved"

Mapping = t.Mapping[str, t.Any]

# Where each direction of the tester's traffic enters the guest, and where it leaves.
WAYS = {
    "uplink": ("s5u", "sgi"),
    "downlink": ("sgi", "s5u"),
    "forth": ("first", "second"),
    "back": ("second", "first"),
}
# The directions that each kind of traffic must deliver. gtpu goes through a PGW; frames and testpmd (on a second VM) go
# through an application that forwards between two ports; none and passive prove nothing.
DIRECTIONS = {
    "gtpu": ("uplink", "downlink"),
    "frames": ("forth", "back"),
    "testpmd": ("forth", "back"),
    "none": (),
    "passive": (),
}
# What a verdict says. RUNNING: everything holds that can be told without a tester, and nothing is proved by it.
PROVED: t.Final = "proved"
RUNNING: t.Final = "running"
SKIPPED: t.Final = "skipped"
FAILED: t.Final = "failed"


@dataclasses.dataclass(frozen=True)
class EvidenceRow:
    """One piece of evidence."""

    name: str
    """What it is about, such as ``driver s5u``."""
    asked: str
    """What must hold."""
    seen: str
    """What was observed."""
    verdict: str
    """``pass`` or ``fail``."""
    reason: str
    """Why it does not hold; a remark, or nothing, when it does."""


@dataclasses.dataclass(frozen=True)
class Expected:
    """What must hold."""

    devices: tuple[Mapping, ...]
    """``name``, ``pci_address`` and ``mac`` of every adapter that must be polled."""
    sides: Mapping
    """The device on each side of the tester, ``s5u`` and ``sgi``, or else ``first`` and ``second``."""
    polling_cpus: tuple[int, ...]
    """The CPUs that must poll."""
    hugepages: tuple[Mapping, ...]
    """``size_kb``, ``count`` and, for the pool of a NUMA node, ``node`` of each pool."""
    executable: str = "ovs-vswitchd"
    """The name of the application's program, or how it begins."""
    port_driver: str = "net_vmxnet3"
    """The poll-mode driver."""
    frame_loss_tolerance: int = 0
    """How many packets of a stream may be lost."""
    outer_checksum: bool = True
    """Whether a wrong outer UDP checksum of a G-PDU fails."""
    traffic: str = "gtpu"
    """The kind of traffic, a key of DIRECTIONS. ``passive``: whatever passes, which nobody counts elsewhere."""
    dropped: tuple[str, ...] = ()
    """Names of the flows that the application must drop."""
    shared: bool = False
    """Whether others' traffic may pass beside the tester's: counters may then be higher than its counts."""
    adapters: tuple[Mapping, ...] = ()
    """The VM's adapters as vCenter has them; ``type`` and ``connected`` of each are judged where they are given."""
    surroundings: Mapping = dataclasses.field(default_factory=dict)
    """What lies around the guest, for the report alone: the ``sender``, and its ``interfaces`` and the ``networks``
    (port groups) by the guest's adapters."""
    description: str = ""
    """The digest of the description that all of this follows from, for the report alone."""

    @property
    def passive(self) -> bool:
        """Whether the traffic is unknown: whatever passes between the samples."""
        return self.traffic == "passive"


@dataclasses.dataclass(frozen=True)
class DeviceLoad:
    """The frames that a device must have received and sent according to the tester."""

    received: int
    """Frames that the tester sent to the device."""
    sent_least: int
    """Frames that the tester received from it."""
    sent_most: int
    """Frames that the tester could have received from it."""
    noise: int
    """How many other frames are tolerated each way."""

    @property
    def any(self) -> bool:
        """Whether the tester sent or received anything through the device."""
        return self.received > 0 or self.sent_least > 0


@dataclasses.dataclass(frozen=True)
class Window:
    """What was observed, and what must hold."""

    before: Mapping
    """The sample before the traffic."""
    after: Mapping
    """The sample after the traffic."""
    traffic: tuple[Mapping, ...]
    """The tester's rows."""
    expected: Expected
    """What must hold."""

    @property
    def seconds(self) -> float:
        """Seconds between the samples, by the guest's monotonic clock."""
        return float(self.after["monotonic"]) - float(self.before["monotonic"])

    def pair(self, section: str, key: str, value: t.Any) -> tuple[Mapping | None, Mapping | None]:
        """The entry of a section with this value under ``key``, in both samples; None where there is none."""
        return find(self.before.get(section), key, value), find(self.after.get(section), key, value)

    @property
    def noise(self) -> int:
        """How many frames of ARP and neighbour discovery a port may receive, and as many send, between the samples."""
        return NOISE_FIXED + int(self.seconds * NOISE_PER_SECOND)

    def rise(self, device: Mapping) -> dict[str, int] | None:
        """How far each counter of the device's port rose between the samples; None when they were not observed."""
        before, after = self.pair("ports", "name", device["pci_address"])
        if not before or not after or not before.get("counters") or not after.get("counters"):
            return None
        return {key: after["counters"][key] - before["counters"][key] for key in before["counters"]}

    def carries(self, device: Mapping) -> bool:
        """Whether the device carried traffic: the tester's; in passive mode, more than noise either way."""
        if not self.expected.passive:
            return self.load(device["name"]).any
        rise = self.rise(device)
        return rise is not None and max(rise["ipackets"], rise["opackets"]) > self.noise

    def load(self, device: str) -> DeviceLoad:
        """The frames that a device must have received and sent."""
        sides = {side for side, name in self.expected.sides.items() if name == device}
        incoming = [stream for stream in self.traffic if WAYS[stream["direction"]][0] in sides]
        outgoing = [one for one in self.traffic if WAYS[one["direction"]][1] in sides and one["expected"] > 0]
        # Each packet of an unknown tunnel may be answered with an Error Indication (3GPP TS 29.281, 7.3.1).
        answered = [stream for stream in incoming if stream["name"] == "wrong TEID"]
        return DeviceLoad(
            received=sum(stream["sent"] + stream["warm_up_sent"] for stream in incoming),
            sent_least=sum(stream["received"] + stream["warm_up_received"] for stream in outgoing),
            sent_most=sum(stream["sent"] + stream["warm_up_sent"] for stream in (*outgoing, *answered)),
            noise=self.noise,
        )


def find(entries: t.Sequence[Mapping] | None, key: str, value: t.Any) -> Mapping | None:
    """The first entry with this value under ``key``; None when there is none."""
    return next((entry for entry in entries or () if entry.get(key) == value), None)


def row(name: str, asked: str, seen: str, problems: t.Sequence[str], remark: str = "") -> EvidenceRow:
    """A row that passes when there are no problems; problems become its reason."""
    if problems:
        return EvidenceRow(name, asked, seen, "fail", "; ".join(problems))
    return EvidenceRow(name, asked, seen, "pass", remark)


def joined(values: t.Iterable[t.Any]) -> str:
    """Values separated by commas; ``none`` when there are none."""
    return ", ".join(str(value) for value in values) or "none"
