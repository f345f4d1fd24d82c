# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What writes the user plane's statistics to files now and then: a timer, its program, and what they leave. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.statistics_export import TEXTFILE

from .units import LIBRARY, NAMES, PYTHON, SCRATCH, STATUS, switch_socket

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import UserPlane

TIMER, SERVICE = "nfv-pgw-statistics.timer", "nfv-pgw-statistics.service"
TIMER_FILE, SERVICE_FILE = f"/etc/systemd/system/{TIMER}", f"/etc/systemd/system/{SERVICE}"
# Every statistic at once, for whoever has no Prometheus.
OUTPUT = f"{SCRATCH}/pgw-statistics.json"
FILES = (TIMER_FILE, SERVICE_FILE)
_DIRECTORY = re.compile(r"^ReadWritePaths=(.+)$", re.MULTILINE)
# The timer runs beside the switch, not with it: that the switch is gone is what somebody wants to be told.
_TIMER = """\
# Written by the Ansible module nfv.vsphere_dpdk.pgw_sessions.
[Unit]
Description=Statistics of the PGW user plane every {interval} seconds

[Timer]
OnActiveSec=1s
OnUnitInactiveSec={interval}s
AccuracySec=1s

[Install]
WantedBy=timers.target
"""
_SERVICE = """\
# Written by the Ansible module nfv.vsphere_dpdk.pgw_sessions.
[Unit]
Description=Statistics of the PGW user plane for Prometheus and as JSON

[Service]
Type=oneshot
Nice=10
Environment=PYTHONPATH={library}
ExecStart={python} -m nfv_pgw.statistics_export {arguments}
RuntimeDirectory=nfv-vsphere-dpdk
RuntimeDirectoryPreserve=yes
CapabilityBoundingSet=CAP_DAC_OVERRIDE
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={directory}
ProtectHome=yes
PrivateTmp=yes
RestrictAddressFamilies=AF_UNIX
"""


def wanted(plane: UserPlane) -> dict[str, str]:
    """The files, by path; none when no statistics are to be written."""
    if plane.statistics is None:
        return {}
    directory = str(plane.statistics["textfile_directory"])
    arguments = " ".join((switch_socket(), NAMES, STATUS, OUTPUT, f"{directory}/{TEXTFILE}"))
    return {
        TIMER_FILE: _TIMER.format(interval=plane.statistics["interval"]),
        SERVICE_FILE: _SERVICE.format(library=LIBRARY, python=PYTHON, arguments=arguments, directory=directory),
    }


def textfile(files: t.Mapping[str, str]) -> str | None:
    """The path that the installed timer writes for Prometheus; None without one."""
    directory = _DIRECTORY.search(files.get(SERVICE_FILE, ""))
    return f"{directory.group(1)}/{TEXTFILE}" if directory else None
