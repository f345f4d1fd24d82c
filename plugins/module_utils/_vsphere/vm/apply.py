# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out plans: power off, upgrade, reconfigure, power on again, read back, compare.

vSphere accepts a reconfiguration only for the configuration that it was planned from (``changeVersion``). When somebody
else changed the VM first, or when the connection broke and nobody knows what took effect, the VM is read and planned
again. Then either nothing is left to do, or the new plan is carried out. So no change is made twice, and nobody else's
change is overwritten.
"""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import POWERED_OFF, VMXNET3
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import BROKEN, as_typed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vmodl

from .config_spec import config_spec
from .fleet import Fleet, Outcome
from .power import WITH_FORCE, Shutdown, power_off, power_on
from .upgrade import upgrade

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import Change, ChangeSet
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tasks import Call

    from .inventory import Inventory
    from .read import VmRecord

# How often a VM is planned: once, and again each time that it turns out to differ from what was read.
ATTEMPTS = 4

MEANWHILE = "Somebody else changed the VM in the meantime; it was read and planned again."

Planner = t.Callable[["VmRecord"], "ChangeSet"]


def apply_plans(
    client: Client,
    inventory: Inventory,
    records: t.Mapping[str, VmRecord],
    plans: t.Mapping[str, ChangeSet],
    plan: Planner,
    shutdown: Shutdown = WITH_FORCE,
) -> Outcome:
    """Carries out all plans that are not empty, together. The caller has made sure of the consent that they need.

    plan: plans a VM anew when it has changed, and at the end, to find what was not set; raises NfvError for what is not
    allowed. The failure of one VM stops no other; the outcome has the errors.
    """
    outcome = Outcome(dict(records), dict(plans))
    rollout = Rollout(Fleet(client, inventory, outcome), plan, shutdown)
    pending = [moid for moid, each in plans.items() if each]
    try:
        rollout.run(pending)
    except (vmodl.MethodFault, *BROKEN) as error:
        # vCenter is gone: repeated attempts to reach it have failed.
        for moid in outcome.sound(pending):
            outcome.note(moid, as_typed(error, records[moid].state.name, "failed to finish the reconfiguration"))
    return outcome


class Rollout:
    """Carries out the plans of a fleet. The fleet's outcome holds the plans and the results."""

    def __init__(self, fleet: Fleet, plan: Planner, shutdown: Shutdown = WITH_FORCE) -> None:
        self._shutdown = shutdown
        # The upgrades made, by moid: a plan made after an upgrade no longer contains it.
        self._upgraded: dict[str, Change] = {}
        self._fleet = fleet
        self._outcome = fleet.outcome
        self._plan = plan
        # VMs that were running and have been powered off.
        self._cycled: list[str] = []
        # VMs whose reconfiguration may have taken effect, although its answer was lost.
        self._lost: set[str] = set()

    def run(self, moids: t.Sequence[str]) -> None:
        """Carries out the plans of the given VMs, from power off to the comparison with what was read back."""
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
        """Powers off the running VMs whose plans need it, and plans them again, because powering off changes a VM."""
        running = [moid for moid in moids if self._outcome.plans[moid].power_off_needed and not self._off(moid)]
        if running:
            self._cycled += [moid for moid in running if moid not in self._cycled]
            power_off(self._fleet, running, self._shutdown)
            for moid in self._outcome.sound(running):
                self._replan(moid)

    def upgrade(self, moids: t.Sequence[str]) -> None:
        """Upgrades the virtual hardware where planned, and plans those VMs again."""
        upgraded = upgrade(self._fleet, moids)
        self._upgraded.update(upgraded)
        self._outcome.changed.update(upgraded)
        for moid in upgraded:
            self._replan(moid)

    def _replan(self, moid: str) -> None:
        """Plans a VM from its latest record; notes a refusal as its error."""
        try:
            self._outcome.plans[moid] = self._plan(self._outcome.records[moid])
        except NfvError as error:
            self._outcome.note(moid, error)

    def reconfigure(self, moids: t.Iterable[str]) -> dict[str, NfvError]:
        """Reconfigures VMs. Returns, by moid, the errors after which a VM must be read and planned again."""
        calls: dict[str, Call] = {
            # The spec is built when its call is due, while vCenter works on the calls before it.
            moid: (self._outcome.records[moid].managed.ReconfigVM_Task, functools.partial(self._spec, moid))
            for moid in moids
            if self._outcome.plans[moid].reconfigures
        }
        unsure = self._fleet.run(calls, "failed to reconfigure the VM")
        self._outcome.changed.update(moid for moid in self._outcome.sound(calls) if moid not in unsure)
        return unsure

    def _spec(self, moid: str) -> dict[str, t.Any]:
        return {"spec": config_spec(self._fleet.client, self._outcome.records[moid], self._outcome.plans[moid])}

    def plan_again(self, unsure: t.Mapping[str, NfvError], last: bool) -> list[str]:
        """Reads VMs and plans them again. Returns those that still have to be reconfigured."""
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
        """Powers on again what was running, including VMs that could not be reconfigured."""
        power_on(self._fleet, [moid for moid in self._cycled if self._off(moid)])

    def compare(self, moids: t.Iterable[str]) -> None:
        """Reads VMs back, and notes what vSphere accepted but did not set."""
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
    """Returns the error for settings that vSphere accepted but did not set; None when all are set.

    after: the VM as it was read back; left: the plan made from it.
    """
    unset = [f"{change.setting} is {change.before!r}, not {change.after!r}" for change in left.changes]
    adapters = {adapter.mac: adapter for adapter in after.state.adapters}
    for action in plan.adapter_actions:
        kept = adapters.get(action.mac) if action.mac else None
        if action.mac and (kept is None or kept.type != VMXNET3 or kept.network_key not in (None, action.network.key)):
            unset.append(f"adapters.{action.name} should have {action.mac} on {action.network.name} and is {kept}")
    if not unset:
        return None
    return NfvError(
        ErrorCode.SETTING_IGNORED,
        plan.name,
        f"vSphere reported success, but {'; '.join(unset)}",
        "Find what overrides it, such as an advanced setting or a policy",
    )
