# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every rule of docs/placement.md about one VM and a node, where it decides; and a plan that breaks just this rule."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.demands import read_demands
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import REFUSE, Demand, Rules
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import BASIS_AFFINITY, Holding
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane
from lab.testing.descriptions import adapter, description, hugepages
from tests.unit.plan.placement.questions import NOT_ALLOWED, mutated, of, places, planned, refused, world
from tests.unit.plan.placement.rules import broken
from tests.unit.plan.placement.worlds import GIB, make_demand, make_host


class TestOneNode:
    def test_vm_is_on_one_node_where_it_fits_one(self) -> None:
        question = world(make_demand("a", 9, network=None))
        plan = planned(question)
        assert places(plan) == {"a": ("esx-0", (1,))}
        assert broken(question, mutated(plan, "a", nodes=(0, 1))) == {"spans nodes without need"}

    def test_vm_too_large_for_any_node_takes_even_shares_and_it_is_remarked(self) -> None:
        plan = planned(world(make_demand("a", 12)))
        assert places(plan) == {"a": ("esx-0", (0, 1))}
        assert [(remark.code, remark.vm) for remark in plan.remarks] == [("wide_vm", "a")]
        assert "even shares of nodes 0 and 1 of esx-0" in plan.remarks[0].text

    def test_or_is_refused(self) -> None:
        question = world(make_demand("a", 12, network=None), rules=Rules(wide_vm=REFUSE))
        reason = refused(question)
        assert (reason.code, reason.needed, reason.free) == ("too_large", 12, 9)
        assert reason.text == "a: every node of esx-0 has at most 9 cores besides those left to ESXi; 12 needed"
        spread = planned(dataclasses.replace(question, rules=Rules()))
        assert broken(question, spread) == {"spans nodes without need"}

    def test_everyone_is_placed_once(self) -> None:
        question = world(make_demand("a"), make_demand("b"))
        plan = planned(question)
        for placements in (plan.placements[:1], (*plan.placements, plan.placements[0])):
            assert "not everyone is placed once" in broken(question, dataclasses.replace(plan, placements=placements))


class TestUplinks:
    @pytest.mark.parametrize(("network", "node"), [("PG-0", 0), ("PG-1", 1)])
    def test_vm_is_on_the_node_of_its_active_uplinks(self, network: str, node: int) -> None:
        question = world(make_demand("a", network=network))
        plan = planned(question)
        assert places(plan) == {"a": ("esx-0", (node,))}
        assert plan.remarks == ()
        wrong = mutated(plan, "a", nodes=(1 - node,))
        assert broken(question, wrong) == {"wrong node", "not on whole nodes' shares"}

    def test_another_node_than_its_uplinks_cannot_be_asked_for(self) -> None:
        question = world(make_demand("a", node=1))
        reason = refused(question)
        assert (reason.code, reason.node) == ("wrong_node", 1)
        assert reason.text == "a: placement.numa is 1, but the uplinks of PG-0 are on other nodes of every host"
        elsewhere = planned(world(make_demand("a")))
        assert "wrong node" in broken(question, elsewhere)

    def test_team_that_spans_nodes_is_remarked(self) -> None:
        host = make_host("esx-0", uplinks={"PG-0": (0, 1), "PG-Mgmt": ()})
        question = world(make_demand("a"), host)
        plan = planned(question)
        node = of(plan, "a").nodes[0]
        (remark,) = plan.remarks
        assert remark.code == "team_spans_nodes"
        assert remark.text == (
            f"the active uplinks of PG-0 on esx-0 are on several nodes; traffic may enter on a node other than {node}"
        )

    def test_or_refused(self) -> None:
        host = make_host("esx-0", uplinks={"PG-0": (0, 1), "PG-Mgmt": ()})
        question = world(make_demand("a"), host, rules=Rules(remote_uplinks=REFUSE))
        reason = refused(question)
        assert (reason.code, reason.networks, reason.hosts) == ("team_spans_nodes", ("PG-0",), ("esx-0",))
        assert (
            reason.text == "a: on every host the active uplinks of PG-0 are on several nodes; remote_uplinks is refuse"
        )
        assert broken(question, planned(world(make_demand("a"), host))) == NOT_ALLOWED

    def test_host_whose_team_does_not_span_is_preferred(self) -> None:
        spanning = make_host("esx-0", uplinks={"PG-0": (0, 1), "PG-Mgmt": ()})
        plan = planned(world(make_demand("a"), spanning, make_host("esx-1")))
        assert places(plan) == {"a": ("esx-1", (0,))}

    def test_networks_without_a_common_node_are_remarked_or_refused(self) -> None:
        demand = make_demand("a", networks=("PG-0", "PG-1"), data_networks=("PG-0", "PG-1"))
        plan = planned(world(demand))
        assert [remark.code for remark in plan.remarks] == ["no_common_node"]
        strict = world(demand, rules=Rules(remote_uplinks=REFUSE))
        reason = refused(strict)
        assert reason.code == "no_common_node"
        assert reason.text == "a: on no host do the uplinks of PG-0, PG-1 have a node in common"
        assert broken(strict, plan) == NOT_ALLOWED

    def test_unknown_locality_is_remarked_and_never_guessed(self) -> None:
        """The VM may be anywhere, here where there is room; on the host that tells, the rule decides."""
        silent = make_host("esx-0", uplinks={"PG-0": None, "PG-Mgmt": ()})
        question = world(make_demand("a", 9), silent)
        plan = planned(question)
        assert places(plan) == {"a": ("esx-0", (1,))}
        assert [remark.code for remark in plan.remarks] == ["uplinks_unknown"]
        assert plan.remarks[0].text == (
            "vSphere does not report which node of esx-0 the uplinks of PG-0 are on; it may be a node other than 1"
        )
        assert "wrong node" in broken(world(make_demand("a", 9)), plan)

    def test_port_group_must_be_there(self) -> None:
        question = world(make_demand("a"), make_host("esx-0", uplinks={"PG-Mgmt": ()}))
        reason = refused(question)
        assert (reason.code, reason.text) == ("network_missing", "a: no host has the port group PG-0")
        assert broken(question, planned(world(make_demand("a")))) == NOT_ALLOWED


