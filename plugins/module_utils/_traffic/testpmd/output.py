# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what testpmd prints: received frames, ports and counters (pure).

Formats are those of DPDK's app/test-pmd, 22.11 to 24.11: dump_pkt_burst() in util.c, port_summary_display() and
nic_stats_display() in config.c, fwd_stats_display() in testpmd.c. A line that is cut short or mixed with another one is
ignored.
"""

from __future__ import annotations

import dataclasses
import re

_MAC = r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}"
# The prompt may precede either, because workers and main thread print at the same time.
_BURST = re.compile(r"port (\d+)/queue \d+: received (\d+) packets$", re.MULTILINE)
_FRAME = re.compile(
    rf"  src=({_MAC}) - dst=({_MAC}) - pool=\S+ - type=0x([0-9a-f]{{4}}) - length=(\d+) - nb_segs=\d+ .*"
    r"- sw ptype: ([A-Z0-9_ ]+?) +- .*Receive queue=0x[0-9a-f]+$",
    re.MULTILINE,
)
_PORT = re.compile(rf"^(\d+) +({_MAC}) +(\S+) +(\S+) +(up|down) ", re.MULTILINE)
_COUNTERS = re.compile(
    r"NIC statistics for port (\d+) +#+\n"
    r" +RX-packets: (\d+) +RX-missed: (\d+) +RX-bytes: +\d+\n"
    r" +RX-errors: (\d+)\n"
    r" +RX-nombuf: +(\d+) *\n"
    r" +TX-packets: (\d+) +TX-errors: (\d+) "
)
_SENT = re.compile(
    r"Forward statistics for port (\d+) +-+\n(?:  RX-.*\n)*  TX-packets: \d+ +TX-dropped: (\d+) +TX-total: (\d+)$",
    re.MULTILINE,
)
_REFUSED = re.compile(
    r"^(?:Bad arguments|Command not found|Ambiguous command|Invalid port.*|Please stop forwarding first"
    r"|Packet forwarding (?:already|not) started|Not all ports were started|Packet forwarding is not ready)$",
    re.MULTILINE,
)


@dataclasses.dataclass(frozen=True)
class Frame:
    """A received frame."""

    port: int
    """The port that received it."""
    source: str
    """Source MAC address."""
    destination: str
    """Destination MAC address."""
    ether_type: int
    """EtherType."""
    length: int
    """Bytes without the FCS."""
    packet_type: str
    """What DPDK's software parser (rte_net_get_ptype()) takes it for, such as ``L2_ETHER L3_IPV4 L4_UDP``."""


@dataclasses.dataclass(frozen=True)
class Received:
    """What testpmd printed about received frames."""

    frames: tuple[Frame, ...]
    """The frames that could be read."""
    announced: int
    """How many frames testpmd said it received."""


@dataclasses.dataclass(frozen=True)
class TestpmdPort:
    """A port of testpmd."""

    number: int
    """Its number."""
    mac: str
    """Its MAC address."""
    name: str
    """Its PCI address, or the name of a virtual device."""
    driver: str
    """Its poll-mode driver."""
    up: bool
    """Its link is up."""


@dataclasses.dataclass(frozen=True)
class PortCounters:
    """A port's counters since it started."""

    received: int
    """RX-packets."""
    missed: int
    """RX-missed: the ring was full."""
    receive_errors: int
    """RX-errors."""
    without_buffer: int
    """RX-nombuf: there was no buffer."""
    sent: int
    """TX-packets."""
    send_errors: int
    """TX-errors."""


def parse_received(text: str) -> Received:
    """The frames that ``set verbose 1`` prints."""
    frames: list[Frame] = []
    announced = 0
    bursts = list(_BURST.finditer(text))
    for position, burst in enumerate(bursts):
        announced += int(burst.group(2))
        end = bursts[position + 1].start() if position + 1 < len(bursts) else len(text)
        for found in _FRAME.finditer(text, burst.end(), end):
            source, destination, ether_type, length, packet_type = found.groups()
            frames.append(
                Frame(
                    port=int(burst.group(1)),
                    source=source.lower(),
                    destination=destination.lower(),
                    ether_type=int(ether_type, 16),
                    length=int(length),
                    packet_type=packet_type.strip(),
                )
            )
    return Received(tuple(frames), announced)


def parse_ports(text: str) -> tuple[TestpmdPort, ...]:
    """The rows of ``show port summary all``."""
    return tuple(
        TestpmdPort(int(number), mac.lower(), name.lower(), driver, status == "up")
        for number, mac, name, driver, status in _PORT.findall(text)
    )


def parse_counters(text: str) -> dict[int, PortCounters]:
    """The counters of ``show port stats all`` by port."""
    return {int(port): PortCounters(*map(int, counts)) for port, *counts in _COUNTERS.findall(text)}


def parse_sent(text: str, port: int) -> int | None:
    """Frames that the driver took from a port's bursts, as ``stop`` says; None when it does not name the port."""
    for number, dropped, total in _SENT.findall(text):
        if int(number) == port:
            return int(total) - int(dropped)
    return None


def refusal(text: str) -> str | None:
    """The message with which testpmd refused a command; None when it did not."""
    found = _REFUSED.search(text)
    return found.group(0) if found else None


def last_words(text: str, lines: int = 5) -> str:
    """The last lines of output that are not empty, for an error message."""
    said = [line.strip() for line in text.splitlines()]
    kept = [line for line in said if line and not line.startswith("testpmd>")]
    return " / ".join(kept[-lines:]) or "nothing"
