# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module vm_dataplane does: brings a fleet of VMs to their descriptions."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, joined
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.progress import progress_file
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.change_set import plan_release, plan_vm, predict
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import (
    POWERED_OFF,
    POWERED_ON,
    PlanOptions,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import ADAPTERS, ALL
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import typed_errors
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.apply import apply_plans
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.config_spec import config_spec
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.fleet import Outcome
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import read_inventory
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.power import WITH_FORCE, Shutdown
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import read_vms

from ._vm_requests import (
    find_vm,
    read_requests,
    vm_not_found,
)
from ._vm_result import diff_of, vm_result
from ._vsphere_run import run_change

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import ChangeSet
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import Inventory
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import VmRecord

    from ._vm_requests import Request


def run(module: AnsibleModule) -> None:
    """Runs the module and exits."""
    run_change(module, converge)


def converge(
    params: t.Mapping[str, t.Any], connection: Connection, check_mode: bool, scope: str = ALL
) -> dict[str, t.Any]:
    """Brings the VMs of ``params`` to their descriptions; returns the result of the module.

    scope: what of the descriptions is carried out, one of ``_spec.model.SECTIONS``.

    Raises NfvError before any change when a VM does not exist, lacks what its description needs, or needs a consent
    that was not given; and afterwards when VMs failed, with the result for each VM in its details. A VM that fails
    while it is being changed stops no other.
    """
    releasing = params["state"] == "absent"
    requests = read_requests(params["vms"], params["dataplane"], needed=not releasing, scope=scope)
    options = PlanOptions(
        scope,
        params.get("hardware_upgrade") == "when_needed",
        bool(params.get("remove_unmanaged_adapters")),
        bool(params.get("replace_sriov_adapters")),
    )
    with (
        progress_file(params.get("progress_file")) as progress,
        Client.open(connection, closed_for_writes=check_mode, progress=progress) as client,
        typed_errors(connection.hostname, "failed to read and reconfigure the VMs"),
    ):
        inventory = read_inventory(
            client,
            params["datacenter"],
            with_uuids=any(request.by == "uuid" for request in requests),
            with_templates=False,
            with_names=any(request.by == "name" for request in requests),
            with_udp_rss=_asks_for_udp_rss(requests),
            with_switches=scope in (ALL, ADAPTERS),
        )
        descriptions = _select(requests, inventory, params["datacenter"])

        def plan(record: VmRecord) -> ChangeSet:
            dataplane = descriptions[record.state.moid][1]
            if releasing or dataplane is None:
                return plan_release(record.state, dataplane, options)
            return plan_vm(record.state, dataplane, inventory.networks, options)

        def permitted(record: VmRecord) -> ChangeSet:
            planned = plan(record)
            if planned and record.question is not None:
                raise record.question.error(record.state.name, "failed to reconfigure the VM")
            _refuse_power(record, planned, consent=check_mode or params["power_cycle"] == "when_needed")
            return planned

        machines = [managed for managed, _dataplane in descriptions.values()]
        records, plans = _plan_all(client, machines, inventory, permitted)
        outcome = (
            _predicted(records, plans)
            if client.closed_for_writes
            else apply_plans(client, inventory, records, plans, permitted, shutdown_of(params))
        )
    wanted = {moid: dataplane for moid, (_managed, dataplane) in descriptions.items()}
    return _result(outcome, wanted, check_mode)


def _asks_for_udp_rss(requests: t.Iterable[Request]) -> bool:
    described = (request.dataplane for request in requests if request.dataplane is not None)
    return any(adapter.udp_rss for dataplane in described for adapter in dataplane.adapters)


def _select(
    requests: t.Sequence[Request], inventory: Inventory, datacenter: str | None
) -> dict[str, tuple[t.Any, Dataplane | None]]:
    """Finds the VMs: each as vim.VirtualMachine with its description, by moid."""
    selected: dict[str, tuple[t.Any, Dataplane | None]] = {}
    errors = []
    for request in requests:
        try:
            managed = find_vm(request, inventory)
        except NfvError as error:
            errors.append(error)
            continue
        if managed is None:
            errors.append(vm_not_found(request, datacenter))
        elif managed._moId in selected:
            errors.append(
                NfvError(ErrorCode.VM_REPEATED, request.value, "the option vms names this VM twice", "Name it once")
            )
        else:
            selected[managed._moId] = (managed, request.dataplane)
    if errors:
        raise joined(errors)
    return selected


def _plan_all(
    client: Client, machines: t.Sequence[t.Any], inventory: Inventory, plan: t.Callable[[VmRecord], ChangeSet]
) -> tuple[dict[str, VmRecord], dict[str, ChangeSet]]:
    """Reads and plans every VM, a page at a time, and keeps the devices only of those that will change.

    Raises NfvError before any change when one of them cannot be read, or cannot be changed as planned.
    """
    plans: dict[str, ChangeSet] = {}
    errors = []

    def planned(record: VmRecord) -> VmRecord:
        try:
            plans[record.state.moid] = made = plan(record)
            config_spec(client, record, made)
        except NfvError as error:
            errors.append(error)
            return record
        return record if made else record.without_devices()

    records = read_vms(client, machines, inventory, planned)
    if errors:
        raise joined(errors)
    return records, plans


def _refuse_power(record: VmRecord, plan: ChangeSet, consent: bool) -> None:
    state = record.state
    if plan and state.power_state not in (POWERED_ON, POWERED_OFF):
        raise NfvError(
            ErrorCode.POWER_STATE_WRONG,
            state.name,
            f"a VM that is {state.power_state} cannot be reconfigured",
            "Power it on or off first",
        )
    if plan.power_off_needed and state.power_state == POWERED_ON and not consent:
        raise NfvError(
            ErrorCode.POWER_OFF_NEEDED,
            state.name,
            f"it is powered on, and these settings need a power cycle: {', '.join(plan.power_off_needed)}",
            "Nothing was changed. Set power_cycle to when_needed to allow it, or power off the VM first",
        )


def _predicted(records: t.Mapping[str, VmRecord], plans: t.Mapping[str, ChangeSet]) -> Outcome:
    """Returns the outcome that the plans would have."""
    changed = {moid for moid, plan in plans.items() if plan}
    after = {
        moid: dataclasses.replace(records[moid], state=predict(records[moid].state, plans[moid])) for moid in changed
    }
    return Outcome({**records, **after}, dict(plans), changed=changed)


def shutdown_of(params: t.Mapping[str, t.Any]) -> Shutdown:
    """Reads the options for powering off."""
    seconds, force = params.get("shutdown_timeout"), params.get("force_power_off")
    return Shutdown(WITH_FORCE.seconds if seconds is None else seconds, force is not False)


def _result(outcome: Outcome, descriptions: t.Mapping[str, Dataplane | None], check_mode: bool) -> dict[str, t.Any]:
    result = {
        "changed": bool(outcome.changed),
        "diff": diff_of(plan for moid, plan in outcome.plans.items() if moid in outcome.changed),
        "vms": {
            outcome.records[moid].state.name: {
                **vm_result(
                    outcome.records[moid].state, plan, descriptions[moid], outcome.errors.get(moid), check_mode
                ),
                "changed": moid in outcome.changed,
            }
            for moid, plan in outcome.plans.items()
        },
    }
    if outcome.errors:
        raise joined(list(outcome.errors.values()), result)
    return result
