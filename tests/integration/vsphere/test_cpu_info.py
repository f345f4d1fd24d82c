# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vm_cpu_info reads what the hypervisor handed over to the lab's vCenter, and nothing else."""

from __future__ import annotations

import time
import typing as t

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.samples import hypervisor_samples
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_cpu_info import gather_cpu
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm import cpu_counters
from lab.errors import LabError


def series(count: int, **changed: float | None) -> list[dict[str, float | None]]:
    """Samples of the last minutes, the newest of now."""
    now = round(time.time())
    return [
        {"time": now - 20 * back, "usage_percent": 40.0 + back, "ready_ms": 120, "costop_ms": 0, **changed}
        for back in reversed(range(count))
    ]


def cpu_of(connection: Connection, machine: t.Any, **options: t.Any) -> dict[str, t.Any]:
    defaults = {"vms": [{"name": machine.name}], "datacenter": "nfv-dc", "seconds": 300, "query": None}
    found: dict[str, t.Any] = gather_cpu({**defaults, **options}, connection)["vms"][machine.name]
    return found


@pytest.fixture
def running(make_vm: t.Callable[..., t.Any]) -> t.Any:
    return make_vm(power_on=True)


def test_what_was_handed_over_is_read(connection: Connection, vcenter: t.Any, running: t.Any) -> None:
    handed = series(20)
    vcenter.report_performance(running.config.uuid, handed)
    vcenter.reset_calls()
    found = cpu_of(connection, running)
    assert vcenter.calls()["QueryPerf"] == 1 and vcenter.mutating_calls() == {}
    assert (found["state"], found["reason"], found["power_state"]) == ("known", None, "poweredOn")
    assert found["cpus"] == running.config.hardware.numCPU
    # Fifteen of 20 s are the 300 s that were asked for.
    assert found["samples"] == handed[-15:]
    assert len(cpu_of(connection, running, seconds=20)["samples"]) == 1
    assert [one.usage_percent for one in hypervisor_samples(found["samples"])][-1] == 40.0


def test_a_vm_that_nothing_was_handed_over_of_is_unknown(
    connection: Connection, vcenter: t.Any, make_vm: t.Callable[..., t.Any], running: t.Any
) -> None:
    """The simulator's own recorded series would be numbers."""
    vcenter.report_performance(make_vm(power_on=True).config.uuid, series(3))
    found = cpu_of(connection, running)
    assert (found["state"], found["samples"]) == ("unknown", [])
    assert "no samples" in found["reason"]


def test_a_vm_that_is_off_is_unknown_whatever_it_was_before(
    connection: Connection, vcenter: t.Any, running: t.Any
) -> None:
    vcenter.report_performance(running.config.uuid, series(3))
    WaitForTask(running.PowerOff())
    vcenter.reset_calls()
    found = cpu_of(connection, running)
    assert (found["state"], found["samples"], found["power_state"]) == ("unknown", [], "poweredOff")
    assert "QueryPerf" not in vcenter.calls()


def test_a_counter_without_values_is_unknown_and_not_zero(
    connection: Connection, vcenter: t.Any, running: t.Any
) -> None:
    vcenter.report_performance(running.config.uuid, series(2, costop_ms=None))
    found = cpu_of(connection, running)
    assert found["state"] == "unknown" and "cpu.costop.summation" in found["reason"]
    assert [(one["ready_ms"], one["costop_ms"]) for one in found["samples"]] == [(120, None)] * 2


def test_a_counter_that_the_vcenter_does_not_have_is_unknown(
    connection: Connection, vcenter: t.Any, running: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    vcenter.report_performance(running.config.uuid, series(2))
    monkeypatch.setattr(cpu_counters, "COSTOP", "cpu.none.summation")
    monkeypatch.setattr(cpu_counters, "COUNTERS", (cpu_counters.USAGE, cpu_counters.READY, "cpu.none.summation"))
    found = cpu_of(connection, running)
    assert found["state"] == "unknown" and "cpu.none.summation" in found["reason"]
    assert [one["ready_ms"] for one in found["samples"]] == [120, 120]


def test_who_may_not_read_the_vm_gets_no_samples(session: Client, vcenter: t.Any, running: t.Any) -> None:
    vcenter.report_performance(running.config.uuid, series(1))
    vcenter.add_user("viewer@vsphere.local", "not-a-secret")
    roles = session.content.authorizationManager
    permission = vim.AuthorizationManager.Permission(
        principal="VSPHERE.LOCAL\\viewer", group=False, propagate=True, roleId=-4
    )
    connection = Connection(
        vcenter.hostname, vcenter.port, "viewer@vsphere.local", "not-a-secret", ca_path=str(vcenter.ca_path)
    )
    # Somewhere else in the inventory, so that the user may log in.
    roles.SetEntityPermissions(entity=session.content.rootFolder.childEntity[0].vmFolder, permission=[permission])
    spec = vim.PerformanceManager.QuerySpec(
        entity=running, metricId=[vim.PerformanceManager.MetricId(counterId=2, instance="")], intervalId=20
    )
    manager = session.content.perfManager
    assert len(manager.QueryPerf(querySpec=[spec])) == 1
    try:
        with Client.open(connection, closed_for_writes=True) as client, pytest.raises(vim.fault.NoPermission) as denied:
            client.content.perfManager.QueryPerf(querySpec=[spec])
        assert denied.value.privilegeId == "System.Read"
    finally:
        roles.RemoveEntityPermission(
            entity=session.content.rootFolder.childEntity[0].vmFolder, user="VSPHERE.LOCAL\\viewer", isGroup=False
        )


@pytest.mark.parametrize("changed", [{"intervalId": 300}, {"counter": 10042}])
def test_a_query_that_a_vcenter_refuses_is_refused(session: Client, running: t.Any, changed: dict[str, int]) -> None:
    metric = vim.PerformanceManager.MetricId(counterId=changed.get("counter", 2), instance="")
    spec = vim.PerformanceManager.QuerySpec(entity=running, metricId=[metric], intervalId=changed.get("intervalId", 20))
    with pytest.raises(vmodl.fault.InvalidArgument):
        session.content.perfManager.QueryPerf(querySpec=[spec])


def test_what_is_wrong_is_refused(connection: Connection, vcenter: t.Any, running: t.Any) -> None:
    for seconds in (19, 3601):
        with pytest.raises(NfvError, match=r"\[value_out_of_range\] seconds"):
            cpu_of(connection, running, seconds=seconds)
    with pytest.raises(NfvError, match=r"\[vm_not_found\] nobody"):
        cpu_of(connection, running, vms=[{"name": "nobody"}])
    with pytest.raises(LabError, match="no VM with uuid"):
        vcenter.report_performance("00000000-0000-0000-0000-000000000000", series(1))
