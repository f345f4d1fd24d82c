# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page of a comparison shows, in words, pictures and tables."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.sentence import REASONS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.marks import sample_of, series
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.percentiles import PERCENTILES
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.picture import Picture
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.svg import Element

from .advice import advice
from .pictures import FrameFigures, pictures_of
from .words import UNKNOWN, cpus, goal, microseconds, named, nanoseconds, packets, percent, ratio, sized

Mapping = t.Mapping[str, t.Any]
_EMULATED: t.Final = (
    "Software emulates this guest's CPUs. Ratios can be compared; no figure on this page is that of an ESXi host."
)
_BASIS: t.Final = (
    "Rates are packets/s of both directions together. NDR is the highest rate without loss, PDR that with at most 0.5 %"
    " loss. Latencies are those at half of each one's own PDR."
)
_MOST_THREADS: t.Final = 8
"""How many threads of each variant the page shows, the most expensive ones."""
_FACTS: t.Final = {
    "versions": "Versions",
    "virtual_hardware": "Virtual hardware",
    "host": "Host",
    "settings": "Measurement",
    "generator": "Generator",
}


@dataclasses.dataclass(frozen=True)
class Table:
    """A table of text."""

    title: str
    """What it shows."""
    head: tuple[str, ...]
    """The columns; all but the first few, which are names, are figures."""
    rows: tuple[tuple[str, ...], ...]
    """A cell for each column."""
    names: int
    """How many columns are names."""


@dataclasses.dataclass(frozen=True)
class Size:
    """Everything about one size of frames."""

    title: str
    """The size."""
    pictures: tuple[Picture, ...]
    """Its pictures."""


@dataclasses.dataclass(frozen=True)
class Series:
    """How one variant is drawn."""

    name: str
    """The variant."""
    style: str
    """Its class in the stylesheet."""
    sample: Element
    """Its line and mark."""


@dataclasses.dataclass(frozen=True)
class ComparisonPage:
    """The page."""

    sentence: str
    """What it comes to."""
    verdict: str
    """Of which frames this is said, and why it is not judged if it is not."""
    judged: bool
    """Whether it is."""
    banner: str
    """What to keep in mind; empty when there is nothing."""
    facts: str
    """The VM, the time, and how much was measured."""
    basis: str
    """What the words mean."""
    advice: tuple[str, ...]
    """The variants that are not recommended, and why."""
    legend: tuple[Series, ...]
    """The variants."""
    sizes: tuple[Size, ...]
    """The sizes of frames, that of the sentence first."""
    tables: tuple[Table, ...]
    """All numbers."""
    environment: tuple[Table, ...]
    """Where it was measured."""


def comparison_page(report: Mapping) -> ComparisonPage:
    """The page of a comparison, which is what comparison.json has. Raises KeyError for a key that is missing."""
    variants = list(dict.fromkeys(row["variant"] for key in ("rates", "latencies", "cpu") for row in report[key]))
    names = list(dict.fromkeys(row["frame"] for key in ("rates", "latencies", "cpu") for row in report[key]))
    names.sort(key=lambda name: name != report["frame"])
    frames = [FrameFigures(name, number, variants, report) for number, name in enumerate(names)]
    environment = report["environment"]
    return ComparisonPage(
        sentence=report["sentence"],
        verdict=_verdict(report),
        judged=report["verdict"] == "judged",
        banner=_EMULATED if environment and environment["emulated"] else "",
        facts=_measured(report, environment) if environment else f"Nothing was measured. {report['created']}.",
        basis=_BASIS,
        advice=advice(report),
        legend=tuple(Series(named(name), series(number), sample_of(number)) for number, name in enumerate(variants)),
        sizes=tuple(Size(_title(frame.name), tuple(pictures_of(frame))) for frame in frames),
        tables=(
            _ratios(report),
            _rates(report),
            _latencies(report),
            _cpu(report),
            _threads(report),
            _pmd(report),
            _bursts(report),
        ),
        environment=tuple(_facts(title, environment[key]) for key, title in _FACTS.items()) if environment else (),
    )


def _measured(report: Mapping, environment: Mapping) -> str:
    turns = ", ".join(f"{named(variant)} {count}" for variant, count in report["turns"].items())
    return (
        f"VM {environment['vm']}, {environment['cpus']} vCPUs, measured until {report['created']}."
        f" Turns: {turns or 'none'}. {report['trials']} trials, of which {report['invalid_trials']} do not count"
        " because the tester did not send enough."
    )


def _title(frame: str) -> str:
    return sized(frame)[:1].upper() + sized(frame)[1:]


