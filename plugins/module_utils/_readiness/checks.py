# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every check of vCenter's side: what it asks, where the rule comes from, and what to do.

docs/readiness.md has this table: scripts/readiness_table.py writes it there.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.error_codes import ErrorCode

from .row import Row, Subject


@dataclasses.dataclass(frozen=True)
class Check:
    """One thing that is looked at."""

    subject: Subject
    """Whom it is about."""
    name: str
    """Its stable name, the ``check`` of its rows."""
    asks: str
    """What it asks and when, in one sentence."""
    source: str
    """Where the rule comes from."""
    code: ErrorCode
    """The code of a row that is not ready."""
    remedy: str
    """What to do."""

    def judge(self, name: str, asked: str, seen: str, good: bool | None) -> Row:
        """A row that is ready or not. good: None when vSphere does not report what is asked for."""
        if good is None:
            return self.unknown(name, asked, seen or "vSphere does not report it")
        if good:
            return Row.ready(self.subject, name, self.name, asked, seen)
        return Row.not_ready(self.subject, name, self.name, asked, seen, code=self.code, remedy=self.remedy)

    def not_asked(self, name: str, seen: str) -> Row:
        """A row that nothing asks for."""
        return Row.not_asked(self.subject, name, self.name, seen)

    def unknown(
        self,
        name: str,
        asked: str,
        why: str,
        code: ErrorCode = ErrorCode.READINESS_UNKNOWN,
        remedy: str = "Look at it in vSphere; the user may lack System.Read there, or the host is too old to tell",
    ) -> Row:
        """A row that could not be looked at."""
        return Row.unknown(self.subject, name, self.name, asked, why, code=code, remedy=remedy)


_RESOURCES: t.Final = "vSphere Resource Management"
_LATENCY: t.Final = "VMware, Best Practices for Performance Tuning of Latency-Sensitive Workloads in vSphere VMs"
_TELCO: t.Final = "Telco Cloud Platform 3.0, Data Plane Performance Tuning Guide"
_NETWORKING: t.Final = "vSphere Networking"
_OWN: t.Final = "reasoning of this collection"

CONNECTION: t.Final = Check(
    Subject.VCENTER,
    "connection",
    "vCenter answers, its certificate is trusted, and the user can log in",
    "every later look needs it",
    ErrorCode.VCENTER_UNREACHABLE,
    "Correct what the message names",
)
VCENTER_API: t.Final = Check(
    Subject.VCENTER,
    "api_version",
    "vCenter's API, and this controller's pyVmomi, have every field that the descriptions set",
    "vSphere API reference; pyVmomi leaves newer fields out without a word",
    ErrorCode.API_VERSION_OLD,
    "Upgrade vCenter and pyvmomi, or leave out of the descriptions what needs it",
)
USABLE_HOSTS: t.Final = Check(
    Subject.CLUSTER,
    "usable_hosts",
    "at least one host is connected and not in maintenance mode",
    "nothing can be placed elsewhere",
    ErrorCode.HOST_UNUSABLE,
    "End maintenance mode, or reconnect a host",
)
DRS: t.Final = Check(
    Subject.CLUSTER,
    "drs",
    "DRS is on where a description keeps VMs apart or together, names an automation level, or must keep DRS",
    f"{_RESOURCES}, Using DRS Affinity Rules",
    ErrorCode.DRS_OFF,
    "Turn DRS on, or leave those keys of placement out",
)
HA: t.Final = Check(
    Subject.CLUSTER,
    "ha",
    "HA is on where a description names a restart priority or must keep HA",
    "vSphere Availability, VM Restart Priority",
    ErrorCode.HA_OFF,
    "Turn HA on, or leave those keys of placement out",
)
EVC: t.Final = Check(
    Subject.CLUSTER,
    "evc",
    "an EVC mode is set where a description must keep vMotion and the hosts' CPUs are of several models",
    "vCenter Server and Host Management, Enhanced vMotion Compatibility",
    ErrorCode.EVC_OFF,
    "Set an EVC mode that all hosts of the cluster have",
)
_ALIKE_REMEDY: t.Final = "Bring the hosts to the same hardware, driver or firmware, or make a cluster of those alike"


def _alike(name: str, what: str) -> Check:
    return Check(
        Subject.CLUSTER,
        name,
        f"{what} alike on every usable host, where DRS or HA may move VMs",
        f"{_OWN}: a VM meets after a move what it was proved on",
        ErrorCode.HOSTS_DIFFER,
        _ALIKE_REMEDY,
    )


NIC_MODEL: t.Final = _alike("nic_model", "models of the NICs that carry polled networks are")
NIC_DRIVER: t.Final = _alike("nic_driver", "drivers and driver versions of those NICs are")
NIC_FIRMWARE: t.Final = _alike("nic_firmware", "firmware versions of those NICs are")
NIC_SPEED: t.Final = _alike("nic_speed", "link speeds of those NICs are")
NUMA_NODES: t.Final = _alike("numa_nodes", "NUMA nodes, with their cores and memory, are")
NODE_BANDWIDTH: t.Final = _alike("node_bandwidth", "bandwidths of those NICs on each NUMA node are")

