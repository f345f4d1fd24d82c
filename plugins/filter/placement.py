# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters over a plan and the topology of hosts; documented in the YAML files beside this one."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.serialize import plan_from_data
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.verify import (
    placement_problems as problems_of,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.serialize import hosts_from_data
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.placement.report import (
    placement_report as build_report,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.filters import Filters, typed


def placement_problems(plan: t.Any, hosts: t.Any, vms: t.Iterable[str] | None = None) -> list[dict[str, str]]:
    """Where the hosts differ from the plan, of these VMs or of all; empty when every VM runs where it is planned."""
    whole = plan_from_data(plan)
    asked = [placed.vm for placed in whole.placements] if vms is None else list(vms)
    looked_at = dataclasses.replace(whole, placements=tuple(each for each in whole.placements if each.vm in asked))
    return [each.as_data() for each in problems_of(looked_at, hosts_from_data(hosts))]


def placement_report(plan: t.Any, before: t.Any, after: t.Any = None, created: str = "") -> dict[str, t.Any]:
    """What report_html shows of a plan."""
    then = None if after is None else hosts_from_data(after)
    return dataclasses.asdict(build_report(plan_from_data(plan), hosts_from_data(before), then, created))


class FilterModule:
    """The filters of this file by name."""

    def filters(self) -> Filters:
        return typed(
            {
                "placement_problems": placement_problems,
                "placement_report": placement_report,
            }
        )
