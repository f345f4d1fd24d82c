# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guest_sampler does: one process that samples the guest while trials run, or its samples."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.sample import parse_devices
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import converge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.sampling import (
    plan_absent,
    plan_started,
    plan_stopped,
    settings_text,
)

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan

_SHORTEST: t.Final = 0.01


def run(module: AnsibleModule) -> None:
    """Ends the module: the sampler runs, or has ended and its samples are returned; or the module fails."""
    converge(module, lambda guest: decide(guest, module.params))


def decide(guest: Guest, params: t.Mapping[str, t.Any]) -> Plan:
    """The plan for the module's options. Raises NfvError: device_invalid, value_not_allowed."""
    if params["state"] == "stopped":
        return plan_stopped(guest)
    if params["state"] == "absent":
        return plan_absent(guest)
    if not _SHORTEST <= params["interval"] < params["timeout"]:
        raise NfvError(
            ErrorCode.VALUE_NOT_ALLOWED,
            "interval",
            f"must be from {_SHORTEST:g} s to less than timeout, not {params['interval']:g} s",
        )
    devices = {one.name: one.pci_address for one in parse_devices(params["devices"])}
    return plan_started(guest, settings_text(guest, devices, params["unit"], params["interval"], params["timeout"]))
