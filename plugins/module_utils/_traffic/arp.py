# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ARP frames that ask who has an address, and those that tell it (RFC 826, RFC 5227). Pure."""

from __future__ import annotations

import socket
import struct
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets

ETHERTYPE_ARP: t.Final = 0x0806
# RFC 826 for Ethernet and IPv4: types and lengths, operation, then sender and target with MAC and IPv4 address each.
_ARP: t.Final = struct.Struct("!HHBBH6s4s6s4s")
_ETHERNET: t.Final = 1
_REQUEST: t.Final = 1
_REPLY: t.Final = 2


def probe(mac: bytes, address: str) -> bytes:
    """The frame that asks who has the address. Its sender address is 0.0.0.0, so that nobody learns from it."""
    target = socket.inet_aton(address)
    question = _ARP.pack(_ETHERNET, packets.ETHERTYPE_IPV4, 6, 4, _REQUEST, mac, bytes(4), bytes(6), target)
    return b"\xff" * 6 + mac + struct.pack("!H", ETHERTYPE_ARP) + question


def claim(mac: bytes, address: str, neighbour_mac: bytes, neighbour_address: str) -> bytes:
    """The unasked reply by which a neighbour learns that this MAC address has the address from now on.

    A reply to one neighbour, not an announcement to all (RFC 5227, 2.3), which is a request: Open vSwitch's tunnels do
    not learn from requests.
    """
    addresses = socket.inet_aton(address), socket.inet_aton(neighbour_address)
    told = _ARP.pack(_ETHERNET, packets.ETHERTYPE_IPV4, 6, 4, _REPLY, mac, addresses[0], neighbour_mac, addresses[1])
    return neighbour_mac + mac + struct.pack("!H", ETHERTYPE_ARP) + told


def claimed_by(frame: bytes, address: str, own: t.Container[bytes]) -> str | None:
    """The MAC address of another machine that says in this ARP frame that the address is its own; None otherwise.

    own: the MAC addresses of this machine.
    """
    if len(frame) < packets.ETHERNET_BYTES + _ARP.size:
        return None
    kind, protocol, _length, _size, _operation, mac, sender, _target, _asked = _ARP.unpack_from(
        frame, packets.ETHERNET_BYTES
    )
    if (kind, protocol) != (_ETHERNET, packets.ETHERTYPE_IPV4) or sender != socket.inet_aton(address) or mac in own:
        return None
    return bytes(mac).hex(":")
