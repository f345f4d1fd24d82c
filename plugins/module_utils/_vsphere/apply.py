# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries plans out: power off with consent, reconfigure, power on again, read back, compare."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._errors import NfvError, joined
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.model import POWERED_OFF, VMXNET3, ChangeSet

from .faults import from_fault
from .read import read_vms
from .sdk import vim, vmodl
from .tasks import wait_for_tasks, watch
from .write import config_spec

if t.TYPE_CHECKING:
    from .client import Client
    from .read import Inventory, VmRecord

Planner = t.Callable[["VmRecord"], ChangeSet]
# A method of a VM that starts a task, and its arguments.
Call = tuple[t.Callable[..., t.Any], t.Mapping[str, t.Any]]


@dataclasses.dataclass(frozen=True)
class Shutdown:
    """How a VM is powered off. seconds: how long its guest may take; force: its power is cut when it takes longer."""

    seconds: int = 180
    force: bool = True


@dataclasses.dataclass
class Outcome:
    """What came of each VM, by moid: the state read back, and the errors."""

    records: dict[str, VmRecord]
    errors: dict[str, NfvError]

    def note(self, moid: str, error: NfvError) -> None:
        """Adds an error to those of a VM, which may fail twice: when it is reconfigured and when it is powered on."""
        earlier = self.errors.get(moid)
        self.errors[moid] = error if earlier is None else joined([earlier, error], what="errors")


def apply_plans(
    client: Client,
    inventory: Inventory,
    records: t.Mapping[str, VmRecord],
    plans: t.Mapping[str, ChangeSet],
    replan: Planner,
    shutdown: Shutdown = Shutdown(),
) -> Outcome:
    """Carries out the plans that are not empty, all VMs at once; the caller has the consent to power off.

    replan: makes the plan of a record anew, after a power off and to see what a reconfiguration has really set.
    Failures of single VMs are in the outcome; NfvError is raised for what stops all.
    """
    outcome = Outcome(dict(records), {})
    pending = {moid: plan for moid, plan in plans.items() if plan}
    cycled = [moid for moid, plan in pending.items() if plan.power_off_needed and not _off(records[moid])]
    if cycled:
        _power_off(client, {moid: records[moid] for moid in cycled}, outcome, shutdown)
    upgraded = [moid for moid, plan in pending.items() if plan.upgrade is not None and moid not in outcome.errors]
    _upgrade(client, {moid: pending[moid] for moid in upgraded}, outcome)
    stale = list(dict.fromkeys([*cycled, *upgraded]))
    if stale:
        # Both change the configuration's version: what is written is planned from what is there now.
        _read_again(client, inventory, stale, outcome)
        pending.update({moid: replan(outcome.records[moid]) for moid in stale if moid not in outcome.errors})
    _reconfigure(client, {moid: plan for moid, plan in pending.items() if moid not in outcome.errors}, outcome)
    _power_on(client, [moid for moid in cycled if _off(outcome.records[moid])], outcome)
    _read_again(client, inventory, list(pending), outcome)
    for moid, plan in pending.items():
        if moid not in outcome.errors:
            error = ignored(plan, outcome.records[moid], replan(outcome.records[moid]))
            if error is not None:
                outcome.note(moid, error)
    return outcome


def _off(record: VmRecord) -> bool:
    return record.state.power_state == POWERED_OFF


def _reconfigure(client: Client, plans: t.Mapping[str, ChangeSet], outcome: Outcome) -> None:
    specs = {moid: config_spec(client, outcome.records[moid], plan) for moid, plan in plans.items() if plan}
    calls = {moid: (outcome.records[moid].managed.ReconfigVM_Task, {"spec": spec}) for moid, spec in specs.items()}
    _run(client, calls, "it was to be reconfigured", outcome)


def _upgrade(client: Client, plans: t.Mapping[str, ChangeSet], outcome: Outcome) -> None:
    """The virtual hardware is no field of a reconfiguration (API reference, UpgradeVM_Task)."""
    calls: dict[str, Call] = {
        moid: (outcome.records[moid].managed.UpgradeVM_Task, {"version": f"vmx-{plan.upgrade}"})
        for moid, plan in plans.items()
    }
    _run(client, calls, "its virtual hardware was to be upgraded", outcome)


