# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user plane is checked as a whole, and each problem names the path of the wrong value."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.check import problems

Variables = dict[str, t.Any]

# (path in the input, wrong value, path and code of the problem)
WRONG = [
    (("s5u", "address"), "198.18.1.1", "pgw_s5u.address", "address_invalid"),
    (("s5u", "address"), "198.18.1.0/24", "pgw_s5u.address", "address_invalid"),
    (("s5u", "address"), "fd00::1/64", "pgw_s5u.address", "address_invalid"),
    (("sgi", "address"), "198.18.2.1/16", "pgw_sgi.address", "networks_overlap"),
    (("sgi", "adapter"), "s5u", "pgw_sgi.adapter", "name_repeated"),
    (("sgi", "next_hop"), "198.18.3.2", "pgw_sgi.next_hop", "next_hop_off_link"),
    (("sgi", "next_hop"), "198.18.2.1", "pgw_sgi.next_hop", "next_hop_off_link"),
    (("sgi", "next_hop"), "198.18.2.255", "pgw_sgi.next_hop", "next_hop_off_link"),
    (("sgi", "next_hop_mac"), "01:00:5e:00:00:01", "pgw_sgi.next_hop_mac", "mac_invalid"),
    (("sessions", 1, "local_teid"), 0, "pgw_sessions[1].local_teid", "value_out_of_range"),
    (("sessions", 1, "local_teid"), 2**32, "pgw_sessions[1].local_teid", "value_out_of_range"),
    (("sessions", 1, "peer_teid"), -1, "pgw_sessions[1].peer_teid", "value_out_of_range"),
    (("sessions", 1, "local_teid"), 4097, "pgw_sessions[1].local_teid", "session_repeated"),
    (("sessions", 1, "peer_teid"), 8193, "pgw_sessions[1].peer_teid", "session_repeated"),
    (("sessions", 1, "name"), "ue-1", "pgw_sessions[1].name", "session_repeated"),
    (("sessions", 1, "ue_address"), "198.19.0.1", "pgw_sessions[1].ue_address", "session_repeated"),
    (("sessions", 0, "ue_address"), "198.19.0.300", "pgw_sessions[0].ue_address", "address_invalid"),
    (("sessions", 0, "ue_address"), "198.18.2.9", "pgw_sessions[0].ue_address", "address_invalid"),
    (("sessions", 0, "ue_address"), "224.0.0.1", "pgw_sessions[0].ue_address", "address_invalid"),
    (("sessions", 0, "peer_address"), "198.18.1.1", "pgw_sessions[0].peer_address", "next_hop_off_link"),
    (("sessions", 0, "peer_address"), "192.0.2.1", "pgw_sessions[0].peer_address", "next_hop_off_link"),
    (("sessions", 0, "peer_sources"), "198.18.1.3", "pgw_sessions[0].peer_sources", "value_type_wrong"),
    (("sessions", 0, "peer_sources"), ["198.18.1.3/24"], "pgw_sessions[0].peer_sources[0]", "address_invalid"),
    (("sessions", 0, "peer_sources"), ["fd00::1"], "pgw_sessions[0].peer_sources[0]", "address_invalid"),
    (("sessions", 0, "peer_sources"), ["198.18.1.1"], "pgw_sessions[0].peer_sources[0]", "next_hop_off_link"),
    (("sessions", 0, "peer_sources"), ["192.0.2.1"], "pgw_sessions[0].peer_sources[0]", "next_hop_off_link"),
    (("sessions", 0, "peer_sources"), ["198.18.1.3"] * 33, "pgw_sessions[0].peer_sources", "value_out_of_range"),
    (("s5u", "check_outer_source"), "perhaps", "pgw_s5u.check_outer_source", "value_type_wrong"),
    (("s5u", "vlan"), 4095, "pgw_s5u.vlan", "value_out_of_range"),
    (("s5u", "next_hop"), "198.18.1.1", "pgw_s5u.next_hop", "next_hop_off_link"),
    (("s5u", "next_hop_mac"), "00:50:56:01:00:09", "pgw_s5u.next_hop_mac", "key_missing"),
    (("s5u", "next_hop_mac"), "01:00:5e:00:00:01", "pgw_s5u.next_hop_mac", "mac_invalid"),
    (("sgi", "ipv6_address"), "2001:db8:2::1", "pgw_sgi.ipv6_address", "address_invalid"),
    (("sgi", "ipv6_address"), "fe80::1/64", "pgw_sgi.ipv6_address", "address_invalid"),
    (("s5u", "address"), "127.0.0.1/8", "pgw_s5u.address", "address_invalid"),
    (("sgi", "address"), "224.0.0.1/24", "pgw_sgi.address", "address_invalid"),
    (("sgi", "ipv6_address"), "::1/64", "pgw_sgi.ipv6_address", "address_invalid"),
    (("sgi", "ipv6_address"), "::ffff:198.18.2.1/96", "pgw_sgi.ipv6_address", "address_invalid"),
    # RFC 4007, 11: a zone belongs to the machine that wrote it.
    (("sgi", "ipv6_address"), "2001:db8:2::1%s5u/64", "pgw_sgi.ipv6_address", "address_invalid"),
    (("sgi", "ipv6_next_hop"), "fe80::1%eth0", "pgw_sgi.ipv6_next_hop", "address_invalid"),
    (("sessions", 1, "ue_ipv6_prefix"), "2001:db8:1:2::%1/64", "pgw_sessions[1].ue_ipv6_prefix", "address_invalid"),
    (("sgi", "ipv6_next_hop"), "2001:db8:3::2", "pgw_sgi.ipv6_next_hop", "next_hop_off_link"),
    (("sgi", "ipv6_next_hop"), None, "pgw_sgi.ipv6_next_hop", "key_missing"),
    (("sessions", 1, "ue_ipv6_prefix"), "2001:db8:1:2::7/64", "pgw_sessions[1].ue_ipv6_prefix", "address_invalid"),
    (("sessions", 1, "ue_ipv6_prefix"), "2001:db8:2::/48", "pgw_sessions[1].ue_ipv6_prefix", "address_invalid"),
    (("sessions", 1, "ue_ipv6_prefix"), "ff02::/64", "pgw_sessions[1].ue_ipv6_prefix", "address_invalid"),
    (("sessions", 0, "ue_ipv6_prefix"), "2001:db8:1::/48", "pgw_sessions[1].ue_ipv6_prefix", "session_repeated"),
    (("sessions", 0, "ue_address"), None, "pgw_sessions[0].ue_address", "key_missing"),
    (("sessions", 1, "uplink_kbps"), 0, "pgw_sessions[1].uplink_kbps", "value_out_of_range"),
]
# In a guest, Ansible refuses wrong keys and types before the module sees them.
MALFORMED = [
    (("sessions", 0, "local_teid"), "many", "pgw_sessions[0].local_teid"),
    (("sessions", 0, "local_teid"), None, "pgw_sessions[0].local_teid"),
    (("sessions", 0, "teid"), 7, "pgw_sessions[0].teid"),
    (("sessions", 0), "ue-1", "pgw_sessions[0]"),
    (("sessions",), {"ue-1": 4097}, "pgw_sessions"),
    (("sgi",), None, "pgw_sgi"),
]


