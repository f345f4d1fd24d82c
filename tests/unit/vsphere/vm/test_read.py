# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the SDK answers becomes a plain state."""

from __future__ import annotations

import typing as t

from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import AdapterState
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.settings import SETTINGS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import vm_record

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import Inventory
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import VmRecord


def test_settings_are_read_under_the_names_that_plans_use(record: VmRecord) -> None:
    assert record.state.settings == {
        "hardware_version": 19,
        "cpu.count": 2,
        "cpu.cores_per_socket": 1,
        "cpu.hot_add": False,
        "cpu.simultaneous_threads": 1,
        "cpu.latency_sensitivity": "normal",
        "cpu.latency_sensitivity_by_vcpu": None,
        "cpu.affinity": (4, 5),
        "cpu.reservation_mhz": 0,
        "cpu.limit_mhz": -1,
        "cpu.system_contexts": None,
        "cpu.low_latency_timer": None,
        "cpu.exclusive_without_statistics": None,
        "cpu.guest_1g_pages": None,
        "memory.size_mb": 1024,
        "memory.hot_add": False,
        "memory.reserve_all": False,
        "memory.reservation_mb": 512,
        "memory.limit_mb": -1,
        "memory.host_1g_pages": "TRUE",
        "memory.vmx_swap": None,
        "numa.node_affinity": None,
        "numa.cores_per_node": None,
        "numa.vcpus_per_node": None,
        "numa.autosize_once": None,
        "iommu": False,
    }
    assert set(record.state.settings) == {setting.name for setting in SETTINGS}


def test_a_name_is_shown_as_people_wrote_it(record: VmRecord) -> None:
    assert (record.state.name, record.state.host, record.state.host_mhz) == ("pgw/1", "esx-1", 2300)


def test_adapters_are_read_in_the_order_of_their_keys(record: VmRecord) -> None:
    mgmt, s5u = record.state.adapters
    assert mgmt == AdapterState(
        4000,
        "Network adapter 1",
        "e1000",
        "00:50:56:80:00:00",
        "assigned",
        "PG-Mgmt",
        "network-1",
        connected=False,
        start_connected=True,
    )
    assert (s5u.network, s5u.network_key, s5u.mac) == ("PG-S5U", "dvportgroup-1", "00:50:56:80:00:01")
    assert set(record.devices) == {4000, 4001}


def test_an_adapter_without_a_port_group_has_none(properties: dict[str, t.Any], inventory: Inventory) -> None:
    properties["config.hardware.device"] = [vim.vm.device.VirtualVmxnet3(key=4000)]
    (adapter,) = vm_record(vim.VirtualMachine("vm-1"), properties, inventory).state.adapters
    assert (adapter.type, adapter.network, adapter.network_key) == ("vmxnet3", None, None)


def test_a_vm_with_nothing_set_has_the_defaults_of_vsphere(properties: dict[str, t.Any], inventory: Inventory) -> None:
    unset = ("config.cpuAllocation", "config.memoryAllocation", "config.cpuAffinity", "config.latencySensitivity")
    for name in (*unset, "config.extraConfig", "runtime.host"):
        del properties[name]
    state = vm_record(vim.VirtualMachine("vm-1"), properties, inventory).state
    assert (state.settings["cpu.reservation_mhz"], state.settings["cpu.limit_mhz"]) == (0, -1)
    assert (state.settings["cpu.affinity"], state.settings["cpu.latency_sensitivity"]) == ((), "normal")
    assert (state.host, state.host_mhz, state.host_latency_sensitivity) == (None, None, False)
