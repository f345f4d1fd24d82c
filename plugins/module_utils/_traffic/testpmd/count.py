# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the frames that testpmd received (pure).

All frames of a run are alike: testpmd numbers none and prints no payload. It prints the port, both MAC addresses, the
EtherType, the length and the headers of each, and these are compared. ``NOT_OBSERVED`` lists what cannot be.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.frames import BACK, FORTH
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.streams import (
    PROBLEMS_KEPT,
    latency_percentiles,
)

from .output import Frame, PortCounters

NOT_OBSERVED = ("payload", "order", "latency", "which frame was lost or came twice")
# What testpmd sends (app/test-pmd/txonly.c), as DPDK's own parser names it (rte_net_get_ptype()).
ETHER_TYPE_IPV4 = 0x0800
PACKET_TYPES = frozenset({"L3_IPV4", "L4_UDP"})
ETHERNET_BYTES = 14
# A vSphere switch knows the MAC addresses of its VMs and learns no others. A bridge that floods hides both mistakes.
_OWN_SOURCE = "the application must send from its own adapter (testpmd: --forward-mode=mac)"
_OTHER_DESTINATION = (
    "a vSphere switch would not deliver it: let the application send there (testpmd: --eth-peer=PORT,MAC)"
)


@dataclasses.dataclass(frozen=True)
class GeneratorPort:
    """A port of testpmd on the generator."""

    port: int
    """Its number."""
    mac: str
    """Its MAC address."""
    guest_mac: str
    """MAC address of the guest's adapter on the same segment."""


@dataclasses.dataclass(frozen=True)
class Direction:
    """A direction through the guest."""

    name: str
    """``forth`` or ``back``."""
    out: GeneratorPort
    """The port that its frames leave by."""
    into: GeneratorPort
    """The port that they must arrive at."""
    length: int
    """Bytes of a frame without its FCS."""


@dataclasses.dataclass(frozen=True)
class BurstCount:
    """What became of the frames of some bursts."""

    sent: int = 0
    """Frames that testpmd sent."""
    right: int = 0
    """Frames that arrived as they must."""
    corrupt: int = 0
    """Frames that arrived otherwise."""
    noise: int = 0
    """Other frames, such as ARP."""
    problems: tuple[str, ...] = ()
    """The first reasons why something is wrong."""

    def plus(self, other: BurstCount) -> BurstCount:
        """The sum of both, with each reason once."""
        return BurstCount(
            sent=self.sent + other.sent,
            right=self.right + other.right,
            corrupt=self.corrupt + other.corrupt,
            noise=self.noise + other.noise,
            problems=tuple(dict.fromkeys(self.problems + other.problems))[:PROBLEMS_KEPT],
        )


def directions(first: GeneratorPort, second: GeneratorPort, size: int) -> tuple[Direction, Direction]:
    """Both directions. size: bytes of an IPv4 packet."""
    length = size + ETHERNET_BYTES
    return Direction(FORTH, first, second, length), Direction(BACK, second, first, length)


def is_foreign(frame: Frame, direction: Direction) -> bool:
    """Whether the frame is none of the generator's: ARP and the like, or another machine's."""
    known = {mac for end in (direction.out, direction.into) for mac in (end.mac, end.guest_mac)}
    return frame.ether_type != ETHER_TYPE_IPV4 or frame.source not in known


def difference(frame: Frame, direction: Direction) -> str | None:
    """What is wrong with one of the generator's frames; None when it arrived as it must."""
    out, into = direction.out, direction.into
    problems = (
        (frame.port != into.port, "came back on the side that it was sent from"),
        (frame.source in (out.mac, into.mac), f"came with the generator's own MAC {frame.source}; {_OWN_SOURCE}"),
        (frame.source != into.guest_mac, f"was sent by MAC {frame.source}, the guest's adapter has {into.guest_mac}"),
        (
            frame.destination != into.mac,
            f"was sent to MAC {frame.destination}, the generator has {into.mac}; {_OTHER_DESTINATION}",
        ),
        (frame.length != direction.length, f"arrived with {frame.length} bytes, sent with {direction.length}"),
        (
            not set(frame.packet_type.split()) >= PACKET_TYPES,
            f"arrived as {frame.packet_type}, sent as IPv4 and UDP",
        ),
    )
    return next((problem for wrong, problem in problems if wrong), None)


def count(frames: t.Iterable[Frame], sent: int, direction: Direction) -> BurstCount:
    """Counts the frames of one burst."""
    tally = BurstCount(sent=sent)
    for frame in frames:
        if is_foreign(frame, direction):
            tally = tally.plus(BurstCount(noise=1))
            continue
        problem = difference(frame, direction)
        tally = tally.plus(BurstCount(corrupt=1, problems=(f"a frame {problem}",)) if problem else BurstCount(right=1))
    return tally


def cross_check(tally: BurstCount, direction: Direction, rise: t.Mapping[int, PortCounters]) -> BurstCount:
    """The count, lowered to what the ports' own counters confirm.

    rise: by port, how far its counters rose.
    """
    missing = [end for end in (direction.out, direction.into) if end.port not in rise]
    if missing:
        return dataclasses.replace(tally, sent=0, right=0).plus(
            BurstCount(problems=("the port's counters were not read",))
        )
    counted_out, counted_in = rise[direction.out.port].sent, rise[direction.into.port].received
    problems = []
    if counted_out != tally.sent:
        problems.append(f"testpmd sent {tally.sent}, its port counted {counted_out}")
    if counted_in < tally.right:
        problems.append(f"testpmd received {tally.right}, its port counted {counted_in}")
    checked = dataclasses.replace(tally, sent=min(tally.sent, counted_out), right=min(tally.right, counted_in))
    return checked.plus(BurstCount(problems=tuple(problems)))


def row(direction: Direction, tally: BurstCount, expected: int, seconds: float) -> dict[str, t.Any]:
    """The direction's row, with the keys of module traffic_probe's.

    expected: frames asked for; seconds: how long the direction took.
    """
    received = min(tally.right, tally.sent)
    lost = max(min(expected, tally.sent) - received, 0)
    problems = list(tally.problems)
    if lost:
        problems.append(f"{lost} frames did not arrive as they must")
    if tally.right > tally.sent:
        problems.append(f"{tally.right - tally.sent} more arrived than were sent")
    return {
        "name": direction.name,
        "direction": direction.name,
        "sent": tally.sent,
        "expected": expected,
        "received": received,
        "lost": lost,
        "duplicate": tally.right - received,
        "corrupt": tally.corrupt,
        "bad_outer_checksum": 0,
        "warm_up_sent": 0,
        "warm_up_received": 0,
        "pps_asked": None,
        "pps_seen": round(tally.sent / seconds, 1) if seconds > 0 else 0.0,
        "latency_us": latency_percentiles([]),
        "problems": problems,
        "noise": tally.noise,
        "not_observed": list(NOT_OBSERVED),
    }
