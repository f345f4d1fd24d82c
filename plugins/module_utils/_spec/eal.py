# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A DPDK application's EAL arguments, derived from the description (DPDK's "EAL parameters" guide), and its command."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

_USERSPACE_DRIVERS = ("vfio-pci", "igb_uio", "uio_pci_generic")
# Words that systemd's own parser leaves as they are (systemd.service(5), "Command lines").
_PLAIN = re.compile(r"[A-Za-z0-9_@:.,/=+-]+")


def eal_arguments(
    derived: t.Mapping[str, t.Any],
    devices: t.Sequence[t.Mapping[str, t.Any]],
    file_prefix: str,
    adapters: t.Sequence[str] | None = None,
    memory_mb: int | None = None,
) -> list[str]:
    """The arguments that the EAL needs for what the description gives.

    derived: what dataplane_derived returns; devices: what dpdk_bind returns; adapters: names of the polled adapters
    that the application gets, all of them without; memory_mb: hugepage memory in MiB, all of the description's without.
    The first housekeeping CPU becomes the main lcore, so that every polling CPU is a worker's alone.
    Raises NfvError: adapter_unknown, adapter_not_bound, memory_beyond_hugepages.
    """
    main = derived["housekeeping_cpus"].replace("-", ",").split(",")[0]
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
                f"is no adapter with driver pmd in the description, which has {', '.join(polled) or 'none'}",
                "Name polled adapters of the description.",
            )
        # The driver that the device has, or in check mode the one that it is to get.
        device = bound.get(name)
        drivers = {device.get("driver"), device.get("driver_wanted")} if device else set()
        if device is None or not drivers & set(_USERSPACE_DRIVERS):
            raise NfvError(
                ErrorCode.ADAPTER_NOT_BOUND,
                name,
                "has no userspace driver that DPDK could use",
                "Run role dpdk_bind first.",
            )
        addresses.append(str(device["pci_address"]))
    return addresses


def _memory(derived: t.Mapping[str, t.Any], memory_mb: int | None) -> list[str]:
    """-m for memory from anywhere, --socket-mem where the description gives each NUMA node its own."""
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


def command_line(words: t.Sequence[t.Any]) -> str:
    """The words as ExecStart= takes them: specifiers, variables and quotes lose their meaning (systemd.service(5)).

    Raises NfvError(argument_invalid) for a word with a line break.
    """
    return " ".join(_quoted(str(word)) for word in words)


def _quoted(word: str) -> str:
    if "\n" in word or "\r" in word:
        raise NfvError(
            ErrorCode.ARGUMENT_INVALID, repr(word), "has a line break, which a unit file cannot hold", "Remove it."
        )
    if _PLAIN.fullmatch(word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'