def mangled(variables: Variables, where: tuple[t.Any, ...], value: t.Any) -> Variables:
    target: t.Any = variables
    for key in where[:-1]:
        target = target[key]
    target[where[-1]] = value
    return variables


def filtered(variables: t.Any) -> list[dict[str, str]]:
    # The filter runs on the controller only, whose Python is newer than the guest's.
    from ansible_collections.nfv.vsphere_dpdk.plugins.filter.pgw_problems import FilterModule  # noqa: PLC0415

    found: list[dict[str, str]] = FilterModule().filters()["pgw_problems"](variables)
    return found


def test_an_empty_peer_source_is_named(variables: Variables) -> None:
    variables["sessions"][0]["peer_sources"] = ["198.18.1.3", None]
    assert [(each.path, each.error_code) for each in problems(variables)] == [
        ("pgw_sessions[0].peer_sources[1]", "key_missing")
    ]


def test_valid_user_plane_has_no_problem(variables: Variables) -> None:
    assert problems(variables) == ()
    assert filtered(variables) == []


def test_a_point_to_point_network_has_two_hosts(variables: Variables) -> None:
    variables["sgi"].update(address="198.18.2.0/31", next_hop="198.18.2.1")
    assert problems(variables) == ()


@pytest.mark.parametrize(("where", "value", "path", "error_code"), WRONG)
def test_wrong_value_is_named(
    variables: Variables, where: tuple[t.Any, ...], value: t.Any, path: str, error_code: str
) -> None:
    found = problems(mangled(variables, where, value))
    assert [(problem.path, problem.error_code) for problem in found] == [(path, error_code)]
    assert path in {problem["path"] for problem in filtered(variables)}


