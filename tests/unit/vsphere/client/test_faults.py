# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the SDK raises becomes one clear line with a code."""

from __future__ import annotations

import ssl

import pytest
from pyVmomi import vim, vmodl

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError, joined
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import from_fault, typed_errors


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (vim.fault.InvalidLogin(msg="Cannot complete login"), "authentication_failed"),
        (vim.fault.ConcurrentAccess(), "object_changed"),
        (vim.fault.NoPermission(privilegeId="VirtualMachine.Config.CPUCount"), "permission_denied"),
        (vim.fault.InvalidPowerState(), "power_state_wrong"),
        (vim.fault.InsufficientMemoryResourcesFault(), "resources_short"),
        (vmodl.fault.ManagedObjectNotFound(), "object_gone"),
        (vmodl.fault.InvalidArgument(invalidProperty="spec"), "vsphere_refused"),
    ],
)
def test_a_fault_has_a_code_by_its_type_or_its_parents(fault: Exception, code: str) -> None:
    error = from_fault(fault, "pgw-1", "failed to reconfigure the VM")
    assert error.error_code == code
    assert str(error).startswith(f"[{code}] pgw-1: failed to reconfigure the VM: ")
    assert type(fault).__name__.rsplit(".", 1)[-1] in str(error)
    assert "\n" not in str(error)


def test_a_missing_privilege_is_named() -> None:
    fault = vim.fault.NoPermission(privilegeId="VirtualMachine.Config.CPUCount", msg="Permission denied.")
    assert "Permission denied, privilege VirtualMachine.Config.CPUCount" in str(from_fault(fault, "pgw-1", "tried"))
    fault.object = vim.Network("network-7")
    assert "privilege VirtualMachine.Config.CPUCount on network-7 (" in str(from_fault(fault, "pgw-1", "tried"))


def test_every_missing_privilege_is_named_with_its_object() -> None:
    missing = vim.fault.NoPermission.EntityPrivileges
    fault = vim.fault.NoPermission(
        privilegeId="Network.Assign",
        object=vim.Network("network-7"),
        missingPrivileges=[
            missing(entity=vim.Network("network-7"), privilegeIds=["Network.Assign"]),
            missing(entity=vim.Folder("group-v3"), privilegeIds=["VirtualMachine.Config.AddNewDisk", "System.Read"]),
        ],
    )
    told = str(from_fault(fault, "pgw-1", "tried"))
    assert "privilege Network.Assign on network-7, privilege VirtualMachine.Config.AddNewDisk and System.Read" in told
    assert told.count("Network.Assign") == 1
    assert "on group-v3 (" in told
    assert "docs/privileges.md" in told


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "vcenter_unreachable"),
        (TimeoutError(), "vcenter_unreachable"),
        (ssl.SSLCertVerificationError(), "certificate_untrusted"),
        (vim.fault.InvalidLogin(), "authentication_failed"),
    ],
)
def test_what_is_raised_in_the_block_is_typed(raised: Exception, code: str) -> None:
    raised_verify = isinstance(raised, ssl.SSLCertVerificationError)
    if raised_verify:
        raised.verify_message = "self-signed certificate"  # type: ignore[attr-defined]
    with pytest.raises(NfvError, match=rf"^\[{code}\] vcenter: "), typed_errors("vcenter", "failed to log in"):
        raise raised


def test_a_defect_of_our_own_stays_a_traceback() -> None:
    with pytest.raises(KeyError), typed_errors("vcenter", "failed to log in"):
        raise KeyError("config")


def test_several_errors_become_one_that_names_all() -> None:
    first = NfvError("vm_not_found", "pgw-1", "no VM has this name", "Make it")
    second = NfvError("network_not_found", "pgw-2", "no such port group")
    assert joined([first]).error_code == "vm_not_found"
    assert joined([first, first]).error_code == "vm_not_found"
    both = joined([first, second], {"vms": {}})
    assert both.error_code == "several_errors"
    assert "[vm_not_found] pgw-1: " in str(both)
    assert "[network_not_found] pgw-2: " in str(both)
    assert both.result()["vms"] == {}
