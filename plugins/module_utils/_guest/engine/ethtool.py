# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to a network interface's driver by ioctl (Linux: include/uapi/linux/ethtool.h), without a program."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct

_SIOCETHTOOL = 0x8946  # include/uapi/linux/sockios.h
_NAME_BYTES = 16  # IFNAMSIZ


def ask_driver(interface: str, request: bytes) -> bytes:
    """The request as the driver has filled it in; one that sets something comes back as it was. Raises OSError.

    request: a structure of linux/ethtool.h, which begins with its command.
    """
    name = os.fsencode(interface)
    if len(name) >= _NAME_BYTES:
        raise OSError(0, f"'{interface}' is too long for an interface's name")
    buffer = ctypes.create_string_buffer(request, len(request))
    # struct ifreq: the name, and a union of 24 bytes that holds the pointer to the structure.
    ifreq = struct.pack(f"{_NAME_BYTES}sP16x", name, ctypes.addressof(buffer))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCETHTOOL, ifreq)
    return buffer.raw
