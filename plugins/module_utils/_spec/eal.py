# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A DPDK application's EAL arguments (DPDK's "EAL parameters" guide), derived from the description."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.userspace_drivers import USERSPACE_DRIVERS


def eal_arguments(
    derived: t.Mapping[str, t.Any],
    devices: t.Sequence[t.Mapping[str, t.Any]],
    file_prefix: str,
    adapters: t.Sequence[str] | None = None,
    memory_mb: int | None = None,
) -> list[str]:
    """The arguments for lcores, memory and devices.

    derived: what the filter dataplane_derived returns; devices: what dpdk_bind returns;
    adapters: names of the polled adapters that the application gets, None for all of them;
    memory_mb: hugepage memory in MiB, None for all that the description has.
    The first housekeeping CPU becomes the main lcore, so that each polling CPU runs a worker and nothing else.
    Raises NfvError: adapter_unknown, adapter_not_bound, memory_beyond_hugepages.
    """
    main = str((parse_cpu_list(derived["housekeeping_cpus"]) or (0,))[0])
    lcores = ",".join([main, *(str(cpu) for cpu in derived["polling_cpu_list"])])
    arguments = ["-l", lcores, "--main-lcore", main, *_memory(derived, memory_mb), "--file-prefix", file_prefix]
    for address in _addresses(derived, devices, adapters):
        arguments += ["-a", address]
    return arguments


def _addresses(
    derived: t.Mapping[str, t.Any], devices: t.Sequence[t.Mapping[str, t.Any]], adapters: t.Sequence[str] | None
) -> list[str]:
    polled = [adapter["name"] for adapter in derived["pmd_adapters"]]
    bound = {device["name"]: device for device in devices}
    addresses = []
    for name in polled if adapters is None else adapters:
        if name not in polled:
            raise NfvError(
                ErrorCode.ADAPTER_UNKNOWN,
                name,
                f"is not an adapter with driver pmd; the description has {', '.join(polled) or 'none'}",
                "Name polled adapters of the description.",
            )
        # The driver that the device has, or in check mode the one that it is to get.
        device = bound.get(name)
        drivers = {device.get("driver"), device.get("driver_wanted")} if device else set()
        if device is None or drivers.isdisjoint(USERSPACE_DRIVERS):
            raise NfvError(
                ErrorCode.ADAPTER_NOT_BOUND,
                name,
                "is not bound to a userspace driver, so DPDK cannot use it",
                "Run role dpdk_bind first.",
            )
        addresses.append(str(device["pci_address"]))
    return addresses


def _memory(derived: t.Mapping[str, t.Any], memory_mb: int | None) -> list[str]:
    """``--socket-mem`` where pools name their NUMA nodes, otherwise ``-m``."""
    given = derived["hugepage_memory_mb"]
    if memory_mb is not None and memory_mb > given:
        raise NfvError(
            ErrorCode.MEMORY_BEYOND_HUGEPAGES,
            f"{memory_mb} MiB",
            f"is more than the {given} MiB of hugepages in the description",
            "Ask for less, or describe more hugepages.",
        )
    nodes: dict[int, int] = {}
    for pool in derived["hugepages"]:
        if pool["node"] is not None:
            nodes[pool["node"]] = nodes.get(pool["node"], 0) + pool["size_kb"] * pool["count"] // 1024
    if memory_mb is not None or not nodes:
        total = given if memory_mb is None else memory_mb
        return ["-m", str(total)] if total else []
    return ["--socket-mem", ",".join(str(nodes.get(node, 0)) for node in range(max(nodes) + 1))]
