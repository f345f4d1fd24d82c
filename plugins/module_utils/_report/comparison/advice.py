# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the variants are not recommended, and why: by what they are, and by what was measured of them."""

from __future__ import annotations

import dataclasses
import typing as t

from .words import cpus, microseconds, named, packets, ratio, sized

Mapping = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class _Reason:
    """Why a variant is not recommended."""

    instead_of: str
    """The variant that is better."""
    text: str
    """What is to be known of it before anything is measured."""


@dataclasses.dataclass(frozen=True)
class _Figure:
    """What both variants were measured by."""

    value: t.Callable[[Mapping, str, str], t.Any]
    """Finds it in a comparison, by variant and size of frames; None where it was not measured."""
    shown: t.Callable[[t.Any], str]
    """Makes text of it."""
    unit: str
    """What follows the numbers."""


# E1000E: vSphere's performance guides, "Virtual Network Adapters"; DPDK's guide of its PMD, nics/e1000em.
_REASONS: t.Final = {
    "e1000e": _Reason(
        "poll",
        "They work, with DPDK's PMD for Intel's 82574L. But the hypervisor emulates that controller register by"
        " register, and VMware recommends VMXNET3 wherever a guest has a driver for it. Only VMXNET3 has the settings"
        " of a data plane, such as queues and transmit contexts.",
    ),
    "interrupt_uncoalesced": _Reason(
        "interrupt",
        "A packet waits for no other one, so it is forwarded earlier while there are few. But more packets bring an"
        " interrupt of their own, and what the CPUs spend on these they lack for forwarding when there are many.",
    ),
}


def _rate(report: Mapping, variant: str, frame: str) -> t.Any:
    return next((row["lower_pps"] for row in _rows(report, "rates", variant, frame) if row["goal"] == "ndr"), None)


def _latency(report: Mapping, variant: str, frame: str) -> t.Any:
    rows = _rows(report, "latencies", variant, frame)
    return next((row["percentiles_us"]["p50"] for row in rows if row["load"] == "lowest"), None)


def _interrupts(report: Mapping, variant: str, frame: str) -> t.Any:
    return next((row["interrupts_per_packet"] for row in _rows(report, "cpu", variant, frame)), None)


def _used(report: Mapping, variant: str, frame: str) -> t.Any:
    return next((row["hypervisor"]["used_cpus"] for row in _rows(report, "cpu", variant, frame)), None)


_FIGURES: t.Final = (
    _Figure(_rate, packets, " packets/s without loss"),
    _Figure(_latency, microseconds, " of latency at the lowest rate"),
    _Figure(_interrupts, ratio, " interrupts a packet"),
    _Figure(_used, cpus, " used on the host"),
)


def advice(report: Mapping) -> tuple[str, ...]:
    """A sentence or more for each variant of a comparison that is not recommended, with its figures."""
    measured = dict.fromkeys(row["variant"] for key in ("rates", "latencies", "cpu") for row in report[key])
    return tuple(_told(report, variant, _REASONS[variant]) for variant in measured if variant in _REASONS)


def _told(report: Mapping, variant: str, reason: _Reason) -> str:
    title = named(variant)
    told = f"{title[:1].upper()}{title[1:]} are not recommended. {reason.text}"
    frame = _size(report, variant)
    figures = [] if frame is None else [*_figures(report, (variant, reason.instead_of), frame)]
    if figures:
        told = f"{told} Measured with {sized(str(frame))}, against {named(reason.instead_of)}: {'; '.join(figures)}."
    return told


def _figures(report: Mapping, variants: tuple[str, str], frame: str) -> t.Iterator[str]:
    for figure in _FIGURES:
        one, other = (figure.value(report, variant, frame) for variant in variants)
        if one is not None and other is not None:
            yield f"{figure.shown(one)} instead of {figure.shown(other)}{figure.unit}"


def _size(report: Mapping, variant: str) -> str | None:
    """The size that the comparison's sentence is about, or else the first that this variant was measured with."""
    sizes = [row["frame"] for row in report["rates"] if row["variant"] == variant]
    return report["frame"] if report["frame"] in sizes else next(iter(sizes), None)


def _rows(report: Mapping, key: str, variant: str, frame: str) -> list[Mapping]:
    return [row for row in report[key] if (row["variant"], row["frame"]) == (variant, frame)]
