# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock that lets one run at a time change a guest."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

from .tree import Tree

LOCK = "/run/nfv-vsphere-dpdk.lock"


@contextlib.contextmanager
def exclusive(tree: Tree) -> t.Iterator[None]:
    """Holds the guest's lock; the kernel releases it with the process that holds it, however that ends.

    Programs that the holder starts do not inherit it (PEP 446). The file says who holds it, and stays.

    Raises NfvError: guest_locked when another process holds it, write_failed when the file cannot be opened.
    """
    path = tree.path(LOCK)
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        # No link is followed, so that nobody can have another file written to.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise NfvError(
            ErrorCode.WRITE_FAILED,
            LOCK,
            f"could not be opened to lock the guest: {error.strerror}",
            "Run the module as root (become), and remove what is there if it is not a plain file.",
        ) from error
    try:
        _acquire(descriptor)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
        raise NfvError(
            ErrorCode.GUEST_LOCKED,
            LOCK,
            f"another run changes this guest: {holder or 'it has only just begun'}",
            "Nothing was changed. Wait until it has ended, and run this again.",
        ) from error
    started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"process {os.getpid()}, since {started}\n".encode(), 0)
