# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds and parses Ethernet, IPv4 (RFC 791), UDP (RFC 768) and GTP-U (3GPP TS 29.281). Bytes in, bytes out."""

from __future__ import annotations

import dataclasses
import ipaddress
import struct

ETHERTYPE_IPV4 = 0x0800
ETHERTYPE_IPV6 = 0x86DD
ETHERNET_BYTES = 14
IPV4_BYTES = 20
UDP_BYTES = 8
GTPU_BYTES = 8
PROTOCOL_UDP = 17
GTPU_PORT = 2152  # TS 29.281, 4.4.2: the registered port of GTP-U
G_PDU = 255  # TS 29.281, table 6.1-1: a T-PDU with its GTP-U header
DONT_FRAGMENT = 0x4000

_IPV4 = struct.Struct("!BBHHHBBH4s4s")
_UDP = struct.Struct("!HHHH")
_GTPU = struct.Struct("!BBHI")


class PacketError(ValueError):
    """The bytes are not the packet that they should be; the message says why."""


@dataclasses.dataclass(frozen=True)
class Ipv4:
    """An IPv4 packet."""

    source: str
    """Source address."""
    destination: str
    """Destination address."""
    protocol: int
    """Protocol number."""
    ttl: int
    """Time to live."""
    identification: int
    """Identification field."""
    payload: bytes
    """Content, without padding behind the packet's total length."""
    type_of_service: int = 0
    """Type of service field."""
    checksum_right: bool = True
    """Whether the header checksum of a parsed packet is right."""


@dataclasses.dataclass(frozen=True)
class Ipv4Header:
    """The header of an IPv4 packet or fragment."""

    source: str
    """Source address."""
    destination: str
    """Destination address."""
    protocol: int
    """Protocol number."""
    length: int
    """Length of the header in bytes."""
    total: int
    """Total length in bytes."""
    offset: int
    """Fragment offset in units of eight bytes."""
    more_fragments: bool
    """The flag More Fragments."""
    dont_fragment: bool
    """The flag Don't Fragment."""


@dataclasses.dataclass(frozen=True)
class Udp:
    """A UDP datagram."""

    source_port: int
    """Source port."""
    destination_port: int
    """Destination port."""
    payload: bytes
    """Content."""
    checksum: int = 0
    """Checksum field; 0 if the sender computed none (RFC 768)."""


@dataclasses.dataclass(frozen=True)
class Gtpu:
    """A GTP-U message of version 1 and protocol type 1 (TS 29.281, 5.1)."""

    message_type: int
    """Message type (TS 29.281, table 6.1-1)."""
    teid: int
    """TEID; 0 in signalling messages."""
    payload: bytes
    """Content behind all headers."""
    sequence_number: int | None = None
    """Sequence number; None without the S flag."""
    extension_types: tuple[int, ...] = ()
    """Types of the extension headers."""


def internet_checksum(data: bytes) -> int:
    """The checksum of RFC 1071; 0 for data that includes its own right checksum."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def mac_bytes(mac: str) -> bytes:
    """The six bytes of a MAC address such as ``00:50:56:01:00:02``. Raises ValueError."""
    data = bytes.fromhex(mac.replace(":", ""))
    if len(data) != 6:
        raise ValueError(f"not a MAC address: {mac}")
    return data


def build_ethernet(destination: str, source: str, packet: bytes) -> bytes:
    """An Ethernet II frame around an IPv4 packet, without padding and check sequence."""
    return mac_bytes(destination) + mac_bytes(source) + ETHERTYPE_IPV4.to_bytes(2, "big") + packet


def build_ipv4(packet: Ipv4) -> bytes:
    """An IPv4 packet without options, with Don't Fragment set and its header checksum computed."""
    fields = [
        0x45,
        packet.type_of_service,
        IPV4_BYTES + len(packet.payload),
        packet.identification,
        DONT_FRAGMENT,
        packet.ttl,
        packet.protocol,
        0,
        ipaddress.IPv4Address(packet.source).packed,
        ipaddress.IPv4Address(packet.destination).packed,
    ]
    fields[7] = internet_checksum(_IPV4.pack(*fields))
    return _IPV4.pack(*fields) + packet.payload


def build_udp(datagram: Udp, source: str, destination: str) -> bytes:
    """A UDP datagram between two IPv4 addresses. The checksum is computed; the field ``checksum`` is ignored."""
    length = UDP_BYTES + len(datagram.payload)
    header = _UDP.pack(datagram.source_port, datagram.destination_port, length, 0)
    checksum = internet_checksum(_pseudo_header(source, destination, length) + header + datagram.payload)
    return header[:6] + (checksum or 0xFFFF).to_bytes(2, "big") + datagram.payload


def build_gtpu(message: Gtpu) -> bytes:
    """A GTP-U message without extension headers; with the S flag if it has a sequence number."""
    if message.sequence_number is None:
        return _GTPU.pack(0x30, message.message_type, len(message.payload), message.teid) + message.payload
    optional = struct.pack("!HBB", message.sequence_number, 0, 0)
    length = len(optional) + len(message.payload)
    return _GTPU.pack(0x32, message.message_type, length, message.teid) + optional + message.payload


