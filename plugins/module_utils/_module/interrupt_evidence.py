# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What interrupt_evidence does: one sample of a kernel that forwards by interrupts, and what two samples prove."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.sample import parse_devices
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import report
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.evidence import take_sample
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.judgement import judge

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest


def run(module: AnsibleModule) -> None:
    """Ends the module with the sample, and with what it proves together with an earlier one."""
    report(module, lambda guest: observe(guest, module.params))


def observe(guest: Guest, params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The module's result. Raises NfvError: device_invalid, value_not_allowed."""
    cpus = parse_cpu_list(params["cpus"] or "")
    if cpus is None:
        raise NfvError(ErrorCode.VALUE_NOT_ALLOWED, "cpus", f"must be a list of CPUs such as 2-3, not {params['cpus']}")
    devices = [(one.name, one.pci_address, one.mac) for one in parse_devices(params["devices"])]
    sample = take_sample(guest, devices)
    if params["earlier"] is None:
        return {"sample": sample}
    try:
        rows = judge(params["earlier"], sample, cpus, coalescing=params["interrupt_coalescing"])
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise NfvError(
            ErrorCode.VALUE_NOT_ALLOWED,
            "earlier",
            f"is no sample of this module: {type(error).__name__}: {error}",
            "Give it the key sample of an earlier result.",
        ) from error
    proved = bool(rows) and all(row.holds for row in rows)
    return {"sample": sample, "evidence": [dataclasses.asdict(row) for row in rows], "proved": proved}
