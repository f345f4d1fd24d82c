# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest is reached at its management adapter, whatever else it reports."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
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
        # What leads nowhere, or to the machine that asks.
        ([(MAC, ["127.0.0.1", "::1", "0.0.0.0", "224.0.0.1", "ff02::1", "::ffff:127.0.0.1"])], None, MAC, None),  # noqa: S104
        ([(MAC, ["2001:db8::1%-oProxyCommand=reboot"])], None, MAC, None),
        ([], "127.0.0.1", None, None),
        ([], "fe80::1", None, None),
        # The usual spelling.
        ([(MAC, ["2001:0DB8:0:0::0001"])], None, MAC, "2001:db8::1"),
        ([(MAC, ["::ffff:198.18.0.10"])], None, MAC, "198.18.0.10"),
        # What is odd on an adapter that nobody asks about is carried.
        ([(MAC, ["198.18.0.10"]), ("00:50:56:80:00:02", ["-oProxyCommand=reboot"])], "-x", MAC, "198.18.0.10"),
    ],
)
def test_the_address_to_reach_a_guest_at(
    nics: list[tuple[str, list[str]]], primary: str | None, mac: str | None, address: str | None
) -> None:
    listed = tuple(GuestNic(nic_mac, tuple(addresses)) for nic_mac, addresses in nics)
    assert management_address(GuestState("poweredOn", True, primary, listed), mac) == address


ODD = [
    "-oProxyCommand=reboot",
    "198.18.0.300",
    "guest.example.com",
    "198.18.0.1 -x",
    "$(reboot)",
    "",
    "0x7f.1",
    "1" * 5000,
]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("path", ["guest.net", "guest.ipAddress"])
def test_what_is_no_address_is_refused_with_vm_and_property(odd: str, path: str) -> None:
    nics = (GuestNic(MAC, ("198.18.0.10", odd)),) if path == "guest.net" else ()
    with pytest.raises(NfvError) as caught:
        management_address(GuestState("poweredOn", True, odd, nics), MAC, "pgw-1")
    assert (caught.value.error_code, caught.value.subject) == ("property_malformed", "pgw-1")
    assert f"failed to read {path}: " in str(caught.value)
    assert len(str(caught.value)) < 400
