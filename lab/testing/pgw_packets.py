# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets for a PGW, with the addresses that its ends and the tester have in every test."""

from __future__ import annotations

import ipaddress
import struct

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets

# RFC 2544, appendix C.2.2, and RFC 3849: addresses for tests.
PEER, S5U, SERVER, SGI = "198.18.1.2", "198.18.1.1", "198.18.2.2", "198.18.2.1"
SERVER6, SGI6 = "2001:db8:2::2", "2001:db8:2::1"


def outer(message: bytes, source: str = PEER, port: int = packets.GTPU_PORT) -> bytes:
    """GTP-U in UDP and IPv4, from the peer to the gateway."""
    datagram = packets.build_udp(packets.Udp(port, packets.GTPU_PORT, message), source, S5U)
    return packets.build_ipv4(packets.Ipv4(source, S5U, packets.PROTOCOL_UDP, 64, 7, datagram))


def ipv4(source: str, destination: str, size: int = 64, ttl: int = 64) -> bytes:
    """A UDP packet of that many bytes."""
    content = bytes(index % 251 for index in range(size - 28))
    datagram = packets.build_udp(packets.Udp(4000, 5000, content), source, destination)
    return packets.build_ipv4(packets.Ipv4(source, destination, packets.PROTOCOL_UDP, ttl, 1, datagram))


def ipv6(source: str, destination: str, size: int = 64, hops: int = 64) -> bytes:
    """An IPv6 packet of that many bytes without a next header (RFC 8200, 4.7)."""
    content = bytes(index % 251 for index in range(size - 40))
    ends = ipaddress.IPv6Address(source).packed + ipaddress.IPv6Address(destination).packed
    return struct.pack("!IHBB", 6 << 28, len(content), 59, hops) + ends + content


def untunnelled(packet: bytes) -> packets.Gtpu:
    """The GTP-U message in a packet on S5-U. Raises ValueError if the packet is longer than its headers say."""
    outside = packets.parse_ipv4(packet)
    if len(packet) != packets.IPV4_BYTES + len(outside.payload):
        raise ValueError("padding behind the outer packet")
    return packets.parse_gtpu(packets.parse_udp(outside.payload).payload)


def routed(packet: bytes) -> bytes:
    """The packet after one router: a TTL or hop limit less, and the checksum that follows from it."""
    changed = bytearray(packet)
    if packet[0] >> 4 == 6:
        changed[7] -= 1
        return bytes(changed)
    changed[8] -= 1
    changed[10:12] = b"\0\0"
    changed[10:12] = packets.internet_checksum(bytes(changed[:20])).to_bytes(2, "big")
    return bytes(changed)


def g_pdu(teid: int, inner: bytes, kind: int = packets.G_PDU) -> bytes:
    """An uplink message on S5-U, a G-PDU unless told otherwise."""
    return outer(packets.build_gtpu(packets.Gtpu(kind, teid, inner)))
