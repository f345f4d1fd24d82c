# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a VM where its features are judged, and the verdicts."""

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
    """A VM's settings as far as features depend on them.

    affinity: host CPUs; node_affinity: NUMA nodes of ``numa.nodeAffinity``; devices are named by their labels:
    passthrough (DirectPath I/O), sriov, upt (VMXNET3 with uptv2Enabled), serial_ports (and parallel ones),
    host_drives (CD-ROM or floppy on a device of the host or a client), raw_disks (physical mode), independent_disks,
    shared_buses (SCSI controllers); snapshots: how many there are; snapshots_disabled: flags.snapshotDisabled.
    """

    name: str
    cpus: int
    affinity: tuple[int, ...] = ()
    node_affinity: tuple[int, ...] = ()
    latency_high: bool = False
    host_1g_pages: bool = False
    cpu_hot_add: bool = False
    memory_hot_add: bool = False
    passthrough: tuple[str, ...] = ()
    sriov: tuple[str, ...] = ()
    upt: tuple[str, ...] = ()
    serial_ports: tuple[str, ...] = ()
    host_drives: tuple[str, ...] = ()
    raw_disks: tuple[str, ...] = ()
    independent_disks: tuple[str, ...] = ()
    shared_buses: tuple[str, ...] = ()
    snapshots: int = 0
    snapshots_disabled: bool = False
    fault_tolerant: bool = False
    security_by_virtualization: bool = False
    tpm: bool = False


@dataclasses.dataclass(frozen=True)
class ClusterFacts:
    """What the VM's cluster says of it; None in the place of this whole when that is not known.

    automation_level: of DRS for this VM, its own or the cluster's (``disabled``, ``manual``, ``partially_automated``,
    ``fully_automated``), None when it is not known; restart_priority: of HA likewise; allowed_hosts: names of the hosts
    that mandatory VM-host rules leave the VM, None without such a rule.
    """

    name: str | None
    drs: bool | None = None
    automation_level: str | None = None
    ha: bool | None = None
    admission_control: bool | None = None
    restart_priority: str | None = None
    allowed_hosts: tuple[str, ...] | None = None


@dataclasses.dataclass(frozen=True)
class Limitation:
    """Why a feature is limited or blocked.

    setting: by the names of ``settings.SETTINGS`` where it is one of those, else what an operator would look for;
    source: where vSphere says so.
    """

    feature: str
    verdict: str
    setting: str
    text: str
    source: str


@dataclasses.dataclass(frozen=True)
class FeatureVerdict:
    """One feature of one VM; works without any reason."""

    feature: str
    reasons: tuple[Limitation, ...]

    @property
    def verdict(self) -> str:
        """The worst of its reasons."""
        return max((reason.verdict for reason in self.reasons), key=VERDICTS.index, default=WORKS)

    @property
    def blocking(self) -> tuple[Limitation, ...]:
        """The reasons that block it."""
        return tuple(reason for reason in self.reasons if reason.verdict == BLOCKED)
