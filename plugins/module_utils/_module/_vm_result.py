# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Converts plans and states to the data that modules return."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import format_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.change_set import adapter_facts
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import POWERED_ON

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import ChangeSet, Value, VmState
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane


def plain(value: Value) -> int | str | bool | None:
    """Converts the value of a setting: a set of CPUs becomes a list such as ``4-7``."""
    return format_cpu_list(value) if isinstance(value, tuple) else value


def changes_as_data(plan: ChangeSet) -> list[dict[str, t.Any]]:
    """Converts the changes of a plan; each has ``setting``, ``from``, ``to`` and ``power_off_needed``."""
    return [
        {
            "setting": change.setting,
            "from": plain(change.before),
            "to": plain(change.after),
            "power_off_needed": change.power_off_needed,
        }
        for change in plan.changes
    ]


def diff_of(plans: t.Iterable[ChangeSet]) -> list[dict[str, t.Any]]:
    """Returns the diff: for each VM that changes, its changed settings before and after."""
    return [
        {
            "before_header": plan.name,
            "after_header": plan.name,
            "before": {change.setting: plain(change.before) for change in plan.changes},
            "after": {change.setting: plain(change.after) for change in plan.changes},
        }
        for plan in plans
        if plan
    ]


def vm_result(
    state: VmState, plan: ChangeSet, dataplane: Dataplane | None, error: NfvError | None, check_mode: bool
) -> dict[str, t.Any]:
    """Returns what vm_dataplane reports about one VM. state: after the changes.

    ``reboot_required`` is true when the VM runs and changes wait for a power cycle, in check mode or after a failure.
    """
    running = state.power_state == POWERED_ON
    return {
        "moid": state.moid,
        "uuid": state.uuid,
        "changed": bool(plan) and error is None,
        "changes": changes_as_data(plan),
        "warnings": list(plan.warnings),
        "reboot_required": running and bool(plan.power_off_needed) and (check_mode or error is not None),
        "power_state": state.power_state,
        "adapters": adapter_facts(state, dataplane),
        "error": None if error is None else error_as_data(error),
    }


def error_as_data(error: NfvError) -> dict[str, t.Any]:
    """Converts an error: ``error_code``, ``message`` and its details."""
    return {**error.result(), "message": str(error)}
