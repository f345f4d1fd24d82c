# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's networks: port groups, addresses, and the commands that make them (pure)."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass

Command = tuple[str, ...]

BENCHMARK_RANGE = ipaddress.IPv4Network("198.18.0.0/15")
"""RFC 2544 appendix C.2.2: for tests of network devices only, so nobody's real addresses."""
USER_EQUIPMENT = ipaddress.IPv4Network("198.19.0.0/16")
"""Addresses that the packet gateway gives to subscribers."""
GATEWAY_ON_SGI = ipaddress.IPv4Address("198.18.2.1")
"""The packet gateway's own address on SGi: where the tester routes the subscribers' addresses."""
QUIET_ICMP_MS = 24 * 60 * 60 * 1000
"""Interval between ICMP errors to one peer, so long that the tester never answers G-PDUs with port unreachable."""


@dataclass(frozen=True)
class Segment:
    """One port group: a bridge of the same name in the segments namespace."""

    port_group: str
    """Its name, in vCenter and of the bridge."""
    network: ipaddress.IPv4Network
    """Its addresses."""
    host_address: ipaddress.IPv4Interface | None = None
    """The bridge's own address, where the lab serves DHCP."""
    tester_interface: str | None = None
    """The tester's interface in this segment."""
    tester_addresses: tuple[ipaddress.IPv4Interface, ...] = ()
    """The tester's IPv4 addresses: as the packet gateway's neighbour, and one set aside for verification."""
    tester_ipv6_address: ipaddress.IPv6Interface | None = None
    """The tester's IPv6 address."""

    @property
    def host(self) -> ipaddress.IPv4Interface:
        """The bridge's own address; raises ValueError for a segment without one."""
        if self.host_address is None:
            raise ValueError(f"{self.port_group}: the lab has no address of its own there")
        return self.host_address


SEGMENTS = (
    Segment(
        "PG-Mgmt",
        ipaddress.IPv4Network("198.18.0.0/24"),
        host_address=ipaddress.IPv4Interface("198.18.0.1/24"),
    ),
    Segment(
        "PG-S5U",
        ipaddress.IPv4Network("198.18.1.0/24"),
        tester_interface="s5u",
        tester_addresses=(ipaddress.IPv4Interface("198.18.1.2/24"), ipaddress.IPv4Interface("198.18.1.77/24")),
    ),
    Segment(
        "PG-SGi",
        ipaddress.IPv4Network("198.18.2.0/24"),
        tester_interface="sgi",
        tester_addresses=(ipaddress.IPv4Interface("198.18.2.2/24"), ipaddress.IPv4Interface("198.18.2.77/24")),
        # RFC 3849: the prefix for documentation.
        tester_ipv6_address=ipaddress.IPv6Interface("2001:db8:2::2/64"),
    ),
)
PORT_GROUPS = tuple(segment.port_group for segment in SEGMENTS)
MANAGEMENT = SEGMENTS[0]
PACKAGE_SERVER = (str(MANAGEMENT.host.ip), 80)
"""Where guests reach Debian's archives."""


def tap_name(machine_uuid: str, position: int) -> str:
    """Return the name of the tap of a machine's adapter, derived from the uuid, at most 15 characters (IFNAMSIZ)."""
    return f"tap{hashlib.sha256(machine_uuid.encode()).hexdigest()[:8]}-{position}"


