# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What interrupt_evidence does: one sample of a kernel that forwards by interrupts, and what two samples prove."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.sample import parse_devices
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import report
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.evidence import take_sample
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.judgement import judge, judge_traffic

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
    with _shape("earlier", "is no sample of this module", "Give it the key sample of an earlier result."):
        rows = judge(params["earlier"], sample, cpus, coalescing=params["interrupt_coalescing"])
    with _shape("traffic", "is no result of traffic_probe", "Give it the key traffic of that module's result."):
        rows += judge_traffic(params["traffic"] or ())
    failures = [row.failure for row in rows if not row.holds]
    return {
        "sample": sample,
        "evidence": [dataclasses.asdict(row) for row in rows],
        "proved": bool(rows) and not failures,
        "failures": failures,
    }


@contextlib.contextmanager
def _shape(option: str, what: str, remedy: str) -> t.Iterator[None]:
    """Raises NfvError(value_not_allowed) where an option's value is of another shape."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        reason = f"{what}: {type(error).__name__}: {error}"
        raise NfvError(ErrorCode.VALUE_NOT_ALLOWED, option, reason, remedy) from error