@pytest.mark.parametrize(("where", "value", "path"), MALFORMED)
def test_malformed_input_is_named_by_the_filter(
    variables: Variables, where: tuple[t.Any, ...], value: t.Any, path: str
) -> None:
    assert path in {problem["path"] for problem in filtered(mangled(variables, where, value))}


def test_every_problem_is_told_at_once(variables: Variables) -> None:
    variables["sgi"]["next_hop"] = "198.18.3.2"
    variables["sessions"][1]["ue_address"] = "198.19.0.1"
    assert len(problems(variables)) == 2


def test_ipv6_subscribers_need_an_ipv6_end(variables: Variables) -> None:
    del variables["sgi"]["ipv6_address"], variables["sgi"]["ipv6_next_hop"]
    (problem,) = problems(variables)
    assert problem.path == "pgw_sgi.ipv6_address" and "pgw_sessions[1]" in problem.message


def test_peer_may_send_from_near_addresses_and_through_the_router_from_far_ones(variables: Variables) -> None:
    variables["sessions"][0]["peer_sources"] = ["198.18.1.3", "203.0.113.9"]
    variables["s5u"].update(next_hop="198.18.1.9", check_outer_source=False)
    assert problems(variables) == ()


def test_far_peer_needs_a_router(variables: Variables) -> None:
    variables["sessions"][0]["peer_address"] = "203.0.113.9"
    assert [problem.error_code for problem in problems(variables)] == ["next_hop_off_link"]
    variables["s5u"]["next_hop"] = "198.18.1.9"
    assert problems(variables) == ()


def test_a_problem_tells_the_file_and_line_that_the_session_came_from(variables: Variables) -> None:
    variables["sessions"][0]["source"], variables["sessions"][1]["source"] = "ue.csv:2", "ue.csv:3"
    variables["sessions"][1]["local_teid"] = 4097
    (problem,) = problems(variables)
    assert (problem.path, problem.message) == ("ue.csv:3.local_teid", "4097 is already taken by ue.csv:2")
    assert "ue.csv:3.local_teid" in {problem["path"] for problem in filtered(variables)}


def test_an_overlap_is_found_behind_other_prefixes(variables: Variables) -> None:
    """The wide prefix overlaps the last one, and a narrow one that it does contain lies between them."""
    prefixes = ("2001:db8:8::/45", "2001:db8:9::/64", "2001:db8:f::/64")
    variables["sessions"] = [
        {
            "name": prefix,
            "ue_ipv6_prefix": prefix,
            "local_teid": 1 + index,
            "peer_teid": 1 + index,
            "peer_address": "198.18.1.2",
        }
        for index, prefix in enumerate(prefixes)
    ]
    assert [problem.path for problem in problems(variables)] == [
        "pgw_sessions[1].ue_ipv6_prefix",
        "pgw_sessions[2].ue_ipv6_prefix",
    ]


@pytest.mark.parametrize(
    ("key", "value", "path", "error_code"),
    [
        ("statistics", None, None, None),
        ("statistics", {"textfile_directory": "/var/lib/prometheus/node-exporter", "interval": 60}, None, None),
        ("statistics", {"textfile_directory": "node-exporter"}, "textfile_directory", "path_invalid"),
        ("statistics", {"textfile_directory": "/var/lib/with space"}, "textfile_directory", "path_invalid"),
        ("statistics", {"textfile_directory": "/var/lib/%h"}, "textfile_directory", "path_invalid"),
        ("statistics", {"textfile_directory": "/x", "interval": 0}, "interval", "value_out_of_range"),
        ("statistics", {"textfile_directory": "/x", "interval": 86_401}, "interval", "value_out_of_range"),
        ("statistics", {"interval": 5}, "textfile_directory", "key_missing"),
        ("path_management", {"echo_interval": 0}, "echo_interval", "value_out_of_range"),
        ("path_management", {"echo_requests": "many"}, "echo_requests", "value_type_wrong"),
        ("path_management", {"echo_every": 60}, "echo_every", "key_unknown"),
    ],
)
def test_statistics_and_path_management_are_checked_too(
    variables: Variables, key: str, value: t.Any, path: str | None, error_code: str | None
) -> None:
    variables[key] = value
    expected = [(f"pgw_{key}.{path}", error_code)] if path else []
    assert [(problem.path, problem.error_code) for problem in problems(variables)] == expected
