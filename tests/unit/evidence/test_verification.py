# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a verification: what is sent where, and what is missing for it."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.poll_mode import poll_mode_plan, poll_mode_verdict

S5U = {"name": "s5u", "network": "PG-S5U"}
SGI = {"name": "sgi", "network": "PG-SGi"}
SESSION = {"name": "ue-1", "ue_address": "198.19.0.1", "local_teid": 1, "peer_teid": 2, "peer_address": "198.18.1.2"}
REQUEST: dict[str, t.Any] = {
    "host": "pgw-1",
    "hosts": ["pgw-1", "tester-1", "generator-1"],
    "traffic": "gtpu",
    "derived": {"pmd_adapters": [S5U, SGI], "polling_cpu_list": [1], "hugepages": [{"size_kb": 2048, "count": 256}]},
    "devices": [
        {"name": "s5u", "pci_address": "0000:0b:00.0", "mac": "00:50:56:01:00:02"},
        {"name": "sgi", "pci_address": "0000:13:00.0", "mac": "00:50:56:01:00:03"},
    ],
    "adapters": [{"name": "sgi", "mac": "00:50:56:99:00:03"}],
    "tester": {
        "name": "tester-1",
        "s5u_interface": "eth1",
        "sgi_interface": "eth2",
        "interfaces": {"PG-S5U": "eth1", "PG-SGi": "eth2"},
    },
    "generator": {
        "name": "generator-1",
        "adapters": [
            {"network": "PG-Mgmt", "mac": "00:50:56:02:00:01", "driver": "kernel"},
            {"network": "PG-SGi", "mac": "00:50:56:02:00:03", "driver": "pmd"},
            {"network": "PG-S5U", "mac": "00:50:56:02:00:02", "driver": "pmd"},
        ],
    },
    "pgw": {
        "s5u": {"adapter": "s5u", "address": "198.18.1.1/24"},
        "sgi": {"adapter": "sgi", "address": "198.18.2.1/24", "next_hop": "198.18.2.2"},
        "sessions": [{"name": "v6", "ue_ipv6_prefix": "2001:db8::/64"}, *[SESSION] * 200],
    },
    "sessions": [],
    "s5u": {},
    "sgi": {},
    "first": {},
    "second": {},
    "expected": {"frame_loss_tolerance": 0},
}


def plan(**changed: t.Any) -> dict[str, t.Any]:
    return poll_mode_plan({**REQUEST, **changed})


def test_subscribers_traffic_goes_between_the_networks_of_the_pgw() -> None:
    found = plan()
    assert found["problems"] == ()
    assert found["options"] == {
        "kind": "gtpu",
        "s5u": {"interface": "eth1", "address": "198.18.1.2", "gateway": "198.18.1.1"},
        "sgi": {"interface": "eth2", "address": "198.18.2.2", "gateway": "198.18.2.1"},
        "sessions": [SESSION] * 100,
    }
    assert found["expected"]["sides"] == {"s5u": "s5u", "sgi": "sgi"}
    assert found["expected"]["surroundings"] == {
        "sender": "tester-1",
        "interfaces": {"s5u": "eth1", "sgi": "eth2"},
        "networks": {"s5u": "PG-S5U", "sgi": "PG-SGi"},
    }
    poll_mode_verdict({}, found["expected"])  # takes what the plan expects


def test_a_plan_knows_the_digest_of_its_description() -> None:
    described = [plan(dataplane={"cpu": {"count": count}})["expected"]["description"] for count in (2, 4)]
    # echo -n '{"cpu":{"count":2}}' | sha256sum
    assert described[0] == "sha256:8559e25f84fa27c441f14a62f36d9ba7d5d700846b352a8a465177384f81b7ad"
    assert described[0] != described[1]
    assert plan()["expected"]["description"] == ""


def test_sides_and_sessions_of_the_user_go_before() -> None:
    side = {"adapter": "a", "interface": "b", "address": "198.18.9.2", "gateway": "198.18.9.1"}
    found = plan(s5u=side, sgi={**side, "adapter": "c"}, sessions=[SESSION], pgw={"s5u": {}, "sgi": {}, "sessions": []})
    assert found["problems"] == ()
    assert found["options"]["s5u"] == {"interface": "b", "address": "198.18.9.2", "gateway": "198.18.9.1"}
    assert (found["options"]["sessions"], found["expected"]["sides"]) == ([SESSION], {"s5u": "a", "sgi": "c"})


VERIFY = {
    "ue_address": "198.19.255.1",
    "local_teid": 2**32 - 1,
    "peer_teid": 9,
    "peer_address": "198.18.1.77",
    "server_address": "203.0.113.2",
    "server_gateway": "203.0.113.1",
}


