# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a PGW's user plane is installed in a guest: files, units, programs, and the commands that use them."""

from __future__ import annotations

import ast
import functools
import os
import pkgutil
import typing as t

from . import runtime
from .runtime.model import BRIDGES, SGI_BRIDGE
from .runtime.session_statistics import OFCTL

CONFIGURATION = "/etc/nfv-vsphere-dpdk"
# A reboot clears it.
STATE = "/run/nfv-vsphere-dpdk"
LIBRARY = "/usr/lib/nfv-vsphere-dpdk"
PACKAGE = f"{LIBRARY}/nfv_pgw"
PYTHON = "/usr/bin/python3"

FLOWS = {bridge: f"{CONFIGURATION}/pgw-{bridge}.flows" for bridge in BRIDGES}
METERS = {bridge: f"{CONFIGURATION}/pgw-{bridge}.meters" for bridge in BRIDGES}
ADDRESSES = f"{CONFIGURATION}/pgw-addresses"
NAMES, DAEMON_CONFIGURATION = f"{CONFIGURATION}/pgw-names.json", f"{CONFIGURATION}/pgw-path.json"
# The daemon's own directory in STATE, which is root's: root writes there, and must not write where others may.
DAEMON_DIRECTORY = "pgw-path"
DAEMON_STATUS, STATISTICS = f"{STATE}/{DAEMON_DIRECTORY}/status.json", f"{STATE}/pgw-statistics.json"

UNIT, DAEMON_UNIT = "nfv-pgw.service", "nfv-pgw-path.service"
TIMER, EXPORT_UNIT = "nfv-pgw-statistics.timer", "nfv-pgw-statistics.service"
UNIT_FILE, DAEMON_UNIT_FILE, TIMER_FILE, EXPORT_UNIT_FILE = (
    f"/etc/systemd/system/{name}" for name in (UNIT, DAEMON_UNIT, TIMER, EXPORT_UNIT)
)
# Everything that may be installed, except the files in PACKAGE.
FILES = (*FLOWS.values(), *METERS.values(), ADDRESSES, NAMES, DAEMON_CONFIGURATION)
FILES += (UNIT_FILE, DAEMON_UNIT_FILE, TIMER_FILE, EXPORT_UNIT_FILE)


@functools.cache
def programs() -> t.Mapping[str, str]:
    """Path in the guest -> source, of every file of the runtime package.

    The package is read as Python finds it: in a folder, or in the zip file that Ansible sends to the guest.
    """
    names = ("__init__", *(module.name for module in pkgutil.iter_modules(runtime.__path__)))
    sources = {name: pkgutil.get_data(runtime.__name__, f"{name}.py") for name in names}
    return {program(name): source.decode() for name, source in sources.items() if source is not None}


def program(name: str) -> str:
    """The path in the guest of a module of the runtime package."""
    return f"{PACKAGE}/{name}.py"


def programs_of(name: str) -> frozenset[str]:
    """The paths in the guest of a module of the runtime package and of the modules that it imports, at any depth."""
    found: set[str] = set()
    pending = [name]
    while pending:
        path = program(pending.pop())
        if path in found:
            continue
        found.add(path)
        for node in ast.walk(ast.parse(programs()[path])):
            if isinstance(node, ast.ImportFrom) and node.level == 1:
                pending += [node.module] if node.module else [alias.name for alias in node.names]
    return frozenset(found)


def management_socket(bridge: str = SGI_BRIDGE) -> str:
    """A bridge's management socket. Open vSwitch's own tools heed the same variable (ovs-vswitchd(8))."""
    return f"{os.environ.get('OVS_RUNDIR', '/run/openvswitch')}/{bridge}.mgmt"


def add_meters(bridge: str) -> tuple[str, ...]:
    """The command that adds the meters of a bridge's file and sets their rates. Surplus meters stay."""
    return (PYTHON, program("openflow_meters"), management_socket(bridge), "add", METERS[bridge])


def prune_meters(bridge: str) -> tuple[str, ...]:
    """The command that deletes a bridge's surplus meters, with the flows that use them."""
    return (PYTHON, program("openflow_meters"), management_socket(bridge), "prune", METERS[bridge])


def add_flows(bridge: str) -> tuple[str, ...]:
    """The command that adds the flows of a bridge's file in one transaction."""
    return (*OFCTL, "--bundle", "add-flows", bridge, FLOWS[bridge])


def set_addresses() -> tuple[str, ...]:
    """The command that sets addresses, neighbours and routes."""
    return ("ip", "-batch", ADDRESSES)
