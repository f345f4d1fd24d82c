# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generic netlink (Linux: Documentation/userspace-api/netlink), with the standard library alone."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
import typing as t

_NETLINK_GENERIC = 16
_REQUEST, _ACK, _DUMP = 0x001, 0x004, 0x300  # NLM_F_*; include/uapi/linux/netlink.h
_ERROR, _DONE = 2, 3  # NLMSG_*
_CONTROL, _GET_FAMILY, _FAMILY_ID, _FAMILY_NAME = 16, 3, 1, 2  # include/uapi/linux/genetlink.h
_HEADER = struct.Struct("=IHHII")
"""Length, type, flags, sequence number and sender of a message (struct nlmsghdr)."""
_ATTRIBUTE = struct.Struct("=HH")
"""Length and type of an attribute (struct nlattr)."""
_GENERIC = struct.Struct("=BBH")
"""Command, version and padding of a generic message (struct genlmsghdr)."""
_TYPE_MASK = 0x3FFF  # NLA_TYPE_MASK
_LARGEST = 1 << 16
_SECONDS = 10.0


class RequestRefusedError(OSError):
    """The kernel refused one of several requests; those before it are carried out."""

    def __init__(self, error: OSError, position: int) -> None:
        super().__init__(error.errno, error.strerror)
        self.position = position
        """The request's place among them, from 0."""


def attribute(kind: int, value: bytes) -> bytes:
    """An attribute, padded to four bytes."""
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value + b"\0" * (-len(value) % 4)


def attributes(data: bytes) -> dict[int, bytes]:
    """The attributes in a message by type; what is cut off is left out."""
    found: dict[int, bytes] = {}
    while len(data) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(data)
        if not _ATTRIBUTE.size <= length <= len(data):
            break
        found[kind & _TYPE_MASK] = data[_ATTRIBUTE.size : length]
        data = data[length + (-length % 4) :]
    return found


def generic(command: int, content: bytes, version: int = 0) -> bytes:
    """What a family is asked: the command and its attributes."""
    return _GENERIC.pack(command, version, 0) + content


def message(kind: int, flags: int, sequence: int, payload: bytes) -> bytes:
    """A whole message, from nobody in particular."""
    return _HEADER.pack(_HEADER.size + len(payload), kind, flags, sequence, 0) + payload


def ask_family(family: str, requests: t.Sequence[bytes], *, dump: bool = False) -> list[bytes]:
    """Sends requests to a family one after the other, and returns the attributes of all answers.

    requests: see generic(). dump: whether each asks for everything that there is.
    Raises RequestRefusedError with the kernel's own reason at the first that is refused, FileNotFoundError without such
    a family, and OSError for the socket.
    """
    with contextlib.closing(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_GENERIC)) as kernel:
        kernel.settimeout(_SECONDS)
        kernel.bind((0, 0))
        name = attribute(_FAMILY_NAME, family.encode() + b"\0")
        answers = _ask(kernel, _CONTROL, 1, generic(_GET_FAMILY, name, 1), dump=False)
        number = attributes(answers[0]).get(_FAMILY_ID) if answers else None
        if number is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        (kind,) = struct.unpack("=H", number)
        found: list[bytes] = []
        for position, request in enumerate(requests):
            try:
                found += _ask(kernel, kind, position + 2, request, dump=dump)
            except OSError as error:
                raise RequestRefusedError(error, position) from error
        return found


def _ask(kernel: socket.socket, kind: int, sequence: int, request: bytes, *, dump: bool) -> list[bytes]:
    """The answers to one request, without their headers. Raises OSError."""
    kernel.send(message(kind, _REQUEST | (_DUMP if dump else _ACK), sequence, request))
    found: list[bytes] = []
    while True:
        for answered, number, payload in split(kernel.recv(_LARGEST)):
            if number != sequence:
                continue
            if answered in (_ERROR, _DONE):
                # Both begin with an error number, negative, 0 for success.
                status = struct.unpack_from("=i", payload)[0] if len(payload) >= 4 else 0
                if status < 0:
                    raise OSError(-status, os.strerror(-status))
                return found
            found.append(payload[_GENERIC.size :])


def split(data: bytes) -> t.Iterator[tuple[int, int, bytes]]:
    """The messages in what was received: type, sequence number and payload of each."""
    while len(data) >= _HEADER.size:
        length, kind, _flags, sequence, _sender = _HEADER.unpack_from(data)
        if not _HEADER.size <= length <= len(data):
            break
        yield kind, sequence, data[_HEADER.size : length]
        data = data[length + (-length % 4) :]
