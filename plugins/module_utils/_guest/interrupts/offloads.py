# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an interface's driver does by itself: receive offloads and interrupt coalescing (linux/ethtool.h).

A kernel that forwards must not merge packets: what large receive offload has merged cannot be sent on, and a measured
rate would count one packet for many.
"""

from __future__ import annotations

import struct
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import AskDriver

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest

_GET_COALESCING, _SET_COALESCING = 0x0E, 0x0F
_GET_FLAGS, _SET_FLAGS = 0x25, 0x26
_GET_GRO, _SET_GRO = 0x2B, 0x2C
_LRO = 1 << 15  # ETH_FLAG_LRO
_VALUE = struct.Struct("=II")
"""Command and value (struct ethtool_value)."""
_COALESCING_FIELDS = 22
_MEANT = (0, 1, 2, 3, 4, 5, 6, 7, 9, 10)
"""The fields that delay interrupts: microseconds and frames for each direction and its interrupt, and the adaptive
modes; the others only tell how those adapt."""
_REMEDY = "Look at the kernel's log (dmesg) for the driver's reason."


def read_flag(guest: Guest, interface: str, command: int) -> int | None:
    """The value of one of the requests that carry one; None where the driver does not answer."""
    try:
        return int(_VALUE.unpack(guest.ask_driver(interface, _VALUE.pack(command, 0)))[1])
    except OSError:
        return None


def read_lro(guest: Guest, interface: str) -> bool | None:
    """Whether large receive offload is on."""
    flags = read_flag(guest, interface, _GET_FLAGS)
    return None if flags is None else bool(flags & _LRO)


def read_gro(guest: Guest, interface: str) -> bool | None:
    """Whether generic receive offload is on."""
    flag = read_flag(guest, interface, _GET_GRO)
    return None if flag is None else bool(flag)


def read_coalescing(guest: Guest, interface: str) -> bytes | None:
    """``struct ethtool_coalesce``, None where the driver has none.

    vmxnet3 has none on virtual hardware below 13 (Linux: vmxnet3_ethtool.c, vmxnet3_get_coalesce: VMXNET3 v3).
    """
    try:
        return guest.ask_driver(interface, _structure(_GET_COALESCING, b"\0" * 4 * _COALESCING_FIELDS))
    except OSError:
        return None


def coalesces(coalescing: bytes) -> bool:
    """Whether interrupts may wait for more packets."""
    _command, *values = struct.unpack(f"={1 + _COALESCING_FIELDS}I", coalescing)
    delays = [values[index] for index in _MEANT]
    # One frame is no delay: drivers that know no zero, such as those of Intel, count so.
    return any(value > (1 if index in (1, 3, 5, 7) else 0) for index, value in zip(_MEANT, delays))


def set_lro(interface: str, flags: int, wanted: bool) -> AskDriver:
    """What turns large receive offload on or off. flags: all flags of the interface now."""
    value = flags | _LRO if wanted else flags & ~_LRO
    return _ask(interface, _VALUE.pack(_SET_FLAGS, value), f"large receive offload {_state(wanted)}")


def set_gro(interface: str, wanted: bool) -> AskDriver:
    """What turns generic receive offload on or off."""
    return _ask(interface, _VALUE.pack(_SET_GRO, int(wanted)), f"generic receive offload {_state(wanted)}")


def set_coalescing(interface: str, coalescing: bytes | None) -> AskDriver:
    """What gives the driver an earlier state of coalescing, or turns it off (None)."""
    fields = b"\0" * 4 * _COALESCING_FIELDS if coalescing is None else coalescing[4:]
    what = "interrupt coalescing off" if coalescing is None else "interrupt coalescing as it was"
    return _ask(interface, _structure(_SET_COALESCING, fields), what)


def read_flags(guest: Guest, interface: str) -> int:
    """All flags of the interface, 0 where the driver does not answer."""
    return read_flag(guest, interface, _GET_FLAGS) or 0


def _structure(command: int, fields: bytes) -> bytes:
    return struct.pack("=I", command) + fields


def _ask(interface: str, request: bytes, what: str) -> AskDriver:
    return AskDriver(interface, request, what, ErrorCode.OFFLOAD_REFUSED, _REMEDY)


def _state(wanted: bool) -> str:
    return "on" if wanted else "off"
