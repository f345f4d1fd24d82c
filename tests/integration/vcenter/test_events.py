# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The events of VMs: what a vCenter posts, when, and what a reader of them is told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl

# Collectors that a vCenter keeps open at a time (event.maxCollectors).
LIMIT = 32


class Events:
    """The events of VMs since the test began."""

    def __init__(self, lab: Any) -> None:
        self._lab = lab
        self._began = lab.service.CurrentTime()

    def of(self, machine: Any, page_size: int = 100) -> list[Any]:
        """The events of a VM, oldest first."""
        recursion = vim.event.EventFilterSpec.RecursionOption.self
        wanted = vim.event.EventFilterSpec(
            entity=vim.event.EventFilterSpec.ByEntity(entity=machine, recursion=recursion),
            time=vim.event.EventFilterSpec.ByTime(beginTime=self._began),
        )
        collector = self._lab.service.content.eventManager.CreateCollectorForEvents(wanted)
        found: list[Any] = []
        while page := collector.ReadNextEvents(page_size):
            found += page
        collector.DestroyCollector()
        return found

    def kinds(self, machine: Any) -> list[str]:
        """The types of a VM's events without their package, oldest first."""
        return [type(event).__name__.rsplit(".", 1)[-1] for event in self.of(machine)]


@pytest.fixture
def events(lab: Any, vm: Any) -> Events:
    """Of a VM that was made before."""
    return Events(lab)


def reconfigure(machine: Any, **spec: Any) -> None:
    WaitForTask(machine.ReconfigVM_Task(vim.vm.ConfigSpec(**spec)))


def test_a_reconfiguration_is_posted_once_with_what_it_changed(vm: Any, vcenter: Any, events: Events) -> None:
    reconfigure(vm, numCPUs=4, extraConfig=[vim.option.OptionValue(key="sched.mem.lpage.enable1GPage", value="TRUE")])
    (posted,) = events.of(vm)
    assert isinstance(posted, vim.event.VmReconfiguredEvent)
    assert (posted.vm.name, posted.vm.vm, posted.userName) == (vm.name, vm, vcenter.username)
    assert posted.host.name == vm.runtime.host.name
    assert posted.configSpec.numCPUs == 4
    assert posted.configChanges.modified == "config.hardware.numCPU:2 -> 4; \n"
    assert "sched.mem.lpage.enable1GPage" in posted.configChanges.added


def test_a_refused_reconfiguration_posts_nothing(vm: Any, events: Events) -> None:
    """The simulator by itself posts it before it looks at it."""
    with pytest.raises(vmodl.fault.InvalidArgument):
        reconfigure(vm, numCPUs=4, numCoresPerSocket=3)
    assert events.of(vm) == []


def test_a_reader_reads_pages_of_one_to_their_end(vm: Any, events: Events) -> None:
    for count in (1, 2, 4):
        reconfigure(vm, numCPUs=count)
    assert [event.configSpec.numCPUs for event in events.of(vm, page_size=1)] == [1, 2, 4]


def test_a_migration_names_both_hosts(make_vm: Any, lab: Any) -> None:
    machine = make_vm()
    began, source = Events(lab), machine.runtime.host
    target = next(host for host in lab.cluster.host if host != source and not host.runtime.inMaintenanceMode)
    WaitForTask(machine.RelocateVM_Task(vim.vm.RelocateSpec(host=target)))
    (posted,) = began.of(machine)
    assert isinstance(posted, vim.event.VmMigratedEvent)
    assert (posted.sourceHost.name, posted.host.name) == (source.name, target.name)


@pytest.mark.parametrize("by_reconfiguration", [False, True])
def test_a_new_name_is_posted_with_the_old_one(vm: Any, events: Events, by_reconfiguration: bool) -> None:
    old, new = vm.name, f"{vm.name}-renamed"
    if by_reconfiguration:
        reconfigure(vm, name=new)
    else:
        WaitForTask(vm.Rename_Task(new))
        reconfigure(vm, numCPUs=4)  # which changes no name
    (renamed,) = [event for event in events.of(vm) if isinstance(event, vim.event.VmRenamedEvent)]
    assert (renamed.oldName, renamed.newName, renamed.vm.name) == (old, new, new)
    assert vm.config.name == new


def test_power_and_reset_are_posted(vm: Any, events: Events) -> None:
    WaitForTask(vm.PowerOn())
    WaitForTask(vm.Reset())
    assert events.kinds(vm)[-2:] == ["VmPoweredOnEvent", "VmResettingEvent"]


def test_ha_restarts_a_vm_on_another_host(vm: Any, vcenter: Any, lab: Any, events: Events) -> None:
    WaitForTask(vm.PowerOn())
    source = vm.runtime.host
    target = next(host for host in lab.cluster.host if host != source and not host.runtime.inMaintenanceMode)
    vcenter.restart_by_ha(vm.config.uuid, target.name)
    assert (vm.runtime.host, vm.runtime.powerState) == (target, "poweredOn")
    restarted = events.of(vm)[-1]
    assert restarted.eventTypeId == "com.vmware.vc.ha.VmRestartedByHAEvent"
    assert (restarted.vm.name, restarted.host.name) == (vm.name, target.name)


def test_collectors_are_limited_and_those_destroyed_do_not_count(lab: Any) -> None:
    manager = lab.service.content.eventManager
    spec = vim.event.EventFilterSpec(
        time=vim.event.EventFilterSpec.ByTime(beginTime=lab.service.CurrentTime() + dt.timedelta(hours=1))
    )
    for _ in range(40):
        manager.CreateCollectorForEvents(spec).DestroyCollector()
    opened = [manager.CreateCollectorForEvents(spec) for _ in range(LIMIT)]
    with pytest.raises(vim.fault.InvalidState):
        manager.CreateCollectorForEvents(spec)
    for collector in opened:
        collector.DestroyCollector()


def test_collectors_end_with_their_session(lab: Any, vcenter: Any, open_lab: Any) -> None:
    create, another = lab.service.content.eventManager.CreateCollectorForEvents, open_lab(vcenter)
    spec = vim.event.EventFilterSpec()
    opened = [another.service.content.eventManager.CreateCollectorForEvents(spec) for _ in range(LIMIT)]
    with pytest.raises(vim.fault.InvalidState):
        create(spec)
    vcenter.inject({"method": "ReadNextEvents", "action": "expire_session"})
    with pytest.raises(vim.fault.NotAuthenticated):
        opened[0].ReadNextEvents(1)
    create(spec).DestroyCollector()