HOST_STATE: t.Final = Check(
    Subject.HOST,
    "state",
    "the host is connected and not in maintenance mode, where a description names it in placement.hosts",
    "vSphere places nothing on another host",
    ErrorCode.HOST_UNUSABLE,
    "End maintenance mode or reconnect the host, or name another one in placement.hosts",
)
HOST_API: t.Final = Check(
    Subject.HOST,
    "api_version",
    "ESXi has what the descriptions set, which came with a release of vSphere",
    "vSphere API reference",
    ErrorCode.API_VERSION_OLD,
    "Upgrade the host, or leave out of the descriptions what needs it",
)
HYPER_THREADING: t.Final = Check(
    Subject.HOST,
    "hyper_threading",
    "hyper-threading is active, and the host shows two threads of a core to VMs, for cpu.simultaneous_threads: 2",
    "vSphere API reference, vim.host.Capability.maxSupportedSimultaneousThreads",
    ErrorCode.SIMULTANEOUS_THREADS_UNSUPPORTED,
    "Enable hyper-threading in the BIOS and in ESXi, or set cpu.simultaneous_threads to 1",
)
LATENCY_SENSITIVITY: t.Final = Check(
    Subject.HOST,
    "latency_sensitivity",
    "the host supports latency sensitivity High, for cpu.exclusivity: latency_sensitivity",
    "vSphere API reference, vim.host.Capability.latencySensitivitySupported",
    ErrorCode.LATENCY_SENSITIVITY_UNSUPPORTED,
    "Take a host that does, or set cpu.exclusivity to affinity or none",
)
POWER_POLICY: t.Final = Check(
    Subject.HOST,
    "power_policy",
    "the power policy is High Performance (static), where vCPUs poll",
    f"{_LATENCY}; {_RESOURCES}, CPU Power Management Policies",
    ErrorCode.POWER_POLICY_SLOW,
    "Set the host's power policy to High Performance",
)
BIOS_POWER: t.Final = Check(
    Subject.HOST,
    "bios_power",
    "the BIOS leaves power management to ESXi, where vCPUs poll; otherwise the power policy has no effect",
    f"{_RESOURCES}, Set CPU Power Management Policies (OS control mode in the BIOS)",
    ErrorCode.BIOS_POWER_KEPT,
    "Set OS control in the BIOS. Where it is set to maximum performance instead, accept host.bios_power",
)
TIME_SERVICE: t.Final = Check(
    Subject.HOST,
    "time_service",
    "NTP or PTP runs",
    "vSphere Security, Synchronizing Clocks on the vSphere Network",
    ErrorCode.TIME_SERVICE_STOPPED,
    "Start the NTP service of the host, with the policy to start with the host",
)
TIME_SERVERS: t.Final = Check(
    Subject.HOST,
    "time_servers",
    "the host has at least one NTP server, unless PTP runs",
    "vSphere Security, Synchronizing Clocks on the vSphere Network",
    ErrorCode.TIME_SERVERS_MISSING,
    "Give the host NTP servers, two or more that the controller asks, too",
)
CLOCK: t.Final = Check(
    Subject.HOST,
    "clock",
    "the host's clock is within five seconds of the controller's",
    f"{_OWN}: events of host, guest and controller are read side by side; certificates need less",
    ErrorCode.CLOCK_SKEWED,
    "Correct the clock of the host, or the controller's: compare both with an NTP server",
)
UDP_RSS: t.Final = Check(
    Subject.HOST,
    "udp_rss",
    "Net.Vmxnet3UDPRSSAllowed is 1, for udp_rss of an adapter",
    _TELCO,
    ErrorCode.UDP_RSS_NOT_ALLOWED,
    "Set the host's advanced setting Net.Vmxnet3UDPRSSAllowed to 1, or leave udp_rss out",
)

