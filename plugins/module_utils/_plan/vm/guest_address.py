# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a running guest reports of itself, and which of its addresses is the one to reach it at."""

from __future__ import annotations

import dataclasses
import ipaddress


@dataclasses.dataclass(frozen=True)
class GuestNic:
    """An adapter as the guest sees it. mac: lower case with colons."""

    mac: str
    addresses: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class GuestState:
    """What VMware Tools report. address: the one that they call primary."""

    power_state: str
    tools_running: bool
    address: str | None
    nics: tuple[GuestNic, ...]


def management_address(guest: GuestState, mac: str | None) -> str | None:
    """The guest's address on the adapter with the given MAC address, IPv4 before IPv6; link-local ones do not count.

    Without a MAC, or when the tools list no such adapter, it is the address that they call primary. That one may belong
    to the data plane once the workload has addresses of its own, hence the MAC.
    """
    listed = [nic for nic in guest.nics if mac is not None and nic.mac == mac]
    if not listed:
        return guest.address
    found = [ipaddress.ip_address(text) for nic in listed for text in nic.addresses]
    usable = [address for address in found if not address.is_link_local]
    return str(min(usable, key=lambda address: address.version)) if usable else None
