# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames of a testpmd that generates traffic: which of the received ones count, and the row of a direction (pure).

All frames of a run are alike: testpmd numbers none and prints no payload. What it prints of each, the port, both MAC
addresses, the EtherType, the length and the headers, is compared; ``NOT_OBSERVED`` says what is not.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.frames import BACK, FORTH
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.probe import PROBLEMS_KEPT, latency_percentiles

from .output import Counters, Frame

NOT_OBSERVED = ("payload", "order", "latency", "which frame was lost or came twice")
# What testpmd sends (app/test-pmd/txonly.c), as DPDK's own parser names it (rte_net_get_ptype()).
ETHER_TYPE_IPV4 = 0x0800
PACKET_TYPES = frozenset({"L3_IPV4", "L4_UDP"})
ETHERNET_BYTES = 14
# A vSphere switch knows its VMs' addresses and learns no others; a bridge that floods hides both mistakes.
_OWN_SOURCE = "the application must send from its own adapter (testpmd: --forward-mode=mac)"
_OTHER_DESTINATION = (
    "a vSphere switch would not deliver it: let the application send there (testpmd: --eth-peer=PORT,MAC)"
)


@dataclasses.dataclass(frozen=True)
class End:
    """One end of a direction: testpmd's port, its MAC address, and that of the guest's adapter on the same segment."""

    port: int
    mac: str
    guest_mac: str


@dataclasses.dataclass(frozen=True)
class Direction:
    """A direction: ``forth`` or ``back``, where its frames leave the generator, where they must arrive, their bytes."""

    name: str
    out: End
    into: End
    length: int


@dataclasses.dataclass(frozen=True)
class Tally:
    """What a direction's rounds came to; ``noise`` counts frames that have nothing to do with it."""

    sent: int = 0
    right: int = 0
    corrupt: int = 0
    noise: int = 0
    problems: tuple[str, ...] = ()

    def plus(self, other: Tally) -> Tally:
        """Both together; each reason once, the first ones."""
        return Tally(
            sent=self.sent + other.sent,
            right=self.right + other.right,
            corrupt=self.corrupt + other.corrupt,
            noise=self.noise + other.noise,
            problems=tuple(dict.fromkeys(self.problems + other.problems))[:PROBLEMS_KEPT],
        )


def directions(first: End, second: End, size: int) -> tuple[Direction, Direction]:
    """Both directions; ``size`` bytes of an IPv4 packet."""
    length = size + ETHERNET_BYTES
    return Direction(FORTH, first, second, length), Direction(BACK, second, first, length)


def is_foreign(frame: Frame, direction: Direction) -> bool:
    """Whether a frame is none that the generator sent: ARP and the like, or somebody else's."""
    known = {mac for end in (direction.out, direction.into) for mac in (end.mac, end.guest_mac)}
    return frame.ether_type != ETHER_TYPE_IPV4 or frame.source not in known


def difference(frame: Frame, direction: Direction) -> str | None:
    """What is wrong with a frame that is not foreign; None when it arrived as it must."""
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


def count(frames: t.Iterable[Frame], sent: int, direction: Direction) -> Tally:
    """The tally of one round."""
    tally = Tally(sent=sent)
    for frame in frames:
        if is_foreign(frame, direction):
            tally = tally.plus(Tally(noise=1))
            continue
        problem = difference(frame, direction)
        tally = tally.plus(Tally(corrupt=1, problems=(f"a frame {problem}",)) if problem else Tally(right=1))
    return tally


def cross_check(tally: Tally, direction: Direction, rise: t.Mapping[int, Counters]) -> Tally:
    """The tally as far as the ports' own counters bear it out: where they say less, less counts."""
    missing = [end for end in (direction.out, direction.into) if end.port not in rise]
    if missing:
        return dataclasses.replace(tally, sent=0, right=0).plus(Tally(problems=("the port's counters were not read",)))
    counted_out, counted_in = rise[direction.out.port].sent, rise[direction.into.port].received
    problems = []
    if counted_out != tally.sent:
        problems.append(f"testpmd sent {tally.sent}, its port counted {counted_out}")
    if counted_in < tally.right:
        problems.append(f"testpmd received {tally.right}, its port counted {counted_in}")
    checked = dataclasses.replace(tally, sent=min(tally.sent, counted_out), right=min(tally.right, counted_in))
    return checked.plus(Tally(problems=tuple(problems)))


def row(direction: Direction, tally: Tally, expected: int, seconds: float) -> dict[str, t.Any]:
    """The direction's row, with the keys of the other tester's (module traffic_probe); ``seconds`` that it took."""
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
