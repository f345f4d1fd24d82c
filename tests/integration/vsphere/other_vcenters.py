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


def segments() -> dict[str, t.Any]:
    """One NSX segment on two switches in different modes, each with one host as a member and a third host with both."""
    shape: dict[str, t.Any] = json.loads(_LAB.read_text(encoding="utf-8"))
    member = {"nfv-dvs": {"Uplink 1": "vmnic2"}}
    shape["clusters"][0]["hosts"] = [
        {"name": "a.lab", "uplinks": {**member, "dvs-a": {"Uplink 1": "vmnic3"}}},
        {"name": "b.lab", "uplinks": {**member, "dvs-b": {"Uplink 1": "vmnic3"}}},
        {"name": "both.lab", "uplinks": {**member, "dvs-a": {"Uplink 1": "vmnic1"}, "dvs-b": {"Uplink 1": "vmnic3"}}},
    ]
    segment = {"name": "Seg", "active": ["Uplink 1"], "nsx": True}
    shape["distributedSwitches"] += [
        {"name": "dvs-a", "mode": "edp_standard", "uplinks": ["Uplink 1"], "portGroups": [segment]},
        {"name": "dvs-b", "mode": "edp_dedicated", "uplinks": ["Uplink 1"], "portGroups": [segment]},
    ]
    return shape
