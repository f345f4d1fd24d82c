# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls that each module for vCenter makes, counted by vCenter. docs/fleets.md has them as a table."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.feature_compat_info import gather_features
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.host_topology_info import gather_topology
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.placement_rules import keep_placement
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane import converge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane_info import gather
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_first_boot import tell
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import PAGE_SIZE
from bench.lab_vcenter import DATACENTER, FleetVCenter, description, fleet_vcenter
from bench.model import Measurement, Size

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

NAMES = ("facts_calls",)
# Fewer VMs than a page holds: the calls of a larger fleet grow by its pages, and by one ReconfigVM_Task per change.
VMS = min(20, PAGE_SIZE)
# What every module makes to open and to close its session.
SESSION: t.Final = ("RetrieveServiceContent", "RetrieveContent", "Login", "Logout", "GET /sdk/vimServiceVersions.xml")
# What a VM's guest is told, but for its addresses.
GUEST: t.Final = {
    "gateways": ["192.0.2.1"],
    "user": {"name": "operator", "ssh_authorized_keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43]},
}
# How often it is called depends on how long the tasks take, not on how many there are.
WAITING: t.Final = ("WaitForUpdatesEx",)


def measure(_size: Size) -> Iterator[Measurement]:
    """All calls of ``vm_dataplane_info``; the table has the other modules' by method."""
    counted = calls()
    yield Measurement("facts_calls", sum(counted["vm_dataplane_info"].values()), "calls")


def calls() -> dict[str, dict[str, int]]:
    """The calls of each module by method, for a fleet of VMS VMs."""
    with fleet_vcenter(VMS) as vcenter:
        return {name: _counted(vcenter, work) for name, work in _works(vcenter).items()}


def _works(vcenter: FleetVCenter) -> dict[str, Callable[[], object]]:
    connection, params = vcenter.connection, vcenter.params(description())
    asked = {**params, "required_templates": [], "required_networks": [], "wait_for_address": 0}
    features = {**params, "dataplane": None, "ask_fault_tolerance": False, "must_keep": []}
    rules = {"state": "absent", "name": "bench", "strength": "must", "keep": [], "relocate": "never", "vms": []}
    boots = {
        "datacenter": DATACENTER,
        "vms": [
            {**vm, "dataplane": params["dataplane"], "guest": {**GUEST, "addresses": [f"192.0.2.{number}/24"]}}
            for number, vm in enumerate(params["vms"], start=10)
        ],
    }
    return {
        "vm_first_boot, check mode": lambda: tell(boots, connection, check_mode=True),
        "vm_dataplane, check mode": lambda: converge(params, connection, check_mode=True),
        "vm_dataplane, every VM changes": lambda: converge(params, connection, check_mode=False),
        "vm_dataplane, no VM changes": lambda: converge(params, connection, check_mode=False),
        "vm_dataplane_info": lambda: gather(asked, connection),
        "feature_compat_info": lambda: gather_features(features, connection),
        "host_topology_info": lambda: gather_topology(
            {"datacenter": DATACENTER, "cluster": None, "hosts": []}, connection
        ),
        "placement_rules, nothing to remove": lambda: keep_placement(
            {**rules, "datacenter": DATACENTER}, connection, check_mode=False
        ),
    }


def _counted(vcenter: FleetVCenter, work: Callable[[], object]) -> dict[str, int]:
    vcenter.control.reset_calls()
    work()
    return {name: count for name, count in sorted(vcenter.control.calls().items()) if count}


def table(counted: Mapping[str, Mapping[str, int]]) -> list[str]:
    """The calls as lines of Markdown, without those that open and close the session."""
    lines = ["| module | session | calls |", "|---|---|---|"]
    for name, methods in counted.items():
        session = sum(count for method, count in methods.items() if method in SESSION)
        others = ", ".join(
            method if method in WAITING else f"{method} {count}"
            for method, count in methods.items()
            if method not in SESSION
        )
        lines.append(f"| `{name.split(',')[0]}`{name[len(name.split(',')[0]) :]} | {session} | {others} |")
    return lines
