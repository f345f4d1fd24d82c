# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VM fresh from a template with E1000 adapters, and a description for it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import AdapterState, Network, VmState
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane
from lab.testing.descriptions import adapter, changed, description, hugepages

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane

Describe = t.Callable[..., "Dataplane"]


def adapter_state(key: int, network: str, **more: t.Any) -> AdapterState:
    fields: dict[str, t.Any] = {
        "key": key,
        "label": f"Network adapter {key - 3999}",
        "type": "e1000",
        "mac": f"00:50:56:80:00:{key - 4000:02x}",
        "address_type": "assigned",
        "network": network,
        "network_key": f"key-{network}",
        "connected": False,
        "start_connected": True,
    }
    return AdapterState(**{**fields, **more})


@pytest.fixture
def make_adapter() -> t.Callable[..., AdapterState]:
    return adapter_state


@pytest.fixture
def fresh() -> VmState:
    return VmState(
        name="pgw-1",
        moid="vm-1",
        uuid="42",
        change_version="7",
        power_state="poweredOff",
        template=False,
        host="esx-1",
        host_mhz=2300,
        host_latency_sensitivity=True,
        settings={
            "cpu.count": 2,
            "cpu.cores_per_socket": 1,
            "cpu.hot_add": True,
            "cpu.latency_sensitivity": "normal",
            "cpu.affinity": (),
            "cpu.reservation_mhz": 0,
            "cpu.limit_mhz": -1,
            "cpu.guest_1g_pages": None,
            "memory.size_mb": 1024,
            "memory.hot_add": False,
            "memory.reserve_all": False,
            "memory.reservation_mb": 0,
            "memory.limit_mb": -1,
            "memory.host_1g_pages": None,
        },
        adapters=tuple(adapter_state(4000 + number, name) for number, name in enumerate(("Mgmt", "S5U", "SGi"))),
    )


@pytest.fixture
def networks() -> dict[str, tuple[Network, ...]]:
    return {name: (Network(name, f"net-{name}", f"key-{name}", "switch"),) for name in ("Mgmt", "S5U", "SGi", "Other")}


@pytest.fixture
def describe() -> Describe:
    """A function that makes the description of a PGW, each section changed by the keywords given."""

    def make(**sections: t.Any) -> Dataplane:
        base = description(
            cpu={"count": 4, "polling": "2-3"},
            memory={"size_mb": 4096, "host_page_size": "1G", "hugepages": hugepages(1024)},
            adapters=[
                adapter("mgmt", network="Mgmt"),
                adapter("s5u", network="S5U"),
                adapter("sgi", network="SGi"),
            ],
        )
        dataplane, problems = parse_dataplane(changed(base, **sections))
        assert dataplane is not None, problems
        return dataplane

    return make
