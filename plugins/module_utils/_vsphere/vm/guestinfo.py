# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and writes what a VM and its guest tell each other: the advanced settings guestinfo.*."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.first_boot.host_keys import host_keys
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.first_boot.model import KEYS, FirstBootState
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.naming import name_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.question import QUESTION, question_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tasks import (
    call_all,
    wait_for_tasks,
    watch,
)

from .read import each_of, vm_paths, vm_record

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.first_boot.model import FirstBootPlan
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Properties
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tasks import Call, Seen

    from .inventory import Inventory
    from .read import VmRecord

# What is followed while a guest makes its keys; all of it is among what is read of every VM (vm_paths).
_PROPERTIES: t.Final = ("name", "config.uuid", "config.template", "config.extraConfig", "runtime.powerState")
_NAMES: t.Final = {key.lower(): key for key in KEYS}


def read_first_boots(
    client: Client, managed: t.Sequence[t.Any], inventory: Inventory, mac_of: t.Callable[[VmRecord], str | None]
) -> tuple[dict[str, FirstBootState], dict[str, NfvError]]:
    """Reads VMs (vim.VirtualMachine) in one batch. Returns them, and the errors of those that cannot be read, by moid.

    mac_of: returns the MAC address of a VM's management adapter.
    """
    return each_of(
        client,
        managed,
        vm_paths(inventory.api_version),
        lambda each, properties: first_boot_state(each, properties, mac_of(vm_record(each, properties, inventory))),
        vim.vm.device.VirtualEthernetCard,
    )


def first_boot_state(managed: t.Any, properties: Properties, mac: str | None = None) -> FirstBootState:
    """Converts a VM. Keys count in any case, as ESXi reads them."""
    guestinfo = {
        _NAMES[option.key.lower()]: str(option.value)
        for option in properties.get("config.extraConfig") or ()
        if option.key.lower() in _NAMES and option.value
    }
    return FirstBootState(
        name=name_of(managed, properties),
        uuid=properties.get("config.uuid", ""),
        power_state=str(properties.get("runtime.powerState", "")),
        template=bool(properties.get("config.template")),
        mac=mac or None,
        guestinfo=guestinfo,
        change_version=properties.get("config.changeVersion", ""),
    )


def write_first_boots(
    client: Client,
    plans: t.Mapping[str, FirstBootPlan],
    machines: t.Mapping[str, t.Any],
    change_versions: t.Mapping[str, str],
) -> dict[str, NfvError]:
    """Reconfigures the VMs of all plans that are not empty, together; returns the errors by moid.

    change_versions: the configurations that were planned from; vSphere refuses another one (object_changed).
    """
    calls: dict[str, Call] = {
        moid: (machines[moid].ReconfigVM_Task, {"spec": _spec(plan, change_versions[moid])})
        for moid, plan in plans.items()
        if plan
    }
    names = {moid: plan.name for moid, plan in plans.items()}
    attempted = "failed to tell the VM's guest its first boot"
    tasks, errors = call_all(client, calls, names, attempted)
    return {**errors, **wait_for_tasks(client, tasks, names, attempted, {moid: machines[moid] for moid in tasks})}


def _spec(plan: FirstBootPlan, change_version: str) -> t.Any:
    # An empty value removes the key.
    options = [vim.option.OptionValue(key=key, value=value or "") for key, value in plan.settings.items()]
    return vim.vm.ConfigSpec(changeVersion=change_version, extraConfig=options)


def wait_for_host_keys(client: Client, machines: t.Sequence[t.Any], seconds: float) -> dict[str, FirstBootState]:
    """Waits until every guest has said its host keys, or the time is up. Returns the VMs by moid.

    A VM is not waited for that asks a question, or whose guest says what is no key.
    """
    by_moid = {each._moId: each for each in machines}

    def decided(moid: str, properties: Properties) -> bool:
        try:
            keys = host_keys(first_boot_state(by_moid[moid], properties))
        except NfvError:
            return True
        return keys is not None or question_of(properties) is not None

    def done(seen: Seen) -> list[str]:
        return [moid for moid, properties in seen.items() if decided(moid, properties)]

    seen = watch(client, machines, {vim.VirtualMachine: (*_PROPERTIES, QUESTION)}, done, seconds)
    return {moid: first_boot_state(by_moid[moid], properties) for moid, properties in seen.items()}
