# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tester's neighbours: the PGW's MAC addresses, resolved by the kernel, and ports that answer nothing."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import socket
import struct
import time
import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets

from .af_packet import GatewayInterface
from .streams import SERVER_PORT

# Not in Python's socket module: linux/sockios.h, linux/if_arp.h.
_SIOCDARP = 0x8953
_ARP_COMPLETE = 0x2
_DISCARD_PORT = 9


def resolve(interface: GatewayInterface, timeout: float = 5.0) -> str | None:
    """The PGW's MAC address on this interface, from a fresh ARP exchange of the kernel; None when nobody answers.

    timeout: seconds.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trigger:
        _forget_neighbour(trigger, interface)
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                trigger.sendto(b"", (interface.gateway, _DISCARD_PORT))
            for _attempt in range(10):
                mac = _neighbour(interface)
                if mac is not None:
                    return mac
                time.sleep(0.05)
    return None


def _forget_neighbour(control: socket.socket, interface: GatewayInterface) -> None:
    """Deletes the kernel's entry, which may belong to an earlier machine of this address (struct arpreq, arp(7))."""
    address = struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(interface.gateway))
    request = address + bytes(16) + bytes(4) + bytes(16) + interface.name.encode().ljust(16, b"\0")
    with contextlib.suppress(OSError):
        fcntl.ioctl(control, _SIOCDARP, request)


def _neighbour(interface: GatewayInterface) -> str | None:
    for row in map(str.split, Path("/proc/net/arp").read_text(encoding="ascii").splitlines()[1:]):
        if row[0] == interface.gateway and row[5] == interface.name and int(row[2], 16) & _ARP_COMPLETE:
            return row[3]
    return None


@contextlib.contextmanager
def quiet_ports(s5u: GatewayInterface, sgi: GatewayInterface) -> t.Iterator[None]:
    """Holds the UDP ports that packets arrive at, so that the tester's kernel answers none with an ICMP error.

    Raises NfvError(tester_address_missing).
    """
    with contextlib.ExitStack() as stack:
        for address, port in ((s5u.address, packets.GTPU_PORT), (sgi.address, SERVER_PORT)):
            held = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            try:
                held.bind((address, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:  # Another program holds it, which is as good.
                    raise NfvError(
                        ErrorCode.TESTER_ADDRESS_MISSING,
                        address,
                        f"binding UDP port {port} on the tester failed: {error.strerror}",
                        "Give the tester's interface this address.",
                    ) from error
        yield
