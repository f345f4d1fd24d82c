# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaves memory free and in pieces, as long uptime does: locked pages all over, which compaction may not move.

Runs in the guest, as root, and stays in the background with the pages that it keeps (16 MiB of a GiB).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

SIZE = 1 << 30
PAGE = 4096
STRIDE = 64 * PAGE
"""One page is kept of so many bytes: several in every 2 MiB, wherever the kernel put them."""
PROTECTION = 0x1 | 0x2  # PROT_READ | PROT_WRITE
PRIVATE_ANONYMOUS = 0x02 | 0x20  # MAP_PRIVATE | MAP_ANONYMOUS
NO_HUGE_PAGES = 15  # MADV_NOHUGEPAGE

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *(ctypes.c_int,) * 3, ctypes.c_long]
for name in ("mlock", "munmap"):
    getattr(libc, name).argtypes = [ctypes.c_void_p, ctypes.c_size_t]
libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


def check(status: int) -> None:
    """Ends with the reason when a call failed."""
    if status != 0:
        sys.exit(os.strerror(ctypes.get_errno()))


def fragment() -> None:
    """Locks the memory, which fills it, and gives all but one page of each stride back."""
    Path("/proc/sys/vm/compact_unevictable_allowed").write_text("0")
    start = libc.mmap(None, SIZE, PROTECTION, PRIVATE_ANONYMOUS, -1, 0)
    check(libc.madvise(start, SIZE, NO_HUGE_PAGES))
    check(libc.mlock(start, SIZE))
    for offset in range(0, SIZE, STRIDE):
        check(libc.munmap(start + offset + PAGE, STRIDE - PAGE))


# Memory locks are not inherited (mlock(2)): the child makes its own, and says so.
reader, writer = os.pipe()
if os.fork() == 0:
    os.setsid()
    os.close(reader)
    fragment()
    os.write(writer, b"done")
    os.close(writer)
    for stream in range(3):
        os.close(stream)
    signal.pause()
os.close(writer)
if os.read(reader, 4) != b"done":
    sys.exit("memory could not be locked")
