# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest's state for vCenter, from the answers of the guest agent (pure)."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lab.machine import VirtualMachine

GuestState = dict[str, Any]
"""Body of vCenter's POST /guest-state."""


def running_state(
    machine: VirtualMachine,
    host_name: str,
    interfaces: Sequence[Mapping[str, Any]],
    guestinfo: Mapping[str, str] | None = None,
) -> GuestState:
    """Return the state of a guest whose agent answers.

    ``interfaces`` is the answer to guest-network-get-interfaces. An adapter bound to a userspace driver has
    no interface, so no addresses. ``ip_address`` is the first IPv4 address in the adapters' order. ``guestinfo``: what
    the guest has set there.
    """
    addresses: dict[str, list[str]] = {}
    for interface in interfaces:
        mac = str(interface.get("hardware-address", "")).lower()
        found = [str(entry["ip-address"]) for entry in interface.get("ip-addresses", ())]
        addresses.setdefault(mac, []).extend(address for address in found if _is_routable(address))
    nics = [
        {"mac": adapter.mac, "network": adapter.network, "addresses": addresses.get(adapter.mac, [])}
        for adapter in machine.adapters
    ]
    first = next((address for nic in nics for address in nic["addresses"] if ":" not in address), None)
    return {
        "uuid": machine.uuid,
        "power_state": "poweredOn",
        "tools_running": True,
        "host_name": host_name,
        "ip_address": first,
        "nics": nics,
        "guestinfo": dict(guestinfo or {}),
    }


def silent_state(machine: VirtualMachine) -> GuestState:
    """Return the state of a running guest whose agent does not answer, as during a boot or shutdown."""
    return {**off_state(machine.uuid), "power_state": "poweredOn"}


def off_state(machine_uuid: str) -> GuestState:
    """Return the state of a guest that has ended."""
    return {
        "uuid": machine_uuid,
        "power_state": "poweredOff",
        "tools_running": False,
        "host_name": "",
        "ip_address": None,
        "nics": [],
        "guestinfo": {},
    }


def _is_routable(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (parsed.is_loopback or parsed.is_link_local)
