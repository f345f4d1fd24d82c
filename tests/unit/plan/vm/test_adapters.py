# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adapters are found by MAC address or port group, never by their place in a list."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.change_set import (
    adapter_facts,
    plan_release,
    plan_vm,
    predict,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.matching import match_adapters
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import Network, PlanOptions

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import AdapterState, VmState

Networks = t.Mapping[str, "tuple[Network, ...]"]
Describe = t.Callable[..., t.Any]
MakeAdapter = t.Callable[..., "AdapterState"]


def with_adapters(state: VmState, *adapters: AdapterState) -> VmState:
    return dataclasses.replace(state, adapters=adapters)


def test_a_conversion_keeps_mac_network_and_order(fresh: VmState, describe: Describe, networks: Networks) -> None:
    plan = plan_vm(fresh, describe(), networks)
    assert [
        (action.operation, action.current.key if action.current else None, action.mac, action.network.name)
        for action in plan.adapter_actions
    ] == [
        ("replace", 4000, "00:50:56:80:00:00", "Mgmt"),
        ("replace", 4001, "00:50:56:80:00:01", "S5U"),
        ("replace", 4002, "00:50:56:80:00:02", "SGi"),
    ]


def test_an_address_that_vcenter_assigned_stays_an_assigned_one(
    fresh: VmState, describe: Describe, networks: Networks, make_adapter: MakeAdapter
) -> None:
    """As a manual one vSphere would refuse it at power-on: it is outside of 00:50:56:00:00:00 to 3f:ff:ff."""
    manual = make_adapter(4002, "SGi", mac="02:00:00:00:00:01", address_type="manual")
    plan = plan_vm(with_adapters(fresh, *fresh.adapters[:2], manual), describe(), networks)
    assert [action.address_type for action in plan.adapter_actions] == ["assigned", "assigned", "manual"]


def test_the_order_of_the_lists_does_not_matter(fresh: VmState, describe: Describe, networks: Networks) -> None:
    raw = [
        {"name": "sgi", "network": "SGi", "driver": "pmd"},
        {"name": "mgmt", "network": "Mgmt", "driver": "kernel"},
        {"name": "s5u", "network": "S5U", "driver": "pmd"},
    ]
    shuffled = with_adapters(fresh, *reversed(fresh.adapters))
    found = match_adapters(describe(adapters=raw).adapters, shuffled.adapters)
    assert {name: adapter.network for name, adapter in found.items()} == {"sgi": "SGi", "mgmt": "Mgmt", "s5u": "S5U"}
    plan = plan_vm(shuffled, describe(adapters=raw), networks)
    assert [action.current.key for action in plan.adapter_actions if action.current] == [4000, 4001, 4002]


def test_a_mac_decides_over_the_port_group(fresh: VmState, describe: Describe, networks: Networks) -> None:
    raw = [
        {"name": "mgmt", "network": "Mgmt", "driver": "kernel"},
        {"name": "s5u", "network": "S5U", "driver": "pmd", "mac": "00:50:56:80:00:02"},
        {"name": "sgi", "network": "SGi", "driver": "pmd", "mac": "00:50:56:80:00:01"},
    ]
    plan = plan_vm(fresh, describe(adapters=raw), networks)
    moved = {action.name: action.network.name for action in plan.adapter_actions}
    assert moved == {"mgmt": "Mgmt", "sgi": "SGi", "s5u": "S5U"}
    assert [change.setting for change in plan.changes if change.setting.endswith("network")] == [
        "adapters.s5u.network",
        "adapters.sgi.network",
    ]


def test_an_adapter_on_another_port_group_is_not_taken_but_left_alone(
    fresh: VmState, describe: Describe, networks: Networks, make_adapter: MakeAdapter
) -> None:
    state = with_adapters(fresh, *fresh.adapters[:2], make_adapter(4002, "Other"))
    plan = plan_vm(state, describe(), networks)
    (added,) = [action for action in plan.adapter_actions if action.operation == "add"]
    assert (added.name, added.network.name, added.mac, added.address_type) == ("sgi", "SGi", None, "assigned")
    assert plan.adapter_actions[-1] == added
    assert plan.warnings == ("Network adapter 3 (Other, 00:50:56:80:00:02) is in no description and left alone",)


def test_several_adapters_of_one_port_group_go_by_their_keys(
    fresh: VmState, describe: Describe, make_adapter: MakeAdapter
) -> None:
    raw = [
        {"name": "mgmt", "network": "Mgmt", "driver": "kernel"},
        {"name": "first", "network": "S5U", "driver": "pmd"},
        {"name": "second", "network": "S5U", "driver": "pmd"},
    ]
    state = with_adapters(fresh, make_adapter(4002, "S5U"), make_adapter(4000, "Mgmt"), make_adapter(4001, "S5U"))
    found = match_adapters(describe(adapters=raw).adapters, state.adapters)
    assert {name: adapter.key for name, adapter in found.items()} == {"mgmt": 4000, "first": 4001, "second": 4002}


