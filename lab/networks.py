# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes and removes the lab's network namespaces."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import socket
import sys
import threading
from typing import TYPE_CHECKING

from lab import processes
from lab.commands import run
from lab.errors import LabError
from lab.plan import PACKAGE_SERVER, Command, dhcp_command, network_commands, tap_commands
from lab.services import Service, start, stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.state import State

SERVICES = ("dnsmasq", "packages")
"""Programs that run as long as the networks."""
_CLONE_NEWNET = 0x40000000


def _ip(command: Command, attempted: str) -> str:
    return run(command, error_code="network_failed", attempted=attempted, timeout=30)


def namespaces() -> set[str]:
    """Return the names of all network namespaces on the machine."""
    answer = _ip(("ip", "-json", "netns", "list"), "Listing network namespaces")
    return {entry["name"] for entry in json.loads(answer or "[]")}


def are_up(state: State) -> bool:
    """Tell whether both namespaces exist; they are made completely or removed again."""
    return {state.segments_namespace, state.tester_namespace} <= namespaces()


@contextlib.contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Sockets that this thread opens in the context belong to the network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    own = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        if libc.setns(there, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        yield
    finally:
        libc.setns(own, _CLONE_NEWNET)
        os.close(own)
        os.close(there)


def ensure(state: State) -> bool:
    """Make the namespaces, bridges, tester, DHCP and package servers; return whether anything was missing."""
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
    if not processes.is_running(processes.read_record(state.run / "packages.pid")):
        command = (sys.executable, "-m", "lab.packages", "--state", str(state.root), "--checkout", str(state.checkout))
        start(state, Service("packages", command), ready=lambda: _packages_are_served(state))
        changed = True
    return changed


def _packages_are_served(state: State) -> bool:
    with inside(state.segments_namespace):
        asking = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with asking:
        return asking.connect_ex(PACKAGE_SERVER) == 0


def remove(state: State) -> None:
    """Remove both namespaces with everything in them.

    Ends both servers and the processes inside first (ssh proxies to guests that have ended), which would keep a
    namespace alive.
    """
    for name in SERVICES:
        stop(state, name)
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
