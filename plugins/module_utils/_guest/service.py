# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd says of a service in the guest, and whether its process has read the files that configure it."""

from __future__ import annotations

import dataclasses
import re

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.procfs import process_started

UNITS = "/etc/systemd/system"
_PROPERTIES = ("ActiveState", "MainPID", "NeedDaemonReload", "UnitFileState")


@dataclasses.dataclass(frozen=True)
class Service:
    """A unit as ``systemctl show`` has it (org.freedesktop.systemd1)."""

    state: str
    """ActiveState, such as ``active``, ``inactive`` or ``failed``; empty where there is no systemd."""
    process: int
    """The main process, 0 for none."""
    unit_file_state: str
    """UnitFileState, such as ``enabled``, ``disabled`` or ``static``; empty for a unit without a file."""
    reload_needed: bool
    """Whether its files have changed since systemd read them."""

    @property
    def runs(self) -> bool:
        """Whether it runs or is on its way to it."""
        return self.state in {"active", "activating", "reloading"}

    @property
    def enabled(self) -> bool:
        """Whether it is started at boot by itself."""
        return self.unit_file_state == "enabled"

    @property
    def starts_at_boot(self) -> bool:
        """Whether it is started at boot, by itself or by another unit: openvswitch-switch starts ovs-vswitchd."""
        return self.unit_file_state not in {"", "disabled", "masked"}


def show_command(unit: str) -> tuple[str, ...]:
    """The command that Service is read from."""
    return ("systemctl", "show", *(f"--property={name}" for name in _PROPERTIES), unit)


def read_service(guest: Guest, unit: str) -> Service:
    """The unit now; one that does not run and is not enabled where systemd knows none or does not answer."""
    _status, output, _errors = guest.run(show_command(unit))
    properties: dict[str, str] = dict(line.partition("=")[::2] for line in output.splitlines())
    process = properties.get("MainPID", "")
    return Service(
        state=properties.get("ActiveState", ""),
        process=int(process) if re.fullmatch(r"[0-9]{1,10}", process) else 0,
        unit_file_state=properties.get("UnitFileState", ""),
        reload_needed=properties.get("NeedDaemonReload") == "yes",
    )


def is_outdated(guest: Guest, service: Service, path: str) -> bool:
    """Whether the service has not read the file at ``path`` as it is now.

    A run that was killed between writing the file and restarting the service leaves that: either systemd has not read
    the file, or somebody let systemd read it since, and the process is older than the file.
    """
    if service.reload_needed:
        return True
    started, written = process_started(guest, service.process), guest.modified(path)
    # Whole seconds: the two clocks agree no better.
    return started is not None and written is not None and started < int(written)
