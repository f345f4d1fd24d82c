# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drift check of a whole fleet in one task, against a bare script that reads the same properties."""

from __future__ import annotations

import math
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane import converge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import CONNECTIONS, PAGE_SIZE
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import vm_paths
from bench.bare import Bare
from bench.lab_vcenter import API_VERSION, description, fleet_vcenter
from bench.model import Measurement, Size, at_most, seconds, side_by_side

if t.TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("fleet_drift_ratio_to_bare", "fleet_drift_calls", "fleet_drift_s")
# Calls that do not grow: login, logout, datacenter, views, and the first page of each reading.
FIXED_CALLS = 12


def measure(size: Size) -> Iterator[Measurement]:
    """Both sides log in, read every VM, and log out; the collection also looks up and plans each VM."""
    with fleet_vcenter(size.vms) as vcenter:
        params = vcenter.params(description())

        def ours() -> float:
            def check() -> None:
                result = converge(params, vcenter.connection, check_mode=True)
                assert len(result["vms"]) == size.vms
                assert result["changed"]

            return seconds(check)

        def theirs() -> float:
            def read() -> None:
                with Bare(vcenter.connection, CONNECTIONS) as bare:
                    assert bare.retrieve(vm_paths(API_VERSION), PAGE_SIZE) >= size.vms

            return seconds(read)

        vcenter.control.reset_calls()
        ours()
        calls = sum(vcenter.control.calls().values())
        compared = side_by_side(ours, theirs, size.runs)
    pages = 2 * math.ceil(size.vms / PAGE_SIZE)  # of the lookup by name, and of the VMs' configuration
    yield Measurement("fleet_drift_ratio_to_bare", compared.ratio, "ratio", at_most(1.5))
    yield Measurement("fleet_drift_calls", calls, "calls", at_most(FIXED_CALLS + pages))
    yield Measurement("fleet_drift_s", compared.ours, "s")
