# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VM as vSphere has it, and the changes that a plan makes to it."""

from __future__ import annotations

import dataclasses
import typing as t

Value = t.Union[int, str, bool, tuple[int, ...], None]

POWERED_ON: t.Final = "poweredOn"
POWERED_OFF: t.Final = "poweredOff"
VMXNET3: t.Final = "vmxnet3"
SRIOV: t.Final = "sriov"
# Types that are converted to VMXNET3. An SR-IOV adapter is replaced only with consent: whoever made one meant it.
CONVERTIBLE: t.Final = ("e1000", "e1000e", "vlance", "vmxnet", "vmxnet2")
HARDWARE_VERSION: t.Final = "hardware_version"
# Device key of a VM's first network adapter; the X of the advanced keys ethernetX.* counts from it.
FIRST_ADAPTER_KEY: t.Final = 4000


@dataclasses.dataclass(frozen=True)
class Network:
    """A port group."""

    name: str
    """Its name."""
    moid: str
    """Managed object id."""
    key: str
    """Key of a distributed port group, id of an NSX opaque network, otherwise the moid."""
    switch_uuid: str | None = None
    """UUID of the distributed switch."""
    switch_version: str | None = None
    """Version of the distributed switch."""
    opaque_type: str | None = None
    """Type of an NSX opaque network."""
    switch: str | None = None
    """Name of the distributed switch; that of a standard switch is a matter of the host (HostFacts)."""
    hosts: frozenset[str] | None = None
    """Names of the hosts that offer it, None when vSphere does not report them."""


@dataclasses.dataclass(frozen=True)
class AdapterState:
    """A network adapter as vSphere has it."""

    key: int
    """Device key."""
    label: str
    """vSphere's label, such as ``Network adapter 2``."""
    type: str
    """Such as ``vmxnet3`` or ``e1000``."""
    mac: str
    """Lower case with colons."""
    address_type: str
    """manual, generated or assigned (vim.vm.device.VirtualEthernetCard.addressType)."""
    network: str | None
    """Name of its port group."""
    network_key: str | None
    """``Network.key`` of its port group."""
    connected: bool
    """Whether it is connected now."""
    start_connected: bool
    """Whether it is connected at power-on."""
    fields: t.Mapping[str, Value] = dataclasses.field(default_factory=dict)
    """Settings with a typed field, by the names of ``adapter_settings.ADAPTER_SETTINGS``."""
    switch: str | None = None
    """Name of the switch that its port group is on, None when unknown."""


@dataclasses.dataclass(frozen=True)
class HostFacts:
    """What a VM's settings depend on in its host. None: vSphere does not report it."""

    cores: int | None = None
    """Physical cores."""
    cpus: int | None = None
    """Logical CPUs."""
    numa_nodes: int | None = None
    """Number of NUMA nodes."""
    simultaneous_threads: int | None = None
    """vim.host.Capability.maxSupportedSimultaneousThreads."""
    cpu_model: str | None = None
    """summary.hardware.cpuModel."""
    udp_rss_allowed: bool | None = None
    """The host's advanced setting Net.Vmxnet3UDPRSSAllowed."""
    standard_switches: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Names of its standard switches by the names of their port groups."""
    switch_modes: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Modes of its distributed switches by UUID (``_spec.model.SWITCH_MODES``), as far as vSphere reports them."""


@dataclasses.dataclass(frozen=True)
class VmState:
    """A VM as vSphere has it."""

    name: str
    """Its name."""
    moid: str
    """Managed object id."""
    uuid: str
    """BIOS UUID."""
    change_version: str
    """vim.vm.ConfigInfo.changeVersion, which every reconfiguration changes."""
    power_state: str
    """POWERED_ON, POWERED_OFF or ``suspended``."""
    template: bool
    """Whether it is a template."""
    host: str | None
    """Name of its host."""
    host_mhz: int | None
    """Clock of one core of its host in MHz, None without a host."""
    host_latency_sensitivity: bool
    """Whether its host supports latency sensitivity."""
    settings: t.Mapping[str, Value]
    """By the names of ``settings.SETTINGS``; None where a setting is not set."""
    adapters: tuple[AdapterState, ...]
    """Its network adapters."""
    advanced: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The keys of extraConfig that this collection knows, those of adapters and conflicting ones included.

    In this collection's spelling, except conflicting ones."""
    firmware: str | None = None
    """``bios`` or ``efi``."""
    api_version: str | None = None
    """The negotiated version of the API, such as ``8.0.3.0``; None when it does not matter."""
    host_facts: HostFacts = HostFacts()
    """What its host offers."""
    spellings: t.Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    """The VM's spellings of the keys of ``advanced``, which differ in case only, where they are not ours alone."""

    @property
    def powered_off(self) -> bool:
        return self.power_state == POWERED_OFF


