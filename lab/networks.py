# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes and removes the lab's network namespaces."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lab import processes
from lab.commands import run
from lab.errors import LabError
from lab.plan import Command, dhcp_command, network_commands, tap_commands
from lab.services import Service, start

if TYPE_CHECKING:
    from lab.state import State


def _ip(command: Command, attempted: str) -> str:
    return run(command, error_code="network_failed", attempted=attempted, timeout=30)


def namespaces() -> set[str]:
    """Return the names of all network namespaces on the machine."""
    answer = _ip(("ip", "-json", "netns", "list"), "Listing network namespaces")
    return {entry["name"] for entry in json.loads(answer or "[]")}


def are_up(state: State) -> bool:
    """Tell whether both namespaces exist; they are made completely or removed again."""
    return {state.segments_namespace, state.tester_namespace} <= namespaces()


def ensure(state: State) -> bool:
    """Make the namespaces, bridges, tester and DHCP server; return whether anything was missing."""
    changed = False
    if not are_up(state):
        remove(state)
        try:
            for command in network_commands(state.segments_namespace, state.tester_namespace):
                _ip(command, f"Making the lab's networks with '{' '.join(command)}'")
        except LabError:
            remove(state)
            raise
        changed = True
    dhcp = state.run / "dnsmasq.pid"
    if not processes.is_running(processes.read_record(dhcp)):
        start(state, Service("dnsmasq", dhcp_command(str(state.run)), state.segments_namespace))
        changed = True
    return changed


def remove(state: State) -> None:
    """Remove both namespaces with everything in them.

    Ends the processes inside first (ssh proxies to guests that have ended), which would keep a namespace alive.
    """
    for namespace in sorted({state.segments_namespace, state.tester_namespace} & namespaces()):
        inside = _ip(("ip", "netns", "pids", namespace), f"Listing the processes in network namespace {namespace}")
        for record in filter(None, (processes.observe(int(pid)) for pid in inside.split())):
            processes.end(record, patience=2)
        _ip(("ip", "netns", "delete", namespace), f"Removing network namespace {namespace}")


def add_tap(state: State, tap: str, port_group: str) -> None:
    """Make a tap and attach it to a port group's bridge."""
    remove_tap(state, tap)
    for command in tap_commands(state.segments_namespace, tap, port_group):
        _ip(command, f"Plugging {tap} into port group {port_group}")


def remove_tap(state: State, tap: str) -> None:
    """Remove a tap if it exists."""
    answer = _ip(("ip", "-n", state.segments_namespace, "-json", "link", "show"), "Listing the lab's interfaces")
    if any(link["ifname"] == tap for link in json.loads(answer or "[]")):
        _ip(("ip", "-n", state.segments_namespace, "link", "delete", tap), f"Removing {tap}")
