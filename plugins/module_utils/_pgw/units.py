# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The systemd units of a PGW's user plane. Pure."""

from __future__ import annotations

import re
import typing as t

from .layout import (
    DAEMON_CONFIGURATION,
    DAEMON_DIRECTORY,
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
# What all units do without. Addresses, sessions and statistics are root's, because Open vSwitch's sockets are.
_HARDENED = """\
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
"""
# BindsTo and WantedBy: flows and interfaces end with ovs-vswitchd, so the unit ends with it and starts with it, at
# boot, by hand or after a crash; without a limit, because a switch that crashes often needs its sessions each time.
# Flows come first, so that no packet meets an address without them.
_UNIT = """\
# Written by the Ansible module nfv.vsphere_dpdk.pgw_sessions.
[Unit]
Description=Addresses and sessions of the PGW user plane
After=ovs-vswitchd.service
BindsTo=ovs-vswitchd.service
Wants={daemon_unit}
StartLimitIntervalSec=0

[Service]
Type=oneshot
RemainAfterExit=yes
{start}
CapabilityBoundingSet=CAP_NET_ADMIN CAP_DAC_OVERRIDE
RestrictAddressFamilies=AF_UNIX AF_NETLINK
{hardened}
[Install]
WantedBy=ovs-vswitchd.service
"""
# A user of its own, which systemd makes up. CAP_NET_RAW is for the packet socket on the interface of the switch.
_DAEMON_UNIT = """\
# Written by the Ansible module nfv.vsphere_dpdk.pgw_sessions.
[Unit]
Description=GTP-U path management of the PGW user plane
PartOf={unit}
After={unit}
StartLimitIntervalSec=0

[Service]
Environment=PYTHONPATH={library}
ExecStart={python} -m nfv_pgw.path_daemon {arguments}
Restart=always
RestartSec=1
DynamicUser=yes
RuntimeDirectory=nfv-vsphere-dpdk/{directory}
AmbientCapabilities=CAP_NET_RAW
CapabilityBoundingSet=CAP_NET_RAW
RestrictAddressFamilies=AF_INET AF_PACKET
MemoryMax=128M
TasksMax=8
# One socket for each peer.
LimitNOFILE=65536
{hardened}"""
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
# CAP_DAC_OVERRIDE: the directory is the node exporter's. Without a limit: intervals may be short.
_EXPORT_UNIT = """\
# Written by the Ansible module nfv.vsphere_dpdk.pgw_sessions.
[Unit]
Description=Statistics of the PGW user plane for Prometheus and as JSON
StartLimitIntervalSec=0

[Service]
Type=oneshot
Nice=10
Environment=PYTHONPATH={library}
ExecStart={python} -m nfv_pgw.statistics_export {arguments}
TimeoutStartSec=300
RuntimeDirectory=nfv-vsphere-dpdk
RuntimeDirectoryPreserve=yes
ReadWritePaths={directory}
CapabilityBoundingSet=CAP_DAC_OVERRIDE
PrivateNetwork=yes
RestrictAddressFamilies=AF_UNIX
MemoryMax=512M
TasksMax=32
{hardened}"""


def unit_files(statistics: StatisticsExport | None) -> dict[str, str]:
    """Path -> content of the units; with ``statistics`` None without the timer and its service."""
    commands = (*map(add_meters, BRIDGES), *map(add_flows, BRIDGES), set_addresses())
    start = "\n".join(f"ExecStart={' '.join(command)}" for command in commands)
    arguments = " ".join((HANDLER_PORT, S5U_BRIDGE, DAEMON_CONFIGURATION, DAEMON_STATUS))
    contents = {
        UNIT_FILE: _UNIT.format(start=start, daemon_unit=DAEMON_UNIT, hardened=_HARDENED),
        DAEMON_UNIT_FILE: _DAEMON_UNIT.format(
            unit=UNIT,
            library=LIBRARY,
            python=PYTHON,
            arguments=arguments,
            directory=DAEMON_DIRECTORY,
            hardened=_HARDENED,
        ),
    }
    if statistics is not None:
        directory = statistics.textfile_directory
        arguments = " ".join((management_socket(), NAMES, DAEMON_STATUS, STATISTICS, f"{directory}/{TEXTFILE}"))
        contents[TIMER_FILE] = _TIMER.format(interval=statistics.interval)
        contents[EXPORT_UNIT_FILE] = _EXPORT_UNIT.format(
            library=LIBRARY, python=PYTHON, arguments=arguments, directory=directory, hardened=_HARDENED
        )
    return contents


def exported_textfile(files: t.Mapping[str, str]) -> str | None:
    """The path of the textfile that the installed export unit writes; None if no such unit is among the files."""
    directory = _DIRECTORY.search(files.get(EXPORT_UNIT_FILE, ""))
    return f"{directory.group(1)}/{TEXTFILE}" if directory else None
