# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SSH sessions that a process runs in: which of the guest's addresses the operator is connected to."""

from __future__ import annotations

import re

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

_PARENT = re.compile(r"^PPid:\s+([0-9]+)$", re.MULTILINE)
_VARIABLE = "SSH_CONNECTION="


def session_addresses(tree: Tree, process: int) -> frozenset[str]:
    """The guest's own addresses in the SSH_CONNECTION of a process and of all its ancestors.

    The process's own environment is not enough: sudo, which Ansible usually becomes root with, removes SSH_CONNECTION
    unless told otherwise (sudoers(5), env_reset), but the shell that called sudo still has it. Needs root to read
    /proc/PID/environ of other users' processes.
    """
    found: set[str] = set()
    seen: set[int] = set()
    while process > 0 and process not in seen:
        seen.add(process)
        for variable in (tree.text(f"/proc/{process}/environ") or "").split("\0"):
            if variable.startswith(_VARIABLE):
                found |= _own_address(variable[len(_VARIABLE) :])
        parent = _PARENT.search(tree.text(f"/proc/{process}/status") or "")
        process = int(parent.group(1)) if parent else 0
    return frozenset(found)


def _own_address(connection: str) -> set[str]:
    # "client address, client port, server address, server port" (ssh(1)); a link-local address ends with its zone.
    words = connection.split()
    return {words[2].partition("%")[0].lower()} if len(words) == 4 else set()