class TestCores:
    @pytest.mark.parametrize(("network", "most"), [("PG-0", 8), ("PG-1", 9)])
    def test_two_are_kept_on_node_0_and_one_on_others(self, network: str, most: int) -> None:
        assert planned(world(make_demand("a", most, network=network))).remarks == ()
        reason = refused(world(make_demand("a", most + 1, network=network), rules=Rules(wide_vm=REFUSE)))
        assert (reason.code, reason.needed, reason.free) == ("too_large", most + 1, most)

    @pytest.mark.parametrize(("network", "most"), [("PG-0", 8), ("PG-1", 9)])
    def test_they_are_kept_from_several_vms_together(self, network: str, most: int) -> None:
        demands = (make_demand("a", most - 3, network=network), make_demand("b", 4, network=network))
        question = world(*demands)
        reason = refused(question)
        assert (reason.code, reason.vms, reason.needed, reason.free) == ("cores_short", ("b",), 4, 3)
        greedy = planned(world(*demands, rules=Rules(esxi_cores=0, esxi_cores_node_0=0)))
        assert broken(question, greedy) == {"cores overcommitted"}

    def test_virtual_hyper_threading_halves_them(self) -> None:
        """16 vCPUs of a description are 8 cores, which fit node 0; without it they need 16 and two nodes."""
        threads, whole = read_demands({"a": dataplane(16, 2), "b": dataplane(16, 1)}, {})
        assert (threads.cores, whole.cores) == (8, 16)
        question = world(threads)
        plan = planned(question)
        assert (of(plan, "a").nodes, of(plan, "a").cores) == ((0,), 8)
        assert planned(world(whole)).placements[0].nodes == (0, 1)
        assert "not on whole nodes' shares" in broken(world(dataclasses.replace(whole, vm="a")), plan)

    @pytest.mark.parametrize("lacking", [{"hyper_threading": False}, {"max_simultaneous_threads": 1}])
    def test_which_the_host_must_support(self, lacking: dict[str, t.Any]) -> None:
        question = world(make_demand("a", threads=2), make_host("esx-0", **lacking))
        reason = refused(question)
        assert reason.code == "hyper_threading_missing"
        assert reason.text == "a: no host has hyper-threading active and supports virtual hyper-threading"
        assert broken(question, planned(world(make_demand("a", threads=2)))) == NOT_ALLOWED

    def test_host_must_support_latency_sensitivity(self) -> None:
        question = world(make_demand("a"), make_host("esx-0", latency_sensitivity=False))
        assert refused(question).code == "latency_sensitivity_unsupported"
        assert broken(question, planned(world(make_demand("a")))) == NOT_ALLOWED


