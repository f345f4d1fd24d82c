# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which settings a description changes, and what they need."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.change_set import plan_release, plan_vm, predict

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import ChangeSet, Network, VmState

Networks = t.Mapping[str, "tuple[Network, ...]"]
Describe = t.Callable[..., t.Any]


def wanted(plan: ChangeSet) -> dict[str, t.Any]:
    return {change.setting: change.after for change in plan.changes}


def with_settings(state: VmState, **settings: t.Any) -> VmState:
    named = {name.replace("__", "."): value for name, value in settings.items()}
    return dataclasses.replace(state, settings={**state.settings, **named})


def test_a_fresh_vm_gets_everything_and_what_it_needs(fresh: VmState, describe: Describe, networks: Networks) -> None:
    plan = plan_vm(fresh, describe(), networks)
    assert wanted(plan) == {
        "cpu.count": 4,
        "cpu.hot_add": False,
        "cpu.latency_sensitivity": "high",
        "cpu.latency_sensitivity_by_vcpu": "high 2-3, normal 0-1",
        "cpu.reservation_mhz": 4 * 2300,
        "memory.size_mb": 4096,
        "memory.reserve_all": True,
        "memory.reservation_mb": 4096,
        "memory.host_1g_pages": "TRUE",
        "adapters.mgmt.type": "vmxnet3",
        "adapters.s5u.type": "vmxnet3",
        "adapters.sgi.type": "vmxnet3",
    }
    assert plan.change_version == "7"


def test_reservations_are_live_and_the_rest_needs_a_power_cycle(
    fresh: VmState, describe: Describe, networks: Networks
) -> None:
    plan = plan_vm(fresh, describe(), networks)
    live = {change.setting for change in plan.changes if not change.power_off_needed}
    assert live == {"cpu.reservation_mhz", "memory.reserve_all", "memory.reservation_mb"}


def test_limits_are_lifted_where_everything_is_reserved(fresh: VmState, describe: Describe, networks: Networks) -> None:
    limited = with_settings(fresh, cpu__limit_mhz=1000, memory__limit_mb=512)
    plan = plan_vm(limited, describe(), networks)
    assert wanted(plan)["cpu.limit_mhz"] == -1
    assert wanted(plan)["memory.limit_mb"] == -1


def test_cores_per_socket_change_only_when_the_cpus_would_not_fit(
    fresh: VmState, describe: Describe, networks: Networks
) -> None:
    paired = with_settings(fresh, cpu__cores_per_socket=2)
    assert "cpu.cores_per_socket" not in wanted(plan_vm(paired, describe(), networks))
    plan = plan_vm(paired, describe(cpu={"count": 3, "polling": "2"}), networks)
    assert wanted(plan)["cpu.cores_per_socket"] == 1


def test_no_exclusivity_takes_back_latency_sensitivity_and_affinity(
    fresh: VmState, describe: Describe, networks: Networks
) -> None:
    exclusive = with_settings(fresh, cpu__latency_sensitivity="high", cpu__affinity=(4, 5))
    plan = plan_vm(exclusive, describe(cpu={"exclusivity": "none"}), networks)
    assert wanted(plan)["cpu.latency_sensitivity"] == "normal"
    assert wanted(plan)["cpu.affinity"] == ()


def test_affinity_sets_the_host_cpus_that_are_named(fresh: VmState, describe: Describe, networks: Networks) -> None:
    plan = plan_vm(fresh, describe(cpu={"exclusivity": "affinity", "affinity": "8-11"}), networks)
    assert wanted(plan)["cpu.affinity"] == (8, 9, 10, 11)
    assert "cpu.reservation_mhz" not in wanted(plan)


def test_1g_pages_in_the_guest_need_the_cpu_flag(fresh: VmState, describe: Describe, networks: Networks) -> None:
    plan = plan_vm(fresh, describe(memory={"hugepages": [{"size": "1G", "amount_mb": 2048}]}), networks)
    assert wanted(plan)["cpu.guest_1g_pages"] == "Val:1"


def test_an_advanced_value_in_other_case_is_the_same(fresh: VmState, describe: Describe, networks: Networks) -> None:
    plan = plan_vm(with_settings(fresh, memory__host_1g_pages="true"), describe(), networks)
    assert "memory.host_1g_pages" not in wanted(plan)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"host_mhz": None, "host": None}, "host_unknown"),
        ({"host_latency_sensitivity": False}, "latency_sensitivity_unsupported"),
        ({"template": True}, "vm_is_template"),
    ],
)
def test_what_the_host_cannot_give_is_refused(
    fresh: VmState, describe: Describe, networks: Networks, change: dict[str, t.Any], code: str
) -> None:
    with pytest.raises(NfvError, match=rf"^\[{code}\] pgw-1: ") as caught:
        plan_vm(dataclasses.replace(fresh, **change), describe(), networks)
    assert caught.value.error_code == code


def test_release_gives_back_what_the_host_holds_and_nothing_else(
    fresh: VmState, describe: Describe, networks: Networks
) -> None:
    described = predict(fresh, plan_vm(fresh, describe(), networks))
    plan = plan_release(described)
    assert wanted(plan) == {
        "cpu.latency_sensitivity": "normal",
        "cpu.latency_sensitivity_by_vcpu": None,
        "cpu.reservation_mhz": 0,
        "memory.reserve_all": False,
        "memory.reservation_mb": 0,
        "memory.host_1g_pages": None,
    }
    assert not plan_release(predict(described, plan))


@pytest.mark.parametrize(("allowed", "refused"), [(False, True), (True, False), (None, False)])
def test_udp_rss_is_refused_where_the_host_is_known_to_ignore_it(
    fresh: VmState, describe: Describe, networks: Networks, allowed: bool | None, refused: bool
) -> None:
    spread = [
        {"name": "mgmt", "network": "Mgmt", "driver": "kernel"},
        {"name": "s5u", "network": "S5U", "driver": "pmd", "queues": 2, "udp_rss": True},
    ]
    state = dataclasses.replace(fresh, host_facts=dataclasses.replace(fresh.host_facts, udp_rss_allowed=allowed))
    if not refused:
        assert wanted(plan_vm(state, describe(adapters=spread), networks))["adapters.s5u.udp_rss"] == "1"
        return
    with pytest.raises(NfvError) as caught:
        plan_vm(state, describe(adapters=spread), networks)
    assert caught.value.error_code == "udp_rss_not_allowed"
    plan_vm(state, describe(), networks)  # who does not ask for it is not refused
