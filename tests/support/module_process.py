# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules without ansible-playbook: in this process, or in one of their own, as Ansible starts them, to be killed."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import subprocess
import sys
import typing as t

from ansible.module_utils.testing import patch_module_args

PACKAGE: t.Final = "ansible_collections.nfv.vsphere_dpdk.plugins.modules"


def run_module(name: str, arguments: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Runs a module of the collection in this process, and returns what it printed, failed or not.

    arguments: its options, and Ansible's own such as ``_ansible_check_mode``.
    """
    main = importlib.import_module(f"{PACKAGE}.{name}").main
    printed = io.StringIO()
    with patch_module_args(dict(arguments)), contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        main()
    result: dict[str, t.Any] = json.loads(printed.getvalue())
    return result


def start_module(name: str, vcenter: t.Any, **arguments: t.Any) -> subprocess.Popen[bytes]:
    """Starts a module of the collection.

    vcenter: has the ``hostname``, ``port``, ``username``, ``password`` and ``ca_path`` of the connection.
    """
    connection = {key: getattr(vcenter, key) for key in ("hostname", "port", "username", "password")}
    process = subprocess.Popen(
        [sys.executable, "-m", f"{PACKAGE}.{name}"],
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
