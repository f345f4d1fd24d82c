# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A check of a fleet that is as described, as drift does it, against two clients that only read the same properties."""

from __future__ import annotations

import math
import statistics
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane import converge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane_info import gather
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import CONNECTIONS, PAGE_SIZE
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import vm_paths
from bench.bare import Bare
from bench.govmomi import fleet_reader
from bench.lab_vcenter import API_VERSION, FleetVCenter, description, fleet_vcenter
from bench.model import Measurement, Size, at_most, seconds, side_by_side

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAMES = (
    "fleet_drift_ratio_to_govmomi",
    "fleet_drift_ratio_to_bare",
    "fleet_drift_calls",
    "fleet_drift_s",
    "fleet_drift_10000_s",
    "fleet_drift_10000_growth",
    "fleet_apply_10000_s",
)
# Calls that do not grow: login, logout, datacenter, views, and the first page of each reading.
FIXED_CALLS = 12


def measure(size: Size) -> Iterator[Measurement]:
    """All sides log in, read every VM, and log out; the collection also looks up and plans each VM."""
    reader = fleet_reader()
    with fleet_vcenter(size.vms) as vcenter:
        describe(vcenter)
        ours = checking(vcenter)

        def bare() -> float:
            def read() -> None:
                with Bare(vcenter.connection, CONNECTIONS) as script:
                    assert script.retrieve(vm_paths(API_VERSION), PAGE_SIZE) >= size.vms

            return seconds(read)

        def govmomi() -> float:
            def read() -> None:
                assert reader(vcenter.connection, vm_paths(API_VERSION), PAGE_SIZE) >= size.vms

            return seconds(read)

        vcenter.control.reset_calls()
        ours()
        calls = sum(vcenter.control.calls().values())
        to_govmomi = side_by_side(ours, govmomi, size.runs)
        to_bare = side_by_side(ours, bare, size.runs)
    pages = 2 * math.ceil(size.vms / PAGE_SIZE)  # of the lookup by name, and of the VMs' configuration
    yield to_govmomi.measurement("fleet_drift_ratio_to_govmomi", at_most(1.5))
    yield to_bare.measurement("fleet_drift_ratio_to_bare", at_most(0.45))
    yield Measurement("fleet_drift_calls", calls, "calls", at_most(FIXED_CALLS + pages))
    yield Measurement("fleet_drift_s", to_govmomi.ours, "s", runs=to_govmomi.seconds)
    yield from _largest(size, to_govmomi.ours)


def _largest(size: Size, small: float) -> Iterator[Measurement]:
    """The largest fleet in one task. small: seconds of the small one.

    One look alone once grew 7 times, and 11 on a machine as quiet.
    """
    with fleet_vcenter(size.most_vms) as vcenter:
        applied = seconds(lambda: describe(vcenter))
        check = checking(vcenter)
        taken = tuple(check() for _run in range(size.runs))
    growth = tuple(each / small for each in taken)
    bound = 1.1 * size.most_vms / size.vms
    yield Measurement("fleet_drift_10000_s", statistics.median(taken), "s", runs=taken)
    yield Measurement("fleet_drift_10000_growth", statistics.median(growth), "ratio", at_most(bound), growth)
    yield Measurement("fleet_apply_10000_s", applied, "s")


def describe(vcenter: FleetVCenter) -> None:
    """Brings the fleet to its description."""
    converge(vcenter.params(description()), vcenter.connection, check_mode=False)


def checking(vcenter: FleetVCenter) -> Callable[[], float]:
    """A drift check that finds nothing; returns its seconds."""
    asked = {**vcenter.params(description()), "required_templates": [], "required_networks": [], "wait_for_address": 0}

    def check() -> float:
        found: dict[str, t.Any] = {}
        taken = seconds(lambda: found.update(gather(asked, vcenter.connection)["vms"]))
        assert len(found) == len(vcenter.names)
        assert not any(each["differences"] or each["error"] for each in found.values())
        return taken

    return check
