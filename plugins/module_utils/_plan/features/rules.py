# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules: one function for each part of a VM, each yielding the reasons that it finds.

Where a text says "expected" it is our reasoning and no statement of vSphere's documentation.
"""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import format_cpu_list

from .model import (
    BLOCKED,
    DISABLED,
    DRS,
    FAULT_TOLERANCE,
    HA,
    LIMITED,
    SNAPSHOTS,
    VMOTION,
    ClusterFacts,
    Limitation,
    VmFacts,
)

# vSphere 8 configuration maximums, "Fault Tolerance": virtual CPUs per VM.
MAX_FAULT_TOLERANT_CPUS: t.Final = 8

_AFFINITY = "vSphere API reference, vim.fault.AffinityConfigured; vSphere Resource Management, CPU affinity"
_LATENCY = "vSphere Resource Management, latency sensitivity"
_NUMA = "vSphere Resource Management, NUMA node affinity (numa.nodeAffinity)"
_PAGES = "vSphere Resource Management, 1 GB pages"
_DIRECTPATH = "vSphere Networking, DirectPath I/O"
_SRIOV = "vSphere Networking, SR-IOV, availability of features"
_UPT = "vSphere 8, uniform passthrough (UPTv2)"
_FAULT_TOLERANCE = "vSphere Availability, Fault Tolerance interoperability"
_SNAPSHOTS = "vSphere Virtual Machine Administration, snapshot limitations"
_DRS = "vSphere Resource Management, DRS"
_HA = "vSphere Availability, vSphere HA"


def cpu_reasons(facts: VmFacts) -> t.Iterator[Limitation]:
    """Affinity, NUMA node, latency sensitivity, number and hot-add of vCPUs."""
    if facts.affinity:
        bound = f"it is bound to CPUs {format_cpu_list(facts.affinity)} of its host"
        yield Limitation(
            VMOTION, BLOCKED, "cpu.affinity", f"{bound}; a running VM with affinity is not migrated", _AFFINITY
        )
        yield Limitation(DRS, BLOCKED, "cpu.affinity", f"{bound}; DRS cannot move it", _AFFINITY)
        restart = "HA restarts it on the same CPU numbers of another host, whoever holds them there (expected)"
        yield Limitation(HA, LIMITED, "cpu.affinity", f"{bound}; {restart}", _AFFINITY)
        copy = "its copy is made as a migration is (expected)"
        yield Limitation(FAULT_TOLERANCE, BLOCKED, "cpu.affinity", f"{bound}; {copy}", _AFFINITY)
    if facts.node_affinity:
        nodes = f"it is bound to NUMA node {format_cpu_list(facts.node_affinity)}"
        text = f"{nodes}, and is on the node of that number on any host it comes to, whatever NICs are there"
        for feature in (VMOTION, DRS, HA):
            yield Limitation(feature, LIMITED, "placement.numa", text, _NUMA)
    if facts.latency_high:
        yield from _latency_reasons()
    if facts.cpus > MAX_FAULT_TOLERANT_CPUS:
        text = f"it has {facts.cpus} vCPUs; at most {MAX_FAULT_TOLERANT_CPUS} can be protected"
        yield Limitation(
            FAULT_TOLERANCE, BLOCKED, "cpu.count", text, "vSphere 8 configuration maximums, Fault Tolerance"
        )
    for setting, on in (("cpu.hot_add", facts.cpu_hot_add), ("memory.hot_add", facts.memory_hot_add)):
        if on:
            text = "hot-plug is switched off while the VM is protected"
            yield Limitation(FAULT_TOLERANCE, LIMITED, setting, text, _FAULT_TOLERANCE)


def _latency_reasons() -> t.Iterator[Limitation]:
    setting = "cpu.latency_sensitivity"
    text = "the other host must have as many free cores and as much unreserved CPU and memory"
    yield Limitation(VMOTION, LIMITED, setting, text, _LATENCY)
    text = "DRS keeps a VM with latency sensitivity High on its host, by a soft affinity, unless it has to move it"
    yield Limitation(DRS, LIMITED, setting, text, _LATENCY)
    text = "the host that restarts it must have its cores and its full reservation free (expected)"
    yield Limitation(HA, LIMITED, setting, text, _LATENCY)
    text = "a packet leaves only when the copy has caught up, which adds to its latency (expected)"
    yield Limitation(FAULT_TOLERANCE, LIMITED, setting, text, _FAULT_TOLERANCE)
    text = "a snapshot with memory stops the VM for a moment, and packets are lost (expected); take it without memory"
    yield Limitation(SNAPSHOTS, LIMITED, setting, text, _SNAPSHOTS)


def memory_reasons(facts: VmFacts) -> t.Iterator[Limitation]:
    """How the host backs the VM's memory."""
    if facts.host_1g_pages:
        text = "1 GB backing is not kept by a migration; the VM has it again after its next power-on"
        for feature in (VMOTION, DRS):
            yield Limitation(feature, LIMITED, "memory.host_1g_pages", text, _PAGES)


def passthrough_reasons(facts: VmFacts) -> t.Iterator[Limitation]:
    """Adapters and devices that are the host's hardware."""
    for label in facts.sriov:
        text = f"{label} is an SR-IOV adapter; VMXNET3 would keep this feature"
        for feature in (VMOTION, DRS, HA, FAULT_TOLERANCE, SNAPSHOTS):
            yield Limitation(feature, BLOCKED, label, text, _SRIOV)
    for label in facts.passthrough:
        text = f"{label} is a device of the host (DirectPath I/O)"
        for feature in (VMOTION, HA, FAULT_TOLERANCE, SNAPSHOTS):
            yield Limitation(feature, BLOCKED, label, text, _DIRECTPATH)
        yield Limitation(DRS, BLOCKED, label, f"{text}; the VM is part of the cluster and not moved", _DIRECTPATH)
    for label in facts.upt:
        text = f"{label} has uniform passthrough; the other host needs a DPU for it, too"
        for feature in (VMOTION, DRS, HA):
            yield Limitation(feature, LIMITED, label, text, _UPT)
        text = f"{label} has uniform passthrough, and NIC passthrough excludes Fault Tolerance (expected for UPT, too)"
        yield Limitation(FAULT_TOLERANCE, BLOCKED, label, text, _FAULT_TOLERANCE)


