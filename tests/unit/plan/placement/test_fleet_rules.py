# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of docs/placement.md about VMs and hosts beside each other, as in test_node_rules.py."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import (
    KEPT,
    MOVED,
    CurrentPlace,
    Failover,
    Rules,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import (
    BASIS_AFFINITY,
    BASIS_ESTIMATE,
    Holding,
)
from tests.unit.plan.placement.questions import ESTIMATED, NOT_ALLOWED, mutated, of, places, planned, refused, world
from tests.unit.plan.placement.rules import World, broken
from tests.unit.plan.placement.worlds import GIB, currents_of, make_demand, make_host


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


AFFINE = Holding("old", "vm-1", 0, 4, (4, 6, 8, 10), 8 * GIB, BASIS_AFFINITY)
FLOATING = Holding("old", "vm-1", None, 4, (), 8 * GIB, BASIS_ESTIMATE)


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
        current = CurrentPlace("esx-0", (0,))
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
        assert reason.text == "a: esx-0 is in maintenance mode or not connected"

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
        plan = planned(world(make_demand("a"), *hosts, a=CurrentPlace("esx-0", (0,))))
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
        assert "there is room while all hosts run" in reason.text
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
            "if esx-0 fails, VMs that run there now (old) find no cores elsewhere, whatever is planned"
        )

    def test_host_in_no_cluster_cannot_be_stood_in_for(self) -> None:
        question = world(make_demand("a"), make_host("esx-0", cluster=None), rules=self.RULES)
        reason = refused(question)
        assert reason.code == "no_cluster_for_failover"
        alone = planned(world(make_demand("a"), make_host("esx-0", cluster=None)))
        assert broken(question, alone) == {*NOT_ALLOWED, "no refuge for everyone"}
