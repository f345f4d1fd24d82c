# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules of one scope change that scope and nothing else; together they make what vm_dataplane makes."""

from __future__ import annotations

import typing as t

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import ADAPTERS, CPU_PINNING, HUGEPAGES
from lab.testing.descriptions import adapter

from .test_settings import BASE, patched

PINNED = {"cpu": {"count": 2, "polling": "1"}}
BACKED = {"memory": {"size_mb": 1024, "host_page_size": "1G", "hugepages": []}}
TUNED = {
    "adapters": [
        adapter("mgmt", interrupt_coalescing=False),
        adapter("s5u", tx_contexts="per_adapter"),
    ]
}


def changed(engine: t.Any, machine: t.Any, scope: str, description: dict[str, t.Any], **options: t.Any) -> set[str]:
    """The settings that one module changes; a second run of it must change nothing."""
    result = engine.converge(machine, dataplane=description, scope=scope, **options)
    again = engine.converge(machine, dataplane=description, scope=scope, **options)
    assert (again["changed"], engine.changing_calls()) == (False, {})
    return {change["setting"] for change in result["vms"][machine.name]["changes"]}


def test_each_module_changes_its_scope_only(engine: t.Any, vm: t.Any) -> None:
    assert changed(engine, vm, HUGEPAGES, BACKED) == {
        "memory.reserve_all",
        "memory.reservation_mb",
        "memory.host_1g_pages",
    }
    assert changed(engine, vm, CPU_PINNING, PINNED) == {
        "cpu.latency_sensitivity",
        "cpu.latency_sensitivity_by_vcpu",
        "cpu.reservation_mhz",
    }
    assert changed(engine, vm, ADAPTERS, TUNED) == {
        "adapters.mgmt.type",
        "adapters.mgmt.interrupt_coalescing",
        "adapters.s5u.type",
        "adapters.s5u.tx_contexts",
    }
    WaitForTask(vm.PowerOn())
    whole = {**PINNED, **BACKED, **TUNED}
    whole["memory"] = {**BACKED["memory"], "hugepages": [{"size": "2M", "amount_mb": 512}]}
    assert not engine.converge(vm, dataplane=whole)["changed"]


def test_each_module_gives_its_scope_back_only(engine: t.Any, vm: t.Any) -> None:
    whole = patched(
        ("profile", "low_latency"),
        ("placement.numa", 1),
        ("memory.host_page_size", "1G"),
        ("adapters.1.tx_contexts", "per_adapter"),
        ("adapters.1.uptv2", True),
    )
    engine.converge(vm, dataplane=whole)
    absent = {"state": "absent"}
    assert changed(engine, vm, ADAPTERS, {"adapters": whole["adapters"]}, **absent) == {
        "adapters.s5u.tx_contexts",
        "adapters.s5u.uptv2",
    }
    assert changed(engine, vm, CPU_PINNING, {"cpu": whole["cpu"]}, **absent) == {
        "cpu.latency_sensitivity",
        "cpu.latency_sensitivity_by_vcpu",
        "cpu.reservation_mhz",
        "cpu.low_latency_timer",
        "cpu.exclusive_without_statistics",
        "memory.vmx_swap",
        "numa.node_affinity",
    }
    assert changed(engine, vm, HUGEPAGES, {"memory": whole["memory"]}, **absent) == {
        "memory.reserve_all",
        "memory.reservation_mb",
        "memory.host_1g_pages",
    }
    assert (vm.config.hardware.numCPU, vm.config.hardware.memoryMB) == (4, 2048)
    assert not engine.converge(vm, dataplane=whole, state="absent")["changed"]


@pytest.mark.parametrize(
    ("scope", "description", "code", "says"),
    [
        (CPU_PINNING, PINNED, "memory_reservation_needed", "latency sensitivity high needs all of its memory reserved"),
        (
            CPU_PINNING,
            {"cpu": {"count": 4, "exclusivity": "none"}},
            "cpu_count_differs",
            "it has 2 vCPUs, but the description says 4",
        ),
        (
            HUGEPAGES,
            {"memory": {"size_mb": 2048}},
            "memory_size_differs",
            "it has 1024 MiB of memory, but the description says 2048",
        ),
        (
            ADAPTERS,
            {"adapters": [{"name": "s5u", "network": "PG-S5U", "driver": "pmd", "uptv2": True}]},
            "memory_reservation_needed",
            "uptv2 of adapter s5u needs all of its memory reserved, but only 0 of 1024 MiB would be",
        ),
        (
            ADAPTERS,
            {"adapters": [{"name": "s5u", "network": "PG-S5U", "driver": "pmd", "numa_node": 0}]},
            "several_errors",
            "numa_node of adapter s5u is 0, and the VM has 0 nodes of a size that was given",
        ),
    ],
)
def test_what_another_scope_must_do_first_is_told(
    engine: t.Any, vm: t.Any, scope: str, description: dict[str, t.Any], code: str, says: str
) -> None:
    with pytest.raises(NfvError) as caught:
        engine.converge(vm, dataplane=description, scope=scope)
    assert caught.value.error_code == code
    assert says in str(caught.value)
    assert all(problem["remedy"] for problem in caught.value.details["problems"])
    assert engine.changing_calls() == {}


def test_memory_is_not_given_back_under_latency_sensitivity(engine: t.Any, vm: t.Any) -> None:
    engine.converge(vm, dataplane=BASE)
    with pytest.raises(NfvError, match="memory_reservation_needed"):
        engine.converge(vm, dataplane={"memory": {"size_mb": 2048, "reserve_all": False}}, scope=HUGEPAGES)
    assert engine.changing_calls() == {}
    with pytest.raises(NfvError, match="memory_reservation_needed"):
        engine.converge(vm, dataplane=None, state="absent", scope=HUGEPAGES)
    assert engine.changing_calls() == {}


def test_the_modules_from_their_options_to_their_results(modules: t.Any, vm: t.Any) -> None:
    options = {**modules.options(), "vms": [{"name": vm.name}]}
    tasks = [
        ("vm_hugepages", {**options, "dataplane": BACKED}),
        ("vm_cpu_pinning", {**options, "dataplane": PINNED}),
        ("vm_vmxnet3", {**options, "dataplane": TUNED, "remove_unmanaged_adapters": True}),
    ]
    results = modules.run(*tasks, *tasks, ("vm_cpu_pinning", {**options, "dataplane": {}}), diff=True)
    assert [result["changed"] for result in results[:6]] == [True] * 3 + [False] * 3
    assert results[1]["diff"][0]["after"]["cpu.latency_sensitivity_by_vcpu"] == "high 1, normal 0"
    assert (results[2]["vms"][vm.name]["reboot_required"], results[2]["vms"][vm.name]["error"]) == (False, None)
    assert "[key_missing] dataplane.cpu: " in results[6]["msg"]
    assert {type(each) for each in vm.config.hardware.device if 4000 <= each.key < 5000} == {
        vim.vm.device.VirtualVmxnet3
    }
