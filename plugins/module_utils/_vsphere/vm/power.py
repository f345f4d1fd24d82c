# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Powers VMs off and on. What counts is the state that they end in, not which call brought it about."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import POWERED_OFF, POWERED_ON
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.question import QUESTION, question_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tasks import call_all, watch

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Properties
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tasks import Call

    from .fleet import Fleet
    from .read import VmRecord

# How often a power operation is tried when its answer was lost and it had no effect.
ATTEMPTS = 3


@dataclasses.dataclass(frozen=True)
class Shutdown:
    """How VMs are powered off."""

    seconds: int = 180
    """How long a guest may take to shut down."""
    force: bool = True
    """Whether to power off a VM whose guest has not shut down by then, or has no VMware Tools."""


WITH_FORCE: t.Final = Shutdown()

_METHODS: t.Final = {POWERED_OFF: "PowerOffVM_Task", POWERED_ON: "PowerOnVM_Task"}


def power_off(fleet: Fleet, moids: t.Sequence[str], shutdown: Shutdown) -> None:
    """Shuts down guests that run VMware Tools, powers off what still runs if allowed, and reads the VMs again."""
    _shut_down(fleet, moids, shutdown.seconds)
    # Powering off changes changeVersion, so plans made before are stale.
    fleet.read(moids)
    running = [moid for moid in fleet.outcome.sound(moids) if not _is(fleet, moid, POWERED_OFF)]
    if not shutdown.force:
        for moid in running:
            record = fleet.outcome.records[moid]
            asked = record.question
            attempted = "failed to shut down the guest for settings that need it"
            fleet.outcome.note(
                moid, asked.error(record.state.name, attempted) if asked else _not_shut_down(record, shutdown.seconds)
            )
        return
    _bring(fleet, running, POWERED_OFF, "failed to power off the VM for settings that need it")
    fleet.read(fleet.outcome.sound(running))


def power_on(fleet: Fleet, moids: t.Sequence[str]) -> None:
    """Powers on VMs that were running before, including those with errors."""
    _bring(fleet, moids, POWERED_ON, "failed to power on the VM again, which stays powered off")


def _is(fleet: Fleet, moid: str, state: str) -> bool:
    return fleet.outcome.records[moid].state.power_state == state


def _not_shut_down(record: VmRecord, seconds: int) -> NfvError:
    reason = f"did not do so within {seconds} seconds" if record.guest.tools_running else "does not run VMware Tools"
    return NfvError(
        ErrorCode.GUEST_NOT_SHUT_DOWN,
        record.state.name,
        f"some settings need its guest to shut down, and it {reason}; the VM was not changed",
        "Shut it down by hand, or set force_power_off to power it off",
    )


def _shut_down(fleet: Fleet, moids: t.Sequence[str], seconds: int) -> None:
    records = fleet.outcome.records
    asked = [moid for moid in moids if records[moid].guest.tools_running]
    calls: dict[str, Call] = {moid: (records[moid].managed.ShutdownGuest, {}) for moid in asked}
    # Refusals, say because VMware Tools do not run after all, do not matter: what still runs is powered off next.
    _answers, errors = call_all(fleet.client, calls, dict.fromkeys(asked, ""), "failed to shut down the guest")
    watch(
        fleet.client,
        [
            records[moid].managed
            for moid in asked
            if moid not in errors or errors[moid].error_code == ErrorCode.CONNECTION_LOST
        ],
        {vim.VirtualMachine: ("runtime.powerState", QUESTION)},
        lambda seen: [moid for moid, properties in seen.items() if _is_over(properties)],
        seconds,
    )


def _is_over(properties: Properties) -> bool:
    """Whether waiting for a shutdown has an end: the VM is off, or does nothing until its question is answered."""
    return properties.get("runtime.powerState") == POWERED_OFF or question_of(properties) is not None


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
