# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of vCenter, clusters, hosts and port groups when their readiness is judged.

``None`` always means that vSphere does not report it; it is never replaced by a guess.
"""

from __future__ import annotations

import dataclasses
import typing as t

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import HostTopology


@dataclasses.dataclass(frozen=True)
class VcenterFacts:
    """vCenter, once somebody has logged in."""

    name: str
    """The host name that the connection was made to."""
    username: str
    """The user who logged in."""
    api_version: str
    """The version that both sides speak, such as ``8.0.3.0``."""


@dataclasses.dataclass(frozen=True)
class ClusterReadinessFacts:
    """A cluster."""

    name: str
    """Its name."""
    drs: bool
    """Whether DRS is on."""
    automation_level: str
    """The cluster's own level, one of ``_spec.placement.AUTOMATION_LEVELS``."""
    ha: bool
    """Whether HA is on."""
    admission_control: bool
    """Whether HA's admission control is on."""
    evc: str | None = None
    """The key of its EVC mode, such as ``intel-broadwell``; None without EVC."""


@dataclasses.dataclass(frozen=True)
class HostReadinessFacts:
    """A host, beside what placement knows of it."""

    topology: HostTopology
    """Nodes, NICs, port groups, and what VMs hold."""
    cpu_model: str | None = None
    """Model of its CPUs."""
    power_support: str | None = None
    """What the BIOS leaves to ESXi of power management, such as ``ACPI P-states``; empty for nothing."""
    time_service: str | None = None
    """The time service that runs, ``ntpd`` or ``ptpd``; empty for none."""
    time_servers: tuple[str, ...] | None = None
    """The servers that its time service asks."""
    clock_ahead: float | None = None
    """Seconds that its clock is ahead of the controller's; negative when it is behind."""
    clock_uncertainty: float = 0.0
    """Seconds that ``clock_ahead`` may be wrong by: half the time that the question took."""
    udp_rss_allowed: bool | None = None
    """Its advanced setting ``Net.Vmxnet3UDPRSSAllowed``."""
    nic_models: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Vendor and model of its NICs by device name."""
    driver_versions: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Driver versions of its NICs by device name."""

    @property
    def name(self) -> str:
        return self.topology.name


@dataclasses.dataclass(frozen=True)
class PortGroupFacts:
    """A port group: one of a distributed switch, or one of a standard switch on one host."""

    name: str
    """Its name."""
    switch: str | None
    """Name of its switch; None for an NSX segment outside any distributed switch."""
    hosts: frozenset[str] | None
    """Names of the hosts that offer it."""
    distributed: bool = True
    """Whether it is one for all hosts: of a distributed switch, or an NSX segment."""
    promiscuous: bool | None = None
    """Whether its ports may receive what is sent to others."""
    mac_changes: bool | None = None
    """Whether a guest may receive at another address than its adapter's."""
    forged_transmits: bool | None = None
    """Whether a guest may send from another address than its adapter's."""
    mac_learning: bool | None = None
    """Whether it learns addresses behind its ports."""
    unicast_flooding: bool | None = None
    """With MAC learning: whether frames to addresses that are not learned yet reach its ports."""
    vlans: tuple[tuple[int, int], ...] | None = None
    """The VLANs that it carries tagged, as ranges with both ends; empty when the switch does the tagging."""
    mtu: int | None = None
    """MTU of its switch in bytes."""
