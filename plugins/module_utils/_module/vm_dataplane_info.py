# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module vm_dataplane_info does: reads VMs and compares them with their descriptions."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, joined, listed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.change_set import (
    adapter_facts,
    conflicts,
    plan_vm,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.guest_address import management_address
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.matching import match_adapters
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import POWERED_ON
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import typed_errors
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.guest import wait_for_addresses
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import read_inventory
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import read_vms

from ._vm_requests import find_vm, read_requests, vm_not_found
from ._vm_result import changes_as_data, error_as_data, plain
from ._vsphere_run import require_libraries, run_info

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.guest_address import GuestState
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import Inventory
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import VmRecord

    from ._vm_requests import Request


def run(module: AnsibleModule) -> None:
    """Runs the module and exits."""
    require_libraries(module, module.params["required_libraries"])
    run_info(module, gather)


def gather(params: t.Mapping[str, t.Any], connection: Connection) -> dict[str, t.Any]:
    """Reads the VMs, waits for their addresses if asked to, and returns the result of the module.

    Raises NfvError for required objects that are missing, and for guests that have no address when the time is up.
    """
    requests = read_requests(params["vms"], params["dataplane"], needed=False)
    with (
        Client.open(connection, closed_for_writes=True) as client,
        typed_errors(connection.hostname, "failed to read the VMs"),
    ):
        inventory = read_inventory(
            client,
            params["datacenter"],
            with_uuids=any(request.by == "uuid" for request in requests),
            with_switches=any(request.dataplane is not None for request in requests),
        )
        _refuse_missing(params, inventory)
        found = [(request, find_vm(request, inventory)) for request in requests]
        records = read_vms(client, [managed for _request, managed in found if managed is not None], inventory)
        asked = [(request, records[managed._moId] if managed is not None else None) for request, managed in found]
        macs = {record.state.moid: _management_mac(request, record) for request, record in asked if record is not None}
        guests = {moid: record.guest for moid, record in records.items()}
        if params["wait_for_address"]:
            missing = [vm_not_found(request, params["datacenter"]) for request, record in asked if record is None]
            if missing:
                raise joined(missing)
            guests = _wait(client, records, macs, params["wait_for_address"])
    return {
        "vms": {
            record.state.name if record is not None else request.value: (
                _vm(request, record, management_address(guests[record.state.moid], macs[record.state.moid]), inventory)
                if record is not None
                else {"present": False}
            )
            for request, record in asked
        }
    }


def _refuse_missing(params: t.Mapping[str, t.Any], inventory: Inventory) -> None:
    place = f"datacenter {params['datacenter']}" if params["datacenter"] else "this vCenter"
    errors = [
        NfvError(
            ErrorCode.TEMPLATE_NOT_FOUND,
            name,
            f"no template has this name in {place}; it has {listed(sorted(inventory.templates), ', ') or 'none'}",
            "Create the template, or correct the name",
        )
        for name in params["required_templates"]
        if name not in inventory.templates
    ]
    errors += [
        NfvError(
            ErrorCode.NETWORK_NOT_FOUND,
            name,
            f"no port group has this name in {place}",
            "Create it, or correct the network of the adapters that name it",
        )
        for name in params["required_networks"]
        if name not in inventory.networks
    ]
    if errors:
        raise joined(errors, what="objects")


def _wait(
    client: Client, records: t.Mapping[str, VmRecord], macs: t.Mapping[str, str | None], seconds: int
) -> dict[str, GuestState]:
    """Waits for all guests at once. Raises NfvError: guest_no_address."""
    guests = wait_for_addresses(client, [record.managed for record in records.values()], macs, seconds)
    errors = [
        _no_address(records[moid].state.name, guest, seconds)
        for moid, guest in guests.items()
        if management_address(guest, macs[moid]) is None
    ]
    if errors:
        raise joined(errors)
    return guests


def _management_mac(request: Request, record: VmRecord) -> str | None:
    if request.dataplane is None:
        return None
    found = match_adapters(request.dataplane.adapters, record.state.adapters)
    adapter = found.get(request.dataplane.management_adapter.name)
    return adapter.mac if adapter is not None else None


def _no_address(name: str, guest: GuestState, seconds: int) -> NfvError:
    tools = "running" if guest.tools_running else "not running"
    return NfvError(
        ErrorCode.GUEST_ADDRESS_MISSING,
        name,
        f"the guest reported no address of the management adapter within {seconds} seconds; the VM is left"
        f" {guest.power_state}, and VMware Tools are {tools}",
        "Check the VM's console, its DHCP server and VMware Tools; the next run continues from here",
    )


def _vm(request: Request, record: VmRecord, address: str | None, inventory: Inventory) -> dict[str, t.Any]:
    state = record.state
    facts = {
        "present": True,
        "moid": state.moid,
        "uuid": state.uuid,
        "template": state.template,
        "power_state": state.power_state,
        "host": state.host,
        "guest_address": address,
        "tools_running": record.guest.tools_running,
        "firmware": state.firmware,
        "settings": {name: plain(value) for name, value in state.settings.items()},
        "adapters": adapter_facts(state, request.dataplane),
        "warnings": list(conflicts(state)),
        "differences": None,
        "reboot_required": None,
        "error": None,
    }
    if request.dataplane is not None:
        try:
            plan = plan_vm(state, request.dataplane, inventory.networks)
            facts["differences"] = changes_as_data(plan)
            facts["warnings"] = list(plan.warnings)
            facts["reboot_required"] = state.power_state == POWERED_ON and bool(plan.power_off_needed)
        except NfvError as error:
            facts["error"] = error_as_data(error)
    return facts
