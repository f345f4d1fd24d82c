# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upgrades the virtual hardware of VMs: a task of its own, which cannot be undone."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import HARDWARE_VERSION

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import Change
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tasks import Call

    from .fleet import Fleet


def upgrade(fleet: Fleet, moids: t.Iterable[str]) -> dict[str, Change]:
    """Upgrades those of the powered-off VMs whose plans say so, and reads them again. Returns the changes by moid."""
    plans = fleet.outcome.plans
    versions = {moid: plans[moid].upgrade for moid in moids if plans[moid].upgrade is not None}
    if not versions:
        return {}
    calls: dict[str, Call] = {
        moid: (fleet.outcome.records[moid].managed.UpgradeVM_Task, {"version": f"vmx-{version}"})
        for moid, version in versions.items()
    }
    unsure = fleet.run(calls, "failed to upgrade the virtual hardware")
    fleet.look(unsure)
    fleet.read(fleet.outcome.sound(moid for moid in versions if moid not in unsure))
    for moid, error in unsure.items():
        if fleet.outcome.records[moid].state.settings.get(HARDWARE_VERSION) != versions[moid]:
            fleet.outcome.note(moid, error)
    return {
        moid: next(change for change in plans[moid].changes if change.setting == HARDWARE_VERSION)
        for moid in fleet.outcome.sound(versions)
    }
