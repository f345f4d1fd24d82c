# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A DPDK application's EAL parameters (DPDK's "EAL parameters" guide), derived from the description."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import cpu_mask, parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.userspace_drivers import USERSPACE_DRIVERS

# Where systemd mounts hugetlbfs for pages of the default size, which is that of the first pool of a description.
_HUGEPAGES: t.Final = "/dev/hugepages"


def eal_arguments(
    derived: t.Mapping[str, t.Any],
    devices: t.Sequence[t.Mapping[str, t.Any]],
    file_prefix: str,
    adapters: t.Sequence[str] | None = None,
    memory_mb: int | None = None,
) -> list[str]:
    """The arguments for lcores, memory and devices; parameters and errors are those of eal_values()."""
    arguments: list[str] = eal_values(derived, devices, file_prefix, adapters, memory_mb)["arguments"]
    return arguments


def eal_values(
    derived: t.Mapping[str, t.Any],
    devices: t.Sequence[t.Mapping[str, t.Any]],
    file_prefix: str,
    adapters: t.Sequence[str] | None = None,
    memory_mb: int | None = None,
) -> dict[str, t.Any]:
    """What an application's own file needs of the description, documented at the filter of this name.

    derived: what the filter dataplane_derived returns; devices: what dpdk_bind returns;
    adapters: names of the polled adapters that the application gets, None for all of them;
    memory_mb: hugepage memory in MiB, None for all that the description has.
    The first housekeeping CPU becomes the main lcore, so that each polling CPU runs a worker and nothing else.
    Raises NfvError: adapter_unknown, adapter_not_bound, memory_beyond_hugepages.
    """
    main = (parse_cpu_list(derived["housekeeping_cpus"]) or (0,))[0]
    workers = list(derived["polling_cpu_list"])
    lcores = ",".join(str(cpu) for cpu in (main, *workers))
    bound = _bound(derived, devices, adapters)
    addresses = {name: str(device["pci_address"]) for name, device in bound.items()}
    memory = _memory(derived, memory_mb)
    parameters: dict[str, t.Any] = {"lcores": lcores, "main-lcore": main, "file-prefix": file_prefix}
    parameters.update({memory[0].lstrip("-"): memory[1]} if memory else {})
    parameters["allow"] = list(addresses.values())
    arguments = ["-l", lcores, "--main-lcore", str(main), *memory, "--file-prefix", file_prefix]
    for address in addresses.values():
        arguments += ["-a", address]
    return {
        "arguments": arguments,
        "parameters": parameters,
        "file_prefix": file_prefix,
        "main_lcore": main,
        "worker_lcores": workers,
        "worker_mask": cpu_mask(workers),
        "memory_mb": derived["hugepage_memory_mb"] if memory_mb is None else memory_mb,
        "hugepage_directory": _HUGEPAGES,
        "pci_addresses": addresses,
        "mac_addresses": {name: device.get("mac") for name, device in bound.items()},
        "drivers": {name: device.get("driver_wanted") or device.get("driver") for name, device in bound.items()},
    }


def _bound(
    derived: t.Mapping[str, t.Any], devices: t.Sequence[t.Mapping[str, t.Any]], adapters: t.Sequence[str] | None
) -> dict[str, t.Mapping[str, t.Any]]:
    """The application's devices by the adapters' names, in the order of the names."""
    polled = [adapter["name"] for adapter in derived["pmd_adapters"]]
    bound = {device["name"]: device for device in devices}
    found = {}
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
        found[name] = device
    return found


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
