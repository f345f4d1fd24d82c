# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a running guest reports about itself, and the address at which to reach it."""

from __future__ import annotations

import dataclasses
import ipaddress


@dataclasses.dataclass(frozen=True)
class GuestNic:
    """An adapter as the guest sees it."""

    mac: str
    """Lower case with colons."""
    addresses: tuple[str, ...]
    """IPv4 and IPv6 addresses without prefix length."""


@dataclasses.dataclass(frozen=True)
class GuestState:
    """What VMware Tools report."""

    power_state: str
    """Power state of the VM (vim.VirtualMachine.PowerState)."""
    tools_running: bool
    """Whether VMware Tools run."""
    address: str | None
    """The address that they call primary."""
    nics: tuple[GuestNic, ...]
    """The network adapters that they report."""


def management_address(guest: GuestState, mac: str | None) -> str | None:
    """The guest's address on the adapter with this MAC address, IPv4 before IPv6, never a link-local one.

    Without a MAC address, or when VMware Tools list no such adapter, it is the primary address. That may belong to the
    data plane once the workload has addresses, so the MAC address is the safer choice.
    """
    listed = [nic for nic in guest.nics if mac is not None and nic.mac == mac]
    if not listed:
        return guest.address
    found = [ipaddress.ip_address(text) for nic in listed for text in nic.addresses]
    usable = [address for address in found if not address.is_link_local]
    return str(min(usable, key=lambda address: address.version)) if usable else None
