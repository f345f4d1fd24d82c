# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which VMs are meant, and that wrong descriptions stop before any connection."""

from __future__ import annotations

import typing as t

import pytest
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module._vm_requests import (
    Request,
    find_vm,
    read_requests,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import Inventory

GOOD: dict[str, t.Any] = {
    "cpu": {"count": 2},
    "memory": {"size_mb": 2048},
    "adapters": [{"name": "mgmt", "network": "PG-Mgmt", "driver": "kernel"}],
}


@pytest.fixture
def populated() -> Inventory:
    named = [("vm-1", "pgw%2f1", "42aa"), ("vm-2", "twin", "42ab"), ("vm-3", "twin", "42ac")]
    vms = tuple((vim.VirtualMachine(moid), {"name": name, "config.uuid": uuid}) for moid, name, uuid in named)
    return Inventory(vms, {}, {})


@pytest.mark.parametrize(
    ("by", "value", "moid"),
    [("name", "pgw/1", "vm-1"), ("uuid", "42AB", "vm-2"), ("moid", "vm-3", "vm-3"), ("name", "nobody", None)],
)
def test_a_vm_is_found_by_what_names_it(populated: Inventory, by: str, value: str, moid: str | None) -> None:
    found = find_vm(Request(by, value, None), populated)
    assert (found._moId if found is not None else None) == moid


def test_a_name_of_two_vms_is_refused(populated: Inventory) -> None:
    with pytest.raises(NfvError, match=r"^\[vm_not_unique\] twin: 2 VMs have this name: vm-2, vm-3"):
        find_vm(Request("name", "twin", None), populated)


def test_every_problem_of_every_description_is_told() -> None:
    wrong = {**GOOD, "cpu": {"count": "two"}}
    with pytest.raises(NfvError) as caught:
        read_requests([{"name": "a", "dataplane": wrong}, {"name": "b"}], {**GOOD, "memory": {}}, needed=True)
    assert caught.value.error_code == "description_invalid"
    assert "a: [value_type_wrong] dataplane.cpu.count: " in str(caught.value)
    assert "b: [key_missing] dataplane.memory.size_mb: " in str(caught.value)


def test_a_vm_that_nothing_names_is_a_problem() -> None:
    with pytest.raises(NfvError, match=r"vms\[1\]: \[key_missing\] name: is empty"):
        read_requests([{"name": "a"}, {"name": "", "uuid": None}], None, needed=False)


def test_many_problems_are_told_in_short() -> None:
    with pytest.raises(NfvError) as caught:
        read_requests([{"name": f"vm-{number}", "dataplane": {}} for number in range(1000)], None, needed=True)
    assert caught.value.attempted.endswith("; and 2980 more")
    assert len(str(caught.value)) < 3000


def test_a_description_is_needed_only_to_bring_a_vm_to_it() -> None:
    assert read_requests([{"name": "a", "dataplane": None}], None, needed=False)[0].dataplane is None
    with pytest.raises(NfvError, match="dataplane: is missing"):
        read_requests([{"name": "a", "dataplane": None}], None, needed=True)
