# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What placement_plan does: from descriptions and a topology to a plan, or to the reasons why there is none."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, listed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.demands import (
    keep_in_place,
    read_currents,
    read_demands,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import NoPlan, Rules
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.planner import plan_placement
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.serialize import (
    placed_as_data,
    plan_as_data,
    plan_from_data,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.serialize import hosts_from_data
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane

from ._run import finish

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane


def run(module: AnsibleModule) -> None:
    """Runs the module and exits."""
    finish(module, lambda: compute(module.params))


def compute(params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The module's result.

    Raises NfvError: placement_impossible with the reasons in its details, description_invalid with every problem,
    topology_invalid, plan_invalid, placement_name_unknown, placement_contradiction, placement_partial.
    """
    others = params["staying"] if params["vms"] else []
    staying = _read_staying(others)
    dataplanes = _read_descriptions([*params["vms"], *others])
    hosts = hosts_from_data(params["topology"])
    earlier = plan_from_data(params["earlier"]).placements if params["earlier"] else ()
    result = plan_placement(
        keep_in_place(read_demands(dataplanes, params["groups"], hosts, params["cluster"]), staying, hosts),
        hosts,
        read_currents(dataplanes, hosts, earlier),
        Rules(n_plus_1=params["n_plus_1"], remote_uplinks=params["remote_uplinks"], wide_vm=params["wide_vm"]),
    )
    if isinstance(result, NoPlan):
        raise _impossible(result)
    result = dataclasses.replace(
        result, placements=tuple(placed for placed in result.placements if placed.vm not in staying)
    )
    return {"changed": False, "plan": plan_as_data(result), "moved": list(result.moved)}


def _read_staying(staying: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, str]:
    """The host of each VM that stays where it is. Raises NfvError (placement_partial) for those without one."""
    unknown = [entry["name"] for entry in staying if not entry["host"]]
    if unknown:
        raise NfvError(
            ErrorCode.PLACEMENT_PARTIAL,
            ", ".join(unknown),
            "not part of this run, and vCenter does not say on which host, so nobody knows what is free beside it",
            "Look at the VM in vCenter, or run without --limit. Nothing was changed",
        )
    return {entry["name"]: entry["host"] for entry in staying}


def _read_descriptions(vms: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, Dataplane]:
    dataplanes: dict[str, Dataplane] = {}
    problems = []
    # By name: of two that may change places, the first one gets the first place. Ansible sorts the hosts of tasks by a
    # play's ``order``, but not those of ``ansible_play_hosts`` (ansible-core 2.19).
    for entry in sorted(vms, key=lambda entry: str(entry["name"])):
        dataplane, found = parse_dataplane(entry["dataplane"], "dataplane")
        problems += [f"{entry['name']}: {problem}" for problem in found]
        if entry["name"] in dataplanes:
            problems.append(f"{entry['name']}: [{ErrorCode.VM_REPEATED}] is listed twice")
        if dataplane is not None:
            dataplanes[entry["name"]] = dataplane
    if problems:
        raise NfvError(ErrorCode.DESCRIPTION_INVALID, "dataplane", listed(problems), "Correct the descriptions")
    return dataplanes


def _impossible(result: NoPlan) -> NfvError:
    bounds = "" if result.proven else " within the bounds of the search"
    return NfvError(
        ErrorCode.PLACEMENT_IMPOSSIBLE,
        listed(result.unplaced, ", ") or "the VMs",
        f"no place was found{bounds}: {listed(reason.text for reason in result.reasons)}",
        "Nothing was changed. Free what the reasons name, or change the descriptions",
        {
            # As JSON would have it: tuples become lists.
            "reasons": [
                {key: list(value) if isinstance(value, tuple) else value for key, value in reason.items()}
                for reason in map(dataclasses.asdict, result.reasons)
            ],
            "placements": [placed_as_data(placed) for placed in result.placements],
            "proven": result.proven,
        },
    )
