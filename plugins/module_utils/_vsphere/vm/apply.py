# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries plans out: power off with consent, reconfigure, power on again, read back, compare.

A reconfiguration is good for the configuration only that it was planned from (``changeVersion``). Where somebody else
was quicker, and where the connection broke so that nobody knows what took effect, the VM is read and planned again:
then either nothing is left to do, or the new plan is carried out. So no change is made twice, and none is overwritten.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import POWERED_OFF, VMXNET3
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import BROKEN, as_typed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vmodl

from .fleet import Fleet, Outcome
from .power import WITH_FORCE, Shutdown, power_off, power_on
from .upgrade import upgrade
from .write import config_spec

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import Change, ChangeSet
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tasks import Call

    from .read import Inventory, VmRecord

# How often a VM is planned: at first, and again when it was not as it was read.
ATTEMPTS = 4

MEANWHILE = "Somebody else changed it in the meantime; it was read and planned again."

Planner = t.Callable[["VmRecord"], "ChangeSet"]


def apply_plans(
    client: Client,
    inventory: Inventory,
    records: t.Mapping[str, VmRecord],
    plans: t.Mapping[str, ChangeSet],
    plan: Planner,
    shutdown: Shutdown = WITH_FORCE,
) -> Outcome:
    """Carries out the plans that are not empty, all VMs at once; the caller has the consent that they need.

    plan: makes the plan of a record anew when it is not as it was, and afterwards to see what was really set; it raises
    NfvError for what may not be done. What fails with one VM stops no other and is in the outcome.
    """
    outcome = Outcome(dict(records), dict(plans))
    run = Application(Fleet(client, inventory, outcome), plan, shutdown)
    pending = [moid for moid, each in plans.items() if each]
    try:
        run.all(pending)
    except (vmodl.MethodFault, *BROKEN) as error:
        # vCenter is gone, and more attempts than one to reach it again have failed.
        for moid in outcome.sound(pending):
            outcome.note(moid, as_typed(error, records[moid].state.name, "it was being reconfigured"))
    return outcome


class Application:
    """One application of plans to a fleet; the plans, and what comes of them, are in its outcome."""

    def __init__(self, fleet: Fleet, plan: Planner, shutdown: Shutdown = WITH_FORCE) -> None:
        self._shutdown = shutdown
        # What was upgraded: later plans do not have it any more.
        self._upgraded: dict[str, Change] = {}
        self._fleet = fleet
        self._outcome = fleet.outcome
        self._plan = plan
        self._cycled: list[str] = []
        # VMs whose reconfiguration may have taken effect although nobody said so.
        self._lost: set[str] = set()

    def all(self, moids: t.Sequence[str]) -> None:
        """Carries out the plans of the given VMs, from power off to the comparison of what is there with them."""
        pending = list(moids)
        for attempt in range(1, ATTEMPTS + 1):
            self.power_off(pending)
            self.upgrade(self._outcome.sound(pending))
            unsure = self.reconfigure(self._outcome.sound(pending))
            pending = self.plan_again(unsure, last=attempt == ATTEMPTS)
            if not pending:
                break
        self.power_on()
        self.compare(moids)
        for moid, change in self._upgraded.items():
            plan = self._outcome.plans[moid]
            self._outcome.plans[moid] = dataclasses.replace(plan, changes=(change, *plan.changes))

    def _off(self, moid: str) -> bool:
        return self._outcome.records[moid].state.power_state == POWERED_OFF

    def power_off(self, moids: t.Iterable[str]) -> None:
        """Powers off what must be, and plans it from what is there then."""
        running = [moid for moid in moids if self._outcome.plans[moid].power_off_needed and not self._off(moid)]
        if running:
            self._cycled += [moid for moid in running if moid not in self._cycled]
            power_off(self._fleet, running, self._shutdown)
            for moid in self._outcome.sound(running):
                self._replan(moid)

    def upgrade(self, moids: t.Sequence[str]) -> None:
        """Upgrades the virtual hardware where that was planned, and plans the rest from what is there then."""
        upgraded = upgrade(self._fleet, moids)
        self._upgraded.update(upgraded)
        self._outcome.changed.update(upgraded)
        for moid in upgraded:
            self._replan(moid)

    def _replan(self, moid: str) -> None:
        """Plans a VM from what is there now; a refusal is noted."""
        try:
            self._outcome.plans[moid] = self._plan(self._outcome.records[moid])
        except NfvError as error:
            self._outcome.note(moid, error)

    def reconfigure(self, moids: t.Iterable[str]) -> dict[str, NfvError]:
        """Reconfigures VMs; returns, by moid, the errors after which a VM must be looked at."""
        calls: dict[str, Call] = {
            # A spec is made while vCenter is busy with those before it.
            moid: (self._outcome.records[moid].managed.ReconfigVM_Task, functools.partial(self._spec, moid))
            for moid in moids
            if self._outcome.plans[moid].reconfigures
        }
        unsure = self._fleet.run(calls, "it was to be reconfigured")
        self._outcome.changed.update(moid for moid in self._outcome.sound(calls) if moid not in unsure)
        return unsure

    def _spec(self, moid: str) -> dict[str, t.Any]:
        return {"spec": config_spec(self._fleet.client, self._outcome.records[moid], self._outcome.plans[moid])}

    def plan_again(self, unsure: t.Mapping[str, NfvError], last: bool) -> list[str]:
        """Looks at VMs and plans them again. Returns those that are still to be reconfigured."""
        before = {moid: self._outcome.records[moid].state for moid in unsure}
        self._fleet.look(unsure)
        again = []
        for moid in self._outcome.sound(unsure):
            error, attempted = unsure[moid], self._outcome.plans[moid]
            if error.error_code == ErrorCode.CONNECTION_LOST:
                self._lost.add(moid)
            self._replan(moid)
            if moid in self._outcome.errors:
                continue
            left = self._outcome.plans[moid]
            if not left and moid in self._lost:
                self._outcome.plans[moid] = attempted  # it took effect
                self._outcome.changed.add(moid)
            elif error.error_code == ErrorCode.OBJECT_CHANGED:
                self._outcome.plans[moid] = dataclasses.replace(left, warnings=(*left.warnings, MEANWHILE))
            if not left:
                continue
            refused = error.error_code == ErrorCode.POWER_STATE_WRONG
            if last or (refused and before[moid].power_state == self._outcome.records[moid].state.power_state):
                self._outcome.note(moid, error)
            else:
                again.append(moid)
        return again

    def power_on(self) -> None:
        """What ran before runs again, also what could not be reconfigured."""
        power_on(self._fleet, [moid for moid in self._cycled if self._off(moid)])

    def compare(self, moids: t.Iterable[str]) -> None:
        """Reads VMs back, and notes what was accepted and not set."""
        self._fleet.read(moids)
        for moid in self._outcome.sound(moids):
            after = self._outcome.records[moid]
            try:
                error = ignored(self._outcome.plans[moid], after, self._plan(after))
            except NfvError as refusal:
                error = refusal
            if error is not None:
                self._outcome.note(moid, error)


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
        ErrorCode.SETTING_IGNORED,
        plan.name,
        f"vSphere reported success, but {'; '.join(unset)}",
        "Look for what overrides it, such as an advanced setting or a policy",
    )
