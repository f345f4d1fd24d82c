# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmark tells of a comparison's report: the report's verdict, and never more."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.comparison import (
    compare,
    comparison_as_data,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.environment import Environment
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.measurement import measurements_from_data
from bench import ROOT
from bench.comparison_lab import guest_inventory
from bench.measurements import comparison
from bench.model import FULL, Measurement
from bench.run import Results
from lab import standalone
from lab.state import State
from tests.unit.comparison import sample

Report = dict[str, t.Any]
Bounds = tuple[t.Optional[float], t.Optional[float]]


def report(measurements: t.Sequence[sample.Data]) -> Report:
    found = compare(
        measurements_from_data(list(measurements)), Environment.from_dict(sample.environment()), sample.CREATED, ()
    )
    return comparison_as_data(found)


def turns(variant: str, *bounds: Bounds) -> list[sample.Data]:
    """Turns of a variant with these bounds of both goals; without an upper one, the tester is the limit."""
    made = []
    for number, (lower, upper) in enumerate(bounds, 1):
        limit = "tester" if upper is None else "guest"
        rate = {"lower_pps": lower, "upper_pps": upper, "throughput_pps": lower, "limited_by": limit}
        rates = [{"goal": goal, **rate} for goal in ("ndr", "pdr")]
        nothing: sample.Data = {"trials": [], "latencies": [], "bursts": None, "samples": []}
        made.append({"variant": variant, "turn": number, "frame": "64", "rates": rates, **nothing})
    return made


def ndr(poll: t.Sequence[Bounds], other: t.Sequence[Bounds]) -> Measurement:
    made = report([*turns("poll", *poll), *turns("interrupt", *other)])
    return next(comparison.testpmd_figures(made))


def test_everything_promised_is_told_with_the_reports_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def compare_testpmd(variables: Report) -> Report:
        asked.append(variables)
        return report(sample.measurements(("64",), ("poll", "interrupt")))

    def compare_pgw(variables: Report) -> Report:
        asked.append(variables)
        return report([*turns("poll", (9_000, 9_100)), *turns("kernel_gtp", (6_000, 6_060))])

    monkeypatch.setattr(comparison, "compare_testpmd", compare_testpmd)
    monkeypatch.setattr(comparison, "compare_pgw", compare_pgw)
    found = {each.name: each for each in comparison.measure(FULL)}
    assert tuple(found) == comparison.NAMES
    assert asked == [{"comparison_turns": 3, "comparison_frames": ["64"]}] * 2
    # 38,000 packets/s and the tester's limit, against 9,000 and its upper bound, in turns that differ by 5 %.
    gain = found["poll_to_interrupt_ndr_ratio"]
    assert (gain.value, gain.met) == (pytest.approx(38_000 * 0.98 / (9_000 * 1.03 * 1.01)), True)
    assert gain.runs == pytest.approx([38 / 9] * 3)
    assert found["poll_to_interrupt_latency_p50_ratio"].value == pytest.approx(120 / 480, rel=0.02)
    assert found["poll_idle_cpus"].value == pytest.approx(1.02, rel=0.02)
    assert found["interrupt_idle_cpus"].value == pytest.approx(0.04, abs=0.01)
    assert (found["interrupt_cpu_us_per_packet"].value or 0) > (found["poll_cpu_us_per_packet"].value or 0) > 0
    assert found["pgw_dpdk_to_kernel_gtp_ndr_ratio"].value == 1.5
    assert Results(tuple(found.values()), {}).exit_status == 0


@pytest.mark.parametrize(
    ("poll", "other", "value", "met", "reason"),
    [
        ([(20_000, 20_200)], [(10_000, 10_100)], 2.0, True, ""),
        ([(15_000, 15_150)], [(10_000, 10_100)], 1.5, False, ""),
        # More than the kernel, and nobody can tell whether 1.8 times as much.
        ([(17_900, 18_300)], [(10_000, 10_100)], 1.79, None, "bounds_overlap"),
        ([(15_000, None)], [(10_000, 10_100)], 1.485, None, "tester_limits"),
        ([(20_000, None)], [(10_000, 10_100)], 1.980, True, ""),
        ([(10_000, 10_100)], [(10_050, 10_150)], 0.995, None, "bounds_overlap"),
        ([(20_000, 20_200), (30_000, 30_300)], [(10_000, 10_100)] * 2, 2.5, True, ""),
        ([(16_000, 16_200), (30_000, 30_300)], [(10_000, 10_100)] * 2, 2.3, None, "spread_wide"),
        ([(9_000, 9_100), (30_000, 30_300)], [(10_000, 10_100)] * 2, 1.95, None, "spread_wide"),
        ([(None, 100.0)], [(None, 100.0)], None, None, "nothing_forwarded"),
        # One of them does not even forward at the lowest rate.
        ([(20_000, 20_200)], [(None, 100.0)], 200.0, True, ""),
        ([(None, 100.0)], [(20_000, 20_200)], 0.005, False, ""),
    ],
)
def test_the_target_is_judged_only_where_the_bounds_tell(
    poll: list[Bounds], other: list[Bounds], value: float | None, met: bool | None, reason: str
) -> None:
    found = ndr(poll, other)
    assert (found.met, found.not_judged) == (met, reason)
    assert found.value == (None if value is None else pytest.approx(value, rel=0.001))


def test_the_guest_has_testpmd_and_no_vcenter(tmp_path: Path) -> None:
    """What the running lab generates is beside what this repository describes."""
    state = State(tmp_path, ROOT)
    guest = standalone.Guest("guest-1")
    for group, values in (("reached_by_ssh", {"ansible_user": "nfv"}), ("testers", {"ansible_connection": "local"})):
        directory = state.inventory / "group_vars" / group
        directory.mkdir(parents=True)
        (directory / "lab.yml").write_text(yaml.safe_dump(values))
    standalone.write_variables(state, guest, "198.18.0.50")
    inventory = guest_inventory(state, guest)
    (described,) = inventory["guests"]["hosts"].values()
    (tester,) = inventory["testers"]["hosts"].values()
    assert (described["ansible_host"], described["ansible_user"]) == ("198.18.0.50", "nfv")
    assert described["vnf_program"].endswith("dpdk-testpmd")
    assert [adapter["name"] for adapter in described["nfv_dataplane"]["adapters"]] == ["mgmt", "s5u", "sgi"]
    assert (tester["ansible_connection"], set(tester["tester_interfaces"])) == ("local", {"PG-S5U", "PG-SGi"})
    assert "vsphere_hostname" not in {**described, **tester}


def test_a_variant_that_was_not_measured_is_not_told() -> None:
    made = report(turns("poll", (20_000, 20_200)))
    assert {each.not_judged for each in comparison.testpmd_figures(made)} == {"not_measured"}
