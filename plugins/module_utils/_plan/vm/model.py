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
HARDWARE_VERSION: t.Final = "hardware_version"
# A VM's first network adapter has this key; the X of the advanced settings ethernetX.* is the key less this.
FIRST_ADAPTER_KEY: t.Final = 4000


@dataclasses.dataclass(frozen=True)
class Network:
    """A port group.

    moid: of the object; key: on a distributed switch the port group's key, in NSX the opaque network's id, else the
    moid; switch_uuid, switch_version: of the distributed switch; opaque_type: the type of NSX's opaque network.
    """

    name: str
    moid: str
    key: str
    switch_uuid: str | None = None
    switch_version: str | None = None
    opaque_type: str | None = None


@dataclasses.dataclass(frozen=True)
class AdapterState:
    """A network adapter as vSphere has it. type: such as ``vmxnet3`` or ``e1000``; mac: lower case with colons.

    address_type is that of vim.vm.device.VirtualEthernetCard: manual, generated or assigned;
    fields: its settings with a typed field, by the names of ``adapter_settings.ADAPTER_SETTINGS``.
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
    fields: t.Mapping[str, Value] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class HostFacts:
    """What a VM's settings depend on of its host; None where vSphere does not tell.

    cores, cpus: physical cores and logical CPUs; simultaneous_threads: vim.host.Capability's
    maxSupportedSimultaneousThreads; cpu_model: summary.hardware.cpuModel; udp_rss_allowed: the host's advanced setting
    Net.Vmxnet3UDPRSSAllowed.
    """

    cores: int | None = None
    cpus: int | None = None
    numa_nodes: int | None = None
    simultaneous_threads: int | None = None
    cpu_model: str | None = None
    udp_rss_allowed: bool | None = None


@dataclasses.dataclass(frozen=True)
class VmState:
    """A VM as vSphere has it. settings: by the names of ``settings.SETTINGS``, those not set being None.

    host_mhz: clock of one core of the VM's host, in MHz; None when the VM has no host.
    advanced: the keys of extraConfig that the collection knows, those of adapters and conflicting ones included;
    firmware: bios or efi; api_version: that was negotiated, such as ``8.0.3.0``, None when it does not matter.
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
    advanced: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    firmware: str | None = None
    api_version: str | None = None
    host_facts: HostFacts = HostFacts()

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
    key: the adapter's key, for ``add`` the one that it will get; fields: what changes of those of AdapterState.
    """

    operation: str
    name: str
    current: AdapterState | None
    network: Network
    mac: str | None
    address_type: str
    key: int = 0
    fields: t.Mapping[str, Value] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class PlanOptions:
    """What the user allows and asks for beside a description.

    concern: one of ``_spec.model.SECTIONS``; upgrade_hardware: the virtual hardware may be upgraded, for good;
    remove_unmanaged_adapters: adapters that the description does not name are removed.
    """

    concern: str = "dataplane"
    upgrade_hardware: bool = False
    remove_unmanaged_adapters: bool = False


WHOLE: t.Final = PlanOptions()


@dataclasses.dataclass(frozen=True)
class ChangeSet:
    """Everything that one reconfiguration of one VM changes. Empty when the VM is as described.

    adapter_keys: keys of extraConfig that belong to adapters, with None for those to remove;
    removals: adapters to remove. An upgrade of the virtual hardware comes before the reconfiguration.
    """

    name: str
    moid: str
    change_version: str
    changes: tuple[Change, ...]
    adapter_actions: tuple[AdapterAction, ...]
    warnings: tuple[str, ...] = ()
    adapter_keys: t.Mapping[str, str | None] = dataclasses.field(default_factory=dict)
    removals: tuple[AdapterState, ...] = ()

    @property
    def upgrade(self) -> int | None:
        """The hardware version to upgrade to, None when it stays."""
        return next((int(change.after) for change in self.changes if change.setting == HARDWARE_VERSION), None)  # type: ignore[arg-type]

    @property
    def settings(self) -> tuple[Change, ...]:
        """The changes other than those of adapters."""
        return tuple(change for change in self.changes if not change.setting.startswith("adapters."))

    @property
    def power_off_needed(self) -> tuple[str, ...]:
        """The settings that take effect at a power cycle only."""
        return tuple(change.setting for change in self.changes if change.power_off_needed)

    @property
    def reconfigures(self) -> bool:
        """Whether there is anything for a reconfiguration, an upgrade of the virtual hardware left aside."""
        return any(change.setting != HARDWARE_VERSION for change in self.changes)

    def __bool__(self) -> bool:
        return bool(self.changes)
