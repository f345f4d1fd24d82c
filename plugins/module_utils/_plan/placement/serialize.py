# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as the plain data that placement_plan returns, and from it."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import format_cpu_list, parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

from .model import Failover, Placed, PlacementPlan, Remark

Data = dict[str, t.Any]


def plan_as_data(plan: PlacementPlan) -> Data:
    """The plan as lists of dictionaries; CPUs are CPU lists such as ``4-7``."""
    return {
        "placements": [placed_as_data(placed) for placed in plan.placements],
        "remarks": [{"code": each.code, "vm": each.vm, "text": each.text} for each in plan.remarks],
        "failovers": [
            {
                "failed_host": each.failed_host,
                "vm": each.vm,
                "host": each.host,
                "nodes": list(each.nodes),
                "existing": each.existing,
            }
            for each in plan.failovers
        ],
        "apart": [list(group) for group in plan.apart],
        "together": [list(group) for group in plan.together],
    }


def placed_as_data(placed: Placed) -> Data:
    """One VM's place."""
    return {
        "vm": placed.vm,
        "host": placed.host,
        "host_moid": placed.host_moid,
        "nodes": list(placed.nodes),
        "cores": placed.cores,
        "memory_mb": placed.memory_mb,
        "cpus": format_cpu_list(placed.cpus),
        "change": placed.change,
        "before": placed.before,
    }


def plan_from_data(data: t.Any) -> PlacementPlan:
    """The plan from ``plan`` of placement_plan. Raises NfvError: plan_invalid."""
    try:
        return PlacementPlan(
            tuple(_placed(each) for each in data["placements"]),
            tuple(Remark(each["code"], each["vm"], each["text"]) for each in data.get("remarks", ())),
            tuple(
                Failover(
                    each["failed_host"],
                    each["vm"],
                    each["host"],
                    tuple(map(int, each["nodes"])),
                    bool(each["existing"]),
                )
                for each in data.get("failovers", ())
            ),
            _groups(data.get("apart", ())),
            _groups(data.get("together", ())),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise NfvError(
            ErrorCode.PLAN_INVALID,
            "plan",
            f"cannot read the plan; missing or malformed: {error}",
            "Pass what placement_plan returns as plan",
        ) from error


def _placed(each: t.Mapping[str, t.Any]) -> Placed:
    cpus = parse_cpu_list(each.get("cpus") or "")
    if cpus is None:
        raise ValueError(f"{each['cpus']!r} is not a CPU list")
    return Placed(
        str(each["vm"]),
        str(each["host"]),
        str(each["host_moid"]),
        tuple(int(node) for node in each["nodes"]),
        int(each["cores"]),
        int(each["memory_mb"]),
        cpus,
        each["change"],
        each["before"],
    )


def _groups(groups: t.Iterable[t.Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(str(vm) for vm in group) for group in groups)
