# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the events of VMs. Everything is read anew for each question, so no session has to last between two."""

from __future__ import annotations

import datetime as dt
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._events.event import KINDS, VmEvent

from .naming import plain_name
from .sdk import vim, vmodl

if t.TYPE_CHECKING:
    from .client import Client

# Events in one answer; vCenter's default for event.maxCollectors allows 32 collectors, and pages of 1,000.
PAGE_SIZE: t.Final = 500


def instance_uuid(client: Client) -> str:
    """What tells this vCenter from every other one."""
    return str(client.content.about.instanceUuid)


def current_time(client: Client) -> dt.datetime:
    """vCenter's time, in UTC."""
    return _utc(client.read(client._service.CurrentTime))


def events_since(
    client: Client, since: dt.datetime, root: t.Any = None, type_ids: t.Collection[str] = KINDS.keys()
) -> list[VmEvent]:
    """Reads the events of VMs of the given time and later ones, in vCenter's order.

    root: a vim.Datacenter whose VMs they are; None for those of the whole vCenter. type_ids: some of KINDS. Raises what
    Client.read does.
    """
    by = vim.event.EventFilterSpec
    wanted = by(eventTypeId=list(type_ids), time=by.ByTime(beginTime=since))
    if root is not None:
        wanted.entity = by.ByEntity(entity=root, recursion=by.RecursionOption.all)

    def work() -> list[t.Any]:
        collector = client.content.eventManager.CreateCollectorForEvents(filter=wanted)
        try:
            found: list[t.Any] = []
            while page := collector.ReadNextEvents(maxCount=PAGE_SIZE):
                found += page
            return found
        finally:
            # An open one counts towards vCenter's limit until the session ends.
            collector.DestroyCollector()

    return [converted for event in client.read(work) if (converted := _converted(event)) is not None]


def running_of(client: Client, moids: t.Iterable[str]) -> frozenset[str]:
    """Those of the VMs, by managed object ID, that are on. Raises what Client.read does."""
    return frozenset(moid for moid in moids if _runs(client, moid))


def _runs(client: Client, moid: str) -> bool:
    """One VM at a time: vCenter answers for none of several when one of them was removed meanwhile."""
    path = "runtime.powerState"
    try:
        found = client.of_objects(vim.VirtualMachine, [client.managed(vim.VirtualMachine, moid)], [path])
    except vmodl.fault.ManagedObjectNotFound:
        return False
    return any(properties.get(path) == vim.VirtualMachine.PowerState.poweredOn for _vm, properties in found)


def _converted(event: t.Any) -> VmEvent | None:
    """The event without the SDK; None for one that names no VM, or that was not asked for."""
    type_id = getattr(event, "eventTypeId", None) or type(event).__name__.rsplit(".", 1)[-1]
    if event.vm is None or type_id not in KINDS:
        return None
    changes = getattr(event, "configChanges", None)
    return VmEvent(
        key=event.key,
        time=_utc(event.createdTime),
        type_id=type_id,
        vm=plain_name(event.vm.name),
        moid=str(event.vm.vm._moId),
        user=event.userName or "",
        host=plain_name(event.host.name) if event.host is not None else "",
        message=(event.fullFormattedMessage or getattr(event, "message", None) or "").strip(),
        old_name=plain_name(getattr(event, "oldName", None) or ""),
        changes=" ".join(part for part in (changes.modified, changes.added, changes.deleted) if part)
        .replace("\n", "")
        .strip()
        if changes is not None
        else "",
    )


def _utc(when: dt.datetime) -> dt.datetime:
    """pyVmomi gives times with a zone; one without is UTC."""
    return when.replace(tzinfo=dt.timezone.utc) if when.tzinfo is None else when.astimezone(dt.timezone.utc)
