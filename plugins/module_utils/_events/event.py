# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events of VMs, and what kinds of them a data plane may suffer from."""

from __future__ import annotations

import dataclasses
import typing as t

if t.TYPE_CHECKING:
    import datetime as dt

# What happened, by the identifier of vCenter's event (vSphere Web Services API, Event and its subtypes; for the last,
# the event types of vSphere HA). A subtype is listed by itself, because filters of vCenter compare identifiers.
KINDS: t.Final = {
    "VmReconfiguredEvent": "reconfigured",
    "VmMigratedEvent": "migrated",
    "DrsVmMigratedEvent": "migrated",
    "VmPoweredOnEvent": "powered_on",
    "DrsVmPoweredOnEvent": "powered_on",
    "VmResettingEvent": "restarted",
    "VmGuestRebootEvent": "restarted",
    "VmDasBeingResetEvent": "restarted_by_ha",
    "VmDasBeingResetWithScreenshotEvent": "restarted_by_ha",
    "VmRestartedOnAlternateHostEvent": "restarted_by_ha",
    "com.vmware.vc.ha.VmRestartedByHAEvent": "restarted_by_ha",
    "VmRenamedEvent": "renamed",
}
# The kinds of events after which a VM may run on other hardware, or other software, than before.
STARTS: t.Final = frozenset({"migrated", "powered_on", "restarted", "restarted_by_ha"})


@dataclasses.dataclass(frozen=True)
class VmEvent:
    """One event of one VM."""

    key: int
    """vCenter's number of the event."""
    time: dt.datetime
    """When it happened, in UTC by vCenter's clock."""
    type_id: str
    """vCenter's identifier of its type, one of KINDS."""
    vm: str
    """The VM's name after the event."""
    moid: str
    """The VM's managed object ID."""
    user: str
    """Who did it; empty where vCenter names nobody, as for vSphere HA."""
    host: str
    """The ESXi host that the VM was on after the event; empty where vCenter names none."""
    message: str
    """vCenter's text."""
    old_name: str = ""
    """The name before, of a VM that was renamed."""
    changes: str = ""
    """What a reconfiguration changed, in vCenter's words."""

    @property
    def kind(self) -> str:
        """What happened, as KINDS names it."""
        return KINDS[self.type_id]

    def as_data(self) -> dict[str, t.Any]:
        """The event as a rulebook sees it."""
        data = {**dataclasses.asdict(self), "kind": self.kind, "time": self.time.isoformat()}
        return {name: value for name, value in data.items() if value != ""}
