# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The path of the packets as a sample shows it: from the sender through the adapters to the application, and back."""

from __future__ import annotations

import typing as t

from .model import Expected, Mapping, find


def path_of(sample: Mapping | None, expected: Expected) -> dict[str, t.Any] | None:
    """``sender``, ``application`` and ``adapters``, as plain data; None without a sample. What is not known is None.

    It is told for the report, and nothing is judged by it.
    """
    if not sample:
        return None
    application = sample.get("application") or {}
    return {
        "sender": expected.surroundings.get("sender") or None,
        "application": {
            "executable": application.get("executable"),
            "version": application.get("version"),
            "kernel": sample.get("kernel"),
            "lcores": [
                {"cpu": one.get("cpu"), "thread": one.get("name"), "numa_node": one.get("numa_node")}
                for one in sample.get("workers") or ()
            ],
        },
        "adapters": [_adapter(device, sample, expected) for device in expected.devices],
    }


def _adapter(device: Mapping, sample: Mapping, expected: Expected) -> dict[str, t.Any]:
    name = device["name"]
    seen = find(sample.get("devices"), "name", name) or {}
    virtual = find(expected.adapters, "name", name) or {}
    port = find(sample.get("ports"), "name", device["pci_address"])
    around = {key: expected.surroundings.get(key) or {} for key in ("networks", "interfaces")}
    return {
        "name": name,
        "side": next((side for side, one in expected.sides.items() if one == name), None),
        "network": virtual.get("network") or around["networks"].get(name),
        "sender_interface": around["interfaces"].get(name),
        "type": virtual.get("type"),
        "mac": device["mac"],
        "pci_address": device["pci_address"],
        "numa_node": seen.get("numa_node"),
        "driver": seen.get("driver"),
        "poll_mode_driver": expected.port_driver if port else None,
        "port": port.get("port") if port else None,
    }
