# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guest_tuning does: a guest brought to the description of its data plane, all of its tuning in one plan."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, listed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest import tuning
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import converge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.isolation import tuned
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan

# tuned's earlier profile may have held kernel arguments that show only when it is gone.
_ROUNDS = 2


def run(module: AnsibleModule) -> None:
    """Ends the module: tuned as its options say, or refused."""
    converge(module, lambda guest: decide(guest, module.params), _ROUNDS)


def decide(guest: Guest, params: t.Mapping[str, t.Any]) -> Plan:
    """The plan for the module's options.

    Raises NfvError: description_invalid, what _guest.tuning.plan raises, and for a guest where nothing is left to do
    and no reboot is awaited, and that still differs: tuned_not_running, tuned_profile_replaced, tuning_not_in_effect.
    """
    asked = read_tuning(params)
    state, reboot = params["state"], params["reboot"]
    if asked.manages_tuned and state == tuning.PRESENT:
        tuned.wait_until_running(guest)
    plan = tuning.plan(guest, asked, state, reboot)
    differences, pending = plan.result["differences"], plan.result["pending"]
    if differences and not plan.changed and not pending:
        raise NfvError(
            ErrorCode(differences[0]["error_code"]),
            guest.value("/proc/sys/kernel/hostname") or "this guest",
            listed(difference["message"] for difference in differences),
            "Look at the guest's boot loader and kernel log.",
            {"differences": differences},
        )
    if pending and reboot == tuning.LATER:
        waiting = f"[{ErrorCode.REBOOT_REQUIRED}] not in force before a reboot: {' '.join(pending)}. Reboot the guest."
        plan = dataclasses.replace(plan, warnings=(*plan.warnings, waiting))
    return plan


def read_tuning(params: t.Mapping[str, t.Any]) -> tuning.Tuning:
    """The tuning that the options describe. Raises NfvError(description_invalid) with every problem's key path."""
    dataplane, problems = parse_dataplane(params["dataplane"], "dataplane")
    if dataplane is None:
        raise NfvError(ErrorCode.DESCRIPTION_INVALID, "dataplane", listed(problems), "Nothing was changed.")
    return tuning.Tuning.of(dataplane, params["tuned"])
