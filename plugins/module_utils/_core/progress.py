# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that a person follows while a task works, because Ansible shows nothing of a task before its end."""

from __future__ import annotations

import contextlib
import os
import stat
import time
import typing as t

from .errors import ErrorCode, NfvError

# Is told of a step how many objects are done, and of how many.
Progress = t.Callable[[str, int, int], None]
# Is told what happened, in a line, where nobody knows how much there is to do.
Tell = t.Callable[[str], None]

_FLAGS: t.Final = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def unseen(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody follows."""


def unheard(_line: str) -> None:
    """Lines that nobody follows."""


@contextlib.contextmanager
def progress_file(path: str | None) -> t.Iterator[Progress]:
    """Gives what writes a line for each report, such as ``2026-11-28T21:03:11Z VMs read: 250 of 1000``.

    As progress_lines() otherwise.
    """
    with progress_lines(path) as tell:
        yield (lambda step, done, total: tell(f"{step}: {done} of {total}")) if path else unseen


@contextlib.contextmanager
def progress_lines(path: str | None) -> t.Iterator[Tell]:
    """Gives what writes each line with the time, such as ``2026-11-28T21:03:11Z bursts of up to 4096 frames``.

    The file is emptied first; None writes nowhere. A line that cannot be written, say because the disk is full, ends
    the reports and not the run. Raises NfvError: progress_file_unusable.
    """
    if not path:
        yield unheard
        return
    left: list[int] = [_opened(path)]

    def tell(line: str) -> None:
        try:
            os.write(left[0], f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {line}\n".encode())
        except (OSError, IndexError):
            _close(left)

    try:
        yield tell
    finally:
        _close(left)


def _close(left: list[int]) -> None:
    while left:
        with contextlib.suppress(OSError):
            os.close(left.pop())


def _opened(path: str) -> int:
    """Opens a regular file of this user, and no link, for whoever follows a link may write elsewhere."""
    try:
        descriptor = os.open(path, _FLAGS, 0o600)
    except (OSError, ValueError) as error:
        raise _unusable(path, str(error)) from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_nlink > 1:
        os.close(descriptor)
        raise _unusable(path, "it is no regular file of this user, or it has a second name")
    os.ftruncate(descriptor, 0)
    return descriptor


def _unusable(path: str, reason: str) -> NfvError:
    return NfvError(
        ErrorCode.PROGRESS_FILE_UNUSABLE,
        path,
        f"failed to open the progress file: {reason}; no connection was made",
        "Name a new file in a directory that this user may write, or leave out progress_file",
    )