def parse_ethernet(frame: bytes) -> bytes:
    """The IPv4 packet in an Ethernet II frame, padding included. Raises PacketError for anything else."""
    if len(frame) < ETHERNET_BYTES or int.from_bytes(frame[12:14], "big") != ETHERTYPE_IPV4:
        raise PacketError("not an IPv4 frame")
    return frame[ETHERNET_BYTES:]


def parse_ipv4(data: bytes) -> Ipv4:
    """The packet at the start of the data. Raises PacketError if it is cut short, a fragment or not IPv4."""
    if len(data) < IPV4_BYTES or data[0] >> 4 != 4:
        raise PacketError("not an IPv4 packet")
    _version, service, total, identification, fragment, ttl, protocol, _checksum, source, destination = (
        _IPV4.unpack_from(data)
    )
    header = (data[0] & 0x0F) * 4
    if header < IPV4_BYTES or total < header or total > len(data):
        raise PacketError(f"IPv4 length {total} with a header of {header} in {len(data)} bytes")
    if fragment & 0x3FFF:
        raise PacketError("an IPv4 fragment")
    return Ipv4(
        source=str(ipaddress.IPv4Address(source)),
        destination=str(ipaddress.IPv4Address(destination)),
        protocol=protocol,
        ttl=ttl,
        identification=identification,
        payload=data[header:total],
        type_of_service=service,
        checksum_right=internet_checksum(data[:header]) == 0,
    )


def parse_ipv4_header(data: bytes) -> Ipv4Header:
    """The header at the start of the data. Raises PacketError if the packet is cut short or not IPv4."""
    if len(data) < IPV4_BYTES or data[0] >> 4 != 4:
        raise PacketError("not an IPv4 packet")
    fields = _IPV4.unpack_from(data)
    length, total, flags = (data[0] & 0x0F) * 4, fields[2], fields[4]
    if length < IPV4_BYTES or total < length or total > len(data):
        raise PacketError(f"IPv4 length {total} with a header of {length} in {len(data)} bytes")
    source, destination = (str(ipaddress.IPv4Address(address)) for address in fields[8:])
    more, dont = bool(flags & 0x2000), bool(flags & DONT_FRAGMENT)
    return Ipv4Header(source, destination, fields[6], length, total, flags & 0x1FFF, more, dont)


def parse_udp(data: bytes) -> Udp:
    """The datagram that fills the data. Raises PacketError if its length field differs."""
    if len(data) < UDP_BYTES:
        raise PacketError("not a UDP datagram")
    source_port, destination_port, length, checksum = _UDP.unpack_from(data)
    if length != len(data):
        raise PacketError(f"UDP length {length} in {len(data)} bytes")
    return Udp(source_port, destination_port, data[UDP_BYTES:], checksum)


def udp_checksum_right(data: bytes, source: str, destination: str) -> bool:
    """Whether a datagram's checksum is right, or absent, which RFC 768 allows over IPv4."""
    if len(data) < UDP_BYTES or data[6:8] == b"\0\0":
        return len(data) >= UDP_BYTES
    return internet_checksum(_pseudo_header(source, destination, len(data)) + data) == 0


def parse_gtpu(data: bytes) -> Gtpu:
    """The GTP-U message that fills the data, extension headers skipped (TS 29.281, 5.2). Raises PacketError."""
    if len(data) < GTPU_BYTES or data[0] >> 5 != 1 or not data[0] & 0x10:
        raise PacketError("not a GTP-U version 1 message")
    flags, message_type, length, teid = _GTPU.unpack_from(data)
    if GTPU_BYTES + length != len(data):
        raise PacketError(f"GTP-U length {length} with {len(data) - GTPU_BYTES} bytes behind the header")
    if not flags & 0x07:
        return Gtpu(message_type, teid, data[GTPU_BYTES:])
    if length < 4:
        raise PacketError("GTP-U flags announce fields that are not there")
    sequence, _npdu, extension = struct.unpack_from("!HBB", data, GTPU_BYTES)
    extensions, start = _skip_extensions(data, extension if flags & 0x04 else 0)
    return Gtpu(message_type, teid, data[start:], sequence if flags & 0x02 else None, extensions)


def _skip_extensions(data: bytes, extension: int) -> tuple[tuple[int, ...], int]:
    """The types of the chained extension headers, and the offset of the payload behind them."""
    types = []
    start = GTPU_BYTES + 4
    while extension:
        types.append(extension)
        # TS 29.281, 5.2.1: the first byte counts units of four bytes, the last names the next header.
        size = data[start] * 4 if start < len(data) else 0
        if size == 0 or start + size > len(data):
            raise PacketError("a GTP-U extension header is cut short")
        extension = data[start + size - 1]
        start += size
    return tuple(types), start


def _pseudo_header(source: str, destination: str, length: int) -> bytes:
    addresses = ipaddress.IPv4Address(source).packed + ipaddress.IPv4Address(destination).packed
    return addresses + struct.pack("!BBH", 0, PROTOCOL_UDP, length)
