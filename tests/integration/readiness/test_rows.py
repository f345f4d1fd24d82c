# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each row of vCenter's side fails alone, where exactly what it asks for is missing."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness import checks
from lab.testing.descriptions import adapter, adapters, hugepages

Look = t.Callable[..., list[dict[str, t.Any]]]


def on(network: str, **traffic: t.Any) -> dict[str, t.Any]:
    """Options for an adapter sgi on this port group, over which the application sends this."""
    sections = {"adapters": [*adapters("mgmt", "s5u"), adapter("sgi", network=network)]}
    return {"sections": sections, "traffic": {"vnf-1": {"sgi": traffic}}}


def adapted(**keys: t.Any) -> dict[str, t.Any]:
    """Sections with these keys of the polled adapter."""
    return {"adapters": [*adapters("mgmt"), adapter("sgi", **keys)]}


def placed(**keys: t.Any) -> dict[str, t.Any]:
    """Sections with these keys of the placement."""
    return {"placement": keys}


PLACED = placed(numa="auto")
EXCLUSIVE = {"cpu": {"exclusivity": "latency_sensitivity"}}
THREADS = {"cpu": {"count": 4, "polling": "2-3", "exclusivity": "latency_sensitivity", "simultaneous_threads": 2}}
LARGE = {**PLACED, "memory": {"size_mb": 524288, "hugepages": hugepages(1024)}}
# Options of a look, and the one row that is not ready: its subject, object and check.
Case = tuple[dict[str, t.Any], tuple[str, str, str]]


def cluster(name: str, check: str, **sections: t.Any) -> Case:
    """A case of a cluster."""
    return {"cluster": name, "sections": sections}, ("cluster", name, check)


def host(name: str, check: str, **sections: t.Any) -> Case:
    """A case of the second host of a cluster."""
    return {"cluster": name, "sections": sections}, ("host", f"{name}-2.lab", check)


def network(name: str, check: str, **traffic: t.Any) -> Case:
    """A case of a port group."""
    return on(name, **traffic), ("network", name, check)


CASES: dict[str, Case] = {
    "DRS off": cluster("no-drs", "drs", **placed(keep_apart_from="vnf-1")),
    "HA off": cluster("no-ha", "ha", **placed(restart_priority="high")),
    "no EVC": cluster("cpus", "evc", **placed(must_keep=["vmotion"])),
    "every host in maintenance": cluster("none", "usable_hosts"),
    "another model": cluster("model", "nic_model"),
    "another driver": cluster("driver", "nic_driver"),
    "another firmware": cluster("firmware", "nic_firmware"),
    "other nodes": cluster("nodes", "numa_nodes"),
    "a named host in maintenance": host("away", "state", **placed(hosts=["away-1.lab", "away-2.lab"])),
    "a named host that is lost": host("lost", "state", **placed(hosts=["lost-1.lab", "lost-2.lab"])),
    "an older host": host("old", "api_version", **THREADS),
    "threads not shown": host("no-threads", "hyper_threading", **THREADS),
    "no latency sensitivity": host("no-latency", "latency_sensitivity", **EXCLUSIVE),
    "balanced power": host("balanced", "power_policy"),
    "power kept by the BIOS": host("bios", "bios_power"),
    "NTP stopped": host("ntp-off", "time_service"),
    "no NTP server": host("ntp-none", "time_servers"),
    "a clock ahead": host("ahead", "clock"),
    "a clock behind": host("behind", "clock"),
    "UDP RSS not allowed": host("no-rss", "udp_rss", **adapted(queues=2, udp_rss=True)),
    "no such port group": network("PG-Missing", "exists"),
    "a host outside the switch": ({"cluster": "no-switch", "sections": adapted()}, ("network", "PG-SGi", "hosts")),
    "foreign addresses, neither promiscuous nor learning": network("PG-Forged", "promiscuous", macs="foreign"),
    "foreign addresses, learning that drops": network("PG-Dropping", "mac_learning", macs="foreign"),
    "foreign addresses, no forged transmits": network("PG-Promiscuous", "forged_transmits", macs="foreign"),
    "another address, no changes": network("PG-Forged", "mac_changes", macs="changed"),
    "another address, no forged transmits": network("PG-Changed-Only", "forged_transmits", macs="changed"),
    "tags on an untagged port group": network("PG-SGi", "vlan", vlans=[100]),
    "a VLAN outside the trunk": network("PG-Trunk", "vlan", vlans=[100, 200]),
    "no tags on a trunk without VLAN 0": network("PG-Trunk", "vlan"),
    "jumbo frames on a switch without": network("PG-SGi", "mtu", mtu=9000),
    "a switch that polls": network("PG-Jumbo", "switch_mode"),
    "no link": ({"cluster": "no-link"}, ("network", "PG-SGi", "uplink")),
    "a team across nodes": network("PG-Span", "teaming_node"),
    "no place": ({"sections": LARGE}, ("plan", "vnf-1", "place")),
}
# What is enough: nothing may be missing here.
ENOUGH: dict[str, dict[str, t.Any]] = {
    "as described": {},
    "placed": {"sections": PLACED},
    "EVC": {"cluster": "cpus-evc", "sections": {"placement": {"must_keep": ["vmotion"]}}},
    "nothing asks for DRS": {"cluster": "no-drs"},
    "a host in maintenance that nobody names": {"cluster": "away"},
    "a lost host that nobody names": {"cluster": "lost"},
    "nothing polls": {
        "cluster": "balanced",
        "sections": {"cpu": {"count": 2, "polling": ""}, "adapters": adapters("mgmt")},
    },
    "nothing asks for UDP RSS": {"cluster": "no-rss"},
    "foreign addresses, promiscuous": on("PG-Open", macs="foreign"),
    "foreign addresses, learning": on("PG-Learning", macs="foreign"),
    "another address": on("PG-Changed", macs="changed"),
    "a trunk": on("PG-Trunk", vlans=[100, 199]),
    "jumbo frames": {
        "sections": {"switch_mode": "edp_dedicated", **adapted(network="PG-Jumbo")},
        "traffic": {"vnf-1": {"sgi": {"mtu": 9000}}},
    },
}


