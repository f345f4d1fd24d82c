# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user who may only read: a module that changes something names privilege and object, and changes nothing."""

from __future__ import annotations

import typing as t

import pytest

from ..test_check_mode import CASES, Case

WRITING = [case for case in CASES if case.writes and case.in_vcenter]


def configuration(machine: t.Any) -> tuple[t.Any, ...]:
    """What the modules change: of the VM, and of its cluster."""
    groups = machine.resourcePool.owner.configurationEx.group
    return (
        machine.config.changeVersion,
        machine.runtime.powerState,
        machine.config.hardware.numCPU,
        sorted(group.name for group in groups),
    )


@pytest.mark.parametrize("case", WRITING, ids=lambda case: f"{case.module}-{'on' if case.running else 'off'}")
def test_what_is_not_allowed_is_named_and_nothing_is_changed(
    modules: t.Any, vcenter: t.Any, make_vm: t.Callable[..., t.Any], case: Case
) -> None:
    machine = make_vm(power_on=case.running)
    before = configuration(machine)
    cluster = machine.resourcePool.owner
    reader = {"username": vcenter.readonly_username, "password": vcenter.readonly_password}
    options = {**modules.options(**reader), **case.options(machine)}
    (shown,) = modules.run((case.module, options), check=True)
    (refused,) = modules.run((case.module, options))
    assert shown["changed"], shown  # who may only read may see what would change
    assert refused["failed"]
    assert refused["error_code"] == "permission_denied"
    subject = cluster.name if case.module == "placement_rules" else machine.name
    assert refused["msg"].startswith(f"[permission_denied] {subject}: ")
    privilege = "Host.Inventory.EditCluster" if case.module == "placement_rules" else "VirtualMachine."
    assert f"privilege {privilege}" in refused["msg"]
    assert not refused.get("changed")
    assert vcenter.readonly_password not in str(refused)
    assert configuration(machine) == before
