# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a VM other than its adapters: which there are, and what a description wants of them."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._errors import NfvError

from .model import Change, Value, VmState

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane


@dataclasses.dataclass(frozen=True)
class Setting:
    """A setting by our name. power_off_needed: changed on a powered-off VM only, or effective at power-on only.

    advanced_key: the key in extraConfig, for a setting that has no typed field in vim.vm.ConfigSpec.
    """

    name: str
    power_off_needed: bool
    advanced_key: str | None = None


# In the order in which they are shown. Sources: vSphere API reference (vim.vm.ConfigSpec), vSphere Resource
# Management guide; latency sensitivity is accepted by a running VM but takes effect at its next power-on.
SETTINGS: t.Final = (
    Setting("cpu.count", power_off_needed=True),
    Setting("cpu.cores_per_socket", power_off_needed=True),
    Setting("cpu.hot_add", power_off_needed=True),
    Setting("cpu.latency_sensitivity", power_off_needed=True),
    Setting("cpu.affinity", power_off_needed=True),
    Setting("cpu.reservation_mhz", power_off_needed=False),
    Setting("cpu.limit_mhz", power_off_needed=False),
    Setting("cpu.guest_1g_pages", power_off_needed=True, advanced_key="featMask.vm.cpuid.PDPE1GB"),
    Setting("memory.size_mb", power_off_needed=True),
    Setting("memory.hot_add", power_off_needed=True),
    Setting("memory.reserve_all", power_off_needed=False),
    Setting("memory.reservation_mb", power_off_needed=False),
    Setting("memory.limit_mb", power_off_needed=False),
    Setting("memory.host_1g_pages", power_off_needed=True, advanced_key="sched.mem.lpage.enable1GPage"),
)

ADVANCED: t.Final = {setting.name: setting.advanced_key for setting in SETTINGS if setting.advanced_key is not None}

UNLIMITED: t.Final = -1

# What a VM holds on its host because of a description, given back.
RELEASED: t.Final[t.Mapping[str, Value]] = {
    "cpu.latency_sensitivity": "normal",
    "cpu.affinity": (),
    "cpu.reservation_mhz": 0,
    "cpu.guest_1g_pages": None,
    "memory.reserve_all": False,
    "memory.reservation_mb": 0,
    "memory.host_1g_pages": None,
}


def desired_settings(dataplane: Dataplane, state: VmState) -> dict[str, Value]:
    """The values that the description and its preconditions ask for; what it says nothing of is left out.

    Raises NfvError when the host cannot give what is asked.
    """
    wanted: dict[str, Value] = {
        "cpu.count": dataplane.cpu.count,
        # Hot-add of CPUs turns virtual NUMA off, and that of memory keeps a VM from 1 GiB pages.
        "cpu.hot_add": False,
        "memory.size_mb": dataplane.memory.size_mb,
        "memory.hot_add": False,
        "memory.host_1g_pages": "TRUE" if dataplane.memory.host_page_size == "1G" else None,
    }
    cores = state.settings.get("cpu.cores_per_socket")
    if isinstance(cores, int) and cores > 0 and dataplane.cpu.count % cores:
        wanted["cpu.cores_per_socket"] = 1  # vCPUs must fill their sockets; how many cores each has is the user's
    if any(pool.size == "1G" for pool in dataplane.memory.hugepages):
        wanted["cpu.guest_1g_pages"] = "Val:1"  # shown to the guest as the CPU flag pdpe1gb
    wanted.update(_cpu_exclusivity(dataplane, state))
    wanted["memory.reserve_all"] = dataplane.memory.reserve_all
    if dataplane.memory.reserve_all:
        wanted["memory.reservation_mb"] = dataplane.memory.size_mb
        wanted["memory.limit_mb"] = UNLIMITED
    return wanted


def _cpu_exclusivity(dataplane: Dataplane, state: VmState) -> dict[str, Value]:
    high = dataplane.cpu.exclusivity == "latency_sensitivity"
    wanted: dict[str, Value] = {
        "cpu.latency_sensitivity": "high" if high else "normal",
        "cpu.affinity": dataplane.cpu.affinity,
    }
    if not high:
        return wanted
    # Latency sensitivity high has exclusive cores only with all of their clock reserved and no limit
    # (vSphere Resource Management, "Latency sensitivity"); the API accepts it without, and gives nothing.
    if state.host_mhz is None:
        raise NfvError(
            "host_unknown",
            state.name,
            "the CPU reservation for latency sensitivity high was to be computed, but the VM has no host",
            "Register it on a host",
        )
    if not state.host_latency_sensitivity:
        raise NfvError(
            "latency_sensitivity_unsupported",
            state.name,
            f"host {state.host} does not support latency sensitivity (capability latencySensitivitySupported)",
            "Move the VM to a host that does, or set cpu.exclusivity to affinity or none",
        )
    wanted["cpu.reservation_mhz"] = dataplane.cpu.count * state.host_mhz
    wanted["cpu.limit_mhz"] = UNLIMITED
    return wanted


def changed_settings(current: t.Mapping[str, Value], wanted: t.Mapping[str, Value]) -> tuple[Change, ...]:
    """The wanted settings that differ, in the order of SETTINGS."""
    return tuple(
        Change(setting.name, current.get(setting.name), wanted[setting.name], setting.power_off_needed)
        for setting in SETTINGS
        if setting.name in wanted and not _same(current.get(setting.name), wanted[setting.name])
    )


def _same(current: Value, wanted: Value) -> bool:
    if isinstance(current, str) and isinstance(wanted, str):
        return current.lower() == wanted.lower()  # advanced values are free text: "TRUE" and "true" mean the same
    return current == wanted
