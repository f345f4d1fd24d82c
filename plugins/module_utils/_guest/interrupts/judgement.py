# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges whether a guest's kernel forwarded by interrupts between two samples. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import format_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.userspace_drivers import USERSPACE_DRIVERS

Sample = t.Mapping[str, t.Any]
# How often each interrupt may come on another CPU. Linux moves an MSI-X interrupt while it handles the next one on the
# old CPU (irq_move_irq in kernel/irq/migration.c), and that one may come after the first sample.
_STRAY: t.Final = 1


@dataclasses.dataclass(frozen=True)
class InterruptEvidence:
    """One piece of evidence."""

    name: str
    """What must be so, such as ``lro_off``."""
    device: str
    """The adapter, or the stream of packets."""
    holds: bool
    """Whether it is."""
    seen: str
    """What was seen, in words."""

    @property
    def failure(self) -> str:
        """Why it does not hold, in words."""
        return f"{self.device}: {self.name} does not hold ({self.seen})"


def judge(before: Sample, after: Sample, cpus: t.Collection[int], *, coalescing: bool) -> list[InterruptEvidence]:
    """The evidence of the adapters, from samples before and after known traffic.

    cpus: the CPUs that the interrupts were sent to, none where they stay where they are. coalescing: whether the
    adapters may coalesce. What was not observed does not hold.
    """
    earlier = {one["name"]: one for one in before["devices"]}
    same_boot = before["boot_id"] is not None and before["boot_id"] == after["boot_id"]
    rows: list[InterruptEvidence] = []
    for device in after["devices"]:
        rows += _device_rows(earlier.get(device["name"]), device, cpus, same_boot=same_boot)
        if not coalescing:
            seen = {None: "its driver does not tell", True: "interrupts may wait", False: "no interrupt waits"}
            value = device["coalescing"]
            rows.append(InterruptEvidence("coalescing_off", device["name"], value is False, seen[value]))
    return rows


def judge_traffic(streams: t.Iterable[Sample]) -> list[InterruptEvidence]:
    """The evidence of the streams that a tester sent meanwhile, as traffic_probe tells them.

    Packets may be lost, since how many is what a comparison measures. None may arrive changed, or against the rules.
    """
    rows = []
    for one in streams:
        sent, expected, received, corrupt = (int(one[key]) for key in ("sent", "expected", "received", "corrupt"))
        holds = sent > 0 and corrupt == 0 and (received > 0) is (expected > 0)
        seen = f"{received} of {sent} packets came through, {corrupt} of them changed; {expected} were to come through"
        rows.append(InterruptEvidence("traffic_passes", str(one["name"]), holds, seen))
    return rows


def _device_rows(
    before: Sample | None, after: Sample, cpus: t.Collection[int], *, same_boot: bool
) -> t.Iterator[InterruptEvidence]:
    name = after["name"]
    driven = bool(after["interface"]) and after["driver"] not in (None, *USERSPACE_DRIVERS)
    right = driven and str(after["interface_mac"]).lower() == after["mac"]
    yield InterruptEvidence(
        "kernel_driver",
        name,
        right,
        f"driver {after['driver'] or 'none'}, interface {after['interface'] or 'none'}"
        f" with {after['interface_mac'] or 'no MAC address'}",
    )
    for offload in ("lro", "gro"):
        seen = {None: "its driver does not tell", True: "on", False: "off"}[after[offload]]
        yield InterruptEvidence(f"{offload}_off", name, after[offload] is False, seen)
    if before is None or not same_boot:
        reason = "the guest was rebooted in between" if before is not None else "it is not in the earlier sample"
        yield from (InterruptEvidence(row, name, False, reason) for row in ("packets_pass", "interrupts_rise"))
        return
    packets = _difference(before["counters"], after["counters"], ("rx_packets", "tx_packets"))
    yield InterruptEvidence("packets_pass", name, packets > 0, f"{packets} packets through the kernel's interface")
    rises = _rises(before, after)
    total = sum(sum(line.values()) for line in rises)
    per_packet = f", {total / packets:.3f} for each packet" if packets > 0 else ""
    yield InterruptEvidence("interrupts_rise", name, total > 0, f"{total} interrupts{per_packet}")
    if cpus:
        taken = {cpu for line in rises for cpu, count in line.items() if count > 0}
        elsewhere = [sum(count for cpu, count in line.items() if cpu not in cpus) for line in rises]
        yield InterruptEvidence(
            "interrupts_placed",
            name,
            bool(taken & set(cpus)) and max(elsewhere) <= _STRAY,
            f"on CPUs {format_cpu_list(taken) or 'none'}, sent to {format_cpu_list(cpus)}"
            + (f", {sum(elsewhere)} of {total} elsewhere" if any(elsewhere) else ""),
        )


def _difference(before: Sample, after: Sample, names: t.Sequence[str]) -> int:
    """How much the counters rose; one that a sample lacks says nothing."""
    pairs = [(before[name], after[name]) for name in names]
    return sum(late - early for early, late in pairs if early is not None and late is not None)


def _rises(before: Sample, after: Sample) -> list[dict[int, int]]:
    """How much each of the device's interrupts rose on each CPU; a line that is new rose from nothing."""
    earlier = {one["line"]: one["counts"] for one in before["interrupts"]}
    return [
        {int(cpu): count - earlier.get(one["line"], {}).get(cpu, 0) for cpu, count in one["counts"].items()}
        for one in after["interrupts"]
    ]
