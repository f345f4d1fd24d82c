# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of VM and cluster that vSphere features depend on, and the verdicts."""

from __future__ import annotations

import dataclasses
import typing as t

VMOTION: t.Final = "vmotion"
DRS: t.Final = "drs"
HA: t.Final = "ha"
FAULT_TOLERANCE: t.Final = "fault_tolerance"
SNAPSHOTS: t.Final = "snapshots"

WORKS: t.Final = "works"
LIMITED: t.Final = "limited"
BLOCKED: t.Final = "blocked"
# From best to worst.
VERDICTS: t.Final = (WORKS, LIMITED, BLOCKED)

DISABLED: t.Final = "disabled"


@dataclasses.dataclass(frozen=True)
class VmFacts:
    """The settings of a VM that vSphere features depend on. Devices are given by their labels."""

    name: str
    """Name of the VM."""
    cpus: int
    """Number of vCPUs."""
    affinity: tuple[int, ...] = ()
    """Host CPUs of its affinity set."""
    node_affinity: tuple[int, ...] = ()
    """NUMA nodes of ``numa.nodeAffinity``."""
    latency_high: bool = False
    """Latency sensitivity is High."""
    host_1g_pages: bool = False
    """Its memory is backed by 1 GiB pages."""
    cpu_hot_add: bool = False
    """CPU hot add is on."""
    memory_hot_add: bool = False
    """Memory hot add is on."""
    passthrough: tuple[str, ...] = ()
    """DirectPath I/O devices."""
    sriov: tuple[str, ...] = ()
    """SR-IOV adapters."""
    upt: tuple[str, ...] = ()
    """VMXNET3 adapters with uptv2Enabled."""
    serial_ports: tuple[str, ...] = ()
    """Serial and parallel ports."""
    host_drives: tuple[str, ...] = ()
    """CD-ROM and floppy drives that use a device of the host or a client."""
    raw_disks: tuple[str, ...] = ()
    """Raw device mappings in physical mode."""
    independent_disks: tuple[str, ...] = ()
    """Disks that snapshots leave out."""
    shared_buses: tuple[str, ...] = ()
    """SCSI controllers that share their bus with other VMs."""
    snapshots: int = 0
    """Number of existing snapshots."""
    snapshots_disabled: bool = False
    """flags.snapshotDisabled."""
    fault_tolerant: bool = False
    """Fault Tolerance is on."""
    security_by_virtualization: bool = False
    """flags.vbsEnabled."""
    tpm: bool = False
    """It has a vTPM."""


@dataclasses.dataclass(frozen=True)
class ClusterFacts:
    """What a VM's cluster decides about it. None: unknown."""

    name: str | None
    """Name of the cluster; None when the VM's host is in no cluster."""
    drs: bool | None = None
    """Whether DRS is on."""
    automation_level: str | None = None
    """DRS automation level of this VM, its own or the cluster's: one of ``_spec.placement.AUTOMATION_LEVELS``."""
    ha: bool | None = None
    """Whether HA is on."""
    admission_control: bool | None = None
    """Whether HA's admission control is on."""
    restart_priority: str | None = None
    """HA restart priority of this VM, its own or the cluster's: one of ``_spec.placement.RESTART_PRIORITIES``."""
    allowed_hosts: tuple[str, ...] | None = None
    """Names of the hosts that mandatory VM-host rules leave the VM; None without such a rule."""


@dataclasses.dataclass(frozen=True)
class Limitation:
    """Why a feature is limited or blocked."""

    feature: str
    """The feature, such as ``vmotion``."""
    verdict: str
    """LIMITED or BLOCKED."""
    setting: str
    """By its name in ``settings.SETTINGS``, otherwise what an operator would look for."""
    text: str
    """The reason in one sentence."""
    source: str
    """The documentation that says so."""


@dataclasses.dataclass(frozen=True)
class FeatureVerdict:
    """One feature of one VM. Without any reason it works."""

    feature: str
    """The feature, such as ``vmotion``."""
    reasons: tuple[Limitation, ...]
    """Everything that limits or blocks it."""

    @property
    def verdict(self) -> str:
        """The worst of its reasons."""
        return max((reason.verdict for reason in self.reasons), key=VERDICTS.index, default=WORKS)

    @property
    def blocking(self) -> tuple[Limitation, ...]:
        """The reasons that block it."""
        return tuple(reason for reason in self.reasons if reason.verdict == BLOCKED)
