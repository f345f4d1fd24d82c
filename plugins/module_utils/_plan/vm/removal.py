# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a VM that was found by its name is the one to delete."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

_UNTOUCHED: t.Final = "Nothing was deleted"


def refuse_other_vm(
    name: str, found: t.Mapping[str, t.Any], networks: t.Collection[str], uuid: str | None = None
) -> None:
    """Raises NfvError unless the VM may be deleted under this name.

    found: what vm_dataplane_info returns of it; networks: the port groups that its description names; uuid: the BIOS
    UUID that the operator gives, which says more than its adapters.

    Raises the error that kept the VM from being read, vm_is_template, and vm_not_as_described for a VM that has another
    UUID or lacks an adapter in a described port group.
    """
    error = found.get("error")
    if error is not None:
        raise NfvError(ErrorCode(error["error_code"]), name, f"it could not be read: {error['message']}", _UNTOUCHED)
    if found["template"]:
        raise NfvError(
            ErrorCode.VM_IS_TEMPLATE,
            name,
            "it is a template, and VMs may depend on it",
            f"{_UNTOUCHED}. Correct the host's name, or take the host out of the group",
        )
    if uuid is not None:
        if found["uuid"].lower() != uuid.lower():
            raise _other(name, f"its UUID is {found['uuid']}, and remove_uuid is {uuid}")
        return
    seen = {adapter["network"] for adapter in found["adapters"]}
    missing = [network for network in networks if network not in seen]
    if missing or not networks:
        lacking = f"has no adapter in {', '.join(missing)}" if missing else "has a description without adapters"
        raise _other(name, f"the only VM with this name {lacking}, so it may be somebody else's")


def _other(name: str, attempted: str) -> NfvError:
    return NfvError(
        ErrorCode.VM_NOT_AS_DESCRIBED,
        name,
        attempted,
        f"{_UNTOUCHED}. Correct the host's name, or confirm the VM by its BIOS UUID in remove_uuid of the host",
    )
