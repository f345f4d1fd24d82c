# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packet sockets (packet(7)) on the tester's interfaces: they send frames and capture with the kernel's time stamps."""

from __future__ import annotations

import dataclasses
import errno
import socket
import struct
import time

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets

# Not in Python's socket module: asm-generic/socket.h, linux/if_packet.h.
_SO_RCVBUFFORCE = 33
_SO_TIMESTAMPNS = 35
_SOL_PACKET = 263
_PACKET_ADD_MEMBERSHIP = 1
_PACKET_MR_PROMISC = 1
_PACKET_STATISTICS = 6
_CAPTURE_BYTES = 16 << 20


@dataclasses.dataclass(frozen=True)
class GatewayInterface:
    """An interface of the tester that leads to a PGW."""

    name: str
    """Name of the interface."""
    address: str
    """IPv4 address of the tester there."""
    gateway: str
    """IPv4 address of the PGW there, or of the router to it."""


@dataclasses.dataclass(frozen=True)
class FrameInterface:
    """An interface of the tester that leads to an adapter of the guest."""

    name: str
    """Name of the interface."""
    guest_mac: str
    """MAC address of the guest's adapter on the same segment."""


class PacketSocket:
    """A socket on one interface: sends frames, captures incoming IPv4 frames."""

    def __init__(self, interface: GatewayInterface | FrameInterface, promiscuous: bool = False) -> None:
        self.dropped = 0
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _CAPTURE_BYTES)
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            # A socket that is bound to IPv4 does not receive what this machine itself sends.
            self._socket.bind((interface.name, packets.ETHERTYPE_IPV4))
            if promiscuous:
                # A forwarded frame's destination is whatever the application wrote, or still the guest's adapter.
                request = struct.pack("@iHH8s", socket.if_nametoindex(interface.name), _PACKET_MR_PROMISC, 0, b"")
                self._socket.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, request)
        except OSError as error:
            self._socket.close()
            raise NfvError(
                ErrorCode.TESTER_INTERFACE_UNUSABLE,
                interface.name,
                f"capturing on the tester's interface failed: {error.strerror}",
                "Name an interface that exists and is up in the tester's network namespace.",
            ) from error
        self.mac = self._socket.getsockname()[4].hex(":")

    def fileno(self) -> int:
        """For select."""
        return self._socket.fileno()

    def send(self, frame: bytes) -> None:
        """Sends a frame; waits while the interface's queue is full."""
        while not self._sent(frame):
            time.sleep(0.0001)

    def _sent(self, frame: bytes) -> bool:
        try:
            self._socket.send(frame)
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                return False
            raise
        return True

    def receive(self) -> tuple[bytes, int] | None:
        """The next captured frame and its time stamp, in nanoseconds of CLOCK_REALTIME; None when there is none."""
        try:
            frame, ancillary, _flags, _peer = self._socket.recvmsg(65535, 64, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
                seconds, nanoseconds = struct.unpack("@ll", data[: struct.calcsize("@ll")])
                return frame, seconds * 10**9 + nanoseconds
        return frame, time.time_ns()

    def close(self) -> None:
        """Ends the capture; ``dropped`` then holds how many frames the kernel dropped for lack of buffer."""
        statistics = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        self.dropped = struct.unpack("@II", statistics)[1]
        self._socket.close()
