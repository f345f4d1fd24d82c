# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vCenters of another age than the lab's, with hosts that lack something."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

_LAB = Path(__file__).resolve().parents[3] / "lab" / "vcenter" / "lab.json"


def newest() -> dict[str, t.Any]:
    """vSphere 9 with a switch of version 9, NSX networks, and beside the usual host poorer ones."""
    shape: dict[str, t.Any] = json.loads(_LAB.read_text(encoding="utf-8"))
    shape["apiVersion"] = "9.0.0.0"
    shape["clusters"][0]["hosts"] = [
        {"name": "usual.lab"},
        {"name": "plain.lab", "maxSupportedSimultaneousThreads": 1, "latencySensitivitySupported": False},
        {"name": "amd.lab", "cpuVendor": "amd"},
        {"name": "no-udp-rss.lab", "advancedSettings": {"Net.Vmxnet3UDPRSSAllowed": 0}},
    ]
    switch = shape["distributedSwitches"][0]
    switch["version"] = "9.0.0"
    switch["portGroups"].append({"name": "NSX-Segment", "active": ["Uplink 1"], "nsx": True})
    shape["opaqueNetworks"] = ["NSX-Opaque"]
    return shape


def older() -> dict[str, t.Any]:
    """vSphere 7."""
    shape: dict[str, t.Any] = json.loads(_LAB.read_text(encoding="utf-8"))
    shape["apiVersion"] = "7.0.3.0"
    return shape
