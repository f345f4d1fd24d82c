# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides what is written to a VM's guestinfo before its first boot."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, listed

from .documents import decoded, encoded, render
from .host_keys import host_keys
from .model import HOST_KEYS, Documents, FirstBootPlan, FirstBootState

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.guest.model import GuestDescription

_OFF: t.Final = "poweredOff"
_ASSIGNED: t.Final = "(assigned by vSphere)"


def plan_first_boot(state: FirstBootState, guest: GuestDescription, check_mode: bool = False) -> FirstBootPlan:
    """The settings that tell the guest its description. check_mode: whether the management adapter may still lack.

    cloud-init reads them at the first boot and never again. So a guest that runs, or that has said its host keys, keeps
    what it has; a description that says anything else is refused (first_boot_over), and not reported as reached.

    Raises NfvError: first_boot_over, management_mac_unknown, vm_is_template, value_malformed, host_keys_malformed.
    """
    if state.template:
        raise NfvError(ErrorCode.VM_IS_TEMPLATE, state.name, "it is a template", "Name a VM made from it instead")
    if state.mac is None and not check_mode:
        raise NfvError(
            ErrorCode.MANAGEMENT_MAC_UNKNOWN,
            state.name,
            "failed to tell the guest its management adapter: the VM has none yet, or it has no MAC address",
            "Bring the VM's hardware to its description first (role vm_hardware, module vm_dataplane)",
        )
    wanted = render(guest, state, state.mac or _ASSIGNED)
    current = decoded(state.guestinfo)
    if current == wanted:
        return FirstBootPlan(state.name, _stale_keys(state), _shown(current), _shown(wanted))
    _refuse_over(state, current, wanted)
    settings: dict[str, str | None] = {**encoded(wanted)}
    if HOST_KEYS in state.guestinfo:
        settings[HOST_KEYS] = None
    return FirstBootPlan(state.name, settings, _shown(current), _shown(wanted))


def _stale_keys(state: FirstBootState) -> dict[str, str | None]:
    """The removal of host keys that another VM has said, of which this one is a copy."""
    stale = state.power_state == _OFF and HOST_KEYS in state.guestinfo and host_keys(state) is None
    return {HOST_KEYS: None} if stale else {}


def _refuse_over(state: FirstBootState, current: Documents | None, wanted: Documents) -> None:
    if state.power_state != _OFF:
        over = "it runs, and cloud-init reads its description at the first boot alone"
    elif host_keys(state) is not None:
        over = "it has had its first boot, and cloud-init reads its description then alone"
    else:
        return
    differing = differences(current, wanted)
    raise NfvError(
        ErrorCode.FIRST_BOOT_OVER,
        state.name,
        f"nfv_guest differs from what the guest was told: {listed(differing, ', ') or 'it was told nothing'}; {over}",
        "Change it in the guest and in the VM's guestinfo, or give nfv_guest what the guest has, or make the VM anew."
        " A VM that has never booted can be powered off and told again",
    )


def differences(current: Documents | None, wanted: Documents) -> list[str]:
    """The keys of the documents that differ, such as metadata.network."""
    if current is None:
        return []
    return [
        f"{name}.{key}"
        for name in ("metadata", "userdata")
        for before, after in [(getattr(current, name), getattr(wanted, name))]
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    ]


def _shown(documents: Documents | None) -> dict[str, t.Any]:
    if documents is None:
        return {}
    return {"metadata": dict(documents.metadata), "userdata": dict(documents.userdata)}
