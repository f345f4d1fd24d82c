# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs the deprecations in tasks' results, which the JSON callback of the tests does not show."""

from __future__ import annotations

import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: log_deprecations
type: notification
short_description: Logs the deprecations in tasks' results
description: Writes each into the log (ANSIBLE_LOG_PATH) with the task's action and place.
options: {}
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Writes records that scripts/deprecations.py understands."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "log_deprecations"
    CALLBACK_NEEDS_ENABLED = True

    def _log_deprecations(self, outcome: t.Any, **_options: t.Any) -> None:
        task = outcome.task
        for deprecation in outcome.result.get("deprecations") or ():
            self._display.display(
                f"[DEPRECATION WARNING]: {task.resolved_action} at {task.get_path()}: {deprecation}", log_only=True
            )

    v2_runner_on_ok = v2_runner_on_failed = v2_runner_on_unreachable = _log_deprecations
    v2_runner_item_on_ok = v2_runner_item_on_failed = _log_deprecations
