# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small questions for tests of single rules, and what is asked of their answers.

The hosts of ``make_host`` have two nodes of 10 cores and 64 GiB: 8 and 9 cores, and 63 GiB each, beside what is kept.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import (
    CurrentPlace,
    Demand,
    NoPlan,
    Placed,
    PlacementPlan,
    Rules,
    UnplacedReason,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.planner import plan_placement
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import (
    BASIS_ESTIMATE,
    Holding,
    HostTopology,
)
from tests.unit.plan.placement.rules import World, broken
from tests.unit.plan.placement.worlds import GIB, make_host

# What a plan breaks with a VM on a host that it is not allowed on: no node there is right, and no share of one.
NOT_ALLOWED = {"host not allowed", "wrong node", "not on whole nodes' shares"}
# What a VM holds that nobody plans: 4 cores and 8 GiB of node 0.
ESTIMATED = Holding("old", "vm-1", 0, 4, (), 8 * GIB, BASIS_ESTIMATE)


def world(*parts: Demand | HostTopology, rules: Rules | None = None, **currents: CurrentPlace) -> World:
    """Of demands and hosts, in any order; one host unless there are some."""
    demands = tuple(part for part in parts if isinstance(part, Demand))
    hosts = tuple(part for part in parts if isinstance(part, HostTopology))
    return World(demands, hosts or (make_host("esx-0"),), currents, rules or Rules())


def planned(question: World) -> PlacementPlan:
    """The plan, which breaks no rule."""
    answer = plan_placement(question.demands, question.hosts, question.currents, question.rules)
    assert isinstance(answer, PlacementPlan), answer
    assert broken(question, answer) == set()
    return answer


def refused(question: World) -> UnplacedReason:
    """The only reason why there is no plan."""
    answer = plan_placement(question.demands, question.hosts, question.currents, question.rules)
    assert isinstance(answer, NoPlan), answer
    assert answer.proven
    assert len(answer.reasons) == 1
    return answer.reasons[0]


def places(plan: PlacementPlan) -> dict[str, tuple[str, tuple[int, ...]]]:
    return {placed.vm: (placed.host, placed.nodes) for placed in plan.placements}


def of(plan: PlacementPlan, vm: str) -> Placed:
    return next(placed for placed in plan.placements if placed.vm == vm)


def mutated(plan: PlacementPlan, vm: str, **changes: t.Any) -> PlacementPlan:
    """The plan with something else said of one VM."""
    placements = tuple(
        dataclasses.replace(placed, **changes) if placed.vm == vm else placed for placed in plan.placements
    )
    return dataclasses.replace(plan, placements=placements)