def device_reasons(facts: VmFacts) -> t.Iterator[Limitation]:
    """Other devices that tie a VM to its host or keep it from being copied."""
    for label in facts.host_drives:
        text = f"{label} is connected to a drive of its host or of a client; use an image on shared storage"
        yield Limitation(VMOTION, BLOCKED, label, text, "vSphere vCenter and Host Management, conditions for vMotion")
        yield Limitation(FAULT_TOLERANCE, BLOCKED, label, text, _FAULT_TOLERANCE)
    for label in facts.serial_ports:
        yield Limitation(FAULT_TOLERANCE, BLOCKED, label, f"{label} has to be removed", _FAULT_TOLERANCE)
    for setting, on in (("flags.vbsEnabled", facts.security_by_virtualization), ("vTPM", facts.tpm)):
        if on:
            yield Limitation(FAULT_TOLERANCE, BLOCKED, setting, f"{setting} excludes it", _FAULT_TOLERANCE)


def snapshot_reasons(facts: VmFacts) -> t.Iterator[Limitation]:
    """Disks and flags that prevent snapshots, and snapshots that prevent Fault Tolerance."""
    if facts.snapshots:
        text = f"it has {facts.snapshots} snapshot{'' if facts.snapshots == 1 else 's'}; remove them first"
        yield Limitation(FAULT_TOLERANCE, BLOCKED, "snapshots", text, _FAULT_TOLERANCE)
    if facts.fault_tolerant:
        yield Limitation(SNAPSHOTS, BLOCKED, "fault_tolerance", "Fault Tolerance is switched on", _FAULT_TOLERANCE)
    if facts.snapshots_disabled:
        text = "they are switched off for this VM"
        yield Limitation(SNAPSHOTS, BLOCKED, "flags.snapshotDisabled", text, "vSphere API reference, vim.vm.FlagInfo")
    for label in facts.raw_disks:
        text = f"{label} is a raw device in physical mode"
        yield Limitation(SNAPSHOTS, BLOCKED, label, text, _SNAPSHOTS)
        yield Limitation(FAULT_TOLERANCE, BLOCKED, label, text, _FAULT_TOLERANCE)
    for label in facts.shared_buses:
        yield Limitation(SNAPSHOTS, BLOCKED, label, f"{label} shares its bus with other VMs", _SNAPSHOTS)
    for label in facts.independent_disks:
        text = f"{label} is independent: a snapshot leaves it out, and one with memory is refused"
        yield Limitation(SNAPSHOTS, LIMITED, label, text, _SNAPSHOTS)


def cluster_reasons(cluster: ClusterFacts) -> t.Iterator[Limitation]:
    """What the cluster and its rules leave of DRS, HA and vMotion."""
    if cluster.name is None:
        text = "its host is in no cluster"
        for feature, source in ((DRS, _DRS), (HA, _HA), (FAULT_TOLERANCE, _FAULT_TOLERANCE)):
            yield Limitation(feature, BLOCKED, "placement.cluster", text, source)
        return
    yield from _drs_reasons(cluster)
    yield from _ha_reasons(cluster)
    hosts = cluster.allowed_hosts
    if hosts is not None and len(hosts) < 2:
        text = f"a mandatory VM-host rule allows it {hosts[0] if hosts else 'no host'} alone"
        for feature, source in ((VMOTION, _DRS), (DRS, _DRS), (HA, _HA), (FAULT_TOLERANCE, _DRS)):
            yield Limitation(feature, BLOCKED, "VM-host rule", text, source)


def _drs_reasons(cluster: ClusterFacts) -> t.Iterator[Limitation]:
    if cluster.drs is False:
        yield Limitation(DRS, BLOCKED, "cluster.drs", f"it is switched off in cluster {cluster.name}", _DRS)
    elif cluster.automation_level == DISABLED:
        yield Limitation(DRS, BLOCKED, "placement.automation_level", "it is switched off for this VM", _DRS)
    elif cluster.automation_level in ("manual", "partially_automated"):
        text = f"it is {cluster.automation_level.replace('_', ' ')} for this VM: migrations are proposed, not made"
        yield Limitation(DRS, LIMITED, "placement.automation_level", text, _DRS)


def _ha_reasons(cluster: ClusterFacts) -> t.Iterator[Limitation]:
    if cluster.ha is False:
        text = f"it is switched off in cluster {cluster.name}"
        yield Limitation(HA, BLOCKED, "cluster.ha", text, _HA)
        yield Limitation(FAULT_TOLERANCE, BLOCKED, "cluster.ha", f"HA, which it needs, is off in {cluster.name}", _HA)
        return
    if cluster.restart_priority == DISABLED:
        text = "restarting is switched off for this VM"
        yield Limitation(HA, BLOCKED, "placement.restart_priority", text, _HA)
        yield Limitation(FAULT_TOLERANCE, BLOCKED, "placement.restart_priority", f"{text}; it needs HA", _HA)
    if cluster.ha and cluster.admission_control is False:
        text = "admission control is off, so nothing keeps room on other hosts for a restart"
        yield Limitation(HA, LIMITED, "cluster.admission_control", text, _HA)
