# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module vm_first_boot does: tells guests, before their first boot, what cloud-init reads."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, joined, listed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.first_boot.plan import plan_first_boot
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.matching import match_adapters
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.guest.parse import parse_guest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import typed_errors
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.guestinfo import (
    read_first_boots,
    write_first_boots,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import read_inventory

from ._vm_requests import find_vm, read_requests, vm_not_found
from ._vm_result import error_as_data
from ._vsphere_run import run_change

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.first_boot.model import FirstBootPlan
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.guest.model import GuestDescription
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import VmRecord

    from ._vm_requests import Request


def run(module: AnsibleModule) -> None:
    """Runs the module and exits."""
    run_change(module, tell)


def tell(params: t.Mapping[str, t.Any], connection: Connection, check_mode: bool) -> dict[str, t.Any]:
    """Writes what the guests are told; returns the result of the module.

    Raises NfvError before any change when a VM does not exist or cannot be told; and afterwards when VMs failed, with
    the result for each VM in its details.
    """
    requests = read_requests(params["vms"], None, needed=True)
    guests = read_guests(params["vms"])
    with (
        Client.open(connection, closed_for_writes=check_mode) as client,
        typed_errors(connection.hostname, "failed to read the VMs and tell their guests"),
    ):
        with_uuids = any(request.by == "uuid" for request in requests)
        inventory = read_inventory(client, params["datacenter"], with_uuids, with_templates=False)
        described = {}
        for request, guest in zip(requests, guests):
            managed = find_vm(request, inventory)
            if managed is None:
                raise vm_not_found(request, params["datacenter"])
            described[managed._moId] = (managed, request, guest)
        machines = {moid: managed for moid, (managed, _request, _guest) in described.items()}

        def mac_of(record: VmRecord) -> str | None:
            return _management_mac(described[record.state.moid][1], record)

        states, unreadable = read_first_boots(client, list(machines.values()), inventory, mac_of)
        if unreadable:
            raise joined(list(unreadable.values()))
        plans = _plan_all({moid: (states[moid], each[2]) for moid, each in described.items()}, check_mode)
        versions = {moid: state.change_version for moid, state in states.items()}
        errors = {} if client.closed_for_writes else write_first_boots(client, plans, machines, versions)
    return _result(plans, errors)


def read_guests(vms: t.Sequence[t.Mapping[str, t.Any]]) -> list[GuestDescription]:
    """Reads the descriptions without a connection. Raises NfvError: description_invalid, with every problem of each."""
    guests, problems = [], []
    holders: dict[str, str] = {}
    for entry in vms:
        name = str(entry.get("name") or entry.get("uuid") or entry.get("moid"))
        guest, found = parse_guest(entry["guest"], "guest")
        problems += [f"{name}: {problem}" for problem in found]
        if guest is None:
            continue
        guests.append(guest)
        for address in (str(ipaddress.ip_interface(each).ip) for each in guest.addresses):
            holder = holders.setdefault(address, name)
            if holder != name:
                problems.append(f"{name}: [{ErrorCode.ADDRESS_REPEATED}] guest.addresses: {address} is {holder}'s, too")
    if problems:
        raise NfvError(ErrorCode.DESCRIPTION_INVALID, "guest", listed(problems), "No connection was made")
    return guests


def _management_mac(request: Request, record: VmRecord) -> str | None:
    if request.dataplane is None:
        return None
    found = match_adapters(request.dataplane.adapters, record.state.adapters)
    adapter = found.get(request.dataplane.management_adapter.name)
    return adapter.mac if adapter is not None else None


def _plan_all(described: t.Mapping[str, tuple[t.Any, GuestDescription]], check_mode: bool) -> dict[str, FirstBootPlan]:
    plans, errors = {}, []
    for moid, (state, guest) in described.items():
        try:
            plans[moid] = plan_first_boot(state, guest, check_mode)
        except NfvError as error:
            errors.append(error)
    if errors:
        raise joined(errors)
    return plans


def _result(plans: t.Mapping[str, FirstBootPlan], errors: t.Mapping[str, NfvError]) -> dict[str, t.Any]:
    changed = [moid for moid, plan in plans.items() if plan and moid not in errors]
    result = {
        "changed": bool(changed),
        "diff": [
            {
                "before_header": plan.name,
                "after_header": plan.name,
                "before": dict(plan.before),
                "after": dict(plan.after),
            }
            for plan in (plans[moid] for moid in changed)
        ],
        "vms": {
            plan.name: {
                "moid": moid,
                "changed": moid in changed,
                **plan.after,
                "error": error_as_data(errors[moid]) if moid in errors else None,
            }
            for moid, plan in plans.items()
        },
    }
    if errors:
        raise joined(list(errors.values()), result)
    return result
