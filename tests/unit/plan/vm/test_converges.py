# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the VM was like: after its plan is carried out there is nothing left to plan."""

from __future__ import annotations

import dataclasses
import typing as t

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.change_set import plan_vm, predict
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import AdapterState, Network, VmState

NAMES = ("Mgmt", "S5U", "SGi", "Other")

ADAPTERS = st.lists(
    st.tuples(st.sampled_from(["e1000", "e1000e", "vmxnet3", "vlance"]), st.sampled_from(NAMES), st.booleans()),
    max_size=6,
)
CURRENT = st.fixed_dictionaries(
    {
        "cpu.count": st.integers(1, 16),
        "cpu.cores_per_socket": st.integers(1, 8),
        "cpu.hot_add": st.booleans(),
        "cpu.latency_sensitivity": st.sampled_from(["normal", "high", "low"]),
        "cpu.affinity": st.sampled_from([(), (0,), (1, 2)]),
        "cpu.reservation_mhz": st.integers(0, 40000),
        "cpu.limit_mhz": st.sampled_from([-1, 1000]),
        "cpu.guest_1g_pages": st.sampled_from([None, "Val:1"]),
        "memory.size_mb": st.integers(1, 16).map(lambda gib: gib * 1024),
        "memory.hot_add": st.booleans(),
        "memory.reserve_all": st.booleans(),
        "memory.reservation_mb": st.integers(0, 4096),
        "memory.limit_mb": st.sampled_from([-1, 2048]),
        "memory.host_1g_pages": st.sampled_from([None, "TRUE", "false"]),
    }
)
WANTED = st.fixed_dictionaries(
    {
        "count": st.integers(2, 12),
        "exclusivity": st.sampled_from(["latency_sensitivity", "none"]),
        "page": st.sampled_from(["4K", "2M", "1G"]),
        "networks": st.lists(st.sampled_from(NAMES), min_size=1, max_size=4),
    }
)


def state_of(base: VmState, current: dict[str, t.Any], adapters: list[tuple[str, str, bool]]) -> VmState:
    states = tuple(
        AdapterState(
            4000 + number,
            f"Network adapter {number + 1}",
            kind,
            f"00:50:56:80:00:{number:02x}",
            "assigned",
            network,
            f"key-{network}",
            connected,
            connected,
        )
        for number, (kind, network, connected) in enumerate(adapters)
    )
    return dataclasses.replace(base, settings=current, adapters=states)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(current=CURRENT, adapters=ADAPTERS, wanted=WANTED)
def test_a_second_plan_is_empty(
    fresh: VmState,
    describe: t.Callable[..., t.Any],
    networks: dict[str, tuple[Network, ...]],
    current: dict[str, t.Any],
    adapters: list[tuple[str, str, bool]],
    wanted: dict[str, t.Any],
) -> None:
    described = [
        {"name": f"n{number}", "network": network, "driver": "pmd" if number else "kernel"}
        for number, network in enumerate(wanted["networks"])
    ]
    dataplane = describe(
        cpu={"count": wanted["count"], "polling": "1", "exclusivity": wanted["exclusivity"]},
        memory={"host_page_size": wanted["page"]},
        adapters=described,
    )
    before = state_of(fresh, current, adapters)
    plan = plan_vm(before, dataplane, networks)
    after = predict(before, plan)
    again = plan_vm(after, dataplane, networks)
    assert not again
    assert again.adapter_actions == ()
    # Nobody loses an adapter or its address.
    assert {adapter.mac for adapter in before.adapters} <= {adapter.mac for adapter in after.adapters}
