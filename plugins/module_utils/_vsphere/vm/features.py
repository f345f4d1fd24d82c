# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the settings of VMs that decide which vSphere features work for them."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.features.model import VmFacts
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.naming import name_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim, vmodl

from .advanced import advanced_settings
from .read import CONNECTION_STATE, devices_of, each_of
from .values import cpu_affinity, latency_high, node_affinity

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Properties

_PROPERTIES: t.Final = (
    "name",
    "config.template",
    "config.hardware.numCPU",
    "config.hardware.device",
    "config.cpuAffinity",
    "config.latencySensitivity",
    "config.cpuHotAddEnabled",
    "config.memoryHotAddEnabled",
    "config.extraConfig",
    "config.flags",
    "runtime.faultToleranceState",
    "runtime.host",
    CONNECTION_STATE,
    "snapshot",
)
_ON_HOST: t.Final = ("VirtualCdrom", "VirtualFloppy")
_PORTS: t.Final = ("VirtualSerialPort", "VirtualParallelPort")


@dataclasses.dataclass(frozen=True)
class FeatureRecord:
    """A VM as far as vSphere features depend on it."""

    managed: t.Any
    """The VM as vim.VirtualMachine."""
    facts: VmFacts
    """Its settings."""
    host: str | None
    """The managed object ID of its host."""


def read_features(client: Client, machines: t.Sequence[t.Any]) -> tuple[dict[str, FeatureRecord], dict[str, NfvError]]:
    """Reads the given VMs in one batch. Returns the records, and the errors of those that cannot be read, by moid."""
    return each_of(client, machines, _PROPERTIES, _record)


def _record(managed: t.Any, properties: Properties) -> FeatureRecord:
    host = properties.get("runtime.host")
    return FeatureRecord(managed, vm_facts(managed, properties), host._moId if host is not None else None)


def vm_facts(managed: t.Any, properties: Properties) -> VmFacts:
    """Converts the properties of a VM. Raises NfvError: vm_unreadable."""
    devices = devices_of(managed, properties)
    advanced = advanced_settings(properties.get("config.extraConfig") or ())
    flags = properties.get("config.flags")
    snapshot = properties.get("snapshot")
    return VmFacts(
        name=name_of(managed, properties),
        cpus=properties.get("config.hardware.numCPU") or 0,
        affinity=cpu_affinity(properties),
        node_affinity=node_affinity(advanced),
        latency_high=latency_high(properties),
        host_1g_pages=advanced.get("sched.mem.lpage.enable1GPage", "").upper() == "TRUE",
        cpu_hot_add=bool(properties.get("config.cpuHotAddEnabled")),
        memory_hot_add=bool(properties.get("config.memoryHotAddEnabled")),
        passthrough=_labels(devices, "VirtualPCIPassthrough"),
        sriov=_labels(devices, "VirtualSriovEthernetCard"),
        upt=tuple(_label(device) for device in devices if getattr(device, "uptv2Enabled", None)),
        serial_ports=_labels(devices, *_PORTS),
        host_drives=tuple(_label(device) for device in devices if _on_host(device)),
        raw_disks=tuple(
            _label(device) for device in devices if getattr(device.backing, "compatibilityMode", None) == "physicalMode"
        ),
        independent_disks=tuple(
            _label(device)
            for device in devices
            if str(getattr(device.backing, "diskMode", None)).startswith("independent")
        ),
        shared_buses=tuple(
            _label(device) for device in devices if getattr(device, "sharedBus", "noSharing") != "noSharing"
        ),
        snapshots=_count(snapshot.rootSnapshotList) if snapshot is not None else 0,
        snapshots_disabled=bool(flags is not None and flags.snapshotDisabled),
        fault_tolerant=properties.get("runtime.faultToleranceState") not in (None, "notConfigured"),
        security_by_virtualization=bool(flags is not None and flags.vbsEnabled),
        tpm=bool(_labels(devices, "VirtualTPM")),
    )


def _label(device: t.Any) -> str:
    return device.deviceInfo.label if device.deviceInfo is not None else f"device {device.key}"


def _labels(devices: t.Sequence[t.Any], *kinds: str) -> tuple[str, ...]:
    types = tuple(getattr(vim.vm.device, kind) for kind in kinds)
    return tuple(_label(device) for device in devices if isinstance(device, types))


def _on_host(device: t.Any) -> bool:
    """Whether the device is a drive connected to hardware of the host or a client, not to an image on a datastore."""
    drives: t.Any = tuple(getattr(vim.vm.device, kind) for kind in _ON_HOST)
    if not isinstance(device, drives):
        return False
    connected = device.connectable is not None and (device.connectable.connected or device.connectable.startConnected)
    image = isinstance(device.backing, vim.vm.device.VirtualDevice.FileBackingInfo)
    return bool(connected) and device.backing is not None and not image


def _count(snapshots: t.Iterable[t.Any] | None) -> int:
    return sum(1 + _count(each.childSnapshotList) for each in snapshots or ())


def fault_tolerance_faults(client: Client, managed: t.Any) -> list[dict[str, str]] | None:
    """Asks vSphere why it would refuse Fault Tolerance for the VM as it is now; None when it does not answer.

    VirtualMachine.QueryFaultToleranceCompatibility returns the faults that turning it on would raise. The method needs
    the privilege VirtualMachine.Config.QueryFTCompatibility; a server that lacks the method answers with a fault, too.
    """
    try:
        faults = client.read(managed.QueryFaultToleranceCompatibility)
    except vmodl.MethodFault:
        return None
    return [
        {"fault": type(fault).__name__.rsplit(".", 1)[-1], "message": getattr(fault, "msg", None) or ""}
        for fault in faults or ()
    ]
