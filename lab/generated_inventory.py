# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generated part of the lab's inventory: what only the running lab knows."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import yaml

from lab.pki import write_secret
from lab.plan import proxy_command

if TYPE_CHECKING:
    from pathlib import Path

    from lab.pki import Pki
    from lab.state import State

HOST_KEY_ALIAS = "nfv-guest"
"""One name for all guests' host key: they are clones of one template, and their addresses change."""


def variables(state: State, pki: Pki, port: int, password: str) -> dict[str, dict[str, Any]]:
    """Return the variables by inventory group (pure)."""
    ssh = (
        "-o ControlMaster=auto -o ControlPersist=60s -o ServerAliveInterval=15 -o ServerAliveCountMax=8"
        f" -o StrictHostKeyChecking=yes -o HostKeyAlias={HOST_KEY_ALIAS} -o UserKnownHostsFile={known_hosts(state)}"
        f' -o ProxyCommand="{proxy_command(state.segments_namespace)}"'
    )
    return {
        "all": {
            "vsphere_hostname": "localhost",
            "vsphere_port": port,
            "vsphere_username": "administrator@vsphere.local",
            "vsphere_password": password,
            "vsphere_ca_path": str(pki.ca_certificate),
        },
        # Faster than a live network may ask its peers (3GPP TS 29.281, 7.2.1), so that tests see a peer go down and
        # come back.
        "pgw": {"pgw_path_management": {"echo_interval": 2, "response_seconds": 1, "echo_requests": 3}},
        # Of the packet gateways, and of the guests and generators without a vCenter behind them.
        "reached_by_ssh": {
            "ansible_user": "nfv",
            "ansible_become": True,
            "ansible_ssh_private_key_file": str(pki.ssh_key),
            "ansible_ssh_host_key_checking": True,
            "ansible_ssh_args": ssh,
            "ansible_control_path_dir": str(state.ssh),
            "ansible_python_interpreter": "/usr/bin/python3",
        },
        "testers": {
            "ansible_connection": "local",
            "ansible_python_interpreter": str(tester_python(state)),
        },
    }


def known_hosts(state: State) -> Path:
    """Return the file with the guests' ssh host key."""
    return state.pki / "known_hosts"


def tester_python(state: State) -> Path:
    """Return the wrapper that runs Python inside the tester's network namespace."""
    return state.run / "tester-python"


def write(state: State, pki: Pki, port: int) -> None:
    """Write the inventory; files with the password are mode 0600."""
    for group, content in variables(state, pki, port, pki.password.read_text()).items():
        directory = state.inventory / "group_vars" / group
        directory.mkdir(parents=True, exist_ok=True)
        write_secret(directory / "lab.yml", yaml.safe_dump(content, sort_keys=True).encode())
    write_secret(
        state.inventory / "hosts.yml",
        b"reached_by_ssh:\n  children:\n    pgw:\n    guests:\n    generators:\ntesters:\n",
    )
    kind, key = pki.host_public_key.read_text().split()[:2]
    known_hosts(state).write_text(f"{HOST_KEY_ALIAS} {kind} {key}\n")
    _write_tester_python(state)


def _write_tester_python(state: State) -> None:
    path = tester_python(state)
    path.write_text(f'#!/bin/sh\nexec ip netns exec {state.tester_namespace} {sys.executable} "$@"\n')
    path.chmod(0o755)


def remove(state: State) -> None:
    """Remove the generated files, which name a vCenter that has ended."""
    for path in sorted(state.inventory.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
    tester_python(state).unlink(missing_ok=True)
