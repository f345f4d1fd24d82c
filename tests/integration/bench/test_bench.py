# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark runner, with benchmarks that miss, break and lie; and every real one, in tiny sizes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from bench.run import discover

REPOSITORY = Path(__file__).resolve().parents[3]
# What the figures of the vSphere engine are called.
PROMISED = {
    "fleet_apply_ratio_to_bare",
    "fleet_apply_reconfigures",
    "fleet_apply_whole_ratio_to_bare",
    "fleet_drift_10000_growth",
    "fleet_drift_10000_s",
    "fleet_drift_calls",
    "fleet_drift_ratio_to_bare",
    "fleet_drift_ratio_to_govmomi",
    "fleet_memory_mb_per_1000",
    "peer_change_ratio",
    "peer_noop_ratio",
    "pgw_change_100_s",
    "pgw_install_10000_s",
    "pgw_install_growth_1k_10k",
    "pgw_recovery_s",
    "playbook_drift_1000_s",
    "playbook_drift_100_s",
    "playbook_drift_1_s",
    "tester_load_pps",
    "tester_load_to_probe_ratio",
    "tester_probe_pps",
    "tester_send_us",
    "trafgen_paced_share",
    "trafgen_send_us",
}
# The comparison needs the lab's guests; tests/unit/bench has what it makes of a report.
WITHOUT_A_LAB = sorted(set(discover()) - {"comparison"})
HEAD = "from bench.model import Measurement, at_least, at_most\n"
BENCHMARKS = {
    "kept": "NAMES = ('quick_s',)\ndef measure(size):\n    yield Measurement('quick_s', 0.01234, 's', at_most(1))\n",
    "stated": "NAMES = ('size_mb',)\ndef measure(size):\n    yield Measurement('size_mb', 1234.5, 'MB')\n",
    "missed": "NAMES = ('slow_s',)\ndef measure(size):\n    yield Measurement('slow_s', 2, 's', at_most(1))\n",
    "below": "NAMES = ('gain',)\ndef measure(size):\n    yield Measurement('gain', 9, 'ratio', at_least(10))\n",
    "broken": "NAMES = ('never_s',)\ndef measure(size):\n    raise RuntimeError('no lab')\n",
    "loud": "NAMES = ('ratio',)\ndef measure(size):\n"
    "    yield Measurement('ratio', 1.1, 'ratio', at_most(1), (0.8, 1.1, 1.4))\n",
    "spread": "NAMES = ('far',)\ndef measure(size):\n"
    "    yield Measurement('far', 2, 'ratio', at_most(1), (1.5, 2, 2.5))\n",
    "open": "NAMES = ('gain_ratio', 'other_ratio')\ndef measure(size):\n"
    "    yield Measurement('gain_ratio', 1.2, 'ratio', at_least(1.8), (1.2, 2.4), not_judged='bounds_overlap')\n"
    "    yield Measurement('other_ratio', None, 'ratio', at_least(1.8), not_judged='nothing_forwarded')\n",
    "unknown": "NAMES = ('gain',)\ndef measure(size):\n    yield Measurement('gain', None, 'ratio', at_least(1.8))\n",
    "silent": "NAMES = ('one', 'two')\ndef measure(size):\n    yield Measurement('one', 1, 's')\n",
}