def failing(rows: list[dict[str, t.Any]], verdict: str = "not_ready") -> list[tuple[str, str, str]]:
    return [(row["subject"], row["object"], row["check"]) for row in rows if row["verdict"] == verdict]


@pytest.mark.parametrize("case", CASES)
def test_row_fails_alone(case: str, look: Look) -> None:
    options, expected = CASES[case]
    rows = look(**options)
    assert failing(rows) == [expected]
    (row,) = [row for row in rows if row["verdict"] == "not_ready"]
    assert row["asked"] and row["seen"] and row["code"] and row["remedy"]


@pytest.mark.parametrize("case", ENOUGH)
def test_what_is_enough_is_ready(case: str, look: Look) -> None:
    rows = look(**ENOUGH[case])
    assert failing(rows) == [] and failing(rows, "unknown") == []
    assert failing(rows, "ready")


def test_every_check_fails_in_some_case() -> None:
    # Speed and bandwidth are of the same links, and an old vCenter has old hosts; the connection is in test_look.py.
    together = {("cluster", "nic_speed"), ("cluster", "node_bandwidth"), ("vcenter", "connection")}
    together |= {("vcenter", "api_version")}
    tested = {(subject, check) for _options, (subject, _name, check) in CASES.values()}
    assert {(check.subject.value, check.name) for check in checks.ALL_CHECKS} - together == tested


def test_slower_link_is_less_bandwidth_of_its_node(look: Look) -> None:
    rows = look(cluster="speed")
    assert failing(rows) == [("cluster", "speed", "nic_speed"), ("cluster", "speed", "node_bandwidth")]


def test_field_that_neither_vcenter_nor_its_hosts_have(look: Look) -> None:
    rows = look(sections=adapted(strict_latency=True))
    assert failing(rows) == [
        ("vcenter", "127.0.0.1", "api_version"),
        ("host", "good-1.lab", "api_version"),
        ("host", "good-2.lab", "api_version"),
    ]
    (row,) = [row for row in rows if row["subject"] == "vcenter" and row["check"] == "api_version"]
    assert row["asked"] == "8.0.3.1 or newer, for adapters.sgi.strict_latency of vnf-1"


def test_hosts_on_different_vlans_are_told_apart(look: Look) -> None:
    # VLAN 4095 hands untagged frames to the guest, too.
    (row,) = [row for row in look(cluster="tagged") if (row["object"], row["check"]) == ("PG-Mgmt", "vlan")]
    assert row["verdict"] == "ready"
    assert row["seen"] == "untagged on tagged-1.lab; trunk of 0-4094 on tagged-2.lab"


def test_what_vsphere_does_not_report_is_unknown(look: Look) -> None:
    assert failing(look(**on("PG-Segment", macs="foreign")), "unknown") == [
        ("network", "PG-Segment", check) for check in ("promiscuous", "forged_transmits", "vlan")
    ]
    assert failing(look(cluster="no-pci"), "unknown") == [
        ("network", name, "teaming_node") for name in ("PG-S5U", "PG-SGi")
    ]
