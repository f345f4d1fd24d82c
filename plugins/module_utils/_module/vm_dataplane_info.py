# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module vm_dataplane_info does: reads VMs and compares them with their descriptions."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, joined, listed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.progress import progress_file
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
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.question import question_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.guest import guest_state, wait_for_addresses
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import read_inventory
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import VmRecord, read_each

from ._vm_requests import find_vm, read_requests, vm_not_found
from ._vm_result import changes_as_data, error_as_data, plain
from ._vsphere_run import require_libraries, run_info

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.guest_address import GuestState
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.question import Question
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import Inventory

    from ._vm_requests import Request

_NO_WAIT: t.Final = "yet, and check mode does not wait for one"


def run(module: AnsibleModule) -> None:
    """Runs the module and exits."""
    require_libraries(module, module.params["required_libraries"])
    run_info(module, functools.partial(gather, check_mode=module.check_mode))


def gather(params: t.Mapping[str, t.Any], connection: Connection, check_mode: bool = False) -> dict[str, t.Any]:
    """Reads the VMs, waits for their addresses if asked to, and returns the result of the module.

    check_mode: look for the addresses once instead of waiting.

    Raises NfvError for required objects that are missing, and for guests that have no address when the time is up.
    """
    requests = read_requests(params["vms"], params["dataplane"], needed=False)
    with (
        progress_file(params.get("progress_file")) as progress,
        Client.open(connection, closed_for_writes=True, progress=progress) as client,
        typed_errors(connection.hostname, "failed to read the VMs"),
    ):
        inventory = read_inventory(
            client,
            params["datacenter"],
            with_uuids=any(request.by == "uuid" for request in requests),
            with_templates=bool(params["required_templates"]),
            with_names=bool(params["required_templates"]) or any(request.by == "name" for request in requests),
            with_switches=any(request.dataplane is not None for request in requests),
        )
        _refuse_missing(params, inventory)
        found = [(request, find_vm(request, inventory)) for request in requests]
        machines = [managed for _request, managed in found if managed is not None]
        records, errors = read_each(client, machines, inventory, VmRecord.without_devices)
        guests = {moid: record.guest for moid, record in records.items()}
        if params["wait_for_address"]:
            missing = [vm_not_found(request, params["datacenter"]) for request, managed in found if managed is None]
            if missing or errors:
                raise joined([*missing, *errors.values()])
            macs = {managed._moId: _management_mac(request, records[managed._moId]) for request, managed in found}
            if check_mode:
                _look_once(records, macs)
            else:
                guests = _wait(client, records, macs, params["wait_for_address"])
    vms: dict[str, dict[str, t.Any]] = {}
    for request, managed in found:
        if managed is None:
            vms[request.value] = {"present": False}
        elif managed._moId in records:
            record = records[managed._moId]
            vms[record.state.name] = _vm(request, record, guests[managed._moId], inventory)
        else:
            vms[errors[managed._moId].subject] = _unreadable(managed._moId, errors[managed._moId])
    templates = {name: _template(name, inventory) for name in params["required_templates"]}
    return {"vms": vms, "templates": templates, "vcenter": client.product}


def _template(name: str, inventory: Inventory) -> str | None:
    """The managed object ID of the template of this name; None when several objects have it."""
    found = inventory.vms_by["name"][name]
    return str(found[0]._moId) if len(found) == 1 else None


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
    """Waits for all guests at once.

    Raises NfvError: guest_address_missing, vm_question_pending, and property_malformed for what is no address.
    """
    reported = wait_for_addresses(client, [record.managed for record in records.values()], macs, seconds)
    guests, errors = {}, []
    for moid, properties in reported.items():
        name = records[moid].state.name
        try:
            guests[moid], question = guest_state(properties), question_of(properties)
            _require_address(name, guests[moid], macs[moid], question, f"within {seconds} seconds")
        except NfvError as error:
            errors.append(error)
    if errors:
        raise joined(errors)
    return guests


def _look_once(records: t.Mapping[str, VmRecord], macs: t.Mapping[str, str | None]) -> None:
    """Raises NfvError for guests that have no address yet: check mode waits for none."""
    errors = []
    for moid, record in records.items():
        try:
            _require_address(record.state.name, record.guest, macs[moid], record.question, _NO_WAIT)
        except NfvError as error:
            errors.append(error)
    if errors:
        raise joined(errors)


def _require_address(name: str, guest: GuestState, mac: str | None, question: Question | None, when: str) -> None:
    if management_address(guest, mac, name) is None:
        asked = question.error(name, "failed to wait for the guest's address") if question else None
        raise asked or _no_address(name, guest, when)


def _management_mac(request: Request, record: VmRecord) -> str | None:
    if request.dataplane is None:
        return None
    found = match_adapters(request.dataplane.adapters, record.state.adapters)
    adapter = found.get(request.dataplane.management_adapter.name)
    return adapter.mac if adapter is not None else None


def _no_address(name: str, guest: GuestState, when: str) -> NfvError:
    tools = "running" if guest.tools_running else "not running"
    return NfvError(
        ErrorCode.GUEST_ADDRESS_MISSING,
        name,
        f"the guest reported no address of the management adapter {when}; the VM is left"
        f" {guest.power_state}, and VMware Tools are {tools}",
        "Check the VM's console, its DHCP server and VMware Tools; the next run continues from here",
    )


def _unreadable(moid: str, error: NfvError) -> dict[str, t.Any]:
    """What is returned for a VM that is there and cannot be read: every key that playbooks ask for, and why."""
    nothing = dict.fromkeys(
        ("uuid", "template", "power_state", "host", "guest_address", "tools_running", "firmware", "question")
    )
    unknown = dict.fromkeys(("differences", "reboot_required"))
    empty: dict[str, t.Any] = {"settings": {}, "adapters": [], "warnings": []}
    return {
        "present": True,
        "readable": False,
        "moid": moid,
        **nothing,
        **empty,
        **unknown,
        "error": error_as_data(error),
    }


def _vm(request: Request, record: VmRecord, guest: GuestState, inventory: Inventory) -> dict[str, t.Any]:
    state = record.state
    facts = {
        "present": True,
        "readable": True,
        "moid": state.moid,
        "uuid": state.uuid,
        "template": state.template,
        "power_state": state.power_state,
        "host": state.host,
        "guest_address": None,
        "tools_running": record.guest.tools_running,
        "firmware": state.firmware,
        "question": record.question and dataclasses.asdict(record.question),
        "settings": {name: plain(value) for name, value in state.settings.items()},
        "adapters": adapter_facts(state, request.dataplane),
        "warnings": list(conflicts(state)),
        "differences": None,
        "reboot_required": None,
        "error": None,
    }
    errors = []
    if request.dataplane is not None:
        try:
            plan = plan_vm(state, request.dataplane, inventory.networks)
            facts["differences"] = changes_as_data(plan)
            facts["warnings"] = list(plan.warnings)
            facts["reboot_required"] = state.power_state == POWERED_ON and bool(plan.power_off_needed)
        except NfvError as error:
            errors.append(error)
    try:
        facts["guest_address"] = management_address(guest, _management_mac(request, record), state.name)
    except NfvError as error:
        errors.append(error)
    if errors:
        facts["error"] = error_as_data(joined(errors, what=f"problems of {state.name}"))
    return facts