def _verdict(report: Mapping) -> str:
    if report["frame"] is None:
        return "Not judged: there is no pair to compare."
    if report["verdict"] == "judged":
        return f"Judged with {sized(report['frame'])}."
    return f"Not judged with {sized(report['frame'])}: {REASONS.get(report['reason'], report['reason'])}."


def _ratios(report: Mapping) -> Table:
    return Table(
        "Poll mode against the others",
        ("against", "frames", "goal", "times as much", "at least", "at most", "spread", "verdict"),
        tuple(
            (
                named(row["variant"]),
                row["frame"],
                goal(row["goal"]),
                ratio(row["ratio"]),
                ratio(row["lowest"]),
                ratio(row["highest"]),
                percent(row["spread"]),
                "judged" if row["verdict"] == "judged" else f"not judged: {REASONS.get(row['reason'], row['reason'])}",
            )
            for row in report["ratios"]
        ),
        3,
    )


def _rates(report: Mapping) -> Table:
    return Table(
        "Rates, packets/s",
        ("variant", "frames", "goal", "limited by", "lower bound", "upper bound", "comes through", "turns"),
        tuple(
            (
                named(row["variant"]),
                row["frame"],
                goal(row["goal"]),
                row["limited_by"],
                packets(row["lower_pps"]),
                packets(row["upper_pps"]),
                packets(row["throughput_pps"]),
                " / ".join(packets(one) for one in row["turns_pps"]),
            )
            for row in report["rates"]
        ),
        4,
    )


def _latencies(report: Mapping) -> Table:
    return Table(
        "Latency",
        ("variant", "frames", "load, % of PDR", "packets/s", *PERCENTILES.values()),
        tuple(
            (
                named(row["variant"]),
                row["frame"],
                row["load"],
                packets(row["pps"]),
                *(microseconds(row["percentiles_us"][name]) for name in PERCENTILES),
            )
            for row in report["latencies"]
        ),
        3,
    )


def _cpu(report: Mapping) -> Table:
    return Table(
        "CPU time",
        (
            *("variant", "frames", "idle", "idle by CPU", "at the highest rate", "CPU time a packet there"),
            *("interrupts a packet", "used on the host", "ready", "co-stop"),
        ),
        tuple(_cpu_row(row) for row in report["cpu"]),
        2,
    )


def _cpu_row(row: Mapping) -> tuple[str, ...]:
    top, hypervisor = row["loads"][-1] if row["loads"] else None, row["hypervisor"]
    by_cpu = ", ".join(f"CPU {number}: {share * 100:.0f} %" for number, share in row["idle_by_cpu"].items())
    each = top and top["seconds_per_packet"]
    return (
        named(row["variant"]),
        row["frame"],
        cpus(row["idle_cpus"]),
        by_cpu or UNKNOWN,
        UNKNOWN if top is None else f"{cpus(top['busy_cpus'])} at {packets(top['pps'])} packets/s",
        UNKNOWN if each is None else f"{each * 1e6:.1f} µs",
        ratio(row["interrupts_per_packet"]),
        cpus(hypervisor["used_cpus"]),
        _waited(hypervisor["ready_percent"]),
        _waited(hypervisor["costop_percent"]),
    )


def _waited(share: float | None) -> str:
    return UNKNOWN if share is None else f"{share:.1f} %"


def _threads(report: Mapping) -> Table:
    return Table(
        "Threads of the application",
        ("variant", "frames", "thread", "idle", "CPU time a packet"),
        tuple(
            (
                named(row["variant"]),
                row["frame"],
                thread["name"],
                cpus(thread["idle_cpus"]),
                nanoseconds(thread["seconds_per_packet"]),
            )
            for row in report["cpu"]
            for thread in row["threads"][:_MOST_THREADS]
        ),
        3,
    )


def _pmd(report: Mapping) -> Table:
    return Table(
        "Polling threads of Open vSwitch",
        ("variant", "frames", "on CPU", "cycles that went into packets", "cycles a packet"),
        tuple(
            (
                named(row["variant"]),
                row["frame"],
                thread["cpu"],
                percent(thread["busy_share"]),
                packets(thread["cycles_per_packet"]),
            )
            for row in report["cpu"]
            for thread in row["pmd"]
        ),
        3,
    )


def _bursts(report: Mapping) -> Table:
    return Table(
        "Longest burst without loss",
        ("variant", "frames", "limited by", "frames in a row"),
        tuple(
            (named(row["variant"]), row["frame"], row["limited_by"], packets(row["frames"])) for row in report["bursts"]
        ),
        3,
    )


def _facts(title: str, facts: Mapping) -> Table:
    return Table(title, (title, ""), tuple((str(name), str(value)) for name, value in facts.items()), 2)
