# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a VM failed, and its adapters, from the result for a whole fleet."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.vm_result import vm_adapters, vm_failure

FAILED = {
    "msg": "[several_errors] 2 VMs: …",
    "vms": {"good": {"error": None}, "bad": {"error": {"message": "[vm_busy] bad: …"}}},
}


def test_failed_vm_has_its_own_message() -> None:
    assert vm_failure(FAILED, "good") == ""
    assert vm_failure(FAILED, "bad") == "[vm_busy] bad: …"


def test_refusal_before_any_change_concerns_every_vm() -> None:
    refused = {"msg": "[vm_not_found] bad: no VM has this name."}
    assert vm_failure(refused, "good") == refused["msg"]
    assert vm_failure(refused, "good", created=True).startswith("[vm_not_found] bad: no VM has this name. The VM was")


def test_module_without_a_result_is_a_failure() -> None:
    assert vm_failure({}, "good").startswith("[module_failed] good: ")


def test_adapters_are_those_of_the_description() -> None:
    adapters: list[dict[str, t.Any]] = [{"name": "mgmt", "mac": "00:50:56:80:00:01"}, {"name": None, "mac": "…"}]
    assert vm_adapters({"vms": {"good": {"adapters": adapters}}}, "good") == adapters[:1]
