# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module vm_cpu_info does: reads what hosts measured of the CPUs of VMs."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import typed_errors
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.cpu_counters import (
    INTERVAL_SECONDS,
    CpuRecord,
    read_cpu_records,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import read_inventory

from ._vm_requests import find_vm, read_requests, vm_not_found
from ._vm_result import error_as_data
from ._vsphere_run import run_info

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

KNOWN: t.Final = "known"
UNKNOWN: t.Final = "unknown"
_LONGEST: t.Final = 3600


def run(module: AnsibleModule) -> None:
    """Runs the module and exits."""
    run_info(module, gather_cpu)


def gather_cpu(params: t.Mapping[str, t.Any], connection: Connection) -> dict[str, t.Any]:
    """Returns the result of the module. Raises NfvError: value_out_of_range, vm_not_found, vm_not_unique."""
    seconds = params["seconds"]
    if not INTERVAL_SECONDS <= seconds <= _LONGEST:
        raise NfvError(
            ErrorCode.VALUE_OUT_OF_RANGE,
            "seconds",
            f"must be from {INTERVAL_SECONDS} to {_LONGEST}, not {seconds}: hosts keep an hour of samples",
            "No connection was made",
        )
    requests = read_requests(params["vms"], None, needed=False)
    with (
        Client.open(connection, closed_for_writes=True) as client,
        typed_errors(connection.hostname, "failed to read the CPU counters of VMs"),
    ):
        inventory = read_inventory(client, params["datacenter"], any(request.by == "uuid" for request in requests))
        machines = {}
        for request in requests:
            managed = find_vm(request, inventory)
            if managed is None:
                raise vm_not_found(request, params["datacenter"])
            machines[managed._moId] = managed
        records, errors = read_cpu_records(client, list(machines.values()), seconds)
    vms = {record.name: {"moid": moid, **cpu_as_data(record)} for moid, record in records.items()}
    vms.update({error.subject: {"moid": moid, **_unreadable(error)} for moid, error in errors.items()})
    return {"vms": vms}


def cpu_as_data(record: CpuRecord) -> dict[str, t.Any]:
    """What is returned for a VM beside its ID."""
    reason = _reason(record)
    return {
        "state": KNOWN if reason is None else UNKNOWN,
        "reason": reason,
        "power_state": record.power_state,
        "cpus": record.cpus,
        "samples": [dataclasses.asdict(each) for each in record.samples],
        "error": None,
    }


def _reason(record: CpuRecord) -> str | None:
    """Why something is not known; None when everything is."""
    if record.power_state != "poweredOn":
        return f"the VM is {record.power_state or 'in an unknown power state'}, so its host measures nothing"
    if not record.samples:
        return (
            f"vCenter has no samples of it: its host measures every {INTERVAL_SECONDS} s and may not have yet, or"
            " does not report to vCenter"
        )
    if record.missing:
        return f"vCenter has no values of {', '.join(record.missing)}"
    return None


def _unreadable(error: NfvError) -> dict[str, t.Any]:
    return {
        "state": UNKNOWN,
        "reason": error.attempted,
        "power_state": None,
        "cpus": None,
        "samples": [],
        "error": error_as_data(error),
    }
