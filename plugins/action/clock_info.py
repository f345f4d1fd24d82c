# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells how far a host's clock is ahead of the controller's. The module of this name has its documentation."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.comparison.clock import read_clock


class ActionModule(ActionBase):  # type: ignore[misc, unused-ignore]
    """Runs on the controller; on the host nothing but a command that prints the time, without any privilege."""

    _supports_check_mode = True
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """The task's result."""
        super().run(tmp, task_vars)
        self.validate_argument_spec({})
        name = str(self._task.delegate_to or (task_vars or {}).get("inventory_hostname", ""))
        try:
            return {"changed": False, "clock": read_clock(self._command, name)}
        except NfvError as error:
            return {"failed": True, "msg": str(error), **error.result()}

    def _command(self, line: str) -> tuple[int, str, str]:
        done = self._low_level_execute_command(line, sudoable=False)
        return int(done.get("rc", 1)), str(done.get("stdout", "")), str(done.get("stderr", ""))
