# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page of a deployment's proof shows, in words, pictures and tables."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.model import FAILED, PROVED, RUNNING, SKIPPED
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.marks import sample_of, series
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.picture import Picture
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.svg import Element

from .latency import latency_picture
from .path import path_picture
from .words import known, lcores, poll_mode_driver

Mapping = t.Mapping[str, t.Any]
_WORDS: t.Final = {PROVED: "proved", RUNNING: "running, not proved", SKIPPED: "not looked at", FAILED: "not proved"}
_INKS: t.Final = {PROVED: "good", FAILED: "bad"}
_FIGURES: t.Final = {
    "sent": "sent",
    "expected": "expected",
    "received": "received",
    "lost": "lost",
    "duplicate": "duplicate",
    "corrupt": "corrupt",
    "pps_asked": "packets/s asked",
    "pps_seen": "achieved",
}
_LATENCIES: t.Final = {"p50": "latency µs, median", "p99": "99th percentile", "max": "maximum"}
_NOTHING: t.Final = "–"


@dataclasses.dataclass(frozen=True)
class StatusInWords:
    """A status as a person reads it."""

    word: str
    """The status in words."""
    ink: str
    """Its class in the stylesheet."""


@dataclasses.dataclass(frozen=True)
class DrawnDirection:
    """How one direction is drawn."""

    name: str
    """The direction."""
    style: str
    """Its class in the stylesheet."""
    sample: Element
    """Its line and mark."""


@dataclasses.dataclass(frozen=True)
class HostProof:
    """One host's part of the page."""

    name: str
    """The host."""
    anchor: str
    """Its identifier in the page."""
    verdict: StatusInWords
    """Its verdict."""
    held: str
    """How many rows of evidence hold, of how many."""
    arrived: str
    """How many packets arrived, of how many, by stream."""
    facts: tuple[tuple[str, str], ...]
    """Name and value of what the proof is about."""
    pictures: tuple[Picture, ...]
    """The path of the packets, and their latencies."""
    directions: tuple[DrawnDirection, ...]
    """How the pictures draw the directions."""
    adapters: tuple[tuple[str, ...], ...]
    """The path as a table, a row for each adapter with the cells of ADAPTER_HEAD."""
    traffic: tuple[tuple[str, ...], ...]
    """The streams, with the cells of TRAFFIC_HEAD."""
    evidence: tuple[Mapping, ...]
    """The rows of evidence, as the report has them."""


@dataclasses.dataclass(frozen=True)
class PollModePage:
    """The page."""

    verdict: StatusInWords
    """The outcome."""
    summary: str
    """How many hosts, and until when they were observed."""
    message: str
    """The outcome in one line."""
    hosts: tuple[HostProof, ...]
    """The hosts, in the report's order."""
    adapter_head: tuple[str, ...]
    """Titles of the table of adapters."""
    traffic_head: tuple[str, ...]
    """Titles of the table of streams; all but the first are figures."""
    provenance: tuple[tuple[str, str], ...]
    """Name and value of what the report was made with."""


ADAPTER_HEAD: t.Final = (
    *("Adapter", "Sender's end", "Port group", "Type", "MAC address", "PCI address", "NUMA node", "Driver"),
    "Poll-mode driver",
)
TRAFFIC_HEAD: t.Final = ("Stream", *_FIGURES.values(), *_LATENCIES.values())


def poll_mode_page(report: Mapping) -> PollModePage:
    """The page of a report, which is what deploy.json has. Raises KeyError for a key that is missing."""
    hosts = report["hosts"]
    return PollModePage(
        verdict=_verdict(report["outcome"]),
        summary=f"{len(hosts)} host{'' if len(hosts) == 1 else 's'}, observed until {report['created']}",
        message=report["message"],
        hosts=tuple(_host(number, name, host) for number, (name, host) in enumerate(hosts.items())),
        adapter_head=ADAPTER_HEAD,
        traffic_head=TRAFFIC_HEAD,
        provenance=tuple(_provenance(report)),
    )


def _provenance(report: Mapping) -> t.Iterator[tuple[str, str]]:
    for name, version in report["versions"].items():
        yield f"Version of {name}", known(version)
    if report["versions"] or report["commit"]:
        yield "Commit of the inventory", known(report["commit"])


def _verdict(status: str) -> StatusInWords:
    return StatusInWords(_WORDS.get(status, status), _INKS.get(status, "soft"))


def _host(number: int, name: str, host: Mapping) -> HostProof:
    streams, path, evidence = host["traffic"], host["path"], host["evidence"]
    delivered = [stream for stream in streams if stream["expected"]]
    colours = {direction: at for at, direction in enumerate(dict.fromkeys(one["direction"] for one in delivered))}
    pictures = (
        path_picture(number, name, path, streams, colours) if path else None,
        latency_picture(number, delivered, colours),
    )
    return HostProof(
        name=name,
        anchor=f"host-{number}",
        verdict=_verdict(host["status"]),
        held=f"{sum(row['verdict'] == 'pass' for row in evidence)} of {len(evidence)}",
        arrived=", ".join(f"{one['name']} {one['received']} of {one['expected']}" for one in delivered) or _NOTHING,
        facts=tuple(_facts(host, path)),
        pictures=tuple(one for one in pictures if one is not None),
        directions=tuple(DrawnDirection(one, series(at), sample_of(at)) for one, at in colours.items()),
        adapters=tuple(_adapter(one) for one in path["adapters"]) if path else (),
        traffic=tuple(_stream(one) for one in streams),
        evidence=evidence,
    )


def _facts(host: Mapping, path: Mapping | None) -> t.Iterator[tuple[str, str]]:
    if path:
        application = path["application"]
        yield "Application", known(application["executable"])
        yield "lcores", lcores(application)
        yield "DPDK", known(application["version"])
        yield "Kernel", known(application["kernel"])
        yield "Sender", path["sender"] or ("unknown" if any(one["side"] for one in path["adapters"]) else "none")
    if host["description"]:
        yield "Digest of the description", host["description"]


def _adapter(one: Mapping) -> tuple[str, ...]:
    return (
        one["name"],
        *(known(one[key]) for key in ("sender_interface", "network", "type", "mac", "pci_address", "numa_node")),
        known(one["driver"]),
        poll_mode_driver(one),
    )


def _stream(one: Mapping) -> tuple[str, ...]:
    figures = [*(one[key] for key in _FIGURES), *(one["latency_us"][key] for key in _LATENCIES)]
    return (one["name"], *(_NOTHING if figure is None else f"{figure:,}" for figure in figures))
