# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stations of the path of the packets, in words."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import format_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.model import WAYS, find

Mapping = t.Mapping[str, t.Any]
UNKNOWN: t.Final = "unknown"


def known(value: t.Any) -> str:
    """A value as text; UNKNOWN for None and for nothing."""
    return UNKNOWN if value is None or value == "" else str(value)


def node(number: int | None) -> str:
    """``NUMA node 0``."""
    return f"NUMA node {known(number)}"


def lcores(application: Mapping) -> str:
    """The CPUs that poll, by NUMA node: ``CPU 1-2 (NUMA node 0)``."""
    nodes: dict[int | None, set[int]] = {}
    for one in application["lcores"]:
        nodes.setdefault(one["numa_node"], set()).add(one["cpu"])
    told = (f"CPU {format_cpu_list(sorted(cpus))} ({node(number)})" for number, cpus in nodes.items())
    return ", ".join(told) or UNKNOWN


def poll_mode_driver(adapter: Mapping) -> str:
    """``net_vmxnet3, port 0``."""
    return UNKNOWN if adapter["port"] is None else f"{adapter['poll_mode_driver']}, port {adapter['port']}"


def card(adapter: Mapping) -> str:
    """The virtual adapter: ``VMXNET3 s5u``, with the type that vCenter told."""
    return f"{adapter['type'].upper() if adapter['type'] else 'adapter'} {adapter['name']}"


def ways(path: Mapping, streams: t.Sequence[Mapping]) -> t.Iterator[tuple[Mapping, Mapping, Mapping]]:
    """Each stream that must arrive, with the adapter that it enters by and the one that it leaves by."""
    for stream in streams:
        ends = WAYS.get(stream["direction"], ())
        found = [find(path["adapters"], "side", side) for side in ends]
        if stream["expected"] and len(found) == 2 and all(found):
            yield stream, found[0] or {}, found[1] or {}


def way(path: Mapping, stream: Mapping, enters: Mapping, leaves: Mapping) -> str:
    """One direction as a sentence: where its packets go, and how many of them arrived."""
    application, sender = path["application"], known(path["sender"])
    stations = (
        f"{sender}, {known(enters['sender_interface'])}",
        known(enters["network"]),
        f"{card(enters)} on {node(enters['numa_node'])}",
        poll_mode_driver(enters),
        f"{known(application['executable'])} on {lcores(application)}",
        poll_mode_driver(leaves),
        f"{card(leaves)} on {node(leaves['numa_node'])}",
        known(leaves["network"]),
        f"{sender}, {known(leaves['sender_interface'])}",
    )
    return f"{stream['name']}: {' → '.join(stations)}; {stream['received']} of {stream['expected']} packets arrived."
