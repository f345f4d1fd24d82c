# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From vSphere's objects to plain states, in as few round trips as there are kinds of objects."""

from __future__ import annotations

import dataclasses
import fnmatch
import functools
import re
import typing as t
import urllib.parse

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.api_version import at_least
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.adapter_settings import ADAPTER_KEYS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.guest_address import GuestNic, GuestState
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import (
    AdapterState,
    HostFacts,
    Network,
    VmState,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.settings import (
    ADVANCED_KEYS,
    CONFLICTS,
    SETTINGS,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import version_text
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim

from .values import read_adapter_fields, read_setting

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Properties

GUEST_PROPERTIES: t.Final = ("guest.ipAddress", "guest.net", "guest.toolsRunningStatus", "runtime.powerState")
_VM_PROPERTIES: t.Final = (
    "name",
    "config.changeVersion",
    "config.uuid",
    "config.template",
    "config.firmware",
    "config.hardware.device",
    "config.extraConfig",
    "runtime.host",
    *GUEST_PROPERTIES,
)
_ADAPTER_KEY: t.Final = re.compile(rf"ethernet[0-9]+\.({'|'.join(sorted(ADAPTER_KEYS))})")
_CONFLICT_KEY: t.Final = re.compile("|".join(fnmatch.translate(pattern) for pattern in CONFLICTS))
# By the last part of the SDK's type name; others are shown by that name.
_ADAPTER_TYPES: t.Final = {
    "VirtualE1000": "e1000",
    "VirtualE1000e": "e1000e",
    "VirtualPCNet32": "vlance",
    "VirtualVmxnet": "vmxnet",
    "VirtualVmxnet2": "vmxnet2",
    "VirtualVmxnet3": "vmxnet3",
    "VirtualSriovEthernetCard": "sriov",
}


# Properties of hosts, with what each of them is in HostFacts.
_HOST_FACTS: t.Final = {
    "summary.hardware.numCpuCores": "cores",
    "summary.hardware.numCpuThreads": "cpus",
    "summary.hardware.cpuModel": "cpu_model",
    "hardware.numaInfo.numNodes": "numa_nodes",
    "capability.maxSupportedSimultaneousThreads": "simultaneous_threads",
}
# Advanced settings of a host, each one by its key: a host has about a thousand.
_UDP_RSS_ALLOWED: t.Final = 'config.option["Net.Vmxnet3UDPRSSAllowed"]'
_NEW_HOST_FACTS: t.Final = {"capability.maxSupportedSimultaneousThreads": "8.0.0.1"}


@dataclasses.dataclass(frozen=True)
class Host:
    """An ESXi host. mhz: clock of one core in MHz."""

    name: str
    mhz: int | None
    latency_sensitivity: bool
    facts: HostFacts = dataclasses.field(default_factory=HostFacts)


@dataclasses.dataclass(frozen=True)
class Inventory:
    """What a datacenter (or all) has: VMs as objects with their properties, port groups by name, hosts by moid.

    api_version: that was negotiated, such as ``8.0.3.0``; None when it does not matter.
    """

    vms: tuple[tuple[t.Any, Properties], ...]
    networks: t.Mapping[str, tuple[Network, ...]]
    hosts: t.Mapping[str, Host]
    api_version: str | None = None

    @functools.cached_property
    def network_names(self) -> t.Mapping[str, str]:
        """The port groups' names by their keys."""
        return {network.key: network.name for group in self.networks.values() for network in group}

    @functools.cached_property
    def vms_by(self) -> t.Mapping[str, t.Mapping[str, t.Sequence[t.Any]]]:
        """The VMs' objects by ``name``, ``uuid`` (BIOS and instance UUIDs in lower case) and ``moid``."""
        found: dict[str, dict[str, list[t.Any]]] = {"name": {}, "uuid": {}, "moid": {}}
        for each, properties in self.vms:
            found["name"].setdefault(plain_name(properties.get("name", "")), []).append(each)
            found["moid"].setdefault(each._moId, []).append(each)
            for uuid in {properties.get(path, "").lower() for path in ("config.uuid", "config.instanceUuid")}:
                found["uuid"].setdefault(uuid, []).append(each)
        return found


@dataclasses.dataclass(frozen=True)
class VmRecord:
    """A VM: its state, its object, its network adapters as the SDK has them by key, and what its guest reports."""

    state: VmState
    managed: t.Any
    devices: t.Mapping[int, t.Any]
    guest: GuestState


def read_inventory(client: Client, datacenter: str | None, with_uuids: bool, with_udp_rss: bool = False) -> Inventory:
    """Reads names, port groups and hosts.

    with_uuids: VMs will be looked up by UUID; with_udp_rss: whether hosts allow UDP RSS is of interest.

    Raises NfvError.
    """
    vm_paths = ["name", "config.template", *(("config.uuid", "config.instanceUuid") if with_uuids else ())]
    api_version = version_text(client.api_version)
    found = client.in_view(
        {
            vim.VirtualMachine: vm_paths,
            vim.HostSystem: [
                "name",
                "summary.hardware.cpuMhz",
                "capability.latencySensitivitySupported",
                *(path for path in _HOST_FACTS if at_least(api_version, _NEW_HOST_FACTS.get(path))),
                *([_UDP_RSS_ALLOWED] if with_udp_rss else ()),
            ],
            vim.Network: ["name"],
            vim.OpaqueNetwork: ["name", "summary"],
            vim.dvs.DistributedVirtualPortgroup: ["name", "key", "config.distributedVirtualSwitch"],
            vim.DistributedVirtualSwitch: ["uuid", "config.productInfo"],
        },
        find_datacenter(client, datacenter) if datacenter else None,
    )
    switches = {each._moId: properties for each, properties in found if _is(each, "DistributedVirtualSwitch")}
    networks: dict[str, tuple[Network, ...]] = {}
    for each, properties in found:
        network = _network(each, properties, switches)
        if network is not None:
            networks[network.name] = (*networks.get(network.name, ()), network)
    return Inventory(
        tuple((each, properties) for each, properties in found if _is(each, "VirtualMachine")),
        networks,
        {
            each._moId: Host(
                properties.get("name", each._moId),
                properties.get("summary.hardware.cpuMhz"),
                bool(properties.get("capability.latencySensitivitySupported")),
                _host_facts(properties),
            )
            for each, properties in found
            if _is(each, "HostSystem")
        },
        api_version,
    )


def _host_facts(properties: Properties) -> HostFacts:
    option = properties.get(_UDP_RSS_ALLOWED)
    return HostFacts(
        **{name: properties.get(path) for path, name in _HOST_FACTS.items()},
        udp_rss_allowed=None if option is None else str(option.value) != "0",
    )


def _is(managed: t.Any, kind: str) -> bool:
    return isinstance(managed, getattr(vim, kind))


def find_datacenter(client: Client, name: str) -> t.Any:
    """The datacenter of this name or managed object id. Raises NfvError when it is missing or not unique."""
    matching = [
        each
        for each, properties in client.in_view({vim.Datacenter: ["name"]})
        if name in (plain_name(properties.get("name", "")), each._moId)
    ]
    if len(matching) != 1:
        raise NfvError(
            ErrorCode.DATACENTER_NOT_FOUND if not matching else ErrorCode.DATACENTER_NOT_UNIQUE,
            name,
            f"vCenter has {len(matching)} datacenters of this name",
            "Correct datacenter, or give its managed object id",
        )
    return matching[0]


def _network(managed: t.Any, properties: Properties, switches: t.Mapping[str, Properties]) -> Network | None:
    if not _is(managed, "Network"):
        return None
    name = plain_name(properties.get("name", ""))
    if isinstance(managed, vim.OpaqueNetwork):
        summary = properties["summary"]
        return Network(name, managed._moId, summary.opaqueNetworkId, opaque_type=summary.opaqueNetworkType)
    if not isinstance(managed, vim.dvs.DistributedVirtualPortgroup):
        return Network(name, managed._moId, managed._moId)
    reference = properties.get("config.distributedVirtualSwitch")
    switch = switches.get(reference._moId, {}) if reference is not None else {}
    product = switch.get("config.productInfo")
    return Network(
        name,
        managed._moId,
        properties.get("key", managed._moId),
        switch.get("uuid"),
        product.version if product is not None else None,
    )


def plain_name(name: str) -> str:
    """vSphere shows the characters / \\ % in a name as %2f, %5c, %25."""
    return urllib.parse.unquote(name)


def vm_paths(api_version: str | None) -> list[str]:
    """What is read of every VM: just what plans and results are made of, as far as the API has it."""
    shown = [setting for setting in SETTINGS if setting.shown and at_least(api_version, setting.api)]
    return list(dict.fromkeys([*_VM_PROPERTIES, *((setting.shown or "").split("/")[0] for setting in shown)]))


def read_vms(client: Client, managed: t.Sequence[t.Any], inventory: Inventory) -> dict[str, VmRecord]:
    """Reads the given VMs in one batch; by moid. Raises NfvError for a VM whose configuration cannot be read."""
    records = {}
    for each, properties in client.of_objects(vim.VirtualMachine, managed, vm_paths(inventory.api_version)):
        if "config.hardware.device" not in properties:
            raise NfvError(
                ErrorCode.VM_UNREADABLE,
                plain_name(properties.get("name", each._moId)),
                "its configuration was to be read, and vCenter has none",
                "It is inaccessible or still being made, or the user may not read it",
            )
        records[each._moId] = _record(each, properties, inventory)
    return records


def _record(managed: t.Any, properties: Properties, inventory: Inventory) -> VmRecord:
    host_object = properties.get("runtime.host")
    host = inventory.hosts.get(host_object._moId) if host_object is not None else None
    devices = {
        device.key: device
        for device in properties["config.hardware.device"]
        if isinstance(device, vim.vm.device.VirtualEthernetCard)
    }
    names = inventory.network_names
    advanced = _known_keys(properties.get("config.extraConfig", ()))
    state = VmState(
        name=plain_name(properties["name"]),
        moid=managed._moId,
        uuid=properties.get("config.uuid", ""),
        change_version=properties.get("config.changeVersion", ""),
        power_state=properties.get("runtime.powerState", ""),
        template=bool(properties.get("config.template")),
        host=host.name if host else None,
        host_mhz=host.mhz if host else None,
        host_latency_sensitivity=bool(host and host.latency_sensitivity),
        settings={setting.name: read_setting(setting, properties, advanced) for setting in SETTINGS},
        adapters=tuple(_adapter(devices[key], names) for key in sorted(devices)),
        advanced=advanced,
        firmware=properties.get("config.firmware"),
        api_version=inventory.api_version,
        host_facts=host.facts if host else HostFacts(),
    )
    return VmRecord(state, managed, devices, guest_state(properties))


def _known_keys(options: t.Iterable[t.Any]) -> dict[str, str]:
    """Of the advanced settings those that the collection writes or reports; vSphere shows removed ones as empty."""
    known = {key for key in ADVANCED_KEYS.values() if key is not None}
    return {
        option.key: str(option.value)
        for option in options
        if option.value
        and (option.key in known or _ADAPTER_KEY.fullmatch(option.key) or _CONFLICT_KEY.fullmatch(option.key))
    }


def _adapter(device: t.Any, names: t.Mapping[str, str]) -> AdapterState:
    kind = type(device).__name__.rsplit(".", 1)[-1]
    name, key = _backing(device.backing, names)
    return AdapterState(
        key=device.key,
        label=device.deviceInfo.label if device.deviceInfo is not None else f"adapter {device.key}",
        type=_ADAPTER_TYPES.get(kind, kind),
        mac=(device.macAddress or "").lower(),
        address_type=(device.addressType or "manual").lower(),
        network=name,
        network_key=key,
        connected=bool(device.connectable is not None and device.connectable.connected),
        start_connected=bool(device.connectable is None or device.connectable.startConnected),
        fields=read_adapter_fields(device),
    )


def _backing(backing: t.Any, names: t.Mapping[str, str]) -> tuple[str | None, str | None]:
    """Name and key of the port group; the name is None when it is none that we know."""
    port = getattr(backing, "port", None)
    if port is not None:
        return names.get(port.portgroupKey), port.portgroupKey
    opaque = getattr(backing, "opaqueNetworkId", None)
    if opaque is not None:
        return names.get(opaque), opaque
    network = getattr(backing, "network", None)
    if network is not None:
        return names.get(network._moId, backing.deviceName), network._moId
    return getattr(backing, "deviceName", None), None


def guest_state(properties: Properties) -> GuestState:
    """What the guest's tools report, from GUEST_PROPERTIES."""
    return GuestState(
        power_state=str(properties.get("runtime.powerState", "")),
        tools_running=properties.get("guest.toolsRunningStatus") == "guestToolsRunning",
        address=properties.get("guest.ipAddress") or None,
        nics=tuple(
            GuestNic((nic.macAddress or "").lower(), tuple(nic.ipAddress or ()))
            for nic in properties.get("guest.net") or ()
        ),
    )
