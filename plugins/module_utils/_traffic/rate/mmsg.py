# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sendmmsg(2) and recvmmsg(2), which Python's socket module lacks: many frames to one system call."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
import typing as t

_SO_TIMESTAMPNS = 35
# A control message with a struct timespec, on 64-bit Linux: 16 bytes of header, seconds and nanoseconds.
_CONTROL = struct.Struct("@16xll")


class _Iovec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Msghdr(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("iov", ctypes.POINTER(_Iovec)),
        ("iov_length", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Mmsghdr(ctypes.Structure):
    _fields_ = (("header", _Msghdr), ("length", ctypes.c_uint))


_libc = ctypes.CDLL(None, use_errno=True)


class FrameRing:
    """Frames to send again and again, in memory that the kernel reads directly."""

    def __init__(self, frames: t.Sequence[bytes]) -> None:
        self.count = len(frames)
        """How many frames it has."""
        self.offsets: list[int] = []
        """Where each begins in ``buffer``."""
        size = sum(len(frame) for frame in frames)
        self.buffer = ctypes.create_string_buffer(b"".join(frames), size)
        """All frames, one after the other; a caller may write into it between two calls."""
        start = ctypes.addressof(self.buffer)
        # Twice, so that a burst may begin anywhere.
        self._iovecs = (_Iovec * (2 * self.count))()
        self._messages = (_Mmsghdr * (2 * self.count))()
        offset = 0
        for index, frame in enumerate(frames):
            self.offsets.append(offset)
            for place in (index, index + self.count):
                self._iovecs[place] = _Iovec(start + offset, len(frame))
                self._messages[place].header.iov = ctypes.pointer(self._iovecs[place])
                self._messages[place].header.iov_length = 1
            offset += len(frame)

    def send(self, file_descriptor: int, first: int, count: int) -> int:
        """Send ``count`` frames (up to ``self.count``) from number ``first`` on; return how many the kernel took.

        Fewer than ``count`` when the interface's queue or the socket's buffer is full. Raises OSError.
        """
        where = ctypes.byref(self._messages, ctypes.sizeof(_Mmsghdr) * (first % self.count))
        sent = _libc.sendmmsg(file_descriptor, where, count, socket.MSG_DONTWAIT)
        if sent >= 0:
            return int(sent)
        number = ctypes.get_errno()
        if number in (errno.ENOBUFS, errno.EAGAIN, errno.EINTR):
            return 0
        raise OSError(number, os.strerror(number))


class Catcher:
    """Takes captured frames from a packet socket, each with the kernel's time stamp."""

    def __init__(self, captured: socket.socket, layout: struct.Struct, batch: int = 256) -> None:
        """layout: of a frame's first ``layout.size`` bytes; batch: frames to a call. Raises OSError.

        The socket must have a filter that passes no frame shorter than the layout: bytes that a frame does not have
        would be those of an earlier one.
        """
        captured.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket = captured
        self._layout = layout
        self._batch = batch
        self._data = ctypes.create_string_buffer(batch * layout.size)
        self._control = ctypes.create_string_buffer(batch * _CONTROL.size)
        self._iovecs = (_Iovec * batch)()
        self._messages = (_Mmsghdr * batch)()
        for index in range(batch):
            self._iovecs[index] = _Iovec(ctypes.addressof(self._data) + index * layout.size, layout.size)
            header = self._messages[index].header
            header.iov = ctypes.pointer(self._iovecs[index])
            header.iov_length = 1
            header.control = ctypes.addressof(self._control) + index * _CONTROL.size
            header.control_length = _CONTROL.size

    def take(self) -> t.Iterator[tuple[tuple[t.Any, ...], int]]:
        """Return the frames that wait, up to the batch: the layout's fields, and nanoseconds of CLOCK_REALTIME.

        Valid until the next call. Raises OSError.
        """
        count = _libc.recvmmsg(self._socket.fileno(), self._messages, self._batch, socket.MSG_DONTWAIT, None)
        if count < 0:
            number = ctypes.get_errno()
            if number in (errno.EAGAIN, errno.EINTR):
                return iter(())
            raise OSError(number, os.strerror(number))
        fields = self._layout.iter_unpack(memoryview(self._data)[: count * self._layout.size])
        stamps = _CONTROL.iter_unpack(memoryview(self._control)[: count * _CONTROL.size])
        return zip(fields, (seconds * 10**9 + nanoseconds for seconds, nanoseconds in stamps))
