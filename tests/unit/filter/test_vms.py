# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters between playbooks and modules: hosts as VMs, selected and placed, and problems as one line."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.dataplane import (
    dataplane_problems,
    polled_devices,
    problems_text,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.filter.vms import (
    FilterModule,
    allowed_by_all,
    planned_host,
    values_of_hosts,
    vms_asking,
    vms_named,
    vms_networks,
    vms_of_hosts,
    vms_placed,
    vms_undescribed,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import Placed, PlacementPlan
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.serialize import plan_as_data

PLAN = plan_as_data(
    PlacementPlan(
        (
            Placed("pgw-1", "esx-a1.lab", "host-1", (0,), 4, 4096),
            Placed("pgw-wide", "esx-a2.lab", "host-2", (0, 1), 6, 32768),
            Placed("pgw-pinned", "esx-old.lab", "host-4", (1,), 2, 4000, cpus=(30, 28)),
        )
    )
)


def vm(name: str = "pgw-1", **dataplane: t.Any) -> dict[str, t.Any]:
    return {"name": name, "dataplane": dataplane}


def test_hosts_become_vms_of_their_names_in_their_order() -> None:
    hostvars = {"b": {"nfv_dataplane": {"cpu": {"count": 2}}}, "a": {}, "c": {"nfv_dataplane": {"cpu": {"count": 4}}}}
    assert vms_of_hosts(["b", "a"], hostvars) == [vm("b", cpu={"count": 2}), vm("a")]
    with pytest.raises(AnsibleFilterError):
        vms_of_hosts("pgw-1", hostvars)


def test_values_are_those_of_the_hosts_that_have_one() -> None:
    hostvars = {"a": {"found": {"differences": []}}, "b": {}, "c": {"found": {}}}
    assert values_of_hosts(["a", "b"], hostvars, "found") == {"a": {"differences": []}}


def test_names_become_vms_without_anything_else() -> None:
    assert vms_named(["b", "a"]) == [{"name": "b"}, {"name": "a"}]
    assert vms_named([]) == []
    with pytest.raises(AnsibleFilterError):
        vms_named("pgw-1")


def test_what_describes_the_data_plane_is_left_out() -> None:
    described = {**vm(cpu={"count": 2}), "guest": {"user": "nfv"}}
    assert vms_undescribed([described, {"name": "bare"}]) == [
        {"name": "pgw-1", "guest": {"user": "nfv"}},
        {"name": "bare"},
    ]
    assert "dataplane" in described


@pytest.mark.parametrize(
    ("placement", "asks_for"),
    [
        (None, set()),
        ({"cluster": "nfv-a", "restart_priority": "high"}, set()),
        ({"numa": 0}, {"place"}),
        ({"hosts": ["esx-a1.lab"]}, {"place"}),
        ({"keep_apart_from": "pgw"}, {"place"}),
        ({"keep_together_with": "pgw", "must_keep": ["ha"]}, {"place", "features"}),
        ({"must_keep": []}, set()),
    ],
)
def test_vms_are_selected_by_what_they_ask_for(placement: t.Any, asks_for: set[str]) -> None:
    asking = vm(placement=placement)
    for what in ("place", "features"):
        assert vms_asking([asking], what) == ([asking] if what in asks_for else [])


def test_another_selection_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="place, features"):
        vms_asking([], "power")


def test_every_port_group_is_listed_once() -> None:
    first = vm(adapters=[{"network": "PG-Mgmt"}, {"network": "PG-S5U"}])
    second = vm("pgw-2", adapters=[{"network": "PG-SGi"}, {"network": "PG-Mgmt"}])
    assert vms_networks([first, second, vm("bare")]) == ["PG-Mgmt", "PG-S5U", "PG-SGi"]


def test_a_description_takes_what_the_plan_found() -> None:
    auto = {"cpu": {"count": 4}, "placement": {"numa": "auto", "cluster": "nfv-a"}}
    (placed,) = vms_placed([vm(**auto)], PLAN)
    assert placed["dataplane"]["placement"] == {"numa": 0, "cluster": "nfv-a"}
    assert auto["placement"] == {"numa": "auto", "cluster": "nfv-a"}
    (pinned,) = vms_placed([vm("pgw-pinned", cpu={"exclusivity": "affinity"})], PLAN)
    assert pinned["dataplane"]["cpu"]["affinity"] == "28,30"
    # On several nodes, without a place, with nothing left open, with CPUs of its own.
    unchanged = [
        vm("pgw-wide", **auto),
        vm("nobody", **auto),
        vm(cpu={"count": 4}),
        vm("pgw-pinned", cpu={"exclusivity": "affinity", "affinity": "2-3"}),
    ]
    assert vms_placed(unchanged, PLAN) == unchanged
    with pytest.raises(AnsibleFilterError, match="plan_invalid"):
        FilterModule().filters()["vms_placed"]([vm()], {})


def test_the_planned_host_is_looked_up() -> None:
    assert planned_host(PLAN, "pgw-1") == "esx-a1.lab"
    assert planned_host(PLAN, "nobody") is None


def test_only_devices_of_polled_adapters_are_selected() -> None:
    description = {
        "cpu": {"count": 2, "polling": "1"},
        "memory": {"size_mb": 2048, "hugepages": [{"size": "2M", "amount_mb": 512}]},
        "adapters": [
            {"name": "mgmt", "network": "PG-Mgmt", "driver": "kernel"},
            {"name": "s5u", "network": "PG-S5U", "driver": "pmd"},
            {"name": "sgi", "network": "PG-SGi", "driver": "pmd"},
        ],
    }
    devices = [{"name": name, "pci_address": "0000:0b:00.0"} for name in ("sgi", "mgmt", "s5u", "other")]
    assert [device["name"] for device in polled_devices(devices, description)] == ["sgi", "s5u"]


def test_problems_are_plain_data() -> None:
    """Ansible warns of an enum in a variable."""
    assert {type(problem["error_code"]) for problem in dataplane_problems({})} == {str}


def test_problems_are_one_line_with_code_subject_and_path() -> None:
    text = problems_text(dataplane_problems({"cpu": {"count": 2, "polling": "7"}}), "pgw-1")
    assert text.startswith("[")
    assert "; [" in text
    assert "] pgw-1: nfv_dataplane.memory " in text
    assert "\n" not in text
    assert problems_text([], "pgw-1") == ""
    problem = {"error_code": "key_unknown", "path": "nfv_dataplane.cpu.colour", "message": "is not a known key"}
    assert problems_text([problem]) == "[key_unknown] nfv_dataplane.cpu.colour is not a known key"


def test_what_one_host_refuses_is_allowed_for_none() -> None:
    consent = {"power_cycle": "when_needed", "replace": True}
    assert allowed_by_all({"a": consent, "b": consent}) == consent
    assert allowed_by_all({"a": consent, "b": {**consent, "power_cycle": "never"}}) == {
        **consent,
        "power_cycle": "never",
    }
    assert allowed_by_all({"a": {**consent, "replace": False}, "b": consent}) == {**consent, "replace": False}
    with pytest.raises(AnsibleFilterError):
        allowed_by_all({})
