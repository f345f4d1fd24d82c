# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module placement_plan does: options in, a plan or its reasons out."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.data import (
    placed_as_data,
    plan_as_data,
    plan_from_data,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.demands import (
    read_currents,
    read_demands,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import NoPlan, Rules
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.plan import plan_placement
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.serialize import hosts_from_data
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane

from ._run import finish

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import Reason
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane


def run(module: AnsibleModule) -> None:
    """Runs the module and exits."""
    finish(module, lambda: compute(module.params))


def compute(params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The module's result.

    Raises NfvError(placement_impossible), with the reasons in its details, when VMs have no place.
    """
    dataplanes = _read(params["vms"])
    hosts = hosts_from_data(params["topology"])
    earlier = plan_from_data(params["earlier"]).placements if params["earlier"] else ()
    answer = plan_placement(
        read_demands(dataplanes, params["groups"], hosts, params["cluster"]),
        hosts,
        read_currents(dataplanes, hosts, earlier),
        Rules(n_plus_1=params["n_plus_1"], spanning=params["spanning"], wide=params["wide"]),
    )
    if isinstance(answer, NoPlan):
        raise NfvError(
            ErrorCode.PLACEMENT_IMPOSSIBLE,
            ", ".join(answer.unplaced) or "the VMs",
            f"no place was found{'' if answer.proven else ' within the bounds of the search'}:"
            f" {'; '.join(reason.text for reason in answer.reasons)}",
            "Nothing was changed. Free what is named, or change the descriptions",
            {
                "reasons": [_reason(reason) for reason in answer.reasons],
                "placements": [placed_as_data(placed) for placed in answer.placements],
                "proven": answer.proven,
            },
        )
    return {"changed": False, "plan": plan_as_data(answer), "moved": list(answer.moved)}


def _read(vms: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, Dataplane]:
    dataplanes: dict[str, Dataplane] = {}
    problems = []
    for entry in vms:
        dataplane, found = parse_dataplane(entry["dataplane"], "dataplane")
        problems += [f"{entry['name']}: {problem}" for problem in found]
        if entry["name"] in dataplanes:
            problems.append(f"{entry['name']}: [vm_repeated] is there twice")
        if dataplane is not None:
            dataplanes[entry["name"]] = dataplane
    if problems:
        raise NfvError(ErrorCode.DESCRIPTION_INVALID, "dataplane", "; ".join(problems), "Correct the descriptions")
    return dataplanes


def _reason(reason: Reason) -> dict[str, t.Any]:
    return {
        "code": reason.code,
        "vms": list(reason.vms),
        "text": reason.text,
        "needed": reason.needed,
        "free": reason.free,
        "node": reason.node,
        "networks": list(reason.networks),
        "hosts": list(reason.hosts),
        "failed_host": reason.failed_host,
    }