def test_a_vmxnet3_on_the_right_port_group_is_left_as_it_is(
    fresh: VmState, describe: Describe, networks: Networks
) -> None:
    converted = with_adapters(fresh, *(dataclasses.replace(each, type="vmxnet3") for each in fresh.adapters))
    assert plan_vm(converted, describe(), networks).adapter_actions == ()


def test_another_mac_is_an_edit_that_needs_power_off(fresh: VmState, describe: Describe, networks: Networks) -> None:
    converted = with_adapters(fresh, *(dataclasses.replace(each, type="vmxnet3") for each in fresh.adapters))
    raw = [
        {"name": "mgmt", "network": "Mgmt", "driver": "kernel"},
        {"name": "s5u", "network": "S5U", "driver": "pmd", "mac": "00:50:56:00:00:99"},
    ]
    plan = plan_vm(converted, describe(adapters=raw), networks)
    (action,) = plan.adapter_actions
    assert (action.operation, action.mac, action.address_type) == ("edit", "00:50:56:00:00:99", "manual")
    assert "adapters.s5u.mac" in plan.power_off_needed


def test_an_adapter_that_is_not_connected_is_kept_so_and_told(
    fresh: VmState, describe: Describe, networks: Networks, make_adapter: MakeAdapter
) -> None:
    state = with_adapters(fresh, *fresh.adapters[:2], make_adapter(4002, "SGi", start_connected=False))
    assert plan_vm(state, describe(), networks).warnings == (
        "Network adapter 3 (sgi) is not connected at power on; left so",
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"network": "Nowhere"}, "network_not_found"),
        ({"network": "Twice"}, "network_not_unique"),
        ({"mac": "00:50:56:80:ff:ff"}, "mac_reserved"),
    ],
)
def test_what_vsphere_would_refuse_is_refused(
    fresh: VmState, describe: Describe, networks: Networks, change: dict[str, str], code: str
) -> None:
    twice = {**networks, "Twice": (Network("Twice", "n1", "k1"), Network("Twice", "n2", "k2"))}
    raw = [
        {"name": "mgmt", "network": "Mgmt", "driver": "kernel"},
        {"name": "s5u", "network": "S5U", "driver": "pmd", **change},
    ]
    with pytest.raises(NfvError) as caught:
        plan_vm(fresh, describe(adapters=raw), twice)
    assert caught.value.error_code == code
    assert str(caught.value).startswith(f"[{code}] pgw-1: ")


def test_of_two_port_groups_of_one_name_the_one_in_use_is_meant(
    fresh: VmState, describe: Describe, networks: Networks
) -> None:
    twice = {**networks, "S5U": (Network("S5U", "n1", "key-S5U", "switch"), Network("S5U", "n2", "k2", "other"))}
    plan = plan_vm(fresh, describe(), twice)
    assert plan.adapter_actions[1].network.moid == "n1"


def test_passthrough_is_not_given_up_silently(
    fresh: VmState, describe: Describe, networks: Networks, make_adapter: MakeAdapter
) -> None:
    state = with_adapters(fresh, *fresh.adapters[:2], make_adapter(4002, "SGi", type="sriov"))
    with pytest.raises(NfvError, match="Set replace_sriov_adapters") as caught:
        plan_vm(state, describe(), networks)
    assert caught.value.error_code == "adapter_not_convertible"


def test_sriov_is_replaced_with_consent_and_keeps_its_address(
    fresh: VmState, describe: Describe, networks: Networks, make_adapter: MakeAdapter
) -> None:
    old = make_adapter(4002, "SGi", type="sriov")
    state = with_adapters(fresh, *fresh.adapters[:2], old)
    plan = plan_vm(state, describe(), networks, PlanOptions(replace_sriov_adapters=True))
    (action,) = [each for each in plan.adapter_actions if each.name == "sgi"]
    assert (action.operation, action.mac, action.network.name, action.key) == ("replace", old.mac, "SGi", 4002)
    assert "adapters.sgi.type" in plan.power_off_needed
    assert plan_vm(predict(state, plan), describe(), networks).adapter_actions == ()


def test_the_consent_to_sriov_is_none_to_other_passthrough(
    fresh: VmState, describe: Describe, networks: Networks, make_adapter: MakeAdapter
) -> None:
    state = with_adapters(fresh, *fresh.adapters[:2], make_adapter(4002, "SGi", type="VirtualVmxnet3Vrdma"))
    with pytest.raises(NfvError, match="adapter_not_convertible"):
        plan_vm(state, describe(), networks, PlanOptions(replace_sriov_adapters=True))


