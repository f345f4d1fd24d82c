# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what hosts measured of the CPUs of VMs, in vCenter's realtime samples of 20 s."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.naming import name_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim

from .read import CONNECTION_STATE, each_of

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Properties

INTERVAL_SECONDS: t.Final = 20
"""Hosts measure that long (PerfProviderSummary.refreshRate), and keep an hour of it (vSphere Monitoring)."""
USAGE: t.Final = "cpu.usage.average"
READY: t.Final = "cpu.ready.summation"
COSTOP: t.Final = "cpu.costop.summation"
COUNTERS: t.Final = (USAGE, READY, COSTOP)
"""Counters as ``group.name.rollup``; their numbers differ between vCenters."""
_USAGE_UNIT: t.Final = 100
"""cpu.usage is in hundredths of a percent (PerformanceManager, Unit.percent)."""
_VMS_AT_A_TIME: t.Final = 20
"""vCenter refuses queries of more than 64 metrics (advanced setting config.vpxd.stats.maxQueryMetrics)."""


@dataclasses.dataclass(frozen=True)
class CpuSample:
    """One interval."""

    time: float
    """When it ended, in seconds since 1970, by the host's clock."""
    usage_percent: float | None
    """Share of all its vCPUs that the VM used; None where vCenter has no value."""
    ready_ms: float | None
    """Time that its vCPUs waited for a physical CPU, all together."""
    costop_ms: float | None
    """Time that its vCPUs waited for one another, all together."""


@dataclasses.dataclass(frozen=True)
class CpuRecord:
    """A VM and its samples."""

    name: str
    """The VM."""
    cpus: int | None
    """Its vCPUs; None where vCenter does not say."""
    power_state: str
    """``poweredOn``, ``poweredOff`` or ``suspended``."""
    samples: tuple[CpuSample, ...] = ()
    """From the oldest on; none of a VM that is not powered on."""
    missing: tuple[str, ...] = COUNTERS
    """Those of COUNTERS that have no value at all."""


def read_cpu_records(
    client: Client, machines: t.Sequence[t.Any], seconds: int
) -> tuple[dict[str, CpuRecord], dict[str, NfvError]]:
    """Reads the samples of the last seconds. Returns the records, and the errors of VMs that cannot be read, by moid.

    machines: the VMs (vim.VirtualMachine).
    """
    paths = ("name", "config.hardware.numCPU", "runtime.powerState", CONNECTION_STATE)
    records, errors = each_of(client, machines, paths, _record)
    running = [each for each in machines if each._moId in records and records[each._moId].power_state == "poweredOn"]
    keys = counter_keys(client) if running else {}
    for first in range(0, len(running) if keys else 0, _VMS_AT_A_TIME):
        for metric in _query(client, running[first : first + _VMS_AT_A_TIME], keys, seconds):
            moid = metric.entity._moId
            samples = samples_of(metric, keys)
            missing = tuple(name for name in COUNTERS if all(_value(name, one) is None for one in samples))
            records[moid] = dataclasses.replace(records[moid], samples=samples, missing=missing)
    return records, errors


def _record(managed: t.Any, properties: Properties) -> CpuRecord:
    return CpuRecord(
        name_of(managed, properties),
        properties.get("config.hardware.numCPU"),
        str(properties.get("runtime.powerState", "")),
    )


def counter_keys(client: Client) -> dict[str, int]:
    """The numbers by which this vCenter knows COUNTERS, by name; without those that it does not have."""
    manager = client.content.perfManager
    ((_manager, properties),) = client.of_objects(vim.PerformanceManager, [manager], ["perfCounter"])
    names = {
        f"{counter.groupInfo.key}.{counter.nameInfo.key}.{counter.rollupType}": int(counter.key)
        for counter in properties.get("perfCounter") or ()
    }
    return {name: names[name] for name in COUNTERS if name in names}


def _query(client: Client, machines: t.Sequence[t.Any], keys: t.Mapping[str, int], seconds: int) -> t.Any:
    manager = vim.PerformanceManager
    # By number and not by time: the clocks of controller and host may differ.
    count = -(-seconds // INTERVAL_SECONDS)
    metrics = [manager.MetricId(counterId=key, instance="") for key in keys.values()]
    specs = [
        manager.QuerySpec(entity=each, metricId=metrics, intervalId=INTERVAL_SECONDS, maxSample=count, format="normal")
        for each in machines
    ]
    return client.read(lambda: client.content.perfManager.QueryPerf(querySpec=specs))


def samples_of(metric: t.Any, keys: t.Mapping[str, int]) -> tuple[CpuSample, ...]:
    """Converts vim.PerformanceManager.EntityMetric, whose values stand in the order of its times."""
    series = {one.id.counterId: list(one.value) for one in metric.value or () if not one.id.instance}

    def value(name: str, position: int, unit: int = 1) -> float | None:
        values = series.get(keys.get(name), [])
        # A sample that is missing is -1 (vSphere API, PerfMetricIntSeries).
        return values[position] / unit if position < len(values) and values[position] >= 0 else None

    samples = (
        CpuSample(
            info.timestamp.timestamp(),
            value(USAGE, position, _USAGE_UNIT),
            value(READY, position),
            value(COSTOP, position),
        )
        for position, info in enumerate(metric.sampleInfo or ())
    )
    return tuple(sorted(samples, key=lambda sample: sample.time))


def _value(name: str, sample: CpuSample) -> float | None:
    return {USAGE: sample.usage_percent, READY: sample.ready_ms, COSTOP: sample.costop_ms}[name]
