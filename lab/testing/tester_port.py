# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tester's end of one of a PGW's ports: in front of a native switch, or of a guest in the lab."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets
from lab.networks import inside
from lab.testing.native_switch import NativeSwitch

OUTGOING = 4  # packet(7): PACKET_OUTGOING
_ICMPV6 = 58
_NEIGHBOUR_DISCOVERY = range(133, 138)  # RFC 4861, 4: types of ICMPv6


def is_traffic(packet: bytes) -> bool:
    """Whether a packet is traffic: not IPv6 multicast, not neighbour discovery, and of GTP-U only G-PDUs.

    A kernel also confirms a neighbour that it knows by unicast (RFC 4861, 7.3.3).
    """
    if packet[0] >> 4 == 6:
        return packet[24] != 0xFF and not (packet[6] == _ICMPV6 and packet[40] in _NEIGHBOUR_DISCOVERY)
    is_gtpu = packet[9] == packets.PROTOCOL_UDP and packet[22:24] == packets.GTPU_PORT.to_bytes(2, "big")
    return not is_gtpu or packet[29] == packets.G_PDU


class Port:
    """The tester's end of one port: sends frames, and keeps what arrives."""

    def __init__(self, namespace: str, name: str, gateway_mac: str) -> None:
        """Opens an interface of the tester's network namespace; gateway_mac: destination of its frames."""
        with inside(namespace):
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            # SO_RCVBUFFORCE: a packet lost by the tester must not count as lost by the switch.
            self._socket.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)
            # PACKET_AUXDATA (packet(7)): the kernel strips the VLAN tag from the frame and reports it there.
            self._socket.setsockopt(263, 8, 1)
            self._socket.bind((name, 0))
        command = ["ip", "-n", namespace, "-json", "link", "show", name]
        (link,) = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        self.mac, self.switch_mac = link["address"], gateway_mac

    @classmethod
    def of(cls, switch: NativeSwitch, name: str) -> Port:
        """The tester's end of one of a native switch's ports."""
        (bridge,) = json.loads(switch.call("ip", "-json", "link", "show", f"br-{name}"))
        return cls(switch.tester, name, bridge["address"])

    def send(self, packet: bytes, vlan: int | None = None, pad: int = 0) -> None:
        """One packet to the switch, with Ethernet's padding up to pad bytes of frame."""
        self.send_frame(self.framed(packet, vlan).ljust(pad, b"\0"))

    def send_frame(self, frame: bytes) -> None:
        """One Ethernet frame to the switch."""
        self._socket.send(frame)

    def framed(self, packet: bytes, vlan: int | None = None) -> bytes:
        """The frame of an IP packet to the switch."""
        kind = packets.ETHERTYPE_IPV6 if packet[0] >> 4 == 6 else packets.ETHERTYPE_IPV4
        tag = b"" if vlan is None else b"\x81\x00" + vlan.to_bytes(2, "big")
        head = packets.mac_bytes(self.switch_mac) + packets.mac_bytes(self.mac) + tag + kind.to_bytes(2, "big")
        return head + packet

    def received(
        self, seconds: float = 0.5, count: int = 1, accept: t.Callable[[bytes], bool] = is_traffic
    ) -> list[bytes]:
        """Up to count IP packets that arrive within so many seconds, without their Ethernet headers."""
        found: list[bytes] = []
        deadline = time.monotonic() + seconds
        while len(found) < count and (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                frame, _more, _flags, source = self._socket.recvmsg(65535, 256)
            except TimeoutError:
                break
            if source[2] != OUTGOING and frame[12:14] in (b"\x08\x00", b"\x86\xdd") and accept(frame[14:]):
                found.append(frame[14:])
        return found

    def tagged(self, seconds: float = 1.0) -> tuple[int, bytes] | None:
        """The next frame from elsewhere: its VLAN (0 for none) and its bytes without the tag."""
        self._socket.settimeout(seconds)
        try:
            frame, more, _flags, source = self._socket.recvmsg(65535, 256)
        except TimeoutError:
            return None
        if source[2] == OUTGOING or not more:
            return 0, b""
        # struct tpacket_auxdata (packet(7)): status, with TP_STATUS_VLAN_VALID 16, and the tag behind four fields.
        auxiliary = more[0][2]
        valid = int.from_bytes(auxiliary[0:4], sys.byteorder) & 16
        return (int.from_bytes(auxiliary[16:18], sys.byteorder) & 0xFFF if valid else 0), frame

    def answer_arp(self, address: str, vlan: int, seconds: float = 6.0) -> None:
        """Answers ARP requests for the address in a VLAN (RFC 826), as a host in that VLAN would."""
        own = packets.mac_bytes(self.mac) + socket.inet_aton(address)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.tagged(0.2)
            if found is None or found[0] != vlan or found[1][12:14] != b"\x08\x06" or found[1][20:22] != b"\0\1":
                continue
            asker = found[1][22:32]
            head = asker[:6] + own[:6] + b"\x81\x00" + vlan.to_bytes(2, "big") + b"\x08\x06"
            self._socket.send(head + found[1][14:20] + b"\0\2" + own + asker)

    def close(self) -> None:
        """Closes the socket."""
        self._socket.close()