EXISTS: t.Final = Check(
    Subject.NETWORK,
    "exists",
    "vCenter has a port group of the described name, on the described switch",
    "an adapter needs it",
    ErrorCode.NETWORK_NOT_FOUND,
    "Make the port group, or correct the adapter's network or switch",
)
MEMBERSHIP: t.Final = Check(
    Subject.NETWORK,
    "hosts",
    "every usable host offers the port group",
    f"{_NETWORKING}, Add Hosts to a vSphere Distributed Switch",
    ErrorCode.NETWORK_NOT_ON_HOST,
    "Add the hosts to the switch, or name the others in placement.hosts",
)
PROMISCUOUS: t.Final = Check(
    Subject.NETWORK,
    "promiscuous",
    "promiscuous mode or MAC learning is accepted, for an application that receives for foreign MAC addresses",
    f"{_NETWORKING}, Promiscuous Mode Operation and MAC Learning",
    ErrorCode.PROMISCUOUS_REJECTED,
    "Turn MAC learning on (distributed switch 6.6), or accept promiscuous mode, on the port group",
)
MAC_LEARNING: t.Final = Check(
    Subject.NETWORK,
    "mac_learning",
    "MAC learning floods unicast to addresses not learned yet, where an application relies on it for foreign addresses",
    "vSphere API reference, vim.dvs.MacLearningPolicy.allowUnicastFlooding",
    ErrorCode.UNICAST_FLOODING_OFF,
    "Allow unicast flooding in the port group's MAC learning policy",
)
MAC_CHANGES: t.Final = Check(
    Subject.NETWORK,
    "mac_changes",
    "MAC address changes are accepted, for an application that gives its adapter another address",
    f"{_NETWORKING}, MAC Address Changes",
    ErrorCode.MAC_CHANGES_REJECTED,
    "Accept MAC address changes on the port group, or set the address in the description (adapters.mac)",
)
FORGED_TRANSMITS: t.Final = Check(
    Subject.NETWORK,
    "forged_transmits",
    "forged transmits are accepted, for an application that sends from another address than the adapter's",
    f"{_NETWORKING}, Forged Transmits",
    ErrorCode.FORGED_TRANSMITS_REJECTED,
    "Accept forged transmits on the port group",
)
VLAN: t.Final = Check(
    Subject.NETWORK,
    "vlan",
    "the port group is a trunk of the VLANs that the guest tags, or tags itself where the guest does not",
    f"{_NETWORKING}, VLAN Tagging Modes",
    ErrorCode.VLAN_NOT_CARRIED,
    "Make the port group a trunk of these VLANs (standard switch: VLAN 4095), or one VLAN for untagged traffic",
)
MTU: t.Final = Check(
    Subject.NETWORK,
    "mtu",
    "the switch's MTU is at least the application's",
    f"{_NETWORKING}, Jumbo Frames",
    ErrorCode.SWITCH_MTU_SMALL,
    "Raise the MTU of the switch, and of the physical ports behind it, or lower the application's",
)
SWITCH_MODE: t.Final = Check(
    Subject.NETWORK,
    "switch_mode",
    "the hosts' switch runs in the mode that the description names, which decides settings of the VM",
    "docs/description.md, Switch modes",
    ErrorCode.SWITCH_MODE_DIFFERS,
    "Correct switch_mode in the description, or the switch's mode on the hosts",
)
UPLINK: t.Final = Check(
    Subject.NETWORK,
    "uplink",
    "on every usable host an active uplink has a link",
    f"{_NETWORKING}, Teaming and Failover Policy",
    ErrorCode.UPLINK_DOWN,
    "Connect the NICs, or make a connected uplink active in the port group's teaming",
)
TEAMING_NODE: t.Final = Check(
    Subject.NETWORK,
    "teaming_node",
    "the active uplinks of a polled network are on one NUMA node of each usable host",
    f"{_TELCO}; a VM on another node reaches its NIC over the link between sockets",
    ErrorCode.UPLINKS_SPAN_NODES,
    "Make uplinks of one node active and the others standby in the port group's teaming",
)
PLACE: t.Final = Check(
    Subject.PLAN,
    "place",
    "a host and a NUMA node have what the VM's description asks for, beside what other VMs hold",
    "docs/placement.md",
    ErrorCode.PLACEMENT_IMPOSSIBLE,
    "Free what the reason names, or change the description",
)

VCENTER_CHECKS: t.Final = (CONNECTION, VCENTER_API)
ALIKE_CHECKS: t.Final = (NIC_MODEL, NIC_DRIVER, NIC_FIRMWARE, NIC_SPEED, NUMA_NODES, NODE_BANDWIDTH)
CLUSTER_CHECKS: t.Final = (USABLE_HOSTS, DRS, HA, EVC, *ALIKE_CHECKS)
HOST_CHECKS: t.Final = (
    *(HOST_STATE, HOST_API, HYPER_THREADING, LATENCY_SENSITIVITY, POWER_POLICY, BIOS_POWER),
    *(TIME_SERVICE, TIME_SERVERS, CLOCK, UDP_RSS),
)
NETWORK_CHECKS: t.Final = (
    *(EXISTS, MEMBERSHIP, PROMISCUOUS, MAC_LEARNING, MAC_CHANGES, FORGED_TRANSMITS, VLAN, MTU),
    *(SWITCH_MODE, UPLINK, TEAMING_NODE),
)
PLAN_CHECKS: t.Final = (PLACE,)
ALL_CHECKS: t.Final = (*VCENTER_CHECKS, *CLUSTER_CHECKS, *HOST_CHECKS, *NETWORK_CHECKS, *PLAN_CHECKS)
