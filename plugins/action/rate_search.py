# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searches the rates that a guest forwards. The module of this name has its documentation."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionSkip
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.progress import Tell, progress_lines
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.comparison.measurement import (
    Extent,
    MeasurementSubject,
    measure,
    require_library,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.comparison.resident import ResidentTester
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.comparison.search import Effort

display = Display()

_OPTIONS: t.Final = {
    "socket": {"type": "str", "default": "/run/nfv-vsphere-dpdk-load/socket"},
    "python": {"type": "str", "default": "python3"},
    "variant": {"type": "str", "required": True},
    "turn": {"type": "int", "default": 1},
    "minimum_pps": {"type": "float", "default": 100.0},
    "maximum_pps": {"type": "float", "default": 1_000_000.0},
    "trial_seconds": {"type": "float", "default": 1.0},
    "trials": {"type": "int", "default": 5},
    "width": {"type": "float", "default": 0.01},
    "timeout": {"type": "float", "default": 1200.0},
    "drain": {"type": "float", "default": 0.5},
    "latency_seconds": {"type": "float", "default": 5.0},
    "burst_frames": {"type": "int", "default": 65_536},
    "burst_searches": {"type": "int", "default": 3},
    "progress_file": {"type": "path"},
}
_RULES: t.Final[tuple[tuple[str, t.Callable[[dict[str, t.Any]], bool], str], ...]] = (
    ("turn", lambda given: given["turn"] >= 1, "must be at least 1"),
    ("minimum_pps", lambda given: given["minimum_pps"] >= 1, "must be at least 1"),
    ("maximum_pps", lambda given: given["minimum_pps"] < given["maximum_pps"] <= 1e9, "must be above minimum_pps"),
    ("trial_seconds", lambda given: 0.05 <= given["trial_seconds"] <= 300, "must be 0.05 to 300"),
    ("trials", lambda given: 1 <= given["trials"] <= 1000, "must be 1 to 1000"),
    ("width", lambda given: 0.001 <= given["width"] <= 0.5, "must be 0.001 to 0.5"),
    ("timeout", lambda given: given["timeout"] > 0, "must be above 0"),
    ("drain", lambda given: 0 <= given["drain"] <= 60, "must be 0 to 60"),
    ("latency_seconds", lambda given: 0 <= given["latency_seconds"] <= 600, "must be 0 to 600"),
    ("burst_frames", lambda given: 0 <= given["burst_frames"] <= 1 << 22, "must be 0 to 4194304"),
    ("burst_searches", lambda given: 1 <= given["burst_searches"] <= 100, "must be 1 to 100"),
)


class ActionModule(ActionBase):  # type: ignore[misc, unused-ignore]
    """Runs on the controller; on the tester only what a trial needs."""

    _supports_check_mode = True
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """The task's result."""
        super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(_OPTIONS)
        try:
            _check(options)
            require_library()
            if self._task.check_mode:
                raise AnsibleActionSkip("in check mode nothing is sent, so there is nothing to tell")
            guest = str((task_vars or {}).get("inventory_hostname", ""))
            with progress_lines(options["progress_file"]) as follow:
                return {"changed": False, "measurement": self._measure(options, guest, follow)}
        except NfvError as error:
            return {"failed": True, "msg": str(error), **error.result()}

    def _measure(self, options: dict[str, t.Any], guest: str, follow: Tell) -> dict[str, t.Any]:
        where = (options["socket"], options["python"])
        tester = ResidentTester(self._command, *where, options["maximum_pps"], options["drain"])
        kept = tester.ping()
        effort = Effort(
            options["minimum_pps"],
            options["maximum_pps"],
            options["trial_seconds"],
            options["trials"],
            options["width"],
            options["timeout"],
        )
        subject = MeasurementSubject(options["variant"], options["turn"], kept["frame"])
        extent = Extent(effort, *(options[name] for name in ("latency_seconds", "burst_frames", "burst_searches")))
        head = f"{subject.variant}, turn {subject.turn}, frame {subject.frame}"

        def tell(line: str) -> None:
            display.v(f"{head}: {line}", host=guest)
            follow(f"{head}: {line}")

        return {**measure(tester, subject, extent, tell), "sizes": kept["sizes"]}

    def _command(self, line: str) -> tuple[int, str, str]:
        done = self._low_level_execute_command(line)
        return int(done.get("rc", 1)), str(done.get("stdout", "")), str(done.get("stderr", ""))


def _check(options: dict[str, t.Any]) -> None:
    for name, holds, rule in _RULES:
        if not holds(options):
            raise NfvError(ErrorCode.TRAFFIC_INVALID, name, "the rates cannot be searched", f"It {rule}.")
