# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What interrupt_forwarding does: the kernel forwards by interrupts, or the guest is what it was before."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import format_cpu_list, parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import converge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.look import read_current
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.options import parse_desired
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.plan import (
    ROUNDS,
    plan_absent,
    plan_present,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.isolation import cpus

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.model import Forwarding


def run(module: AnsibleModule) -> None:
    """Ends the module: the guest is as its options say, or the module fails."""
    converge(module, lambda guest: decide(guest, module.params), rounds=ROUNDS)


def decide(guest: Guest, params: t.Mapping[str, t.Any]) -> Plan:
    """The plan for the module's options. Raises NfvError; see plan_present(), plan_absent() and parse_desired()."""
    if params["state"] == "absent":
        return plan_absent(read_current(guest, (), ()))
    desired = parse_desired(params)
    _check_cpus(guest, desired)
    return plan_present(desired, read_current(guest, desired.units, {one.mac for one in desired.adapters}))


def _check_cpus(guest: Guest, desired: Forwarding) -> None:
    online = parse_cpu_list(cpus.online(guest)) or ()
    missing = [cpu for cpu in desired.cpus if cpu not in online]
    if missing:
        raise NfvError(
            ErrorCode.CPUS_MISSING,
            f"CPU {format_cpu_list(missing)}",
            f"cannot take the adapters' interrupts: this guest has {cpus.online(guest)}; nothing was changed",
            "Bring the VM to its description first, or name other CPUs.",
        )