@pytest.mark.parametrize("kinds", [("sriov", "vmxnet3"), ("e1000", "vmxnet3"), ("sriov", "e1000")])
def test_of_two_adapters_on_a_port_group_the_better_one_is_meant(
    fresh: VmState, describe: Describe, networks: Networks, make_adapter: MakeAdapter, kinds: tuple[str, str]
) -> None:
    first, second = (make_adapter(4002 + number, "SGi", type=kind) for number, kind in enumerate(kinds))
    state = with_adapters(fresh, *fresh.adapters[:2], first, second)
    assert match_adapters(describe().adapters, state.adapters)["sgi"] == second
    plan = plan_vm(state, describe(), networks)
    assert any("Network adapter 3" in warning and "left alone" in warning for warning in plan.warnings)
    assert first in predict(state, plan).adapters


def test_the_choice_keeps_the_order_of_the_keys(
    fresh: VmState, describe: Describe, networks: Networks, make_adapter: MakeAdapter
) -> None:
    """An E1000 before a VMXNET3: after its conversion both are VMXNET3, and the next run must not turn them around."""
    raw = [
        {"name": "mgmt", "network": "Mgmt", "driver": "kernel"},
        {"name": "first", "network": "S5U", "driver": "pmd"},
        {"name": "second", "network": "S5U", "driver": "pmd"},
    ]
    mixed = [make_adapter(4001, "S5U"), make_adapter(4002, "S5U", type="vmxnet3")]
    state = with_adapters(fresh, fresh.adapters[0], *mixed)
    before = match_adapters(describe(adapters=raw).adapters, state.adapters)
    assert [before[name].key for name in ("first", "second")] == [4001, 4002]
    after = predict(state, plan_vm(state, describe(adapters=raw), networks))
    again = match_adapters(describe(adapters=raw).adapters, after.adapters)
    assert [again[name].key for name in ("first", "second")] == [4001, 4002]


@pytest.mark.parametrize(("beside", "cold"), [("sriov", True), ("e1000", False)])
def test_adapters_come_and_go_beside_sriov_only_at_a_power_cycle(
    fresh: VmState, describe: Describe, networks: Networks, make_adapter: MakeAdapter, beside: str, cold: bool
) -> None:
    there = (make_adapter(4003, "Other", type=beside), make_adapter(4004, "Other"))
    state = with_adapters(fresh, *fresh.adapters[:2], *there)
    plan = plan_vm(state, describe(), networks, PlanOptions(remove_unmanaged_adapters=True))
    assert plan.removals == there
    plugged = {"adapters.sgi", "adapters.Network adapter 4", "adapters.Network adapter 5"}
    assert plugged & set(plan.power_off_needed) == (plugged if cold else set())


def test_an_sriov_adapter_that_stays_needs_all_memory_reserved(
    fresh: VmState, describe: Describe, networks: Networks, make_adapter: MakeAdapter
) -> None:
    state = with_adapters(fresh, *fresh.adapters, make_adapter(4003, "SGi", type="sriov"))
    unreserved = describe(cpu={"exclusivity": "none"}, memory={"reserve_all": False, "host_page_size": "4K"})
    with pytest.raises(NfvError, match="SR-IOV adapter Network adapter 4 needs all of its memory") as caught:
        plan_vm(state, unreserved, networks)
    assert caught.value.error_code == "memory_reservation_needed"
    plan_vm(state, unreserved, networks, PlanOptions(remove_unmanaged_adapters=True))
    with pytest.raises(NfvError, match="SR-IOV adapter Network adapter 4"):
        plan_release(state, unreserved)


def test_facts_list_the_described_adapters_first_and_by_name(
    fresh: VmState, describe: Describe, networks: Networks, make_adapter: MakeAdapter
) -> None:
    state = with_adapters(fresh, make_adapter(4003, "Other"), *fresh.adapters)
    facts = adapter_facts(predict(state, plan_vm(state, describe(), networks)), describe())
    assert [(fact["name"], fact["type"], fact["driver"]) for fact in facts] == [
        ("mgmt", "vmxnet3", "kernel"),
        ("s5u", "vmxnet3", "pmd"),
        ("sgi", "vmxnet3", "pmd"),
        (None, "e1000", None),
    ]


def test_an_adapter_that_the_next_run_would_mistake_is_refused(
    fresh: VmState, describe: Describe, networks: Networks, make_adapter: MakeAdapter
) -> None:
    """The new adapter gets the lowest free key, below that of the one on the same port group: they would swap."""
    there = with_adapters(fresh, make_adapter(4001, "Mgmt"))
    raw = [{"name": "mgmt", "network": "Mgmt", "driver": "kernel"}, {"name": "n0", "network": "Mgmt", "driver": "pmd"}]
    with pytest.raises(NfvError) as caught:
        plan_vm(there, describe(adapters=raw), networks)
    assert caught.value.error_code == "adapter_ambiguous"
    raw[0]["label"] = there.adapters[0].label
    plan = plan_vm(there, describe(adapters=raw), networks)
    assert [action.operation for action in plan.adapter_actions if action.current is None] == ["add"]
