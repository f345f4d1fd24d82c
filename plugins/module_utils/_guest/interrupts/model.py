# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a guest whose kernel is to forward, and what is known of it, as data."""

from __future__ import annotations

import dataclasses
import typing as t

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.model import GuestAdapters
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.service import Service

    from .record import ForwardingRecord

BRIDGE, TUNNEL = "nfv-bridge", "nfv-gtp"
"""The interfaces that this collection makes, and removes again."""
IRQBALANCE = "irqbalance.service"


@dataclasses.dataclass(frozen=True)
class ForwardingAdapter:
    """An adapter between which the kernel forwards."""

    name: str
    """Name in the description of the data plane."""
    mac: str
    """MAC address, in lower case."""
    addresses: tuple[str, ...] = ()
    """Its IPv4 addresses as ``address/length``."""
    neighbours: tuple[tuple[str, str], ...] = ()
    """IPv4 address and MAC address of those that need not be asked for by ARP."""
    routes: tuple[tuple[str, str], ...] = ()
    """Destination as ``address/length``, and the neighbour that it leads to."""


@dataclasses.dataclass(frozen=True, order=True)
class Tunnel:
    """A subscriber's GTP-U tunnel, which the kernel calls a PDP context."""

    local_teid: int
    """TEID of what comes in."""
    peer_teid: int
    """TEID of what goes out."""
    peer_address: str
    """IPv4 address of the peer (SGW)."""
    ue_address: str
    """IPv4 address of the subscriber."""
    name: str = dataclasses.field(default="", compare=False)
    """Name of the session; empty without one, as the kernel knows none."""

    def __str__(self) -> str:
        name = f"{self.name}: " if self.name else ""
        return f"{name}{self.ue_address} in TEID {self.local_teid}, out TEID {self.peer_teid} to {self.peer_address}"


@dataclasses.dataclass(frozen=True)
class Forwarding:
    """How the kernel is to forward."""

    forwarding: str
    """``routing``, ``bridge`` or ``gtp``."""
    adapters: tuple[ForwardingAdapter, ...]
    """The two adapters."""
    units: tuple[str, ...] = ()
    """The services that drive the adapters otherwise, in the order in which they are stopped."""
    cpus: tuple[int, ...] = ()
    """CPUs for the adapters' interrupts; none leaves them where they are."""
    coalescing: bool = True
    """Whether interrupts may be coalesced as the driver has it."""
    interrupt_service: bool = False
    """Whether a running service may be stopped."""
    tunnels: tuple[Tunnel, ...] = ()
    """The subscribers' tunnels, for ``gtp``."""


@dataclasses.dataclass(frozen=True)
class Link:
    """A network interface under the kernel's driver, as it is now."""

    interface: str
    """Its name."""
    up: bool
    """Whether it is administratively up."""
    mtu: int | None = None
    """Bytes of the largest IPv4 packet that leaves by it whole."""
    master: str | None = None
    """The bridge that it belongs to."""
    addresses: tuple[str, ...] = ()
    """Its IPv4 addresses as ``address/length``, but for link-local ones."""
    neighbours: tuple[tuple[str, str], ...] = ()
    """IPv4 address and MAC address of its permanent neighbours."""
    routes: tuple[tuple[str, str], ...] = ()
    """Destination and next hop of its IPv4 routes that somebody set; the next hop is empty without one."""
    lro: bool | None = None
    """Whether large receive offload is on; None where the driver does not say."""
    gro: bool | None = None
    """Whether generic receive offload is on; None where the driver does not say."""
    coalescing: bytes | None = None
    """``struct ethtool_coalesce``; None where the driver has none."""
    flags: int = 0
    """The driver's flags that ETHTOOL_GFLAGS tells, large receive offload among them."""
    sysctls: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Values of look.sysctl_paths(), by path."""
    vectors: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    """CPUs that each of the device's interrupts may go to, by the interrupt's number."""


@dataclasses.dataclass(frozen=True)
class Current:
    """Everything that decides what must be done."""

    adapters: GuestAdapters
    """The guest's adapters."""
    record: ForwardingRecord | None
    """What an earlier run found before its first change; None without one."""
    boot_id: str
    """The kernel's name for this boot."""
    services: t.Mapping[str, Service]
    """Each unit that is asked about or recorded, and irqbalance."""
    links: t.Mapping[str, Link]
    """The interfaces of adapters under the kernel's driver, by MAC address."""
    overrides: t.Mapping[str, str]
    """The driver that the kernel is told to choose for each device, by PCI address; empty for none."""
    strangers: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The program that has a device file open and is none of the services, by the file's path."""
    made: t.Mapping[str, Link] = dataclasses.field(default_factory=dict)
    """Those of BRIDGE and TUNNEL that exist, by name."""
    tunnel_index: int | None = None
    """The kernel's number of TUNNEL."""
    tunnels: tuple[Tunnel, ...] = ()
    """The tunnels that the kernel has now, sorted."""