def _power_off(client: Client, records: t.Mapping[str, VmRecord], outcome: Outcome, shutdown: Shutdown) -> None:
    asked = []
    for record in records.values():
        if record.guest.tools_running:
            try:
                client.write(record.managed.ShutdownGuest)
                asked.append(record.managed)
            except vmodl.MethodFault:
                continue  # no tools after all: the power is cut below
    after = watch(
        client,
        vim.VirtualMachine,
        asked,
        ("runtime.powerState",),
        lambda _moid, properties: properties.get("runtime.powerState") == POWERED_OFF,
        shutdown.seconds,
    )
    running: dict[str, Call] = {}
    for moid, record in records.items():
        if after.get(moid, {}).get("runtime.powerState") == POWERED_OFF:
            continue
        if shutdown.force:
            running[moid] = (record.managed.PowerOffVM_Task, {})
        else:
            outcome.note(moid, _not_shut_down(record, shutdown))
    _run(client, running, "it was to be powered off for settings that need it", outcome)


def _not_shut_down(record: VmRecord, shutdown: Shutdown) -> NfvError:
    asked = (
        f"was asked to and has not in {shutdown.seconds} seconds"
        if record.guest.tools_running
        else "has no VMware Tools"
    )
    return NfvError(
        "guest_not_shut_down",
        record.state.name,
        f"its guest was to be shut down for settings that need it, but {asked}; nothing of it was changed",
        "Shut it down by hand, or set force_power_off true, which cuts its power",
    )


def _power_on(client: Client, moids: t.Sequence[str], outcome: Outcome) -> None:
    """VMs that were running run again, those whose reconfiguration failed included."""
    calls: dict[str, Call] = {moid: (outcome.records[moid].managed.PowerOnVM_Task, {}) for moid in moids}
    _run(client, calls, "it was to be powered on again and is left powered off", outcome)


def _run(
    client: Client,
    calls: t.Mapping[str, Call],
    attempted: str,
    outcome: Outcome,
) -> None:
    """Starts a task for each VM, then waits for all of them together."""
    tasks = {}
    for moid, (method, arguments) in calls.items():
        name = outcome.records[moid].state.name
        try:
            tasks[moid] = client.write(method, **arguments)
        except vmodl.MethodFault as fault:
            outcome.note(moid, from_fault(fault, name, attempted))
    names = {moid: outcome.records[moid].state.name for moid in tasks}
    for moid, error in wait_for_tasks(client, tasks, names, attempted).items():
        outcome.note(moid, error)


def _read_again(client: Client, inventory: Inventory, moids: t.Sequence[str], outcome: Outcome) -> None:
    managed = [outcome.records[moid].managed for moid in moids]
    outcome.records.update(read_vms(client, managed, inventory))


def shutdown_of(params: t.Mapping[str, t.Any]) -> Shutdown:
    """What a module's options say of powering off."""
    default = Shutdown()
    return Shutdown(params.get("shutdown_timeout", default.seconds), params.get("force_power_off", default.force))


def ignored(plan: ChangeSet, after: VmRecord, left: ChangeSet) -> NfvError | None:
    """The error for what was not set, None when all is set: vSphere may accept a value and drop it."""
    unset = [f"{change.setting} is {change.before!r} and not {change.after!r}" for change in left.changes]
    adapters = {adapter.mac: adapter for adapter in after.state.adapters}
    for action in plan.adapter_actions:
        kept = adapters.get(action.mac) if action.mac else None
        if action.mac and (kept is None or kept.type != VMXNET3 or kept.network_key not in (None, action.network.key)):
            unset.append(f"adapters.{action.name} was to have {action.mac} on {action.network.name}, shown is {kept}")
    if not unset:
        return None
    return NfvError(
        "setting_ignored",
        plan.name,
        f"vSphere reported success, but {'; '.join(unset)}",
        "Look for what overrides it, such as an advanced setting or a policy",
    )
