# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for changes is as the API reference has it: PropertyCollector, UpdateSet, WaitOptions, FilterSpec."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pyVim.connect import Disconnect
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl

query = vmodl.query.PropertyCollector


@pytest.fixture
def service(lab: Any, open_lab: Callable[[Any], Any]) -> Iterator[Any]:
    """A session of the test's own."""
    opened = open_lab(lab.vcenter).service
    yield opened
    Disconnect(opened)


@pytest.fixture
def collector(service: Any) -> Any:
    """A property collector of the test's own; it goes with the session."""
    return service.content.propertyCollector.CreatePropertyCollector()


def follow(collector: Any, *objects: Any, **options: Any) -> Any:
    """Makes a filter on the objects' names; returns it."""
    spec = query.FilterSpec(
        objectSet=[query.ObjectSpec(obj=each) for each in objects],
        propSet=[query.PropertySpec(type=vim.ManagedEntity, pathSet=["name"])],
        **options,
    )
    return collector.CreateFilter(spec, False)


def wait(collector: Any, version: str = "", seconds: int = 0, most: int | None = None) -> Any:
    """The updates since a version; those that there are already, unless seconds are given."""
    return collector.WaitForUpdatesEx(version, query.WaitOptions(maxWaitSeconds=seconds, maxObjectUpdates=most))


def told(update: Any) -> list[tuple[str, str]]:
    """What happened to which object, by its id."""
    return [(each.kind, each.obj._moId) for changes in update.filterSet for each in changes.objectSet]


def rename(machine: Any, name: str) -> None:
    WaitForTask(machine.Rename(name))


def test_long_answer_is_told_in_parts_that_lose_nothing(collector: Any, make_vm: Callable[..., Any]) -> None:
    machines = [make_vm() for _ in range(3)]
    follow(collector, *machines)
    first = wait(collector, most=2)
    rest = wait(collector, first.version, most=2)
    assert first.truncated
    assert not rest.truncated
    assert sorted(told(first) + told(rest)) == sorted(("enter", each._moId) for each in machines)
    assert wait(collector, rest.version) is None


def test_change_during_a_long_answer_is_told_after_it(collector: Any, make_vm: Callable[..., Any]) -> None:
    machines = [make_vm() for _ in range(2)]
    follow(collector, *machines)
    first = wait(collector, most=1)
    for machine in machines:
        rename(machine, f"{machine.name}-renamed")
    rest = wait(collector, first.version, most=1)
    assert sorted(told(first) + told(rest)) == sorted(("enter", each._moId) for each in machines)
    assert sorted(told(wait(collector, rest.version))) == sorted(("modify", each._moId) for each in machines)


def test_truncated_version_is_good_for_one_call_and_a_whole_one_for_more(
    collector: Any, make_vm: Callable[..., Any]
) -> None:
    machine = make_vm()
    follow(collector, machine, make_vm())
    first = wait(collector, most=1)
    with pytest.raises(vmodl.query.InvalidCollectorVersion):
        collector.WaitForUpdates(first.version)
    rest = wait(collector, first.version, most=1)
    with pytest.raises(vmodl.query.InvalidCollectorVersion):
        wait(collector, first.version, most=1)
    rename(machine, f"{machine.name}-renamed")
    assert told(wait(collector, rest.version)) == told(wait(collector, rest.version)) == [("modify", machine._moId)]


def test_unknown_version_and_negative_limits_are_refused(collector: Any) -> None:
    with pytest.raises(vmodl.query.InvalidCollectorVersion):
        wait(collector, "4711")
    with pytest.raises(vmodl.fault.InvalidArgument):
        wait(collector, seconds=-1)
    with pytest.raises(vmodl.fault.InvalidArgument):
        wait(collector, most=-1)


def test_wait_lasts_as_long_as_was_asked(collector: Any, vm: Any) -> None:
    follow(collector, vm)
    version = wait(collector).version
    began = time.monotonic()
    assert wait(collector, version, seconds=1) is None
    assert 0.9 < time.monotonic() - began < 10


def test_objects_that_leave_are_told_and_filters_that_are_destroyed_tell_nothing(
    collector: Any, lab: Any, vm: Any
) -> None:
    leaving = lab.clone()
    one, other = follow(collector, leaving), follow(collector, vm)
    version = wait(collector).version
    WaitForTask(leaving.Destroy_Task())
    update = wait(collector, version)
    assert told(update) == [("leave", leaving._moId)]
    assert update.filterSet[0].filter._moId == one._moId
    other.DestroyPropertyFilter()
    rename(vm, f"{vm.name}-renamed")
    assert wait(collector, update.version) is None


def test_filter_on_what_is_not_there_is_refused_unless_asked_for(collector: Any, lab: Any) -> None:
    gone = lab.clone()
    WaitForTask(gone.Destroy_Task())
    with pytest.raises(vmodl.fault.ManagedObjectNotFound) as refused:
        follow(collector, gone)
    assert refused.value.obj == gone
    follow(collector, gone, reportMissingObjectsInResults=True)
    assert wait(collector) is None


def cancel(_service: Any, collector: Any, _lab: Any) -> None:
    collector.CancelWaitForUpdates()


def destroy(_service: Any, collector: Any, _lab: Any) -> None:
    collector.DestroyPropertyCollector()


def end_session(service: Any, _collector: Any, lab: Any) -> None:
    key = service.content.sessionManager.currentSession.key
    lab.service.content.sessionManager.TerminateSession([key])


@pytest.mark.parametrize("end", [cancel, destroy, end_session])
@pytest.mark.parametrize("method", ["WaitForUpdates", "WaitForUpdatesEx"])
def test_waits_are_canceled(
    service: Any, collector: Any, lab: Any, vm: Any, method: str, end: Callable[..., None]
) -> None:
    follow(collector, vm)
    version = wait(collector).version
    timer = threading.Timer(0.3, end, (service, collector, lab))
    timer.start()
    began = time.monotonic()
    with pytest.raises(vmodl.fault.RequestCanceled):
        getattr(collector, method)(version)
    timer.join()
    assert time.monotonic() - began < 10


def test_cancellation_is_for_waits_that_there_are(collector: Any, vm: Any) -> None:
    collector.CancelWaitForUpdates()
    follow(collector, vm)
    assert told(wait(collector, seconds=10)) == [("enter", vm._moId)]


def test_each_client_of_a_session_goes_on_from_its_own_version(collector: Any, vm: Any) -> None:
    follow(collector, vm)
    one, other = wait(collector).version, wait(collector).version
    rename(vm, f"{vm.name}-renamed")
    assert told(wait(collector, one)) == told(wait(collector, other)) == [("modify", vm._moId)]
