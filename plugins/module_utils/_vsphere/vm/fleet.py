# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet of VMs that are changed together: the latest state of each, and what went wrong with it."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, joined
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tasks import (
    call_all,
    settle,
    wait_for_tasks,
)

from .read import read_each

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import ChangeSet
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tasks import Call

    from .inventory import Inventory
    from .read import VmRecord

# Errors after which the VM must be read again to know what to do: its configuration or power state is not what the
# plan assumed, another task holds it, or the answer was lost.
UNSURE: t.Final = frozenset(
    {ErrorCode.OBJECT_CHANGED, ErrorCode.POWER_STATE_WRONG, ErrorCode.VM_BUSY, ErrorCode.CONNECTION_LOST}
)


@dataclasses.dataclass
class Outcome:
    """The result for each VM, by moid."""

    records: dict[str, VmRecord]
    """The VMs as they were read last."""
    plans: dict[str, ChangeSet]
    """What was carried out, or would have been."""
    errors: dict[str, NfvError] = dataclasses.field(default_factory=dict)
    """What went wrong, for the VMs that failed."""
    changed: set[str] = dataclasses.field(default_factory=set)
    """The VMs that were upgraded or reconfigured."""

    def note(self, moid: str, error: NfvError) -> None:
        """Adds an error to a VM, which can fail twice: when it is reconfigured, and when it is powered on again."""
        earlier = self.errors.get(moid)
        self.errors[moid] = error if earlier is None else joined([earlier, error], what="errors")

    def sound(self, moids: t.Iterable[str]) -> list[str]:
        """Returns those of the VMs that have no error."""
        return [moid for moid in moids if moid not in self.errors]


class Fleet:
    """VMs, with the session that changes them. The failure of one VM is noted in the outcome and stops no other."""

    def __init__(self, client: Client, inventory: Inventory, outcome: Outcome) -> None:
        self.client = client
        self.inventory = inventory
        self.outcome = outcome

    def run(self, calls: t.Mapping[str, Call], attempted: str) -> dict[str, NfvError]:
        """Starts a task for each VM, then waits for all tasks together.

        Notes the errors, except those in UNSURE, which it returns by moid.
        """
        names = {moid: self.outcome.records[moid].state.name for moid in calls}
        tasks, errors = call_all(self.client, calls, names, attempted)
        machines = {moid: self.outcome.records[moid].managed for moid in calls}
        errors.update(wait_for_tasks(self.client, tasks, names, attempted, machines))
        for moid, error in errors.items():
            if error.error_code not in UNSURE:
                self.outcome.note(moid, error)
        return {moid: error for moid, error in errors.items() if error.error_code in UNSURE}

    def look(self, moids: t.Iterable[str]) -> None:
        """Reads VMs again, once no task runs on them."""
        moids = list(moids)
        if moids:
            settle(self.client, [self.outcome.records[moid].managed for moid in moids])
            self.read(moids)

    def read(self, moids: t.Iterable[str]) -> None:
        """Reads VMs again. A VM that cannot be read gets an error, unless it already has one."""
        machines = [self.outcome.records[moid].managed for moid in moids]
        records, errors = read_each(self.client, machines, self.inventory)
        self.outcome.records.update(records)
        for moid, error in errors.items():
            if moid not in self.outcome.errors:
                self.outcome.note(moid, _named(error, self.outcome.records[moid].state.name))


def _named(error: NfvError, name: str) -> NfvError:
    return NfvError(error.error_code, name, error.attempted, error.remedy)
