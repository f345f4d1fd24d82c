# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What dpdk_bind does: adapters given to a poll-mode driver, or back to the kernel."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.mac_address import normal_mac
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import converge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.record import RECORD, read_record
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.binding import plan
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.model import AdapterRequest, BindingPolicy
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.read import read_guest_adapters
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import DRIVERS

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan


def run(module: AnsibleModule) -> None:
    """Ends the module: the guest is as its options say, or the module fails."""
    asked = module.params
    policy = BindingPolicy(
        asked["driver"],
        asked["allow_no_iommu"],
        asked["allow_other_devices"],
        asked["allow_in_use"],
        # What ends it, such as state absent of role vnf, has changed nothing in check mode.
        programs_end=module.check_mode and asked["state"] == "absent",
    )
    converge(
        module,
        lambda guest: decide(guest, read_adapters(asked["adapters"]), policy, asked["state"]),
        # Adapters in doubt are given back to the kernel first, and found anew by the MAC addresses that it shows.
        rounds=2,
    )


def decide(guest: Guest, adapters: t.Sequence[AdapterRequest], policy: BindingPolicy, state: str) -> Plan:
    """The plan for these adapters in this guest. Raises NfvError as plan() does.

    Where a comparison was killed, its addresses keep the adapters in use. Then the remedy is to take it back, and not
    allow_in_use, which would leave the application stopped.
    """
    try:
        return plan(adapters, read_guest_adapters(guest), policy, state)
    except NfvError as error:
        if error.error_code != ErrorCode.ADAPTER_IN_USE or read_record(guest) is None:
            raise
        raise NfvError(
            error.error_code,
            error.subject,
            f"{error.attempted}; a comparison that was not taken back left it so ({RECORD})",
            "Take it back (playbook compare_poll_and_interrupt with comparison_state=restore, or module"
            " interrupt_forwarding with state=absent), and run this again.",
        ) from error


def read_adapters(adapters: t.Sequence[t.Mapping[str, t.Any]]) -> list[AdapterRequest]:
    """Adapters from dictionaries that may hold more. Raises NfvError(adapter_invalid)."""
    return [_read_adapter(f"adapters[{index}]", adapter) for index, adapter in enumerate(adapters)]


def _read_adapter(path: str, adapter: t.Mapping[str, t.Any]) -> AdapterRequest:
    missing = next((key for key in ("name", "mac", "driver") if not adapter.get(key)), None)
    if missing is not None:
        raise NfvError(
            ErrorCode.ADAPTER_INVALID,
            f"{path}.{missing}",
            "the key is missing or empty",
            "Give every adapter its name, mac and driver.",
        )
    if adapter["driver"] not in DRIVERS:
        raise NfvError(
            ErrorCode.ADAPTER_INVALID,
            f"{path}.driver",
            f"must be one of {', '.join(DRIVERS)}, not {adapter['driver']}",
        )
    mac = normal_mac(adapter["mac"])
    if mac is None:
        raise NfvError(
            ErrorCode.ADAPTER_INVALID,
            f"{path}.mac",
            f"must be a MAC address such as 00:50:56:01:02:03, not {adapter['mac']}",
        )
    return AdapterRequest(str(adapter["name"]), mac, adapter["driver"])