@dataclasses.dataclass(frozen=True)
class Change:
    """One difference between a VM and its description."""

    setting: str
    """Such as ``cpu.count`` or ``adapters.s5u.mac``."""
    before: Value
    """The value now, None when it is not set."""
    after: Value
    """The described value, None to remove the setting."""
    power_off_needed: bool
    """It takes effect only at a power cycle."""


@dataclasses.dataclass(frozen=True)
class AdapterAction:
    """What is done to one adapter."""

    operation: str
    """``add``, ``edit``, or ``replace`` by one of another type."""
    name: str
    """Its name in the description."""
    current: AdapterState | None
    """The adapter as it is, None for ``add``."""
    network: Network
    """The port group that it will be in."""
    mac: str | None
    """None lets vSphere assign an address."""
    address_type: str
    """As in AdapterState."""
    key: int = 0
    """Its device key; for ``add`` the key that it will get."""
    fields: t.Mapping[str, Value] = dataclasses.field(default_factory=dict)
    """The settings of AdapterState.fields that change."""


@dataclasses.dataclass(frozen=True)
class PlanOptions:
    """What the user allows and asks for in addition to a description."""

    scope: str = "dataplane"
    """Which part of the description is carried out, one of ``_spec.model.SECTIONS``."""
    upgrade_hardware: bool = False
    """The virtual hardware may be upgraded, which cannot be undone."""
    remove_unmanaged_adapters: bool = False
    """Adapters that the description does not name are removed."""
    replace_sriov_adapters: bool = False
    """A described SR-IOV adapter may be replaced by VMXNET3."""


WHOLE: t.Final = PlanOptions()


@dataclasses.dataclass(frozen=True)
class ChangeSet:
    """Everything that one reconfiguration of one VM changes. False as a boolean when that is nothing."""

    name: str
    """Name of the VM."""
    moid: str
    """Managed object id of the VM."""
    change_version: str
    """That of the VM when it was read; vSphere refuses the reconfiguration if the VM has changed since."""
    changes: tuple[Change, ...]
    """Every difference, in the order in which reports show them."""
    adapter_actions: tuple[AdapterAction, ...]
    """What is done to each adapter that changes."""
    warnings: tuple[str, ...] = ()
    """What is left as it is although it may be wrong, one sentence each."""
    adapter_keys: t.Mapping[str, str | None] = dataclasses.field(default_factory=dict)
    """Keys of extraConfig that belong to adapters; None removes the key."""
    removals: tuple[AdapterState, ...] = ()
    """Adapters to remove."""

    @property
    def upgrade(self) -> int | None:
        """The version of the virtual hardware to upgrade to before the reconfiguration, None when it stays."""
        return next((int(change.after) for change in self.changes if change.setting == HARDWARE_VERSION), None)  # type: ignore[arg-type]

    @property
    def settings(self) -> tuple[Change, ...]:
        """The changes that are not about adapters."""
        return tuple(change for change in self.changes if not change.setting.startswith("adapters."))

    @property
    def power_off_needed(self) -> tuple[str, ...]:
        """The settings that take effect only at a power cycle."""
        return tuple(change.setting for change in self.changes if change.power_off_needed)

    @property
    def reconfigures(self) -> bool:
        """Whether anything but the version of the virtual hardware changes."""
        return any(change.setting != HARDWARE_VERSION for change in self.changes)

    def __bool__(self) -> bool:
        return bool(self.changes)
