# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The VMs that a module is asked about, and their descriptions."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, listed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import ALL
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import Inventory


@dataclasses.dataclass(frozen=True)
class Request:
    """One VM as a module was asked about it."""

    by: str
    """What identifies the VM: ``name``, ``uuid`` or ``moid``."""
    value: str
    """The name, UUID or managed object ID."""
    dataplane: Dataplane | None
    """The VM's description, None when it has none."""


def read_requests(
    vms: t.Sequence[t.Mapping[str, t.Any]], default: t.Any, needed: bool, scope: str = ALL
) -> list[Request]:
    """Reads the option ``vms`` without a connection.

    default: the description of VMs that have none of their own; needed: whether every VM must have a description;

    scope: what the descriptions are read for, one of ``_spec.model.SECTIONS``.

    Raises NfvError: description_invalid, with every problem of every description.
    """
    requests, problems = [], []
    last: t.Any = None
    dataplane: Dataplane | None = None
    found: t.Sequence[t.Any] = ()
    for index, entry in enumerate(vms):
        by = next((key for key in ("moid", "uuid", "name") if entry.get(key)), None)
        if by is None:
            # Ansible itself takes an empty text for a value.
            problems.append(f"vms[{index}]: [{ErrorCode.KEY_MISSING}] name: is empty; give name, uuid or moid")
            continue
        raw = entry.get("dataplane") if entry.get("dataplane") is not None else default
        if raw is None:
            if needed:
                problems.append(f"{entry[by]}: [key_missing] dataplane: is missing and has no default")
            requests.append(Request(by, entry[by], None))
            continue
        if raw is not last:  # most fleets have one description for all
            last, (dataplane, found) = raw, parse_dataplane(raw, "dataplane", scope)
        problems += [f"{entry[by]}: {problem}" for problem in found]
        requests.append(Request(by, entry[by], dataplane))
    if problems:
        raise NfvError(ErrorCode.DESCRIPTION_INVALID, "dataplane", listed(problems), "No connection was made")
    return requests


def find_vm(request: Request, inventory: Inventory) -> t.Any:
    """Returns the VM (vim.VirtualMachine), or None when it does not exist. Raises NfvError: vm_not_unique."""
    wanted = request.value.lower() if request.by == "uuid" else request.value
    found = inventory.vms_by[request.by].get(wanted, ())
    if len(found) > 1:
        raise NfvError(
            ErrorCode.VM_NOT_UNIQUE,
            request.value,
            f"{len(found)} VMs have this {request.by}: {listed((each._moId for each in found), ', ')}",
            "Identify the VM by moid, or set datacenter",
        )
    return found[0] if found else None


def vm_not_found(request: Request, datacenter: str | None) -> NfvError:
    """Returns the error for a VM that must exist and does not."""
    place = f"datacenter {datacenter}" if datacenter else "this vCenter"
    return NfvError(
        ErrorCode.VM_NOT_FOUND,
        request.value,
        f"no VM has this {request.by} in {place}",
        "Create it first, or correct the name",
    )
