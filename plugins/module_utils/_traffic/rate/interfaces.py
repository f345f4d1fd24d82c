# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens what a resident tester keeps between its trials: sockets, rings of frames, and ports that answer nothing."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import fcntl
import socket
import struct
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.address_probe import require_unclaimed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.af_packet import (
    FrameInterface,
    GatewayInterface,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.arp import claim
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.frames import (
    ADDRESSES,
    BACK,
    FORTH,
    FrameSegment,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.gtpu import (
    DOWNLINK,
    UPLINK,
    GatewaySegment,
    ProbeSession,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.neighbours import quiet_ports, resolve

from .composition import CHECK_SEQUENCE_BYTES, HEADERS_BYTES, TUNNEL_BYTES, FrameSize, gtpu_ring, mixed, plain_ring
from .mmsg import FrameRing
from .trial import LABEL, MAGIC, Way

# Not in Python's socket module: asm-generic/socket.h, linux/if_packet.h, linux/sockios.h.
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33
_SO_ATTACH_FILTER = 26
_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, _PACKET_MR_PROMISC = 263, 1, 1
_SIOCGIFMTU = 0x8921
_CAPTURE_BYTES: t.Final = 64 << 20
_SEND_BYTES: t.Final = 4 << 20


@dataclasses.dataclass(frozen=True)
class Side:
    """One interface of the tester."""

    interface: str
    """Its name."""
    mac: str
    """Its MAC address."""
    address: str
    """The IPv4 address that its packets come from. A guest that routes needs a neighbour entry for it (frames), or
    resolves it (G-PDUs)."""
    peer_mac: str
    """The MAC address that its frames go to."""


@dataclasses.dataclass(frozen=True)
class Opened:
    """What trials are run with."""

    ways: tuple[Way, Way]
    """Both directions."""
    sides: tuple[Side, Side]
    """The tester's interfaces."""


def open_frames(
    first: FrameInterface, second: FrameInterface, sizes: t.Sequence[FrameSize], flows: int, stack: contextlib.ExitStack
) -> Opened:
    """Plain frames through an application or a router. The stack closes what is opened.

    Raises NfvError: tester_interface_unusable, tester_mtu_small, tester_raw_sockets_refused.
    """
    opened = [_packet_socket(side.name, HEADERS_BYTES, sizes, 0, stack, promiscuous=True) for side in (first, second)]
    macs = [one.getsockname()[4].hex(":") for one in opened]
    ways, sides = [], []
    for index, (direction, side) in enumerate(((FORTH, first), (BACK, second))):
        ring = plain_ring(direction, FrameSegment(macs[index], side.guest_mac), mixed(sizes), flows)
        ends = opened[index], opened[1 - index]
        ways.append(Way(direction, *ends, FrameRing(ring), HEADERS_BYTES, HEADERS_BYTES))
        sides.append(Side(side.name, macs[index], ADDRESSES[direction][0], side.guest_mac))
    return Opened((ways[0], ways[1]), (sides[0], sides[1]))


def open_gtpu(
    s5u: GatewayInterface,
    sgi: GatewayInterface,
    sessions: t.Sequence[ProbeSession],
    sizes: t.Sequence[FrameSize],
    stack: contextlib.ExitStack,
) -> Opened:
    """G-PDUs that leave the PGW as plain packets, and the other way round. The stack closes what is opened.

    Raises NfvError: as open_frames(), tester_address_missing, tester_address_taken, and neighbour_silent when the PGW
    does not answer ARP.
    """
    stack.enter_context(quiet_ports(s5u, sgi))
    require_unclaimed((s5u, sgi))
    # What arrives on S5-U is a G-PDU.
    in_tunnel = HEADERS_BYTES + TUNNEL_BYTES
    uplink = _packet_socket(s5u.name, in_tunnel, sizes, TUNNEL_BYTES, stack)
    downlink = _packet_socket(sgi.name, HEADERS_BYTES, sizes, 0, stack)
    segments = [
        GatewaySegment(one.getsockname()[4].hex(":"), side.address, _resolved(side), side.gateway)
        for one, side in ((uplink, s5u), (downlink, sgi))
    ]
    for one, side in ((uplink, segments[0]), (downlink, segments[1])):
        # The gateway may still know an earlier tester by this address.
        own, gateway = packets.mac_bytes(side.mac), packets.mac_bytes(side.gateway_mac)
        one.send(claim(own, side.address, gateway, side.gateway_address))
    pair = (segments[0], segments[1])
    rings = [FrameRing(gtpu_ring(direction, pair, sessions, mixed(sizes))) for direction in (UPLINK, DOWNLINK)]
    return Opened(
        (
            Way(UPLINK, uplink, downlink, rings[0], in_tunnel, HEADERS_BYTES),
            Way(DOWNLINK, downlink, uplink, rings[1], HEADERS_BYTES, in_tunnel),
        ),
        (
            Side(s5u.name, segments[0].mac, s5u.address, segments[0].gateway_mac),
            Side(sgi.name, segments[1].mac, sgi.address, segments[1].gateway_mac),
        ),
    )


def _resolved(side: GatewayInterface) -> str:
    mac = resolve(side)
    if mac is None:
        raise NfvError(
            ErrorCode.NEIGHBOUR_SILENT,
            side.gateway,
            f"nobody answers ARP for the gateway on the tester's interface {side.name}",
            "See that the PGW runs and that both are in the same network: "
            f"arping -I {side.name} {side.gateway} on the tester.",
        )
    return mac


def _packet_socket(
    interface: str,
    label_offset: int,
    sizes: t.Sequence[FrameSize],
    tunnel_bytes: int,
    stack: contextlib.ExitStack,
    promiscuous: bool = False,
) -> socket.socket:
    """A packet socket that captures frames with a label there only, and sends any. Raises NfvError."""
    try:
        made = stack.enter_context(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
    except PermissionError as error:
        raise NfvError(
            ErrorCode.TESTER_RAW_SOCKETS_REFUSED,
            interface,
            f"opening a packet socket for the tester's interface failed: {error.strerror}",
            "Run the task as root (become: true).",
        ) from error
    try:
        _require_mtu(made, interface, max(size.bytes for size in sizes) + tunnel_bytes)
        made.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _CAPTURE_BYTES)
        made.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, _SEND_BYTES)
        _attach_filter(made, label_offset)
        # A socket that is bound to IPv4 does not receive what this machine itself sends.
        made.bind((interface, packets.ETHERTYPE_IPV4))
        if promiscuous:
            # A forwarded frame's destination is whatever the application wrote, or still the guest's adapter.
            request = struct.pack("@iHH8s", socket.if_nametoindex(interface), _PACKET_MR_PROMISC, 0, b"")
            made.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, request)
    except OSError as error:
        raise NfvError(
            ErrorCode.TESTER_INTERFACE_UNUSABLE,
            interface,
            f"opening a packet socket on the tester's interface failed: {error.strerror}",
            "Name an interface that exists and is up in the tester's network namespace, and run the task as root.",
        ) from error
    return made


def _require_mtu(control: socket.socket, interface: str, frame: int) -> None:
    answer = fcntl.ioctl(control, _SIOCGIFMTU, interface.encode().ljust(40, b"\0"))
    mtu = struct.unpack_from("@i", answer, 16)[0]
    needed = frame - packets.ETHERNET_BYTES - CHECK_SEQUENCE_BYTES
    if mtu < needed:
        raise NfvError(
            ErrorCode.TESTER_MTU_SMALL,
            interface,
            f"the tester's interface has an MTU of {mtu}, and frames of {frame} bytes need {needed}",
            f"Raise it (ip link set {interface} mtu {needed}) and that of its port group, or ask for smaller frames.",
        )


def _attach_filter(captured: socket.socket, label_offset: int) -> None:
    """Let no frame through that has no label there, or ends before the label does (bpf(4); a load beyond the frame's
    end rejects it)."""
    load_half, jump_if_equal, give = 0x28, 0x15, 0x06
    program = (
        (load_half, 0, 0, label_offset + LABEL.size - 2),
        (load_half, 0, 0, label_offset),
        (jump_if_equal, 0, 1, MAGIC),
        (give, 0, 0, 0xFFFF),
        (give, 0, 0, 0),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("@HBBI", *line) for line in program))
    head = struct.pack("@HP", len(program), ctypes.addressof(code))
    captured.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, head)
