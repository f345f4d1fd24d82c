# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages of the path management daemon: GTP-U (3GPP TS 29.281, 7.2 and 7.3) and ICMP. Bytes in, bytes out."""

from __future__ import annotations

import dataclasses
import ipaddress
import struct
import typing as t

from . import packets
from .handover import REASONS, TO_SUBSCRIBER

# TS 29.281, table 6.1-1
ECHO_REQUEST, ECHO_RESPONSE, ERROR_INDICATION, END_MARKER = 1, 2, 26, 254
# TS 29.281, 8.1: types of information elements
RECOVERY, TEID_DATA_I, PEER_ADDRESS = 14, 16, 133
PROTOCOL_ICMP, PROTOCOL_ICMPV6 = 1, 58
TTL = 64
# RFC 1812, 4.3.2.3: an ICMP error may be as long as 576 bytes; RFC 4443, 2.4 (c): not longer than 1280.
_LONGEST_ICMP, _LONGEST_ICMPV6 = 576, 1280
_IPV6_BYTES = 40


@dataclasses.dataclass(frozen=True)
class Handover:
    """A frame from the switch; see handover.py."""

    reason: int
    """One of handover.REASONS."""
    teid: int
    """The unknown TEID; meaningless with another reason."""
    peer: str
    """The peer that sent the unknown TEID; meaningless with another reason."""
    packet: bytes
    """The IP packet."""


@dataclasses.dataclass(frozen=True)
class SignallingMessage:
    """A GTP-U message other than a G-PDU, and its sender."""

    peer: str
    """IPv4 address of the sender."""
    port: int
    """UDP source port."""
    message: packets.Gtpu
    """The message."""


def parse_handover(frame: bytes) -> Handover | None:
    """The handover in a frame; None for any other frame on the interface."""
    if len(frame) < packets.ETHERNET_BYTES:
        return None
    reason, teid, _rest, peer = struct.unpack_from("!HIH4s", frame)
    if reason not in REASONS:
        return None
    return Handover(reason, teid, str(ipaddress.IPv4Address(peer)), frame[packets.ETHERNET_BYTES :])


def parse_signalling(packet: bytes) -> SignallingMessage:
    """The GTP-U message in a whole IPv4 packet. Raises PacketError for anything else."""
    outer = packets.parse_ipv4(packet)
    if outer.protocol != packets.PROTOCOL_UDP:
        raise packets.PacketError("not UDP")
    datagram = packets.parse_udp(outer.payload)
    return SignallingMessage(outer.source, datagram.source_port, packets.parse_gtpu(datagram.payload))


def echo_request(sequence: int) -> bytes:
    """An Echo Request (TS 29.281, 7.2.1)."""
    return packets.build_gtpu(packets.Gtpu(ECHO_REQUEST, 0, b"", sequence))


def echo_response(sequence: int) -> bytes:
    """An Echo Response to the request with that sequence number. The Recovery IE's counter is 0 (7.2.2, 8.2)."""
    return packets.build_gtpu(packets.Gtpu(ECHO_RESPONSE, 0, bytes((RECOVERY, 0)), sequence))


def error_indication(teid: int, own_address: str) -> bytes:
    """An Error Indication (7.3.1) with the TEID and the destination address of a G-PDU that belongs to no session."""
    address = ipaddress.ip_address(own_address).packed
    content = struct.pack("!BIBH", TEID_DATA_I, teid, PEER_ADDRESS, len(address)) + address
    return packets.build_gtpu(packets.Gtpu(ERROR_INDICATION, 0, content, 0))


def indicated_teid(message: packets.Gtpu) -> int:
    """The TEID in a received Error Indication. Raises PacketError if there is none."""
    if len(message.payload) < 5 or message.payload[0] != TEID_DATA_I:
        raise packets.PacketError("an Error Indication without TEID Data I")
    return int.from_bytes(message.payload[1:5], "big")


