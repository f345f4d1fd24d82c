# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the benchmarks, runs them, and reports."""

from __future__ import annotations

import dataclasses
import importlib
import json
import pkgutil
import time
import traceback
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from bench.model import Benchmark, Measurement, Size

# Exit statuses, by which a pipeline can distinguish a missed target from a benchmark that did not run, from a machine
# that is too loud to tell, and from a measurement that does not tell.
ALL_MET, TARGET_MISSED, BENCHMARK_FAILED, TOO_LOUD, NOT_JUDGED = 0, 1, 2, 3, 4


def discover(package: str = "bench.measurements") -> dict[str, Benchmark]:
    """The modules of the package, by name."""
    found = importlib.import_module(package)
    return {
        each.name: t.cast("Benchmark", importlib.import_module(f"{package}.{each.name}"))
        for each in sorted(pkgutil.iter_modules(found.__path__), key=lambda each: each.name)
    }


def chosen(benchmarks: Mapping[str, Benchmark], wanted: Sequence[str]) -> dict[str, Benchmark]:
    """The benchmarks with a wanted name, of the module or of a measurement; all when nothing is wanted.

    Raises ValueError for an unknown name.
    """
    known = {name for module, each in benchmarks.items() for name in (module, *each.NAMES)}
    unknown = set(wanted) - known
    if unknown:
        raise ValueError(f"no benchmark measures {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    return {module: each for module, each in benchmarks.items() if not wanted or set(wanted) & {module, *each.NAMES}}


@dataclasses.dataclass(frozen=True)
class Results:
    """The outcome of a run."""

    measurements: tuple[Measurement, ...]
    """What was measured."""
    failed: Mapping[str, str]
    """The traceback of each benchmark that failed, by its name."""

    @property
    def exit_status(self) -> int:
        """BENCHMARK_FAILED, else TARGET_MISSED, else TOO_LOUD, else NOT_JUDGED, else ALL_MET."""
        if self.failed:
            return BENCHMARK_FAILED
        if any(each.met is False for each in self.measurements):
            return TARGET_MISSED
        if any(each.too_loud for each in self.measurements):
            return TOO_LOUD
        return NOT_JUDGED if any(each.target and each.not_judged for each in self.measurements) else ALL_MET


def measure_all(benchmarks: Mapping[str, Benchmark], size: Size, say: Callable[[str], None]) -> Results:
    """Runs the benchmarks one after the other; one that fails does not stop the others."""
    measurements: list[Measurement] = []
    failed = {}
    for name, benchmark in benchmarks.items():
        started = time.monotonic()
        say(f"{name} ...")
        try:
            found = list(benchmark.measure(size))
            names = [each.name for each in found]
            if sorted(names) != sorted(benchmark.NAMES):
                raise ValueError(f"measured {names}, promised {list(benchmark.NAMES)}")
        except Exception:  # noqa: BLE001 - any failure is reported, and the others are measured
            failed[name] = traceback.format_exc()
            say(f"{name} failed: {failed[name].strip().splitlines()[-1]}")
            continue
        measurements += found
        say(f"{name} took {time.monotonic() - started:.0f} s")
    return Results(tuple(measurements), failed)


def write_report(measurements: Iterable[Measurement], path: Path) -> None:
    """Writes a list of name, value, unit, target and met, and of why what is not judged is not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([each.entry() for each in measurements], indent=2) + "\n", encoding="utf-8")


def table(measurements: Sequence[Measurement]) -> str:
    """The measurements as a text table."""
    words = {True: "met", False: "MISSED", None: ""}
    rows = [("name", "value", "unit", "target", "", "")]
    for each in measurements:
        entry = each.entry()
        spread = f"spread {each.spread:.0%}" if each.runs else ""
        judged = "TOO LOUD" if each.too_loud else words[each.met]
        if each.not_judged:
            judged = f"NOT JUDGED: {each.not_judged}"
        value = "unknown" if entry["value"] is None else f"{entry['value']:g}"
        rows.append((each.name, value, each.unit, entry["target"] or "", judged, spread))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)