def dataplane(count: int, threads: int) -> t.Any:
    parsed, problems = parse_dataplane(
        description(
            cpu={"count": count, "polling": "2-3", "simultaneous_threads": threads},
            memory={"size_mb": 8192, "reserve_all": True, "hugepages": hugepages(1024)},
            adapters=[adapter("mgmt"), adapter("data", network="PG-0")],
        ),
        "dataplane",
    )
    assert parsed is not None, problems
    return parsed


class TestMemory:
    def test_memory_of_a_node_is_not_given_twice(self) -> None:
        demands = (make_demand("a", 2, 40), make_demand("b", 2, 24))
        question = world(*demands)
        reason = refused(question)
        assert (reason.code, reason.needed, reason.free) == ("memory_short", 24 * GIB, 23 * GIB)
        assert reason.text == (
            "b: node 0 of esx-0 with 2 free cores has at most 23552 MiB of free memory; 24576 needed"
        )
        greedy = planned(world(*demands, rules=Rules(esxi_memory_mb=0)))
        assert broken(question, greedy) == {"memory overcommitted"}

    def test_1g_backing_takes_whole_gib_of_each_node(self) -> None:
        """9 GiB on two nodes of 4.5 GiB each would be halves; with 1 GiB pages it takes 5 GiB of each."""
        rules, host = Rules(esxi_memory_mb=GIB * 3 // 2), make_host("esx-0", memory_gib=6)
        halves = planned(world(make_demand("a", 12, 9), host, rules=rules))
        assert of(halves, "a").nodes == (0, 1)
        question = world(make_demand("a", 12, 9, whole_gib=True), host, rules=rules)
        assert refused(question).code == "too_large"
        assert {"spans nodes without need", "memory overcommitted"} == broken(question, halves)

    def test_reason_says_that_pages_are_whole(self) -> None:
        reason = refused(world(make_demand("a", 2, 40, whole_gib=True), make_demand("b", 2, 24, whole_gib=True)))
        assert reason.text.endswith("24576 needed in whole GiB")


class TestAffinity:
    @staticmethod
    def demand(vm: str, cores: int = 2, **more: t.Any) -> Demand:
        return make_demand(vm, cores, latency_sensitive=False, affinity=True, **more)

    def test_whole_cores_of_the_node_from_the_highest_down(self) -> None:
        """Node 0 has CPUs 0 to 19, two a core: one CPU of each core, and nobody on the other."""
        question = world(self.demand("a"), self.demand("b"))
        plan = planned(question)
        assert {placed.vm: placed.cpus for placed in plan.placements} == {"a": (16, 18), "b": (12, 14)}
        assert broken(question, mutated(plan, "a", cpus=(13, 17))) == {"affinity sets share a core"}
        assert broken(question, mutated(plan, "a", cpus=(18,))) == {"affinity set too small"}
        off = broken(question, mutated(plan, "a", cpus=(36, 38)))
        assert off == {"affinity set off its nodes", "affinity set too small"}

    def test_cpus_of_others_are_left_alone(self) -> None:
        holding = Holding("old", "vm-1", 0, 2, (16, 19), 0, BASIS_AFFINITY)
        question = world(self.demand("a"), make_host("esx-0", holdings=(holding,)))
        plan = planned(question)
        assert of(plan, "a").cpus == (12, 14)
        assert broken(question, mutated(plan, "a", cpus=(14, 17))) == {"affinity sets share a core"}

    def test_set_that_is_named_stays(self) -> None:
        question = world(self.demand("a", cpus=(6, 8)))
        plan = planned(question)
        assert (of(plan, "a").nodes, of(plan, "a").cpus) == ((0,), (6, 8))
        assert broken(question, mutated(plan, "a", cpus=(8, 10))) == {"another affinity set than named"}

    def test_named_set_that_others_are_on(self) -> None:
        holding = Holding("old", "vm-1", 0, 1, (7,), 0, BASIS_AFFINITY)
        question = world(self.demand("a", cpus=(6, 8)), make_host("esx-0", holdings=(holding,)))
        reason = refused(question)
        assert reason.code == "affinity_taken"
        assert reason.text == "a: on every host, other VMs are on CPUs of its affinity set"
        alone = planned(world(self.demand("a", cpus=(6, 8))))
        assert broken(question, alone) == {"affinity sets share a core"}

    def test_named_set_off_the_right_node(self) -> None:
        question = world(self.demand("a", cpus=(26, 28)))
        reason = refused(question)
        assert reason.code == "affinity_off_node"
        assert reason.text == "a: on no host are the CPUs of its affinity set on one right node"
        elsewhere = planned(world(self.demand("a", cpus=(26, 28), network="PG-1")))
        assert broken(question, elsewhere) == {"wrong node"}
