# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a running guest reports about itself, and the address at which to reach it."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import one_line

Address = t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

# How much of a malformed address a message shows.
_SHOWN: t.Final = 60


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


def management_address(guest: GuestState, mac: str | None, vm: str = "") -> str | None:
    """The guest's address on the adapter with this MAC address, IPv4 before IPv6, in its usual spelling.

    Without a MAC address, or when VMware Tools list no such adapter, it is the primary address. That may belong to the
    data plane once the workload has addresses, so the MAC address is the safer choice.

    Whoever rules the guest chooses what is reported, and the result becomes a host of ssh. So what is no address is
    refused; and one that leads nowhere, or to the machine that asks, such as 127.0.0.1, is none.

    vm: the VM's name. Raises NfvError: property_malformed.
    """
    listed = [nic for nic in guest.nics if mac is not None and nic.mac == mac]
    if listed:
        found = [_parsed(text, vm, "guest.net") for nic in listed for text in nic.addresses]
    else:
        found = [_parsed(guest.address, vm, "guest.ipAddress")] if guest.address is not None else []
    usable = [address for address in found if _leads_to_a_guest(address)]
    return str(min(usable, key=lambda address: address.version)) if usable else None


def _parsed(text: str, vm: str, path: str) -> Address:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise NfvError(
            ErrorCode.PROPERTY_MALFORMED,
            vm,
            f"failed to read {path}: VMware Tools report {one_line(text)[:_SHOWN]!r}, which is no address",
            "Look at the guest: somebody may want to have another machine reached, or a command run",
        ) from None
    return (isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped) or address


def _leads_to_a_guest(address: Address) -> bool:
    zoned = isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None
    nowhere = address.is_link_local or address.is_loopback or address.is_multicast or address.is_unspecified
    return not (zoned or nowhere)
