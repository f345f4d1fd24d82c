# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planner against CP-SAT on random questions, and every plan against the rules."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import NoPlan, PlacementPlan
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.planner import plan_placement
from tests.unit.plan.placement.oracle import Best, ImpossibleError, Oracle
from tests.unit.plan.placement.rules import World, broken, partly_broken
from tests.unit.plan.placement.worlds import currents_of, random_world

SEEDS = range(100)


def possible(world: World) -> Best | None:
    try:
        return Oracle(world).best()
    except ImpossibleError:
        return None


@pytest.fixture(scope="module")
def answers() -> list[tuple[World, PlacementPlan | NoPlan, Best | None]]:
    worlds = [random_world(seed) for seed in SEEDS]
    return [
        (world, plan_placement(world.demands, world.hosts, world.currents, world.rules), possible(world))
        for world in worlds
    ]


Answers = list[tuple[World, "PlacementPlan | NoPlan", "Best | None"]]


def test_the_questions_are_worth_asking(answers: Answers) -> None:
    """Both answers come up often, with and without N+1, and some plans need moves."""
    plans = [(world, answer) for world, answer, _best in answers if isinstance(answer, PlacementPlan)]
    assert 20 <= len(plans) <= 80
    assert sum(world.rules.n_plus_1 for world, _plan in plans) >= 5
    assert sum(bool(plan.moved) for _world, plan in plans) >= 2


def test_no_plan_breaks_a_rule(answers: Answers) -> None:
    assert [broken(world, answer) for world, answer, _best in answers if isinstance(answer, PlacementPlan)] == [
        set() for _world, answer, _best in answers if isinstance(answer, PlacementPlan)
    ]
    for world, answer, _best in answers:
        if isinstance(answer, NoPlan):
            assert partly_broken(world, answer.placements) == set()


def test_every_no_is_confirmed(answers: Answers) -> None:
    for world, answer, best in answers:
        if isinstance(answer, NoPlan):
            assert best is None or best.placed < len(world.demands)
            assert set(answer.unplaced) or best is None


def test_as_many_are_placed_in_99_of_100(answers: Answers) -> None:
    fewer = [world for world, answer, best in answers if best is not None and len(answer.placements) < best.placed]
    assert len(fewer) <= len(SEEDS) // 100


def test_a_needless_move_in_at_most_1_of_100(answers: Answers) -> None:
    needless = [
        world
        for world, answer, best in answers
        if isinstance(answer, PlacementPlan) and best is not None and len(answer.moved) > best.moves
    ]
    assert len(needless) <= len(SEEDS) // 100


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=10**6, max_value=10**9))
def test_whatever_the_question_no_rule_is_broken(seed: int) -> None:
    world = random_world(seed)
    answer = plan_placement(world.demands, world.hosts, world.currents, world.rules)
    found = broken(world, answer) if isinstance(answer, PlacementPlan) else partly_broken(world, answer.placements)
    assert found == set()


@settings(max_examples=25, deadline=None)
@given(st.integers(min_value=0, max_value=10**6))
@example(61)
@example(66)
@example(133)
def test_the_same_question_has_the_same_answer(seed: int) -> None:
    world = random_world(seed)
    hosts = list(world.hosts)
    first = plan_placement(world.demands, hosts, world.currents, world.rules)
    assert plan_placement(world.demands, hosts, dict(world.currents), world.rules) == first


@pytest.mark.parametrize("seed", range(12))
def test_one_more_moves_nobody_who_need_not_move(seed: int) -> None:
    """A plan for all but one, then one for all, from where the first put them."""
    rnd = random.Random(seed)  # noqa: S311
    world = random_world(1000 + rnd.randrange(10**6))
    fewer = World(world.demands[:-1], world.hosts, {}, world.rules)
    first = plan_placement(fewer.demands, fewer.hosts, {}, fewer.rules)
    while isinstance(first, NoPlan):
        world = random_world(1000 + rnd.randrange(10**6))
        fewer = World(world.demands[:-1], world.hosts, {}, world.rules)
        first = plan_placement(fewer.demands, fewer.hosts, {}, fewer.rules)
    again = World(world.demands, world.hosts, currents_of(first), world.rules)
    second = plan_placement(again.demands, again.hosts, again.currents, again.rules)
    best = possible(again)
    if isinstance(second, PlacementPlan):
        assert best is not None
        assert len(second.moved) == best.moves
    else:
        assert best is None or best.placed < len(again.demands)
