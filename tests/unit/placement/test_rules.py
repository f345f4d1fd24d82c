# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every rule of docs/placement.md in a small world where it decides, and a plan that breaks just this rule.

The hosts of ``make_host`` have two nodes of 10 cores and 64 GiB: 8 and 9 cores, and 63 GiB each, beside what is kept.
"""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.demands import read_demands
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import (
    KEPT,
    MOVED,
    REFUSE,
    Current,
    Demand,
    Failover,
    NoPlan,
    Placed,
    Plan,
    Reason,
    Rules,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.plan import plan_placement
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology import (
    GROUND_AFFINITY,
    GROUND_ESTIMATE,
    Holding,
    HostTopology,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane
from tests.unit.placement.rules import World, broken
from tests.unit.placement.worlds import GIB, currents_of, make_demand, make_host

# What a plan breaks with a VM on a host that it is not allowed on: no node there is right, and no share of one.
NOT_ALLOWED = {"host not allowed", "wrong node", "not on whole nodes' shares"}


def world(*parts: Demand | HostTopology, rules: Rules | None = None, **currents: Current) -> World:
    """Of demands and hosts, in any order; one host unless there are some."""
    demands = tuple(part for part in parts if isinstance(part, Demand))
    hosts = tuple(part for part in parts if isinstance(part, HostTopology))
    return World(demands, hosts or (make_host("esx-0"),), currents, rules or Rules())


def planned(question: World) -> Plan:
    """The plan, which breaks no rule."""
    answer = plan_placement(question.demands, question.hosts, question.currents, question.rules)
    assert isinstance(answer, Plan), answer
    assert broken(question, answer) == set()
    return answer


def refused(question: World) -> Reason:
    """The only reason why there is no plan."""
    answer = plan_placement(question.demands, question.hosts, question.currents, question.rules)
    assert isinstance(answer, NoPlan), answer
    assert answer.proven
    assert len(answer.reasons) == 1
    return answer.reasons[0]


def places(plan: Plan) -> dict[str, tuple[str, tuple[int, ...]]]:
    return {placed.vm: (placed.host, placed.nodes) for placed in plan.placements}


def of(plan: Plan, vm: str) -> Placed:
    return next(placed for placed in plan.placements if placed.vm == vm)


def mutated(plan: Plan, vm: str, **changes: t.Any) -> Plan:
    """The plan with something else said of one VM."""
    placements = tuple(
        dataclasses.replace(placed, **changes) if placed.vm == vm else placed for placed in plan.placements
    )
    return dataclasses.replace(plan, placements=placements)


class TestOneNode:
    def test_vm_is_on_one_node_where_it_fits_one(self) -> None:
        question = world(make_demand("a", 9, network=None))
        plan = planned(question)
        assert places(plan) == {"a": ("esx-0", (1,))}
        assert broken(question, mutated(plan, "a", nodes=(0, 1))) == {"spans nodes without need"}

    def test_vm_too_large_for_any_node_takes_even_shares_and_it_is_remarked(self) -> None:
        plan = planned(world(make_demand("a", 12)))
        assert places(plan) == {"a": ("esx-0", (0, 1))}
        assert [(remark.code, remark.vm) for remark in plan.remarks] == [("spans_nodes", "a")]
        assert "even shares of nodes 0 and 1 of esx-0" in plan.remarks[0].text

    def test_or_is_refused(self) -> None:
        question = world(make_demand("a", 12, network=None), rules=Rules(wide=REFUSE))
        reason = refused(question)
        assert (reason.code, reason.needed, reason.free) == ("too_large", 12, 9)
        assert reason.text == "a: every node of esx-0 has at most 9 cores beside those kept for ESXi; 12 needed"
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
        assert reason.text == "a: node 1 is asked for, but the uplinks of PG-0 are on other nodes of every host"
        elsewhere = planned(world(make_demand("a")))
        assert "wrong node" in broken(question, elsewhere)

    def test_team_that_spans_nodes_is_remarked(self) -> None:
        host = make_host("esx-0", uplinks={"PG-0": (0, 1), "PG-Mgmt": ()})
        question = world(make_demand("a"), host)
        plan = planned(question)
        node = of(plan, "a").nodes[0]
        assert [(remark.code, remark.text) for remark in plan.remarks] == [
            (
                "team_spans_nodes",
                f"the active uplinks of PG-0 on esx-0 are on several nodes; traffic may enter on another than {node}",
            )
        ]

    def test_or_refused(self) -> None:
        host = make_host("esx-0", uplinks={"PG-0": (0, 1), "PG-Mgmt": ()})
        question = world(make_demand("a"), host, rules=Rules(spanning=REFUSE))
        reason = refused(question)
        assert (reason.code, reason.networks, reason.hosts) == ("team_spans_nodes", ("PG-0",), ("esx-0",))
        assert reason.text == "a: the active uplinks of PG-0 are on several nodes of every host, which is refused"
        assert broken(question, planned(world(make_demand("a"), host))) == NOT_ALLOWED

    def test_host_whose_team_does_not_span_is_preferred(self) -> None:
        spanning = make_host("esx-0", uplinks={"PG-0": (0, 1), "PG-Mgmt": ()})
        plan = planned(world(make_demand("a"), spanning, make_host("esx-1")))
        assert places(plan) == {"a": ("esx-1", (0,))}

    def test_networks_without_a_common_node_are_remarked_or_refused(self) -> None:
        demand = make_demand("a", networks=("PG-0", "PG-1"), data_networks=("PG-0", "PG-1"))
        plan = planned(world(demand))
        assert [remark.code for remark in plan.remarks] == ["uplinks_apart"]
        strict = world(demand, rules=Rules(spanning=REFUSE))
        reason = refused(strict)
        assert reason.code == "uplinks_apart"
        assert reason.text == "a: no host has the uplinks of PG-0, PG-1 on a common node"
        assert broken(strict, plan) == NOT_ALLOWED

    def test_unknown_locality_is_remarked_and_never_guessed(self) -> None:
        """The VM may be anywhere, here where there is room; on the host that tells, the rule decides."""
        silent = make_host("esx-0", uplinks={"PG-0": None, "PG-Mgmt": ()})
        question = world(make_demand("a", 9), silent)
        plan = planned(question)
        assert places(plan) == {"a": ("esx-0", (1,))}
        assert [remark.code for remark in plan.remarks] == ["uplinks_unknown"]
        assert plan.remarks[0].text == (
            "vSphere does not tell on which node of esx-0 the uplinks of PG-0 are; node 1 may be the wrong one"
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
        reason = refused(world(make_demand("a", most + 1, network=network), rules=Rules(wide=REFUSE)))
        assert (reason.code, reason.needed, reason.free) == ("too_large", most + 1, most)

    @pytest.mark.parametrize(("network", "most"), [("PG-0", 8), ("PG-1", 9)])
    def test_they_are_kept_from_several_vms_together(self, network: str, most: int) -> None:
        demands = (make_demand("a", most - 3, network=network), make_demand("b", 4, network=network))
        question = world(*demands)
        reason = refused(question)
        assert (reason.code, reason.vms, reason.needed, reason.free) == ("cores_short", ("b",), 4, 3)
        greedy = planned(world(*demands, rules=Rules(kept_cores=0, kept_cores_first=0)))
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
        assert reason.text == "a: no host has hyper-threading on and supports virtual hyper-threading"
        assert broken(question, planned(world(make_demand("a", threads=2)))) == NOT_ALLOWED

    def test_host_must_support_latency_sensitivity(self) -> None:
        question = world(make_demand("a"), make_host("esx-0", latency_sensitivity=False))
        assert refused(question).code == "latency_sensitivity_unsupported"
        assert broken(question, planned(world(make_demand("a")))) == NOT_ALLOWED


def dataplane(count: int, threads: int) -> t.Any:
    parsed, problems = parse_dataplane(
        {
            "cpu": {"count": count, "polling": "2-3", "simultaneous_threads": threads},
            "memory": {"size_mb": 8192, "reserve_all": True, "hugepages": [{"size": "2M", "amount_mb": 1024}]},
            "adapters": [
                {"name": "mgmt", "network": "PG-Mgmt", "driver": "kernel"},
                {"name": "data", "network": "PG-0", "driver": "pmd"},
            ],
        },
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
        greedy = planned(world(*demands, rules=Rules(kept_memory_mb=0)))
        assert broken(question, greedy) == {"memory overcommitted"}

    def test_1g_backing_takes_whole_gib_of_each_node(self) -> None:
        """9 GiB on two nodes of 4.5 GiB each would be halves; with 1 GiB pages it takes 5 GiB of each."""
        rules, host = Rules(kept_memory_mb=GIB * 3 // 2), make_host("esx-0", memory_gib=6)
        halves = planned(world(make_demand("a", 12, 9), host, rules=rules))
        assert of(halves, "a").nodes == (0, 1)
        question = world(make_demand("a", 12, 9, whole_gib=True), host, rules=rules)
        assert refused(question).code == "too_large"
        assert {"spans nodes without need", "memory overcommitted"} == broken(question, halves)

    def test_reason_says_that_pages_are_whole(self) -> None:
        reason = refused(world(make_demand("a", 2, 40, whole_gib=True), make_demand("b", 2, 24, whole_gib=True)))
        assert reason.text.endswith("24576 needed in whole GiB")


class TestOthers:
    def test_kept_apart(self) -> None:
        demands = (make_demand("a", apart=frozenset({"b"})), make_demand("b", apart=frozenset({"a"})))
        hosts = (make_host("esx-0"), make_host("esx-1"))
        question = world(*demands, *hosts)
        plan = planned(question)
        assert plan.apart == (("a", "b"),)
        assert of(plan, "a").host != of(plan, "b").host
        assert broken(question, mutated(plan, "b", host=of(plan, "a").host)) == {"kept apart, on one host"}
        reason = refused(world(*demands, hosts[0]))
        assert (reason.code, reason.vms) == ("kept_apart", ("b",))
        assert reason.text == "b: every host with room for it runs a VM that it is kept apart from (a)"

    def test_kept_apart_from_a_vm_found_on_a_host(self) -> None:
        held = make_host("esx-0", holdings=(Holding("old", "vm-1", 1, 0, (), 0, None),))
        question = world(make_demand("a", apart=frozenset({"old"})), held, make_host("esx-1"))
        plan = planned(question)
        assert of(plan, "a").host == "esx-1"
        assert broken(question, mutated(plan, "a", host="esx-0")) == {"kept apart, on one host"}

    def test_kept_together(self) -> None:
        """By themselves they would be spread."""
        demands = (make_demand("a", together=frozenset({"b"})), make_demand("b", together=frozenset({"a"})))
        hosts = (make_host("esx-0"), make_host("esx-1"))
        loose = planned(world(make_demand("a"), make_demand("b"), *hosts))
        assert of(loose, "a").host != of(loose, "b").host
        question = world(*demands, *hosts)
        plan = planned(question)
        assert plan.together == (("a", "b"),)
        assert of(plan, "a").host == of(plan, "b").host
        assert broken(question, loose) == {"kept together, on several hosts"}

    def test_kept_together_without_room(self) -> None:
        demands = (make_demand("a", 8, together=frozenset({"b"})), make_demand("b", together=frozenset({"a"})))
        reason = refused(world(*demands, make_host("esx-0"), make_host("esx-1")))
        assert reason.code == "kept_together"
        assert reason.text == "b: no host has room for it beside the VMs that it is kept together with (a)"


AFFINE = Holding("old", "vm-1", 0, 4, (4, 6, 8, 10), 8 * GIB, GROUND_AFFINITY)
ESTIMATED = Holding("old", "vm-1", 0, 4, (), 8 * GIB, GROUND_ESTIMATE)
FLOATING = Holding("old", "vm-1", None, 4, (), 8 * GIB, GROUND_ESTIMATE)


class TestExistingHoldings:
    @pytest.mark.parametrize("holding", [AFFINE, ESTIMATED, FLOATING])
    def test_cores_of_others_are_not_given(self, holding: Holding) -> None:
        host = make_host("esx-0", holdings=(holding,))
        assert places(planned(world(make_demand("a", 4), host))) == {"a": ("esx-0", (0,))}
        question = world(make_demand("a", 5), host)
        reason = refused(question)
        assert (reason.code, reason.needed, reason.free) == ("cores_short", 5, 4)
        assert broken(question, planned(world(make_demand("a", 5)))) == {"cores overcommitted"}

    def test_vm_whose_node_is_not_known_counts_on_every_node_that_it_may_be_on(self) -> None:
        demands = (make_demand("a", 4), make_demand("b", 6, network="PG-1"))
        question = world(*demands, make_host("esx-0", holdings=(FLOATING,)))
        assert refused(question).vms == ("b",)
        elsewhere = planned(world(*demands, make_host("esx-0", holdings=(ESTIMATED,))))
        assert broken(question, elsewhere) == {"cores overcommitted"}

    def test_memory_of_others_is_not_given(self) -> None:
        question = world(make_demand("a", 2, 56), make_host("esx-0", holdings=(ESTIMATED,)))
        reason = refused(question)
        assert (reason.code, reason.free) == ("memory_short", 55 * GIB)
        assert broken(question, planned(world(make_demand("a", 2, 56)))) == {"memory overcommitted"}

    def test_what_a_planned_vm_holds_itself_is_its_own(self) -> None:
        own = dataclasses.replace(ESTIMATED, vm="a", cores=8)
        current = Current("esx-0", (0,))
        plan = planned(world(make_demand("a", 8), make_host("esx-0", holdings=(own,)), a=current))
        assert of(plan, "a").change == KEPT


class TestHosts:
    @pytest.mark.parametrize("state", [{"maintenance": True}, {"available": False}])
    def test_host_in_maintenance_or_not_connected_gets_none(self, state: dict[str, bool]) -> None:
        away = make_host("esx-0", **state)
        question = world(make_demand("a"), away, make_host("esx-1"))
        plan = planned(question)
        assert of(plan, "a").host == "esx-1"
        assert broken(question, mutated(plan, "a", host="esx-0")) == NOT_ALLOWED
        reason = refused(world(make_demand("a"), away))
        assert (reason.code, reason.hosts) == ("host_not_usable", ("esx-0",))
        assert reason.text == "a: esx-0 is in maintenance or not connected"

    @pytest.mark.parametrize(
        ("asked", "code"), [({"cluster": "nfv-b"}, "cluster_unknown"), ({"hosts": ("esx-9",)}, "host_not_allowed")]
    )
    def test_cluster_and_hosts_that_are_asked_for(self, asked: dict[str, t.Any], code: str) -> None:
        question = world(make_demand("a", **asked))
        assert refused(question).code == code
        assert broken(question, planned(world(make_demand("a")))) == NOT_ALLOWED

    def test_nobody_moves_who_need_not_move(self) -> None:
        hosts = (make_host("esx-0"), make_host("esx-1"))
        first = planned(world(make_demand("a"), make_demand("b"), *hosts))
        question = World((make_demand("a"), make_demand("b"), make_demand("c")), hosts, currents_of(first), Rules())
        plan = planned(question)
        assert plan.moved == ()
        other = "esx-1" if of(plan, "a").host == "esx-0" else "esx-0"
        assert broken(question, mutated(plan, "a", host=other)) == {"wrong word for what changes"}

    def test_vm_on_a_host_in_maintenance_moves(self) -> None:
        hosts = (make_host("esx-0", maintenance=True), make_host("esx-1"))
        plan = planned(world(make_demand("a"), *hosts, a=Current("esx-0", (0,))))
        assert (of(plan, "a").change, of(plan, "a").before, of(plan, "a").host) == (MOVED, "esx-0", "esx-1")


class TestNPlus1:
    RULES = Rules(n_plus_1=True)
    HOSTS = (make_host("esx-0"), make_host("esx-1"))

    def test_every_vm_has_cores_on_a_right_node_of_another_host(self) -> None:
        question = world(make_demand("a"), make_demand("b"), *self.HOSTS, rules=self.RULES)
        plan = planned(question)
        assert {(each.vm, each.failed_host) for each in plan.failovers} == {
            (placed.vm, placed.host) for placed in plan.placements
        }
        assert all(each.nodes == (0,) and each.host != each.failed_host for each in plan.failovers)
        assert broken(question, dataclasses.replace(plan, failovers=plan.failovers[1:])) == {"no refuge for everyone"}
        wrong = (dataclasses.replace(plan.failovers[0], nodes=(1,)), *plan.failovers[1:])
        assert broken(question, dataclasses.replace(plan, failovers=wrong)) == {"refuge not allowed"}

    def test_cores_on_the_wrong_node_do_not_count(self) -> None:
        """By the sum of its cores one host could take both: 10 of 17. But of the 8 on node 0 they need 10."""
        demands = (make_demand("a", 5), make_demand("b", 5))
        question = world(*demands, *self.HOSTS, rules=self.RULES)
        reason = refused(question)
        assert (reason.code, reason.vms) == ("no_failover", ("b",))
        assert "it has room while all hosts run" in reason.text
        assert planned(world(*demands, *self.HOSTS)).failovers == ()

    def test_cores_for_refuges_are_counted_with_those_of_whoever_is_there(self) -> None:
        small = world(make_demand("a"), make_demand("b"), *self.HOSTS, rules=self.RULES)
        plan = mutated(mutated(planned(small), "a", host="esx-0"), "b", host="esx-1")
        failovers = (Failover("esx-0", "a", "esx-1", (0,)), Failover("esx-1", "b", "esx-0", (0,)))
        plan = dataclasses.replace(plan, failovers=failovers)
        assert broken(small, plan) == set()
        large = world(make_demand("a", 5), make_demand("b", 5), *self.HOSTS, rules=self.RULES)
        assert broken(large, plan) == {"no cores for refuges"}

    def test_vms_found_on_hosts_must_restart_too(self) -> None:
        """``a`` has node 1 of one host; then ``old`` and ``b`` would have to share the 8 cores of its node 0."""
        demands = (make_demand("a", 9, network="PG-1"), make_demand("b"))
        without = planned(world(*demands, *self.HOSTS, rules=self.RULES))
        old = dataclasses.replace(ESTIMATED, cores=6)
        question = world(*demands, self.HOSTS[0], make_host("esx-1", holdings=(old,)), rules=self.RULES)
        assert refused(question).code == "no_failover"
        assert "no refuge for everyone" in broken(question, without)

    def test_failure_that_nothing_planned_can_help_is_told_with_its_host(self) -> None:
        reason = refused(world(make_demand("a"), make_host("esx-0", holdings=(ESTIMATED,)), rules=self.RULES))
        assert (reason.code, reason.vms, reason.failed_host) == ("no_failover", ("old",), "esx-0")
        assert reason.text == (
            "if esx-0 fails, VMs that run there now (old) have no cores elsewhere, whatever is planned"
        )

    def test_host_in_no_cluster_cannot_be_stood_in_for(self) -> None:
        question = world(make_demand("a"), make_host("esx-0", cluster=None), rules=self.RULES)
        reason = refused(question)
        assert reason.code == "no_cluster_for_failover"
        alone = planned(world(make_demand("a"), make_host("esx-0", cluster=None)))
        assert broken(question, alone) == {*NOT_ALLOWED, "no refuge for everyone"}


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
        holding = Holding("old", "vm-1", 0, 2, (16, 19), 0, GROUND_AFFINITY)
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
        holding = Holding("old", "vm-1", 0, 1, (7,), 0, GROUND_AFFINITY)
        question = world(self.demand("a", cpus=(6, 8)), make_host("esx-0", holdings=(holding,)))
        reason = refused(question)
        assert reason.code == "affinity_taken"
        assert reason.text == "a: other VMs are on CPUs of its affinity set, on every host"
        alone = planned(world(self.demand("a", cpus=(6, 8))))
        assert broken(question, alone) == {"affinity sets share a core"}

    def test_named_set_off_the_right_node(self) -> None:
        question = world(self.demand("a", cpus=(26, 28)))
        reason = refused(question)
        assert reason.code == "affinity_off_node"
        assert reason.text == "a: its affinity set is on no one right node of any host"
        elsewhere = planned(world(self.demand("a", cpus=(26, 28), network="PG-1")))
        assert broken(question, elsewhere) == {"wrong node"}


class TestReasons:
    HOSTS = tuple(make_host(f"esx-{number}", uplinks={"PG-SGi": (1,), "PG-Mgmt": ()}) for number in range(3))

    def test_sentence_and_data(self) -> None:
        demands = [make_demand(f"pgw-{number}", 6, network="PG-SGi") for number in range(3)]
        reason = refused(world(*demands, make_demand("pgw-7", network="PG-SGi"), *self.HOSTS))
        assert reason == Reason(
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