def test_a_session_set_aside_keeps_the_tester_off_everybody_elses_addresses() -> None:
    found = plan(pgw={**REQUEST["pgw"], "verify_session": VERIFY})
    session = {key: VERIFY[key] for key in ("ue_address", "local_teid", "peer_teid", "peer_address")}
    assert found["options"] == {
        "kind": "gtpu",
        "s5u": {"interface": "eth1", "address": "198.18.1.77", "gateway": "198.18.1.1"},
        "sgi": {"interface": "eth2", "address": "203.0.113.2", "gateway": "203.0.113.1"},
        "sessions": [{"name": "verification", **session}],
        "sgi_routers": 1,
        # No session of the PGW has it.
        "unknown_teid": 2**32 - 2,
    }
    assert found["expected"]["shared"] is True
    assert plan()["expected"]["shared"] is False


def test_beside_the_next_hop_the_tester_sends_to_the_pgw_itself() -> None:
    verify = {**VERIFY, "server_address": "198.18.2.9", "server_gateway": None, "server_routers": 2}
    options = plan(pgw={**REQUEST["pgw"], "verify_session": verify})["options"]
    assert options["sgi"] == {"interface": "eth2", "address": "198.18.2.9", "gateway": "198.18.2.1"}
    assert options["sgi_routers"] == 2


def test_sessions_of_the_user_go_before_the_one_set_aside() -> None:
    found = plan(pgw={**REQUEST["pgw"], "verify_session": VERIFY}, sessions=[SESSION])
    assert (found["options"]["sessions"], found["expected"]["shared"]) == ([SESSION], False)


def test_frames_go_to_the_addresses_that_vsphere_assigned() -> None:
    found = plan(traffic="frames")
    assert found["options"] == {
        "kind": "frames",
        "first": {"interface": "eth1", "guest_mac": "00:50:56:01:00:02"},
        "second": {"interface": "eth2", "guest_mac": "00:50:56:99:00:03"},
    }
    assert found["expected"]["sides"] == {"first": "s5u", "second": "sgi"}


def test_the_generator_sends_from_the_same_port_groups() -> None:
    assert plan(traffic="testpmd")["options"] == {
        "first": {"mac": "00:50:56:02:00:02", "guest_mac": "00:50:56:01:00:02"},
        "second": {"mac": "00:50:56:02:00:03", "guest_mac": "00:50:56:99:00:03"},
    }


def test_nothing_is_sent_and_nobody_is_needed_without_traffic() -> None:
    found = plan(traffic="none", hosts=[], pgw={})
    assert (found["problems"], found["options"], found["expected"]["sides"]) == ((), {}, {})


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"hosts": ["pgw-1"]}, "[tester_missing] pgw-1: "),
        ({"traffic": "testpmd", "hosts": ["pgw-1"]}, "[generator_missing] pgw-1: "),
        ({"traffic": "testpmd", "generator": {"name": "pgw-1", "adapters": []}}, "[generator_is_guest] pgw-1: "),
        (
            {"traffic": "testpmd", "generator": {"name": "generator-1", "adapters": []}},
            "[generator_adapter_missing] generator-1: has no polled adapter in port group PG-S5U, PG-SGi",
        ),
        (
            {"traffic": "frames", "derived": {**REQUEST["derived"], "pmd_adapters": [S5U]}},
            "[frames_need_two_adapters] pgw-1: ",
        ),
        ({"devices": REQUEST["devices"][:1]}, "[adapter_not_bound] pgw-1: no PCI device is known for adapter sgi"),
        ({"pgw": {**REQUEST["pgw"], "sessions": []}}, "[variable_missing] pgw-1: pgw_sessions"),
        ({"pgw": {**REQUEST["pgw"], "sgi": {}}}, "[variable_missing] pgw_sgi: pgw_sgi.adapter, pgw_sgi.address"),
        (
            {"tester": {**REQUEST["tester"], "s5u_interface": ""}},
            "[variable_missing] pgw_s5u: tester_s5u_interface of tester-1 must be set",
        ),
        (
            {"traffic": "frames", "tester": {**REQUEST["tester"], "interfaces": {"PG-S5U": "eth1"}}},
            "[variable_missing] tester-1: tester_interfaces[PG-SGi] must be set",
        ),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_planned(changed: dict[str, t.Any], problem: str) -> None:
    found = plan(**changed)
    assert [one for one in found["problems"] if one.startswith(problem)] == list(found["problems"]) != []
    assert found["options"] == {}


def test_everything_that_is_missing_is_named_at_once() -> None:
    assert len(plan(hosts=[], devices=[])["problems"]) == 2


def test_unknown_traffic_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="traffic must be one of"):
        plan(traffic="icmp")
