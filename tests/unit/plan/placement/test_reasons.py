# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why there is no plan: as few reasons as can be, in words and as data."""

from __future__ import annotations

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import NoPlan, UnplacedReason
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.planner import plan_placement
from tests.unit.plan.placement.questions import refused, world
from tests.unit.plan.placement.worlds import make_demand, make_host


class TestReasons:
    HOSTS = tuple(make_host(f"esx-{number}", uplinks={"PG-SGi": (1,), "PG-Mgmt": ()}) for number in range(3))

    def test_sentence_and_data(self) -> None:
        demands = [make_demand(f"pgw-{number}", 6, network="PG-SGi") for number in range(3)]
        reason = refused(world(*demands, make_demand("pgw-7", network="PG-SGi"), *self.HOSTS))
        assert reason == UnplacedReason(
            code="cores_short",
            vms=("pgw-7",),
            text="pgw-7: node 1 of every host with PG-SGi uplinks has at most 3 free cores; 4 needed",
            needed=4,
            free=3,
            node=1,
            networks=("PG-SGi",),
            hosts=("esx-0", "esx-1", "esx-2"),
        )

    def test_like_vms_share_a_reason(self) -> None:
        demands = [make_demand(f"pgw-{number}", 6, network="PG-SGi") for number in range(5)]
        reason = refused(world(*demands, *self.HOSTS))
        assert reason.vms == ("pgw-3", "pgw-4")
        assert reason.text.startswith("pgw-3 and 1 more like it: node 1 of every host with PG-SGi uplinks has")

    def test_as_few_as_can_be(self) -> None:
        """The largest first leaves out two of three; one is enough."""
        demands = [make_demand(vm, cores, network="PG-SGi") for vm, cores in (("large", 8), ("b", 5), ("c", 4))]
        question = world(*demands, self.HOSTS[0])
        reason = refused(question)
        assert reason.vms == ("large",)
        answer = plan_placement(question.demands, question.hosts, {}, question.rules)
        assert sorted(placed.vm for placed in answer.placements) == ["b", "c"]

    def test_one_for_each_rule_in_the_way(self) -> None:
        question = world(
            make_demand("a", network="PG-0"), make_demand("b", 10, node=1, network="PG-SGi"), self.HOSTS[0]
        )
        answer = plan_placement(question.demands, question.hosts, {}, question.rules)
        assert isinstance(answer, NoPlan)
        assert [(reason.code, reason.vms) for reason in answer.reasons] == [
            ("network_missing", ("a",)),
            ("too_large", ("b",)),
        ]
        assert answer.unplaced == ("a", "b")
