# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges the plan: a place for every VM that asks for one, or why not."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import format_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.demands import (
    keep_in_place,
    read_currents,
    read_demands,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import NoPlan, Rules
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.planner import plan_placement

from .checks import PLACE

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import HostTopology
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane

    from .row import Row


def judge_plan(
    dataplanes: t.Mapping[str, Dataplane],
    asking: t.Collection[str],
    hosts: t.Sequence[HostTopology],
    groups: t.Mapping[str, t.Sequence[str]],
    cluster: str | None,
    staying: t.Mapping[str, tuple[Dataplane, str]],
    *,
    n_plus_1: bool,
) -> list[Row]:
    """One row for each VM.

    asking: the names of the VMs that ask for a place, which alone are planned; hosts, groups, cluster, n_plus_1: as for
    placement_plan; staying: further VMs with their descriptions and the hosts that they stay on.
    """
    rest = [PLACE.not_asked(vm, "the cluster places it") for vm in dataplanes if vm not in asking]
    if not asking:
        return rest
    planned = {vm: dataplanes[vm] for vm in dataplanes if vm in asking}
    together = {**planned, **{vm: dataplane for vm, (dataplane, _host) in staying.items()}}
    try:
        demands = read_demands(together, groups, hosts, cluster)
        demands = keep_in_place(demands, {vm: host for vm, (_dataplane, host) in staying.items()}, hosts)
        result = plan_placement(demands, hosts, read_currents(together, hosts), Rules(n_plus_1=n_plus_1))
    except NfvError as error:
        return [PLACE.unknown(vm, "a place", str(error), error.error_code, error.remedy) for vm in planned] + rest
    places = {
        placed.vm: f"{placed.host}, node{'s' if len(placed.nodes) > 1 else ''} {format_cpu_list(placed.nodes)}"
        for placed in result.placements
    }
    asked = "a place on a usable host" + (" that outlives any other host" if n_plus_1 else "")
    if not isinstance(result, NoPlan):
        return [PLACE.judge(vm, asked, places.get(vm, ""), True) for vm in planned] + rest
    reasons = {vm: reason.text for reason in result.reasons for vm in reason.vms}
    return [PLACE.judge(vm, asked, reasons.get(vm) or places.get(vm, ""), vm not in reasons) for vm in planned] + rest
