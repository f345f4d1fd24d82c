# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The adapters that dpdk_bind takes: dictionaries that may hold more, and what they must hold."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.model import AdapterRequest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.dpdk_bind import read_adapters

S5U = {"name": "s5u", "mac": "00:50:56:AA:00:02", "driver": "pmd", "network": "PG-S5U", "key": 4001}


def test_other_keys_are_ignored() -> None:
    assert read_adapters([S5U]) == [AdapterRequest("s5u", "00:50:56:aa:00:02", "pmd")]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"mac": None}, "adapters[1].mac"),
        ({"mac": "00:50:56:aa:00"}, "adapters[1].mac"),
        ({"name": ""}, "adapters[1].name"),
        ({"driver": "vfio-pci"}, "adapters[1].driver"),
    ],
)
def test_what_is_missing_or_wrong_is_named(wrong: dict[str, t.Any], path: str) -> None:
    with pytest.raises(NfvError) as refused:
        read_adapters([S5U, {**S5U, **wrong}])
    assert (refused.value.error_code, refused.value.subject) == ("adapter_invalid", path)
