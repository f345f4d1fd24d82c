# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what VMware Tools report about guests, and waits until the guests have addresses."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.mac_address import spelt_alike
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.guest_address import (
    GuestNic,
    GuestState,
    management_address,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.question import QUESTION, question_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tasks import watch

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Properties
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tasks import Seen

GUEST_PROPERTIES: t.Final = ("guest.ipAddress", "guest.net", "guest.toolsRunningStatus", "runtime.powerState", QUESTION)


def guest_state(properties: Properties) -> GuestState:
    """Converts GUEST_PROPERTIES of a VM."""
    return GuestState(
        power_state=str(properties.get("runtime.powerState", "")),
        tools_running=properties.get("guest.toolsRunningStatus") == "guestToolsRunning",
        address=properties.get("guest.ipAddress") or None,
        nics=tuple(
            GuestNic(spelt_alike(nic.macAddress or ""), tuple(nic.ipAddress or ()))
            for nic in properties.get("guest.net") or ()
        ),
    )


def wait_for_addresses(
    client: Client, machines: t.Sequence[t.Any], macs: t.Mapping[str, str | None], seconds: float
) -> dict[str, Properties]:
    """Waits until every guest has an address, or the time is up. Returns GUEST_PROPERTIES of the VMs by moid.

    A VM is not waited for that asks a question, or whose guest reports an address that is none.

    machines: the VMs (vim.VirtualMachine);
    macs: by moid, the MAC address of the adapter that must have the address; None accepts the primary address.
    """

    def decided(moid: str, properties: Properties) -> bool:
        try:
            address = management_address(guest_state(properties), macs[moid])
            return address is not None or question_of(properties) is not None
        except NfvError:
            return True

    def done(seen: Seen) -> list[str]:
        return [moid for moid, properties in seen.items() if decided(moid, properties)]

    return watch(client, machines, {vim.VirtualMachine: GUEST_PROPERTIES}, done, seconds)
