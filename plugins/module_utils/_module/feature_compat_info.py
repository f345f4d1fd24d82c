# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module feature_compat_info does: VMs' settings read, judged, and asked about in vSphere's own query."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, joined
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.model import VmHostRule
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.features.judge import (
    as_described,
    cluster_as_described,
    judge_features,
    refuse_blocked,
    verdicts_as_data,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.features.model import ClusterFacts, VmFacts
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import typed_errors
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim, vmodl
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.cluster.read import read_clusters
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.host.topology import node_numbers
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import plain_name, read_inventory
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.select import find_vm, read_requests

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.features.model import FeatureVerdict
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Properties
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.cluster.read import Clusters
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.select import Request

_VM_PROPERTIES: t.Final = (
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
    "snapshot",
)
_ON_HOST: t.Final = ("VirtualCdrom", "VirtualFloppy")
_PORTS: t.Final = ("VirtualSerialPort", "VirtualParallelPort")


def gather_features(params: t.Mapping[str, t.Any], connection: Connection) -> dict[str, t.Any]:
    """The module's result. Raises NfvError, feature_blocked, for VMs that lack a feature that they must keep."""
    requests = read_requests(params["vms"], params["dataplane"], needed=False)
    with (
        Client.open(connection, closed_for_writes=True) as client,
        typed_errors(connection.hostname, "the VMs' features were to be read"),
    ):
        inventory = read_inventory(client, params["datacenter"], any(request.by == "uuid" for request in requests))
        clusters = read_clusters(client, params["datacenter"])
        found = {request.value: find_vm(request, inventory) for request in requests}
        read = {
            each._moId: properties
            for each, properties in client.of_objects(
                vim.VirtualMachine, [managed for managed in found.values() if managed is not None], _VM_PROPERTIES
            )
        }
        results, errors = {}, []
        for request in requests:
            managed = found[request.value]
            properties = read.get(managed._moId) if managed is not None else None
            facts = vm_facts(properties) if properties is not None else None
            cluster = cluster_facts(managed._moId, properties, clusters) if properties is not None else None
            verdicts = _judge(request, facts, cluster)
            query = _ask(client, managed) if properties is not None and params["ask_fault_tolerance"] else None
            results[facts.name if facts is not None else request.value] = _vm(facts is not None, verdicts, query)
            try:
                refuse_blocked(request.value, verdicts, _must_keep(request, params["must_keep"]))
            except NfvError as error:
                errors.append(error)
    if errors:
        raise joined(errors, {"vms": results})
    return {"vms": results}


def _judge(request: Request, facts: VmFacts | None, cluster: ClusterFacts | None) -> tuple[FeatureVerdict, ...]:
    """The verdicts on a VM: with a description, as it will be; of one that is not there, what its description says."""
    if request.dataplane is None:
        return judge_features(facts, cluster) if facts is not None else ()
    return judge_features(as_described(request.dataplane, facts), cluster_as_described(request.dataplane, cluster))


def _must_keep(request: Request, asked: t.Sequence[str]) -> tuple[str, ...]:
    described = request.dataplane.placement.must_keep if request.dataplane is not None else ()
    return tuple(dict.fromkeys((*described, *asked)))


def _vm(present: bool, verdicts: t.Sequence[FeatureVerdict], query: list[dict[str, str]] | None) -> dict[str, t.Any]:
    return {"present": present, "features": verdicts_as_data(verdicts), "fault_tolerance_query": query}


def _ask(client: Client, managed: t.Any) -> list[dict[str, str]] | None:
    """What vSphere itself has against Fault Tolerance for the VM as it is now; None when it does not answer.

    VirtualMachine.QueryFaultToleranceCompatibility returns the faults that switching it on would have. It needs the
    privilege VirtualMachine.Config.QueryFTCompatibility; a server without the method answers with a fault, too.
    """
    try:
        faults = client.read(managed.QueryFaultToleranceCompatibility)
    except vmodl.MethodFault:
        return None
    return [
        {"fault": type(fault).__name__.rsplit(".", 1)[-1], "message": getattr(fault, "msg", None) or ""}
        for fault in faults or ()
    ]


def vm_facts(properties: Properties) -> VmFacts:
    """A VM's settings from its properties, as far as features depend on them. Raises NfvError: vm_unreadable."""
    name = plain_name(properties.get("name", ""))
    if "config.hardware.device" not in properties:
        raise NfvError(
            ErrorCode.VM_UNREADABLE,
            name,
            "its configuration was to be read, and vCenter has none",
            "It is inaccessible or still being made, or the user may not read it",
        )
    devices = properties["config.hardware.device"]
    advanced = {option.key: str(option.value) for option in properties.get("config.extraConfig") or ()}
    affinity = properties.get("config.cpuAffinity")
    latency = properties.get("config.latencySensitivity")
    flags = properties.get("config.flags")
    snapshot = properties.get("snapshot")
    return VmFacts(
        name=name,
        cpus=properties.get("config.hardware.numCPU") or 0,
        affinity=tuple(sorted(affinity.affinitySet or ())) if affinity is not None else (),
        node_affinity=node_numbers(advanced.get("numa.nodeAffinity")),
        latency_high=latency is not None and latency.level == "high",
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
    """Whether a drive is connected to hardware of the host or to a client, and not to an image on a datastore."""
    drives: t.Any = tuple(getattr(vim.vm.device, kind) for kind in _ON_HOST)
    if not isinstance(device, drives):
        return False
    connected = device.connectable is not None and (device.connectable.connected or device.connectable.startConnected)
    image = isinstance(device.backing, vim.vm.device.VirtualDevice.FileBackingInfo)
    return bool(connected) and device.backing is not None and not image


def _count(snapshots: t.Iterable[t.Any] | None) -> int:
    return sum(1 + _count(each.childSnapshotList) for each in snapshots or ())


def cluster_facts(moid: str, properties: Properties, clusters: Clusters) -> ClusterFacts:
    """What the VM's cluster says of it."""
    host = properties.get("runtime.host")
    state = clusters.of_host(host._moId if host is not None else None)
    if state is None:
        return ClusterFacts(None)
    own = state.restart.get(moid)
    allowed: set[str] | None = None
    for rule in state.rules:
        if not isinstance(rule, VmHostRule) or not (rule.enabled and rule.mandatory):
            continue
        if moid not in state.vm_groups.get(rule.vm_group or "", ()):
            continue
        group = state.host_groups.get(rule.host_group or "", frozenset())
        hosts = set(group) if rule.affine else set(state.hosts) - group
        allowed = hosts if allowed is None else allowed & hosts
    return ClusterFacts(
        name=state.name,
        drs=state.drs,
        automation_level=state.automation.get(moid, state.automation_level),
        ha=state.ha,
        admission_control=state.admission_control,
        restart_priority=(own.own if own is not None else None) or state.restart_priority,
        allowed_hosts=None if allowed is None else tuple(sorted(state.hosts.get(each, each) for each in allowed)),
    )
