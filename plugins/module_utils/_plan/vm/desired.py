# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The value of each of a VM's settings for a description."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.api_version import at_least
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import format_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import EDP_DEDICATED

from .model import Value, VmState
from .settings import BY_NAME, UNLIMITED

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Cpu, Dataplane


def desired_settings(dataplane: Dataplane, state: VmState, hardware: int | None) -> dict[str, Value]:
    """The wanted value of every setting that the description decides, defaults included.

    hardware: version of the virtual hardware after the change, None when unknown. Settings that the description leaves
    to the VM are not in the result, such as the limit of what it does not reserve.
    """
    wanted: dict[str, Value] = {}
    for part in (_size, _exclusivity, _reservations, _profile, _memory, _numa):
        wanted.update(part(dataplane, state))
    wanted.update(_virtual_nodes(dataplane, state, hardware))
    if dataplane.iommu is not None:
        wanted["iommu"] = dataplane.iommu
    return wanted


def _size(dataplane: Dataplane, state: VmState) -> dict[str, Value]:
    count = dataplane.cpu.count
    wanted: dict[str, Value] = {
        "cpu.count": count,
        # Hot-add of CPUs turns virtual NUMA off, and that of memory keeps a VM from 1 GiB pages.
        "cpu.hot_add": False,
        "cpu.simultaneous_threads": dataplane.cpu.simultaneous_threads,
        "memory.size_mb": dataplane.memory.size_mb,
        "memory.hot_add": False,
    }
    cores = state.settings.get("cpu.cores_per_socket")
    size = count // (dataplane.numa.nodes or 1)
    fits = isinstance(cores, int) and cores > 0 and not count % cores and not (size % cores and cores % size)
    if isinstance(cores, int) and not fits:
        # vCPUs must fill sockets, and sockets and NUMA nodes may not overlap in part; their sizes are up to the user.
        wanted["cpu.cores_per_socket"] = 1
    return wanted


def _exclusivity(dataplane: Dataplane, _state: VmState) -> dict[str, Value]:
    cpu = dataplane.cpu
    high = cpu.exclusivity == "latency_sensitivity"
    contexts = dataplane.effective_contexts
    return {
        "cpu.latency_sensitivity": "high" if high else "normal",
        "cpu.latency_sensitivity_by_vcpu": levels(cpu) if high and cpu.polling else None,
        "cpu.affinity": cpu.affinity,
        "cpu.system_contexts": str(contexts) if contexts else None,
    }


def levels(cpu: Cpu) -> str:
    """The levels of the vCPUs as the setting shows them: polling vCPUs high, those left to Linux normal."""
    return shown_levels(cpu.polling, cpu.housekeeping)


def shown_levels(high: t.Iterable[int], normal: t.Iterable[int]) -> str:
    """vCPUs by their latency sensitivity, such as ``high 2-3, normal 0-1``."""
    return f"high {format_cpu_list(high)}, normal {format_cpu_list(normal)}"


def _reservations(dataplane: Dataplane, state: VmState) -> dict[str, Value]:
    wanted: dict[str, Value] = {
        "cpu.reservation_mhz": 0,
        "memory.reserve_all": dataplane.memory.reserve_all,
        "memory.reservation_mb": 0,
    }
    if dataplane.cpu.reserve_all:
        # Latency sensitivity high has exclusive cores only with all of their clock reserved and no limit (vSphere
        # Resource Management, "Latency sensitivity"); two vCPUs on one core need that core's clock once.
        cores = dataplane.cpu.count // dataplane.cpu.simultaneous_threads
        wanted["cpu.limit_mhz"] = UNLIMITED
        wanted["cpu.reservation_mhz"] = cores * (state.host_mhz or 0)
    if dataplane.memory.reserve_all:
        wanted["memory.reservation_mb"] = dataplane.memory.size_mb
        wanted["memory.limit_mb"] = UNLIMITED
    return wanted


def _profile(dataplane: Dataplane, _state: VmState) -> dict[str, Value]:
    low = dataplane.profile == "low_latency"
    return {
        "cpu.low_latency_timer": "TRUE" if low else None,
        "cpu.exclusive_without_statistics": "TRUE" if low else None,
        "memory.vmx_swap": "FALSE" if low else None,
    }


def _memory(dataplane: Dataplane, _state: VmState) -> dict[str, Value]:
    large = any(pool.size == "1G" for pool in dataplane.memory.hugepages)
    return {
        "memory.host_1g_pages": "TRUE" if dataplane.memory.host_page_size == "1G" else None,
        # Shown to the guest as the CPU flag pdpe1gb.
        "cpu.guest_1g_pages": "Val:1" if large else None,
    }


def _numa(dataplane: Dataplane, _state: VmState) -> dict[str, Value]:
    wanted: dict[str, Value] = {
        "numa.node_affinity": node_affinity(dataplane),
        "numa.autosize_once": "FALSE" if dataplane.numa.autosize == "every_power_on" else None,
    }
    if dataplane.placement.numa == "auto" and may_be_bound(dataplane):
        del wanted["numa.node_affinity"]  # the node that a plan found for the VM stays
    return wanted


def node_affinity(dataplane: Dataplane) -> str | None:
    """The host's NUMA node that the VM is bound to, None for none.

    ESXi excludes VMs with CPU affinity from NUMA scheduling; EDP Dedicated aligns a VM with the cores of its uplinks.
    """
    fixed = dataplane.placement.numa != "auto"
    return dataplane.placement.numa if fixed and may_be_bound(dataplane) else None


def may_be_bound(dataplane: Dataplane) -> bool:
    """Whether it has an effect to bind the VM to a NUMA node of the host."""
    return dataplane.switch_mode != EDP_DEDICATED and dataplane.cpu.exclusivity != "affinity"


def _virtual_nodes(dataplane: Dataplane, state: VmState, hardware: int | None) -> dict[str, Value]:
    """The size of the guest's NUMA nodes: in the typed field if there is one, otherwise in the older advanced key."""
    typed = BY_NAME["numa.cores_per_node"]
    modern = at_least(state.api_version, typed.api) and (hardware is None or hardware >= (typed.hardware or 0))
    nodes = dataplane.numa.nodes
    size = None if nodes is None else dataplane.cpu.count // nodes
    return {
        "numa.cores_per_node": size if modern else None,
        "numa.vcpus_per_node": str(size) if size is not None and not modern else None,
    }
