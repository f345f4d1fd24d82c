# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A value that vSphere accepts and drops is an error."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import AdapterAction, Change, ChangeSet
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.apply import ignored

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import Inventory
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import VmRecord

NOTHING = ChangeSet("pgw-1", "vm-1", "2", (), ())


def with_type(record: VmRecord, kind: str) -> VmRecord:
    adapters = tuple(dataclasses.replace(adapter, type=kind) for adapter in record.state.adapters)
    return dataclasses.replace(record, state=dataclasses.replace(record.state, adapters=adapters))


def test_nothing_left_to_plan_is_no_error(record: VmRecord) -> None:
    plan = ChangeSet("pgw-1", "vm-1", "1", (Change("cpu.count", 2, 4, True),), ())
    assert ignored(plan, record, NOTHING) is None


def test_a_setting_that_is_still_as_it_was_is_named(record: VmRecord) -> None:
    plan = ChangeSet("pgw-1", "vm-1", "1", (Change("cpu.count", 2, 4, True),), ())
    error = ignored(plan, record, plan)
    assert error is not None
    assert error.error_code == "setting_ignored"
    assert "cpu.count is 2, not 4" in str(error)


def test_an_adapter_that_lost_its_address_or_kept_its_type_is_named(record: VmRecord, inventory: Inventory) -> None:
    current = record.state.adapters[0]
    network = inventory.networks["PG-Mgmt"][0]
    action = AdapterAction("replace", "mgmt", current, network, current.mac, "assigned")
    plan = ChangeSet("pgw-1", "vm-1", "1", (Change("adapters.mgmt.type", "e1000", "vmxnet3", True),), (action,))
    assert ignored(plan, with_type(record, "vmxnet3"), NOTHING) is None
    assert ignored(plan, record, NOTHING) is not None
    moved = dataclasses.replace(action, mac="00:50:56:80:ff:ff")
    error = ignored(dataclasses.replace(plan, adapter_actions=(moved,)), with_type(record, "vmxnet3"), NOTHING)
    assert error is not None
    assert "adapters.mgmt should have 00:50:56:80:ff:ff on PG-Mgmt" in str(error)
