# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SSH sessions that a process runs in: to which of the guest's addresses the operator is connected, and whence."""

from __future__ import annotations

import dataclasses
import re

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

_PARENT = re.compile(r"^PPid:\s+([0-9]+)$", re.MULTILINE)
_VARIABLE = "SSH_CONNECTION="


@dataclasses.dataclass(frozen=True)
class SshSession:
    """A connection to the guest's SSH server."""

    own: str
    """The guest's address, in lower case and without a zone."""
    client: str
    """The operator's address, likewise."""


def read_sessions(tree: Tree, process: int) -> frozenset[SshSession]:
    """The sessions in the SSH_CONNECTION of a process and of all its ancestors.

    The process's own environment is not enough: sudo, which Ansible usually becomes root with, removes SSH_CONNECTION
    unless told otherwise (sudoers(5), env_reset), but the shell that called sudo still has it. Needs root to read
    /proc/PID/environ of other users' processes.
    """
    found: set[SshSession] = set()
    seen: set[int] = set()
    while process > 0 and process not in seen:
        seen.add(process)
        for variable in (tree.text(f"/proc/{process}/environ") or "").split("\0"):
            if variable.startswith(_VARIABLE):
                found |= _session(variable[len(_VARIABLE) :])
        parent = _PARENT.search(tree.text(f"/proc/{process}/status") or "")
        process = int(parent.group(1)) if parent else 0
    return frozenset(found)


def _session(connection: str) -> set[SshSession]:
    # "client address, client port, server address, server port" (ssh(1)); a link-local address ends with its zone.
    words = [word.partition("%")[0].lower() for word in connection.split()]
    return {SshSession(own=words[2], client=words[0])} if len(words) == 4 else set()
