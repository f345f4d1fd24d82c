# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters for the results of modules about VMs; documented in the YAML files beside this one."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.removal import refuse_other_vm
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.fleet import networks
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.filters import Filters, typed

Result = t.Mapping[str, t.Any]


def vm_failure(result: Result, vm: str, created: bool = False) -> str:
    """Why vm_dataplane did not bring a VM to its description; empty when it did."""
    if "vms" not in result:
        # Refused before any change, for all VMs.
        message = result.get("msg") or f"[{ErrorCode.MODULE_FAILED}] {vm}: the module returned no result; run with -vvv"
    elif (error := result["vms"][vm]["error"]) is not None:
        message = error["message"]
    else:
        return ""
    left = "The VM was created in this run and stays powered off; the next run continues from here"
    return f"{message.rstrip('.')}. {left}" if created else message


def vm_adapters(result: Result, vm: str) -> list[dict[str, t.Any]]:
    """The adapters of a VM that its description names, in its order."""
    return [adapter for adapter in result["vms"][vm]["adapters"] if adapter["name"]]


def vm_removal_problem(found: Result, vm: str, dataplane: t.Mapping[str, t.Any], uuid: str | None = None) -> str:
    """Why the VM that vm_dataplane_info found by this name must not be deleted; empty when it may be."""
    try:
        refuse_other_vm(vm, found, networks([{"name": vm, "dataplane": dataplane}]), uuid)
    except NfvError as error:
        return str(error)
    return ""


class FilterModule:
    """The filters of this file by name."""

    def filters(self) -> Filters:
        return typed(
            {
                "vm_adapters": vm_adapters,
                "vm_failure": vm_failure,
                "vm_removal_problem": vm_removal_problem,
            }
        )
