# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module as Ansible starts it: a process of its own, which tests can kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t


def start_module(name: str, vcenter: t.Any, **arguments: t.Any) -> subprocess.Popen[bytes]:
    """Starts a module of the collection.

    vcenter: has the ``hostname``, ``port``, ``username``, ``password`` and ``ca_path`` of the connection.
    """
    connection = {key: getattr(vcenter, key) for key in ("hostname", "port", "username", "password")}
    process = subprocess.Popen(
        [sys.executable, "-m", f"ansible_collections.nfv.vsphere_dpdk.plugins.modules.{name}"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    given = {**connection, "ca_path": str(vcenter.ca_path), **arguments}
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": given}).encode())
    process.stdin.close()
    process.stdin = None
    return process
