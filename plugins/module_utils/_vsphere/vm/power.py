# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Powers VMs off and on. What counts is the state that they are in afterwards, not which call brought them there."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import POWERED_OFF, POWERED_ON
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tasks import call_all, watch

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tasks import Call

    from .fleet import Fleet
    from .read import VmRecord

# How often a power operation is asked for whose answer was lost and that has had no effect.
ATTEMPTS = 3


@dataclasses.dataclass(frozen=True)
class Shutdown:
    """How a VM is powered off. seconds: how long its guest may take; force: its power is cut when it takes longer."""

    seconds: int = 180
    force: bool = True


WITH_FORCE: t.Final = Shutdown()

_METHODS: t.Final = {POWERED_OFF: "PowerOffVM_Task", POWERED_ON: "PowerOnVM_Task"}


def power_off(fleet: Fleet, moids: t.Sequence[str], shutdown: Shutdown) -> None:
    """Shuts guests with VMware Tools down, cuts the power of what still runs if allowed, and reads the VMs again."""
    _shut_down(fleet, moids, shutdown.seconds)
    # Powering off changes the configuration's version: what is written is planned from what is there afterwards.
    fleet.read(moids)
    running = [moid for moid in fleet.outcome.sound(moids) if not _is(fleet, moid, POWERED_OFF)]
    if not shutdown.force:
        for moid in running:
            fleet.outcome.note(moid, _not_shut_down(fleet.outcome.records[moid], shutdown.seconds))
        return
    _bring(fleet, running, POWERED_OFF, "it was to be powered off for settings that need it")
    fleet.read(fleet.outcome.sound(running))


def power_on(fleet: Fleet, moids: t.Sequence[str]) -> None:
    """Powers VMs on, those with errors included: they ran before."""
    _bring(fleet, moids, POWERED_ON, "it was to be powered on again and is left powered off")


def _is(fleet: Fleet, moid: str, state: str) -> bool:
    return fleet.outcome.records[moid].state.power_state == state


def _not_shut_down(record: VmRecord, seconds: int) -> NfvError:
    tools = f"has not done so in {seconds} seconds" if record.guest.tools_running else "has no VMware Tools"
    return NfvError(
        ErrorCode.GUEST_NOT_SHUT_DOWN,
        record.state.name,
        f"its guest was to be shut down for settings that need it, and {tools}; the VM was not changed",
        "Shut it down by hand, or set force_power_off, which cuts its power",
    )


def _shut_down(fleet: Fleet, moids: t.Sequence[str], seconds: int) -> None:
    records = fleet.outcome.records
    asked = [moid for moid in moids if records[moid].guest.tools_running]
    calls: dict[str, Call] = {moid: (records[moid].managed.ShutdownGuest, {}) for moid in asked}
    # Whatever is said against it, such as that no tools run after all: the power of what still runs is cut.
    _answers, errors = call_all(fleet.client, calls, dict.fromkeys(asked, ""), "its guest was to be shut down")
    watch(
        fleet.client,
        vim.VirtualMachine,
        [
            records[moid].managed
            for moid in asked
            if moid not in errors or errors[moid].error_code == ErrorCode.CONNECTION_LOST
        ],
        ("runtime.powerState",),
        lambda _moid, properties: properties.get("runtime.powerState") == POWERED_OFF,
        seconds,
    )


def _bring(fleet: Fleet, moids: t.Sequence[str], state: str, attempted: str) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        calls: dict[str, Call] = {
            moid: (getattr(fleet.outcome.records[moid].managed, _METHODS[state]), {}) for moid in moids
        }
        unsure = fleet.run(calls, attempted)
        fleet.look(unsure)
        moids = [moid for moid in unsure if not _is(fleet, moid, state)]
        if not moids:
            return
        if attempt == ATTEMPTS:
            for moid in moids:
                fleet.outcome.note(moid, unsure[moid])
