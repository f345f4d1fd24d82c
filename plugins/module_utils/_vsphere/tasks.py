# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting, for tasks and for anything else that changes, with one long poll for all objects."""

from __future__ import annotations

import time
import typing as t

from .faults import from_fault
from .sdk import vim, vmodl

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._errors import NfvError

    from .client import Client, Properties

# Longest wait that one WaitForUpdatesEx asks for, in seconds: well below the client's timeout for an answer.
POLL_SECONDS = 30
# A reconfiguration or power operation that has not ended by then is reported as such, in seconds.
TASK_SECONDS = 600


def watch(
    client: Client,
    kind: t.Any,
    objects: t.Sequence[t.Any],
    paths: t.Sequence[str],
    done: t.Callable[[str, Properties], bool],
    seconds: float,
) -> dict[str, Properties]:
    """Follows properties of objects of one type until ``done(moid, properties)`` for each, or the time is up.

    Returns the last properties seen, by moid.
    """
    seen: dict[str, Properties] = {each._moId: {} for each in objects}
    if not objects:
        return seen
    collector = vmodl.query.PropertyCollector
    service = client.content.propertyCollector
    subscription = service.CreateFilter(
        spec=collector.FilterSpec(
            objectSet=[collector.ObjectSpec(obj=each) for each in objects],
            propSet=[collector.PropertySpec(type=kind, pathSet=list(paths))],
        ),
        partialUpdates=False,
    )
    deadline = time.monotonic() + seconds
    version = ""
    try:
        while not all(done(moid, properties) for moid, properties in seen.items()):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            wait = collector.WaitOptions(maxWaitSeconds=max(1, min(POLL_SECONDS, round(left))))
            update = service.WaitForUpdatesEx(version=version, options=wait)
            if update is not None:
                version = update.version
                _merge(seen, update)
    finally:
        subscription.DestroyPropertyFilter()
    return seen


def _merge(seen: dict[str, Properties], update: t.Any) -> None:
    for changes in update.filterSet:
        for each in changes.objectSet:
            for change in each.changeSet:
                seen[each.obj._moId][change.name] = change.val


def wait_for_tasks(
    client: Client,
    tasks: t.Mapping[str, t.Any],
    names: t.Mapping[str, str],
    attempted: str,
    seconds: float = TASK_SECONDS,
) -> dict[str, NfvError]:
    """Waits for all tasks at once. tasks: by any key; names: of the VMs, by that key. Returns failures by that key."""
    states = watch(
        client,
        vim.Task,
        list(tasks.values()),
        ("info.state", "info.error"),
        lambda _moid, properties: properties.get("info.state") in ("success", "error"),
        seconds,
    )
    failed: dict[str, NfvError] = {}
    for key, task in tasks.items():
        properties = states[task._moId]
        if properties.get("info.state") == "success":
            continue
        fault = properties.get("info.error")
        if fault is None:
            fault = vim.fault.Timedout(msg=f"the task {task._moId} has not ended after {seconds:.0f} seconds")
        failed[key] = from_fault(fault, names[key], attempted)
    return failed
