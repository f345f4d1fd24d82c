# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be deleted under a VM's name, and what may not."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.removal import refuse_other_vm

NETWORKS = ("PG-Mgmt", "PG-S5U")
UUID = "42084c9e-2d5c-4b0c-a1f2-0123456789ab"
FOUND: dict[str, t.Any] = {
    "template": False,
    "uuid": UUID,
    "error": None,
    "adapters": [{"network": "PG-Mgmt"}, {"network": "PG-S5U"}, {"network": None}],
}
BROKEN = {"error_code": "vm_unreadable", "message": "[vm_unreadable] pgw-1: inaccessible"}


def test_the_described_vm_may_be_deleted() -> None:
    refuse_other_vm("pgw-1", FOUND, NETWORKS)
    refuse_other_vm("pgw-1", {**FOUND, "adapters": []}, NETWORKS, UUID.upper())


@pytest.mark.parametrize(
    ("changed", "networks", "uuid", "code"),
    [
        ({"template": True}, NETWORKS, None, "vm_is_template"),
        ({"template": True}, NETWORKS, UUID, "vm_is_template"),
        ({"error": BROKEN}, NETWORKS, UUID, "vm_unreadable"),
        ({"adapters": [{"network": "PG-Mgmt"}]}, NETWORKS, None, "vm_not_as_described"),
        ({}, (), None, "vm_not_as_described"),
        ({}, NETWORKS, UUID.replace("4", "5"), "vm_not_as_described"),
    ],
)
def test_what_is_not_it_may_not(
    changed: dict[str, t.Any], networks: tuple[str, ...], uuid: str | None, code: str
) -> None:
    with pytest.raises(NfvError) as refused:
        refuse_other_vm("pgw-1", {**FOUND, **changed}, networks, uuid)
    assert refused.value.error_code == code
    assert "Nothing was deleted" in str(refused.value)
