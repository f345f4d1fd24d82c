# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of vCenter's answer about CPU counters: a value that is missing stays unknown."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_cpu_info import cpu_as_data
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.cpu_counters import (
    COSTOP,
    READY,
    USAGE,
    CpuRecord,
    CpuSample,
    samples_of,
)

KEYS = {USAGE: 2, READY: 12, COSTOP: 399}
MANAGER = vim.PerformanceManager


def metric(times: t.Sequence[int], series: t.Mapping[int, t.Sequence[int]], instance: str = "") -> t.Any:
    """vCenter's answer about one VM."""
    return MANAGER.EntityMetric(
        entity=vim.VirtualMachine("vm-1"),
        sampleInfo=[
            MANAGER.SampleInfo(timestamp=dt.datetime.fromtimestamp(time, dt.timezone.utc), interval=20)
            for time in times
        ],
        value=[
            MANAGER.IntSeries(id=MANAGER.MetricId(counterId=key, instance=instance), value=list(values))
            for key, values in series.items()
        ],
    )


def test_values_are_in_percent_and_milliseconds_in_the_order_of_time() -> None:
    # The simulator, and vCenter for historical data, may tell the newest first.
    assert samples_of(metric([40, 20], {2: [5525, 100], 12: [120, 7], 399: [0, 3]}), KEYS) == (
        CpuSample(20.0, 1.0, 7, 3),
        CpuSample(40.0, 55.25, 120, 0),
    )


def test_what_is_missing_is_none_and_not_zero() -> None:
    assert samples_of(metric([20, 40], {2: [-1, 100], 12: [5]}), KEYS) == (
        CpuSample(20.0, None, 5, None),
        CpuSample(40.0, 1.0, None, None),
    )


def test_one_vcpu_is_not_taken_for_the_vm() -> None:
    assert samples_of(metric([20], {2: [9000]}, instance="0"), KEYS) == (CpuSample(20.0, None, None, None),)


def test_a_counter_that_the_vcenter_does_not_have_is_none() -> None:
    assert samples_of(metric([20], {2: [100], 12: [5]}), {USAGE: 2, READY: 12}) == (CpuSample(20.0, 1.0, 5, None),)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (CpuRecord("a", 2, "poweredOff"), "the VM is poweredOff, so its host measures nothing"),
        (CpuRecord("a", 2, "poweredOn"), "vCenter has no samples of it"),
        (CpuRecord("a", 2, "poweredOn", (CpuSample(1.0, 1.0, 1, None),), (COSTOP,)), "no values of cpu.costop.summat"),
    ],
)
def test_the_module_says_unknown_and_why(record: CpuRecord, words: str) -> None:
    shown = cpu_as_data(record)
    assert shown["state"] == "unknown" and words in shown["reason"]


def test_the_module_says_known_where_every_counter_has_values() -> None:
    shown = cpu_as_data(CpuRecord("a", 2, "poweredOn", (CpuSample(1.0, 1.0, 0, 0),), ()))
    assert (shown["state"], shown["reason"]) == ("known", None)