def too_big(packet: bytes, own: t.Sequence[str | None], mtu: int, onwards: str = TO_SUBSCRIBER) -> list[bytes]:
    """The frames that answer a packet longer than ``mtu`` bytes: an ICMP error to its sender, or its fragments.

    ``own`` is the PGW's IPv4 and IPv6 address on SGi. Fragments go ``onwards``: TO_SUBSCRIBER or TO_NEXT_HOP. The
    result is empty for packets that no ICMP error may answer (RFC 1122, 3.2.2; RFC 4443, 2.4 (e)).
    """
    version = packet[0] >> 4 if packet else 0
    if version == 4 and own[0] is not None:
        parsed = packets.parse_ipv4_header(packet)
        if not parsed.dont_fragment:
            return [_frame(fragment, to=onwards) for fragment in fragments(packet, mtu)]
        return [_frame(_fragmentation_needed(packet, own[0], mtu))] if _may_answer(packet, parsed) else []
    if version == 6 and own[1] is not None and _may_answer_ipv6(packet):
        return [_frame(_packet_too_big(packet, own[1], mtu), packets.ETHERTYPE_IPV6)]
    return []


def _frame(packet: bytes, ethertype: int = packets.ETHERTYPE_IPV4, to: str = TO_SUBSCRIBER) -> bytes:
    return packets.mac_bytes(to) + packets.mac_bytes(TO_SUBSCRIBER) + ethertype.to_bytes(2, "big") + packet


def _may_answer(packet: bytes, header: packets.Ipv4Header) -> bool:
    source = ipaddress.IPv4Address(header.source)
    # RFC 792: types 3, 4, 5, 11 and 12 are errors.
    is_error = header.protocol == PROTOCOL_ICMP and packet[header.length : header.length + 1] in b"\3\4\5\13\14"
    return header.offset == 0 and not is_error and not source.is_multicast and not source.is_unspecified


def _may_answer_ipv6(packet: bytes) -> bool:
    if len(packet) < _IPV6_BYTES + 1:
        return False
    source = ipaddress.IPv6Address(packet[8:24])
    is_error = packet[6] == PROTOCOL_ICMPV6 and packet[_IPV6_BYTES] < 128
    return not is_error and not source.is_multicast and not source.is_unspecified


def _fragmentation_needed(packet: bytes, own: str, mtu: int) -> bytes:
    """Destination Unreachable, code 4, with the MTU of the next hop (RFC 1191, 4)."""
    quoted = packet[: _LONGEST_ICMP - packets.IPV4_BYTES - 8]
    body = struct.pack("!BBHHH", 3, 4, 0, 0, mtu) + quoted
    checksum = packets.internet_checksum(body)
    body = body[:2] + checksum.to_bytes(2, "big") + body[4:]
    source = str(ipaddress.IPv4Address(packet[12:16]))
    return packets.build_ipv4(packets.Ipv4(own, source, PROTOCOL_ICMP, TTL, 0, body))


def _packet_too_big(packet: bytes, own: str, mtu: int) -> bytes:
    """Packet Too Big (RFC 4443, 3.2)."""
    quoted = packet[: _LONGEST_ICMPV6 - _IPV6_BYTES - 8]
    body = struct.pack("!BBHI", 2, 0, 0, mtu) + quoted
    ends = ipaddress.IPv6Address(own).packed + packet[8:24]
    checksum = packets.internet_checksum(ends + struct.pack("!IxxxB", len(body), PROTOCOL_ICMPV6) + body)
    body = body[:2] + checksum.to_bytes(2, "big") + body[4:]
    return struct.pack("!IHBB", 6 << 28, len(body), PROTOCOL_ICMPV6, TTL) + ends + body


def fragments(packet: bytes, mtu: int) -> list[bytes]:
    """The fragments of an IPv4 packet, of at most ``mtu`` bytes each (RFC 791, 3.2).

    The switch decrements the TTL of each fragment once more, so the TTL is incremented here. A packet with options is
    not fragmented, because not every option may be copied; such packets are rare.
    """
    header = packets.parse_ipv4_header(packet)
    if header.length != packets.IPV4_BYTES:
        return []
    data = packet[header.length : header.total]
    room = (mtu - header.length) // 8 * 8
    parts = []
    for start in range(0, len(data), room):
        part = data[start : start + room]
        more = header.more_fragments or start + room < len(data)
        fields = bytearray(packet[: header.length])
        struct.pack_into("!H", fields, 2, header.length + len(part))
        struct.pack_into("!H", fields, 6, (0x2000 if more else 0) | (header.offset + start // 8))
        fields[8] = min(255, fields[8] + 1)
        fields[10:12] = b"\0\0"
        struct.pack_into("!H", fields, 10, packets.internet_checksum(bytes(fields)))
        parts.append(bytes(fields) + part)
    return parts
