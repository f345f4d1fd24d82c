# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The deployed gateway verified as in service: passively, by subscribers' sessions, and by a tester behind a router.

The deployment itself is proved by the session that is set aside, with the tester beside the next hop.
"""

from __future__ import annotations

import typing as t

import pytest

from lab.testing.bidirectional_traffic import Traffic
from tests.lab.conftest import SHORT_PROOF, Deployment, Verdict
from tests.lab.gateway import PLANE, Gateway, quiet
from tests.lab.router import Router

# What the emulated guest carries in both directions without loss, beside the modules that look at it.
PACKETS_PER_SECOND = 100
COUNT = SHORT_PROOF["dpdk_verify_packets"]
# The tester's frames before those that count.
WARM_UP = 10


@pytest.fixture(scope="module")
def carried(gateway: Gateway) -> tuple[Verdict, Traffic]:
    """Playbook verify in passive mode, and the subscribers' traffic meanwhile."""
    quiet(gateway.s5u, gateway.sgi)
    with Traffic(gateway.s5u, gateway.sgi, gateway.subscribers, PACKETS_PER_SECOND) as traffic:
        verdict = gateway.deployment.verify(dpdk_verify_mode="passive")
    return verdict, traffic


@pytest.fixture(scope="module")
def router(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Router]:
    """A router as the gateway's next hop on SGi, and the tester behind it."""
    with Router.running(deployment.state, tmp_path_factory.mktemp("router")) as running:
        yield running


def test_traffic_in_both_directions_shows_that_it_runs_and_loses_nothing(
    carried: tuple[Verdict, Traffic], gateway: Gateway
) -> None:
    verdict, traffic = carried
    assert verdict.run.succeeded, verdict.run.output
    assert (verdict.status, verdict.failed, verdict.traffic) == ("running", set(), {})
    assert {"virtual adapter s5u", "live traffic", "worker CPU 1", "polled packets"} <= set(verdict.rows)
    assert "running, not proved" in verdict.run.output
    assert traffic.lost() == {"uplink": 0, "downlink": 0}, f"{traffic.lost()} of {traffic.sent} each"
    gateway.note(both_ways_packets_per_second=PACKETS_PER_SECOND, both_ways_packets=traffic.sent)


def test_idle_ports_do_not_run(carried: tuple[Verdict, Traffic], gateway: Gateway) -> None:
    """The same look without the traffic: threads spin on idle ports, and no interrupt count rises."""
    verdict = gateway.deployment.verify_again(carried[0], dpdk_verify_mode="passive")
    assert verdict.status == "failed"
    assert {"live traffic", "worker CPU 1", "polled packets", "interrupts s5u", "counters sgi"} <= verdict.failed
    assert any("[poll_mode_not_running] pgw-1" in message for message in verdict.run.failures)


def test_a_session_with_wrong_teids_loses_its_packets_alone(carried: tuple[Verdict, Traffic], gateway: Gateway) -> None:
    """By subscribers' sessions: the tester takes the peer's address and the next hop's."""
    wrong = [{"local_teid": 5001, "peer_teid": 9001}]
    sessions = "{{ [pgw_sessions[0] | combine(wrong[0])] + pgw_sessions[1:] }}"
    assert gateway.module("pgw_sessions", {**PLANE, "sessions": sessions}, wrong=wrong)["changed"]
    try:
        verdict = gateway.deployment.verify_again(carried[0], pgw_verify_session={})
    finally:
        assert gateway.module("pgw_sessions", PLANE)["changed"]
    assert verdict.status == "failed"
    assert {"traffic uplink", "traffic downlink"} <= verdict.failed
    # The control: the tester's packets of the other two come through.
    assert {verdict.traffic[way]["received"] for way in ("uplink", "downlink")} == {COUNT * 2 // 3}
    assert any("[poll_mode_not_proved] pgw-1" in message for message in verdict.run.failures)


def test_a_tester_behind_a_router_proves_the_gateway(
    carried: tuple[Verdict, Traffic], deployment: Deployment, router: Router
) -> None:
    before = router.forwarded()
    verdict = behind(deployment, router, carried[0])
    assert verdict.proved, verdict.run.failures
    counts = {name: (row["sent"], row["received"]) for name, row in verdict.traffic.items()}
    assert counts == {"uplink": (COUNT, COUNT), "downlink": (COUNT, COUNT), "wrong TEID": (COUNT, 0)}
    assert router.forwarded() - before >= 2 * COUNT


def test_a_router_that_forwards_nothing_is_told_from_the_gateway(
    carried: tuple[Verdict, Traffic], deployment: Deployment, router: Router
) -> None:
    router.forward(on=False)
    try:
        verdict = behind(deployment, router, carried[0])
    finally:
        router.forward(on=True)
    assert verdict.status == "failed"
    # The gateway has received the uplink's packets and sent them to the router; the downlink's have not come to it.
    lacking = {"traffic uplink", "traffic downlink", "traffic wrong TEID", "counters sgi", "polled packets"}
    assert verdict.failed == lacking, verdict.run.failures
    assert f"the tester sent {COUNT + WARM_UP}" in verdict.rows["counters sgi"]["reason"]


@pytest.mark.again
def test_an_address_that_somebody_else_has_is_refused_before_the_first_packet(
    carried: tuple[Verdict, Traffic], deployment: Deployment, router: Router
) -> None:
    sent = router.sent()
    with router.address_of_the_first(held=True):
        verdict = behind(deployment, router, carried[0])
    assert verdict.status == "failed"
    assert "[tester_address_taken] 198.18.1.77: " in verdict.rows["observation"]["reason"]
    # Probes, and answers to the gateway's own.
    assert router.sent() - sent < COUNT // 10


def behind(deployment: Deployment, router: Router, earlier: Verdict) -> Verdict:
    """A verification by the tester behind the router."""
    reached = Deployment(deployment.state, deployment.control, deployment.reports, (router.inventory,))
    return reached.verify_again(earlier, **router.variables)
