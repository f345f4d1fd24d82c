# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module vm_dataplane_info does: VMs as they are, compared with their descriptions where there are any."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, joined
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.adapters import match_adapters
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.guest_address import management_address
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import POWERED_ON
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.plan import adapter_facts, conflicts, plan_vm
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import typed_errors
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tasks import watch
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm import result
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import (
    GUEST_PROPERTIES,
    guest_state,
    plain_name,
    read_inventory,
    read_vms,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.select import (
    find_vm,
    read_requests,
    vm_not_found,
)

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.guest_address import GuestState
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Properties
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import Inventory, VmRecord
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.select import Request


def gather(params: t.Mapping[str, t.Any], connection: Connection) -> dict[str, t.Any]:
    """Reads the VMs of ``params``, waits for their addresses if asked to, and returns the module's result.

    Raises NfvError for what is required and missing, and for guests without an address when the time is up.
    """
    requests = read_requests(params["vms"], params["dataplane"], needed=False)
    with (
        Client.open(connection, closed_for_writes=True) as client,
        typed_errors(connection.hostname, "the VMs were to be read"),
    ):
        inventory = read_inventory(client, params["datacenter"], any(request.by == "uuid" for request in requests))
        _require(params, inventory)
        found = {request.value: find_vm(request, inventory) for request in requests}
        records = read_vms(client, [managed for managed in found.values() if managed is not None], inventory)
        asked = {
            request.value: (request, records.get(found[request.value]._moId) if found[request.value] else None)
            for request in requests
        }
        addresses = _addresses(client, asked, params["wait_for_address"], params["datacenter"])
    return {
        "vms": {
            record.state.name if record else name: _vm(request, record, addresses.get(name), inventory)
            for name, (request, record) in asked.items()
        }
    }


def _require(params: t.Mapping[str, t.Any], inventory: Inventory) -> None:
    place = f"datacenter {params['datacenter']}" if params["datacenter"] else "this vCenter"
    templates = {
        plain_name(properties.get("name", ""))
        for _each, properties in inventory.vms
        if properties.get("config.template")
    }
    errors = [
        NfvError(
            ErrorCode.TEMPLATE_NOT_FOUND,
            name,
            f"no template of this name is in {place}; there are {', '.join(sorted(templates)) or 'none'}",
            "Make it, or correct the name",
        )
        for name in params["required_templates"]
        if name not in templates
    ]
    errors += [
        NfvError(
            ErrorCode.NETWORK_NOT_FOUND,
            name,
            f"no port group of this name is in {place}",
            "Create it, or correct the network of the adapters that name it",
        )
        for name in params["required_networks"]
        if name not in inventory.networks
    ]
    if errors:
        raise joined(errors, what="objects")


def _addresses(
    client: Client,
    asked: t.Mapping[str, tuple[Request, VmRecord | None]],
    seconds: int,
    datacenter: str | None,
) -> dict[str, str | None]:
    """The guests' addresses by the VMs' names as asked for; with seconds, waits for all of them at once."""
    records = {name: record for name, (_request, record) in asked.items() if record is not None}
    names = {record.state.moid: name for name, record in records.items()}
    guests = {name: record.guest for name, record in records.items()}
    macs = {name: _management_mac(asked[name][0], record) for name, record in records.items()}
    if seconds:
        missing = [vm_not_found(request, datacenter) for request, record in asked.values() if record is None]
        if missing:
            raise joined(missing)

        def done(moid: str, properties: Properties) -> bool:
            return bool(properties) and management_address(guest_state(properties), macs[names[moid]]) is not None

        seen = watch(
            client,
            vim.VirtualMachine,
            [record.managed for record in records.values()],
            GUEST_PROPERTIES,
            done,
            seconds,
        )
        guests = {names[moid]: guest_state(properties) for moid, properties in seen.items()}
    addresses = {name: management_address(guest, macs[name]) for name, guest in guests.items()}
    if seconds and None in addresses.values():
        raise joined(
            [_no_address(name, guests[name], seconds) for name, address in addresses.items() if address is None]
        )
    return addresses


def _management_mac(request: Request, record: VmRecord) -> str | None:
    if request.dataplane is None:
        return None
    found = match_adapters(request.dataplane.adapters, record.state.adapters)
    adapter = found.get(request.dataplane.management_adapter.name)
    return adapter.mac if adapter is not None else None


def _no_address(name: str, guest: GuestState, seconds: int) -> NfvError:
    tools = "run" if guest.tools_running else "do not run"
    return NfvError(
        ErrorCode.GUEST_ADDRESS_MISSING,
        name,
        f"its guest has reported no address of the management adapter for {seconds} seconds; the VM is"
        f" {guest.power_state} and stays so, VMware Tools {tools}",
        "Look at the VM's console, its DHCP server and its tools; the next run goes on from here",
    )


def _vm(request: Request, record: VmRecord | None, address: str | None, inventory: Inventory) -> dict[str, t.Any]:
    if record is None:
        return {"present": False}
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
        "settings": {name: result.plain(value) for name, value in state.settings.items()},
        "adapters": adapter_facts(state, request.dataplane),
        "warnings": list(conflicts(state)),
        "differences": None,
        "reboot_required": None,
        "error": None,
    }
    if request.dataplane is not None:
        try:
            plan = plan_vm(state, request.dataplane, inventory.networks)
            facts["differences"] = result.changes(plan)
            facts["warnings"] = list(plan.warnings)
            facts["reboot_required"] = state.power_state == POWERED_ON and bool(plan.power_off_needed)
        except NfvError as error:
            facts["error"] = {**error.result(), "message": str(error)}
    return facts