class Bench:
    """Runs `python -m bench`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._report = directory / "reports" / "bench.json"

    def package(self, *names: str) -> None:
        """Writes a package with some of the benchmarks above."""
        package = self._directory / "made_up"
        package.mkdir()
        (package / "__init__.py").write_text("")
        for name in names:
            (package / f"{name}.py").write_text(HEAD + BENCHMARKS[name])

    def run(self, *arguments: str) -> tuple[subprocess.CompletedProcess[str], dict[str, dict[str, t.Any]]]:
        done = subprocess.run(
            [sys.executable, "-m", "bench", "--output", str(self._report), *arguments],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(self._directory)},
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        entries = json.loads(self._report.read_text()) if self._report.exists() else []
        return done, {entry["name"]: entry for entry in entries}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_what_keeps_its_target_is_written_and_shown(bench: Bench) -> None:
    bench.package("kept", "stated")
    done, entries = bench.run("--package", "made_up")
    assert done.returncode == 0, done.stderr
    assert entries == {
        "quick_s": {"name": "quick_s", "value": 0.0123, "unit": "s", "target": "at most 1", "met": True},
        "size_mb": {"name": "size_mb", "value": 1234, "unit": "MB", "target": None, "met": None},
    }
    assert [line.split() for line in done.stdout.splitlines()[1:]] == [
        ["quick_s", "0.0123", "s", "at", "most", "1", "met"],
        ["size_mb", "1234", "MB"],
    ]


@pytest.mark.parametrize(("benchmark", "name"), [("missed", "slow_s"), ("below", "gain")])
def test_a_missed_target_is_told_by_report_table_and_exit_status(bench: Bench, benchmark: str, name: str) -> None:
    bench.package("kept", benchmark)
    done, entries = bench.run("--package", "made_up")
    assert done.returncode == 1
    assert (entries[name]["met"], entries["quick_s"]["met"]) == (False, True)
    assert "MISSED" in done.stdout


@pytest.mark.parametrize(("benchmark", "reason"), [("broken", "no lab"), ("silent", "promised ['one', 'two']")])
def test_a_benchmark_that_does_not_measure_stops_no_other_and_is_no_missed_target(
    bench: Bench, benchmark: str, reason: str
) -> None:
    bench.package(benchmark, "missed", "kept")
    done, entries = bench.run("--package", "made_up")
    assert done.returncode == 2
    assert sorted(entries) == ["quick_s", "slow_s"]
    assert reason in done.stderr


def test_runs_on_both_sides_of_the_target_are_no_missed_target_and_no_kept_one(bench: Bench) -> None:
    bench.package("kept", "loud")
    done, entries = bench.run("--package", "made_up")
    assert (done.returncode, entries["ratio"]["met"]) == (3, None)
    assert "TOO LOUD" in done.stdout
    assert "spread 55%" in done.stdout


def test_runs_far_apart_that_all_miss_the_target_have_missed_it(bench: Bench) -> None:
    bench.package("spread", "loud")
    done, entries = bench.run("--package", "made_up")
    assert (done.returncode, entries["far"]["met"]) == (1, False)


def test_what_is_not_judged_has_a_status_of_its_own_and_a_reason(bench: Bench) -> None:
    bench.package("kept", "open")
    done, entries = bench.run("--package", "made_up")
    assert (done.returncode, entries["gain_ratio"]["met"], entries["other_ratio"]["met"]) == (4, None, None)
    assert (entries["gain_ratio"]["value"], entries["other_ratio"]["value"]) == (1.2, None)
    assert entries["other_ratio"]["not_judged"] == "nothing_forwarded"
    assert "NOT JUDGED: bounds_overlap" in done.stdout
    assert "unknown" in done.stdout


@pytest.mark.parametrize(("other", "status"), [("missed", 1), ("broken", 2), ("loud", 3)])
def test_what_is_not_judged_hides_no_worse_outcome(bench: Bench, other: str, status: int) -> None:
    bench.package(other, "open")
    assert bench.run("--package", "made_up")[0].returncode == status


def test_a_value_that_is_not_known_without_a_reason_is_a_failure(bench: Bench) -> None:
    bench.package("unknown")
    done, entries = bench.run("--package", "made_up")
    assert (done.returncode, entries) == (2, {})
    assert "gain has no value, and does not say why" in done.stderr


def test_one_is_run_by_its_name_or_that_of_its_measurement(bench: Bench) -> None:
    bench.package("kept", "missed", "broken")
    assert sorted(bench.run("--package", "made_up", "quick_s")[1]) == ["quick_s"]
    done, entries = bench.run("--package", "made_up", "missed")
    assert (done.returncode, sorted(entries)) == (1, ["slow_s"])
    done, _entries = bench.run("--package", "made_up", "nothing")
    assert done.returncode == 2
    assert "no benchmark measures nothing; there are broken, kept, missed" in done.stderr


def test_every_benchmark_measures_what_it_promises(bench: Bench) -> None:
    done, entries = bench.run("--tiny", *WITHOUT_A_LAB)
    assert done.returncode in (0, 1, 3), done.stderr  # targets are about other sizes
    assert set(entries) >= PROMISED
    assert {tuple(sorted(entry)) for entry in entries.values()} == {("met", "name", "target", "unit", "value")}
