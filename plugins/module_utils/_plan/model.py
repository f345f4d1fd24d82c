# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a VM, and what a plan for it holds."""

from __future__ import annotations

import dataclasses
import typing as t

Value = t.Union[int, str, bool, tuple[int, ...], None]

POWERED_ON: t.Final = "poweredOn"
POWERED_OFF: t.Final = "poweredOff"
VMXNET3: t.Final = "vmxnet3"


@dataclasses.dataclass(frozen=True)
class Network:
    """A port group.

    moid: of the object; key: on a distributed switch the port group's key, else the moid; switch_uuid: that switch's.
    """

    name: str
    moid: str
    key: str
    switch_uuid: str | None = None


@dataclasses.dataclass(frozen=True)
class AdapterState:
    """A network adapter as vSphere has it. type: such as ``vmxnet3`` or ``e1000``; mac: lower case with colons.

    address_type is that of vim.vm.device.VirtualEthernetCard: manual, generated or assigned.
    """

    key: int
    label: str
    type: str
    mac: str
    address_type: str
    network: str | None
    network_key: str | None
    connected: bool
    start_connected: bool


@dataclasses.dataclass(frozen=True)
class VmState:
    """A VM as vSphere has it. settings: by the names of ``settings.SETTINGS``, those not set being None.

    host_mhz: clock of one core of the VM's host, in MHz; None when the VM has no host.
    """

    name: str
    moid: str
    uuid: str
    change_version: str
    power_state: str
    template: bool
    host: str | None
    host_mhz: int | None
    host_latency_sensitivity: bool
    settings: t.Mapping[str, Value]
    adapters: tuple[AdapterState, ...]

    @property
    def powered_off(self) -> bool:
        return self.power_state == POWERED_OFF


@dataclasses.dataclass(frozen=True)
class Change:
    """One difference between a VM and its description. power_off_needed: it takes effect at a power cycle only."""

    setting: str
    before: Value
    after: Value
    power_off_needed: bool


@dataclasses.dataclass(frozen=True)
class AdapterAction:
    """What is done to one adapter: ``add`` it, ``edit`` it, or ``replace`` it by one of another type.

    mac None lets vSphere assign an address; address_type as in AdapterState. current is None for ``add``.
    """

    operation: str
    name: str
    current: AdapterState | None
    network: Network
    mac: str | None
    address_type: str


@dataclasses.dataclass(frozen=True)
class ChangeSet:
    """Everything that one reconfiguration of one VM changes. Empty when the VM is as described."""

    name: str
    moid: str
    change_version: str
    changes: tuple[Change, ...]
    adapter_actions: tuple[AdapterAction, ...]
    warnings: tuple[str, ...] = ()

    @property
    def settings(self) -> tuple[Change, ...]:
        """The changes other than those of adapters."""
        return tuple(change for change in self.changes if not change.setting.startswith("adapters."))

    @property
    def power_off_needed(self) -> tuple[str, ...]:
        """The settings that take effect at a power cycle only."""
        return tuple(change.setting for change in self.changes if change.power_off_needed)

    def __bool__(self) -> bool:
        return bool(self.changes)
