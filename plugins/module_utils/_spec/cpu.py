# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The section ``cpu``: vCPUs, which of them poll, and how they get cores of their own."""

from __future__ import annotations

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode

from .model import EXCLUSIVITIES, Cpu
from .reader import Section

# Configuration maximum of a VM in vSphere 8.
MAX_CPUS = 768
# Each takes a core; more than an adapter has transmit queues would be idle.
MAX_SYSTEM_CONTEXTS = 32

_OPTIONAL = ("polling", "exclusivity", "affinity", "simultaneous_threads", "reserve_all", "system_contexts")


def read_cpu(top: Section) -> Cpu | None:
    """Reads the section; adds what is wrong to the problems of ``top``."""
    section = Section.read(top.values["cpu"], f"{top.path}.cpu", top.problems, ("count",), _OPTIONAL)
    if section is None:
        return None
    count = section.integer("count", 1, MAX_CPUS)
    polling = section.cpu_list("polling")
    exclusivity = section.choice("exclusivity", EXCLUSIVITIES, "latency_sensitivity")
    affinity = section.cpu_list("affinity")
    threads = section.integer("simultaneous_threads", 1, 2, default=1)
    reserve_all = section.boolean("reserve_all", exclusivity == "latency_sensitivity")
    contexts = section.integer("system_contexts", 0, MAX_SYSTEM_CONTEXTS, default=0)
    if count is None or polling is None or exclusivity is None or affinity is None:
        return None
    if threads is None or reserve_all is None or contexts is None:
        return None
    cpu = Cpu(count, polling, exclusivity, affinity, threads, reserve_all, contexts)
    _check_polling(section, cpu)
    _check_threads(section, cpu)
    _check_exclusivity(section, cpu)
    return cpu


def _check_polling(section: Section, cpu: Cpu) -> None:
    beyond = [number for number in cpu.polling if number >= cpu.count]
    if beyond:
        section.report(
            "polling",
            ErrorCode.POLLING_BEYOND_COUNT,
            f"names vCPU {beyond[0]}, but cpu.count {cpu.count} gives vCPUs 0 to {cpu.count - 1}",
        )
    elif len(cpu.polling) == cpu.count:
        section.report(
            "polling",
            ErrorCode.HOUSEKEEPING_CPU_MISSING,
            f"names all {cpu.count} vCPUs; leave at least one to Linux, preferably vCPU 0",
        )


def _check_threads(section: Section, cpu: Cpu) -> None:
    """Virtual hyper-threading puts vCPUs 2k and 2k+1 on the two threads of one core."""
    if cpu.simultaneous_threads == 1:
        return
    if cpu.count % cpu.simultaneous_threads:
        section.report(
            "count",
            ErrorCode.VALUE_NOT_MULTIPLE,
            f"must be a multiple of cpu.simultaneous_threads (2), not {cpu.count}",
        )
        return
    split = [number for number in cpu.polling if number ^ 1 not in cpu.polling]
    if split:
        section.report(
            "polling",
            ErrorCode.POLLING_SPLITS_CORE,
            f"must name whole cores with cpu.simultaneous_threads 2; vCPU {split[0]} shares its core with vCPU"
            f" {split[0] ^ 1}, which would be left to Linux",
        )


def _check_exclusivity(section: Section, cpu: Cpu) -> None:
    if cpu.exclusivity == "affinity" and len(cpu.affinity) < cpu.count:
        section.report(
            "affinity",
            ErrorCode.AFFINITY_TOO_SMALL,
            f"must name at least {cpu.count} host CPUs, one per vCPU",
        )
    if cpu.exclusivity != "affinity" and cpu.affinity:
        section.report("affinity", ErrorCode.VALUE_NOT_ALLOWED, "is only allowed with cpu.exclusivity affinity")
    if cpu.exclusivity == "latency_sensitivity":
        if not cpu.reserve_all:
            section.report(
                "reserve_all", ErrorCode.RESERVATION_NEEDED, "must be true with cpu.exclusivity latency_sensitivity"
            )
    elif cpu.system_contexts:
        section.report(
            "system_contexts", ErrorCode.VALUE_NOT_ALLOWED, "is only allowed with cpu.exclusivity latency_sensitivity"
        )
