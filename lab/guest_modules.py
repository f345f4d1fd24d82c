# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the modules that Ansible executed in a guest, as the guest's own journal has them.

Every module announces itself to syslog before it does anything (AnsibleModule, ``Invoked with``): also each turn of a
loop, and those that an action such as ``template`` executes out of sight of callbacks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lab import unix_http
from lab.commands import run
from lab.tools import PROGRAMS, environment, inventory_arguments

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from lab.state import State

JOURNAL = "journalctl --boot --quiet --no-pager --output short --grep 'Invoked with'"
# The name is the line's syslog identifier, or begins the message where Python writes to the journal itself.
_EXECUTED = re.compile(r"\bansible-([\w.]+?)(?:\[\d+\]:)? Invoked with ")
_PING = "ping"


def executed(journal: Iterable[str]) -> list[str]:
    """Return the modules of the last run by their names, in order (pure).

    A run begins with the ping of wait_for_connection. A guest that rebooted since then has only the rest of the run in
    its journal, which is returned.
    """
    names = [found[1] for line in journal if (found := _EXECUTED.search(line))]
    pings = [position for position, name in enumerate(names) if name.rpartition(".")[2] == _PING]
    # One wait may ping several times, until the guest answers.
    first = next((start for start in reversed(pings) if start - 1 not in pings), 0)
    return names[first:]


def of_last_run(state: State, hosts: Container[str]) -> dict[str, list[str]]:
    """Return the modules of the last run by host, for those of the hosts whose guests run.

    Raises ``journal_unreadable``.
    """
    guests = unix_http.request(state.hypervisor_socket, "GET", "/guests")["guests"]
    return {
        guest["name"]: executed(_journal(state, guest["name"], guest["ip_address"]))
        for guest in guests
        if guest["name"] in hosts
    }


def _journal(state: State, host: str, address: str) -> list[str]:
    """Read by Ansible's raw, which executes no module."""
    command = ["--become", "--module-name", "ansible.builtin.raw", "--args", JOURNAL]
    return run(
        [PROGRAMS / "ansible", *inventory_arguments(state), host, *command, "--extra-vars", f"ansible_host={address}"],
        error_code="journal_unreadable",
        attempted=f"Reading the journal of {host}",
        environment=environment(state.checkout),
    ).splitlines()
