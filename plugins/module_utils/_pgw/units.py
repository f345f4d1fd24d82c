# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The systemd units of a PGW's user plane. Pure."""

from __future__ import annotations

import re
import typing as t

from .layout import (
    DAEMON_CONFIGURATION,
    DAEMON_STATUS,
    DAEMON_UNIT,
    DAEMON_UNIT_FILE,
    EXPORT_UNIT_FILE,
    LIBRARY,
    NAMES,
    PYTHON,
    STATISTICS,
    TIMER_FILE,
    UNIT,
    UNIT_FILE,
    add_flows,
    add_meters,
    management_socket,
    set_addresses,
)
from .runtime.flows import HANDLER_PORT
from .runtime.model import BRIDGES, S5U_BRIDGE, StatisticsExport
from .runtime.statistics_export import TEXTFILE

_DIRECTORY = re.compile(r"^ReadWritePaths=(.+)$", re.MULTILINE)
# BindsTo and WantedBy: flows and interfaces end with ovs-vswitchd, so the unit ends with it and starts with it, at
# boot, by hand or after a crash. Flows come first, so that no packet meets an address without them.
_UNIT = """\
# Written by the Ansible module nfv.vsphere_dpdk.pgw_sessions.
[Unit]
Description=Addresses and sessions of the PGW user plane
After=ovs-vswitchd.service
BindsTo=ovs-vswitchd.service
Wants={daemon_unit}

[Service]
Type=oneshot
RemainAfterExit=yes
{start}

[Install]
WantedBy=ovs-vswitchd.service
"""
_DAEMON_UNIT = """\
# Written by the Ansible module nfv.vsphere_dpdk.pgw_sessions.
[Unit]
Description=GTP-U path management of the PGW user plane
PartOf={unit}
After={unit}

[Service]
Environment=PYTHONPATH={library}
ExecStart={python} -m nfv_pgw.path_daemon {arguments}
RuntimeDirectory=nfv-vsphere-dpdk
RuntimeDirectoryPreserve=yes
CapabilityBoundingSet=CAP_NET_RAW
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
Restart=always
RestartSec=1
"""
# The timer does not depend on the switch: its figures must show operators that the switch is gone.
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
_EXPORT_UNIT = """\
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


def unit_files(statistics: StatisticsExport | None) -> dict[str, str]:
    """Path -> content of the units; with ``statistics`` None without the timer and its service."""
    commands = (add_meters(), *map(add_flows, BRIDGES), set_addresses())
    start = "\n".join(f"ExecStart={' '.join(command)}" for command in commands)
    arguments = " ".join((HANDLER_PORT, S5U_BRIDGE, DAEMON_CONFIGURATION, DAEMON_STATUS))
    contents = {
        UNIT_FILE: _UNIT.format(start=start, daemon_unit=DAEMON_UNIT),
        DAEMON_UNIT_FILE: _DAEMON_UNIT.format(unit=UNIT, library=LIBRARY, python=PYTHON, arguments=arguments),
    }
    if statistics is not None:
        directory = statistics.textfile_directory
        arguments = " ".join((management_socket(), NAMES, DAEMON_STATUS, STATISTICS, f"{directory}/{TEXTFILE}"))
        contents[TIMER_FILE] = _TIMER.format(interval=statistics.interval)
        contents[EXPORT_UNIT_FILE] = _EXPORT_UNIT.format(
            library=LIBRARY, python=PYTHON, arguments=arguments, directory=directory
        )
    return contents


def exported_textfile(files: t.Mapping[str, str]) -> str | None:
    """The path of the textfile that the installed export unit writes; None if no such unit is among the files."""
    directory = _DIRECTORY.search(files.get(EXPORT_UNIT_FILE, ""))
    return f"{directory.group(1)}/{TEXTFILE}" if directory else None
