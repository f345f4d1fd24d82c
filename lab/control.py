# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client of the control socket of the lab's vCenter: guest states, the count of calls, faults for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab import unix_http

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

READ_ONLY = frozenset(
    {
        "CancelWaitForUpdates",
        "ContinueRetrievePropertiesEx",
        "CreateCollectorForEvents",
        "CreateContainerView",
        "CreateFilter",
        "CreatePropertyCollector",
        "CurrentTime",
        "DestroyCollector",
        "DestroyPropertyCollector",
        "DestroyPropertyFilter",
        "DestroyView",
        "Fetch",
        "FindAllByUuid",
        "FindByInventoryPath",
        "FindByUuid",
        "FindChild",
        "HasPrivilegeOnEntities",
        "Login",
        "Logout",
        "QueryDateTime",
        "QueryEvents",
        "QueryFaultToleranceCompatibility",
        "QueryOptions",
        "QueryPerf",
        "ReadNextEvents",
        "RetrieveProperties",
        "RetrievePropertiesEx",
        "RetrieveServiceContent",
        "SessionIsActive",
        "WaitForUpdates",
        "WaitForUpdatesEx",
    }
)
"""SOAP methods that change nothing in vCenter: sessions, property reads, searches. All others count as mutating."""


@dataclass(frozen=True)
class Control:
    """One vCenter's control socket. Every method raises LabError (``request_refused``) or OSError."""

    control_socket: Path
    """The socket, which vCenter's owner alone may use."""

    def calls(self) -> dict[str, int]:
        """Return the number of calls of each SOAP method and REST request since the last reset."""
        return unix_http.request(self.control_socket, "GET", "/calls")

    def mutating_calls(self) -> dict[str, int]:
        """Return the calls since the last reset that may have changed something."""
        return {name: count for name, count in self.calls().items() if name not in READ_ONLY}

    def reset_calls(self) -> None:
        """Start counting calls from zero."""
        unix_http.request(self.control_socket, "POST", "/calls/reset", {})

    def inject(self, *faults: dict[str, Any]) -> None:
        """Make calls go wrong; docs/lab.md describes a fault. Each happens once unless it says otherwise."""
        unix_http.request(self.control_socket, "POST", "/faults", faults)

    def faults(self) -> list[dict[str, Any]]:
        """Return the faults that are still to happen."""
        left: list[dict[str, Any]] = unix_http.request(self.control_socket, "GET", "/faults")["answer"]
        return left

    def clear_faults(self) -> None:
        """Let no more calls go wrong."""
        unix_http.request(self.control_socket, "POST", "/faults/reset", {})

    def add_user(self, name: str, password: str) -> None:
        """Make a user who may log in once a permission on some object names it (SetEntityPermissions)."""
        unix_http.request(self.control_socket, "POST", "/users", {"name": name, "password": password})

    def restart_by_ha(self, uuid: str, host: str) -> None:
        """Let a VM's host fail, and HA restart the VM on the host of this name."""
        unix_http.request(self.control_socket, "POST", "/ha-restart", {"uuid": uuid, "host": host})

    def report_guest(self, uuid: str, **state: Any) -> None:
        """Report the state of a VM's guest: by default one that is on, runs VMware Tools and has no address.

        ``state`` overrides ``power_state``, ``tools_running``, ``host_name``, ``ip_address``, ``nics`` and
        ``guestinfo`` (lab/guest_state.py).
        """
        report: dict[str, Any] = {
            "uuid": uuid,
            "power_state": "poweredOn",
            "tools_running": True,
            "host_name": "guest",
            "ip_address": None,
            "nics": [],
        }
        unix_http.request(self.control_socket, "POST", "/guest-state", report | state)

    def report_performance(self, uuid: str, samples: Sequence[Mapping[str, float | None]]) -> None:
        """Report what a VM's vCPUs took in intervals of 20 s: ``time`` of the end, in seconds since 1970, and
        ``usage_percent``, ``ready_ms`` and ``costop_ms`` (lab/cpu_time.py); None is not measured.
        """
        unix_http.request(self.control_socket, "POST", "/performance", {"uuid": uuid, "samples": list(samples)})
