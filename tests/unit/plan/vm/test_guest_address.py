# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest is reached at its management adapter, whatever else it reports."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.guest_address import (
    GuestNic,
    GuestState,
    management_address,
)

MAC = "00:50:56:80:00:01"


@pytest.mark.parametrize(
    ("nics", "primary", "mac", "address"),
    [
        ([(MAC, ["198.18.0.10"])], "198.18.1.1", MAC, "198.18.0.10"),
        ([(MAC, ["fe80::1", "2001:db8::1", "198.18.0.10"])], None, MAC, "198.18.0.10"),
        ([(MAC, ["fe80::1", "2001:db8::1"])], None, MAC, "2001:db8::1"),
        ([(MAC, ["fe80::1", "169.254.1.1"])], "198.18.1.1", MAC, None),
        ([(MAC, [])], "198.18.1.1", MAC, None),
        ([], "198.18.0.10", MAC, "198.18.0.10"),
        ([(MAC, ["198.18.1.1"])], "198.18.0.10", None, "198.18.0.10"),
        ([], None, None, None),
    ],
)
def test_the_address_to_reach_a_guest_at(
    nics: list[tuple[str, list[str]]], primary: str | None, mac: str | None, address: str | None
) -> None:
    listed = tuple(GuestNic(nic_mac, tuple(addresses)) for nic_mac, addresses in nics)
    assert management_address(GuestState("poweredOn", True, primary, listed), mac) == address