def network_commands(segments_namespace: str, tester_namespace: str) -> list[Command]:
    """Return the commands that make both namespaces and everything in them, in order.

    Interfaces are created inside the namespaces and never appear in the machine's own.
    """
    commands: list[Command] = []
    for namespace in (segments_namespace, tester_namespace):
        commands += [
            ("ip", "netns", "add", namespace),
            # No IPv6 chatter (neighbour discovery, MLD) among the frames that tests count.
            _inside(namespace, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"),
            _inside(namespace, "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1"),
            ("ip", "-n", namespace, "link", "set", "lo", "up"),
        ]
    for segment in SEGMENTS:
        commands += _segment_commands(segment, segments_namespace, tester_namespace)
    commands += [
        _inside(tester_namespace, "sysctl", "-qw", f"net.ipv4.icmp_ratelimit={QUIET_ICMP_MS}"),
        # Subscribers' packets arrive on one interface, while the route back to them uses the other.
        _inside(tester_namespace, "sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0"),
        ("ip", "-n", tester_namespace, "route", "add", str(USER_EQUIPMENT), "via", str(GATEWAY_ON_SGI)),
    ]
    return commands


def _inside(namespace: str, *command: str) -> Command:
    return ("ip", "netns", "exec", namespace, *command)


def _segment_commands(segment: Segment, segments_namespace: str, tester_namespace: str) -> list[Command]:
    inside = ("ip", "-n", segments_namespace)
    bridge = segment.port_group
    commands: list[Command] = [
        (*inside, "link", "add", bridge, "type", "bridge", "stp_state", "0", "mcast_snooping", "0"),
        (*inside, "link", "set", bridge, "up"),
    ]
    if segment.host_address:
        commands.append((*inside, "address", "add", str(segment.host_address), "dev", bridge))
    if segment.tester_interface:
        tester, port = segment.tester_interface, f"tester-{segment.tester_interface}"
        commands += [
            (*inside, "link", "add", port, "type", "veth", "peer", "name", tester, "netns", tester_namespace),
            (*inside, "link", "set", port, "master", bridge, "up"),
            # Frames as on a wire: with checksums, neither merged nor still to be segmented.
            offloads_off(segments_namespace, port),
            offloads_off(tester_namespace, tester),
            *(_address_added(tester_namespace, tester, address) for address in segment.tester_addresses),
            ("ip", "-n", tester_namespace, "link", "set", tester, "up"),
        ]
    if segment.tester_interface and segment.tester_ipv6_address:
        # This address only, no link-local one: the tester answers neighbour solicitations and sends nothing unasked.
        tester, address = segment.tester_interface, str(segment.tester_ipv6_address)
        commands += [
            ("ip", "-n", tester_namespace, "link", "set", tester, "addrgenmode", "none"),
            _inside(tester_namespace, "sysctl", "-qw", f"net.ipv6.conf.{tester}.disable_ipv6=0"),
            ("ip", "-n", tester_namespace, "address", "add", address, "dev", tester, "nodad"),
        ]
    return commands


def _address_added(namespace: str, interface: str, address: ipaddress.IPv4Interface) -> Command:
    return ("ip", "-n", namespace, "address", "add", str(address), "dev", interface)


def offloads_off(namespace: str, interface: str) -> Command:
    """Return the command after which an interface carries frames as on a wire: checksummed and not merged."""
    features = ("rx", "tx", "sg", "tso", "gso", "gro")
    settings = [word for feature in features for word in (feature, "off")]
    return _inside(namespace, "ethtool", "-K", interface, *settings)


def tap_commands(segments_namespace: str, tap: str, port_group: str) -> list[Command]:
    """Return the commands that make one adapter's tap and attach it to its port group's bridge."""
    inside = ("ip", "-n", segments_namespace)
    return [
        (*inside, "tuntap", "add", "dev", tap, "mode", "tap"),
        (*inside, "link", "set", tap, "master", port_group, "up"),
    ]


def dhcp_command(run_directory: str) -> Command:
    """Return the DHCP server's command: management addresses only, no DNS, leases in the lab's state.

    Guests get neither gateway nor name server (empty options 3 and 6), so nothing that they send leaves the segment.
    """
    network = MANAGEMENT.network
    return (
        "dnsmasq",
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--port=0",
        "--no-ping",
        f"--interface={MANAGEMENT.port_group}",
        "--bind-dynamic",
        "--user=root",
        "--dhcp-authoritative",
        f"--dhcp-range={network[10]},{network[-6]},{network.netmask},12h",
        "--dhcp-option=3",
        "--dhcp-option=6",
        f"--dhcp-leasefile={run_directory}/dnsmasq.leases",
        f"--log-facility={run_directory}/dnsmasq.log",
        "--pid-file=",
    )


def proxy_command(segments_namespace: str) -> str:
    """Return ssh's ProxyCommand: guests can be reached only through the lab's own namespace."""
    return f"ip netns exec {segments_namespace} socat - TCP:%h:%p"
