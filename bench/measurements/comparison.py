# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much more a guest forwards by poll mode than by interrupts, and at which latency and CPU time.

The playbook compare_poll_and_interrupt measures it in the lab's guests, with frames of 64 bytes, and its report judges.
What the report does not judge is not judged here. Poll mode is testpmd or, for the PGW, Open vSwitch on DPDK.
"""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.rates import (
    BOUNDS_OVERLAP,
    SPREAD_LIMIT,
    SPREAD_WIDE,
    TESTER_LIMITS,
)
from bench.comparison_lab import compare_pgw, compare_testpmd
from bench.model import Measurement, Size, Target, at_least

if t.TYPE_CHECKING:
    from collections.abc import Iterator

Report = t.Mapping[str, t.Any]

FRAME: t.Final = "64"
NAMES = (
    "poll_to_interrupt_ndr_ratio",
    "poll_to_interrupt_pdr_ratio",
    "poll_to_interrupt_latency_p50_ratio",
    "poll_idle_cpus",
    "poll_cpu_us_per_packet",
    "interrupt_idle_cpus",
    "interrupt_cpu_us_per_packet",
    "pgw_dpdk_to_kernel_gtp_ndr_ratio",
)
GAIN: t.Final = at_least(1.8)
_NOT_MEASURED: t.Final = "not_measured"


def measure(size: Size) -> Iterator[Measurement]:
    """Raises RuntimeError where nothing was compared, and LabError without a lab."""
    variables = {"comparison_turns": size.runs, "comparison_frames": [FRAME]}
    yield from testpmd_figures(compare_testpmd(variables))
    yield rate_ratio("pgw_dpdk_to_kernel_gtp_ndr_ratio", compare_pgw(variables), "kernel_gtp", "ndr")


def testpmd_figures(report: Report) -> Iterator[Measurement]:
    """What a report on testpmd and the routing kernel comes to."""
    yield rate_ratio("poll_to_interrupt_ndr_ratio", report, "interrupt", "ndr", GAIN)
    yield rate_ratio("poll_to_interrupt_pdr_ratio", report, "interrupt", "pdr", GAIN)
    latency = _row(report["latency_ratios"], variant="interrupt", frame=FRAME, load="50")
    yield _told("poll_to_interrupt_latency_p50_ratio", latency["ratios"]["p50"] if latency else None, "ratio")
    for variant in ("poll", "interrupt"):
        price = _row(report["cpu"], variant=variant, frame=FRAME) or {}
        seconds = price.get("seconds_per_packet")
        yield _told(f"{variant}_idle_cpus", price.get("idle_cpus"), "CPUs")
        yield _told(f"{variant}_cpu_us_per_packet", None if seconds is None else seconds * 1e6, "us")


def rate_ratio(name: str, report: Report, variant: str, goal: str, target: Target | None = None) -> Measurement:
    """Poll mode's rate by the variant's, or the bound of it that is known where a variant has one bound alone."""
    row = _row(report["ratios"], variant=variant, frame=FRAME, goal=goal)
    if row is None:
        return Measurement(name, None, "ratio", target, not_judged=_NOT_MEASURED)
    value = row["lowest"] if row["at_least"] else row["highest"] if row["ratio"] is None else row["ratio"]
    reason = row["reason"] or (_open(row, target) if target else "")
    return Measurement(name, value, "ratio", target, _turns(report, variant, goal), reason)


def _open(row: t.Mapping[str, t.Any], target: Target) -> str:
    """Why the bounds do not tell whether the target is met; empty where they do."""
    if row["lowest"] is not None and target.met(row["lowest"]):
        return ""
    if row["highest"] is None:
        return TESTER_LIMITS
    if not target.met(row["highest"]):
        return ""
    return SPREAD_WIDE if (row["spread"] or 0.0) > SPREAD_LIMIT else BOUNDS_OVERLAP


def _turns(report: Report, variant: str, goal: str) -> tuple[float, ...]:
    """The ratio in each turn, of those in which both forwarded."""
    poll, other = (
        (_row(report["rates"], variant=name, frame=FRAME, goal=goal) or {"turns_pps": ()})["turns_pps"]
        for name in ("poll", variant)
    )
    return tuple(one / another for one, another in zip(poll, other) if one and another)


def _told(name: str, value: float | None, unit: str) -> Measurement:
    return Measurement(name, value, unit, not_judged="" if value is not None else _NOT_MEASURED)


def _row(rows: t.Iterable[t.Mapping[str, t.Any]], **keys: str) -> t.Mapping[str, t.Any] | None:
    return next((row for row in rows if all(row[key] == value for key, value in keys.items())), None)
