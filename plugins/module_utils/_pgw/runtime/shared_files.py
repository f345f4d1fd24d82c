# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in directories that belong to somebody else, whom root must not trust.

The owner of a directory may put a link, a pipe or a directory in any file's place at any moment, and the owner of a
directory above may replace the directory. So a path is opened part by part without following links, and what is in the
directory is reached through its descriptor alone.
"""

from __future__ import annotations

import contextlib
import os
import stat
import typing as t
from pathlib import Path

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK a pipe would keep its reader waiting for a writer.
_OLD_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@contextlib.contextmanager
def opened_directory(path: Path) -> t.Iterator[int]:
    """A descriptor of an absolute path's directory. Raises OSError, also if any part of the path is a symbolic link."""
    descriptor = os.open("/", _DIRECTORY)
    try:
        for part in path.parts[1:]:
            inner = os.open(part, _DIRECTORY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def replace(path: Path, text: str) -> None:
    """Replaces a file that everybody may read; a reader never sees a part of it. Raises OSError.

    The node exporter ignores the temporary file, which is no ``*.prom``.
    """
    temporary = f".{path.name}.new"
    with opened_directory(path.parent) as directory:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=directory)  # An earlier run was killed.
        descriptor = os.open(temporary, _NEW_FILE, 0o644, dir_fd=directory)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fchmod(descriptor, 0o644)
            os.rename(temporary, path.name, src_dir_fd=directory, dst_dir_fd=directory)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary, dir_fd=directory)
            raise


def read(path: Path, most: int) -> str | None:
    """The text of a regular file of at most ``most`` bytes; None if there is no such file, or it cannot be read."""
    try:
        with opened_directory(path.parent) as directory:
            descriptor = os.open(path.name, _OLD_FILE, dir_fd=directory)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            content = file.read(most + 1)
    except OSError:
        return None
    return content.decode("utf-8", errors="replace") if len(content) <= most else None
