# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a Linux machine's files below a root, which is / on the machine itself and a recorded tree in tests."""

from __future__ import annotations

import stat
from pathlib import Path


class Tree:
    """A file system below a root. Reads only; what cannot be read is None or empty, never an error."""

    def __init__(self, root: str = "/") -> None:
        self._root = root.rstrip("/")

    def path(self, path: str) -> Path:
        """The real path of an absolute path inside the tree."""
        return Path(self._root + path)

    def text(self, path: str) -> str | None:
        """A file's text, None when it cannot be read."""
        try:
            return self.path(path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None

    def value(self, path: str) -> str | None:
        """A kernel attribute: the text without surrounding white space; None also for the kernel's ``(null)``."""
        text = self.text(path)
        stripped = "" if text is None else text.strip()
        return stripped if stripped and stripped != "(null)" else None

    def number(self, path: str) -> int | None:
        """A kernel attribute that holds a decimal number."""
        value = self.value(path)
        try:
            return None if value is None else int(value)
        except ValueError:
            return None

    def names(self, path: str) -> tuple[str, ...]:
        """The sorted names in a directory, none when there is no such directory."""
        try:
            return tuple(sorted(entry.name for entry in self.path(path).iterdir()))
        except OSError:
            return ()

    def modified(self, path: str) -> float | None:
        """When a file was last written, in seconds since the epoch; None when there is no such file."""
        try:
            return self.path(path).stat().st_mtime
        except OSError:
            return None

    def mode(self, path: str) -> int | None:
        """The permission bits of a file, of a symbolic link its own; None when there is no such file."""
        try:
            return stat.S_IMODE(self.path(path).lstat().st_mode)
        except OSError:
            return None

    def exists(self, path: str) -> bool:
        """Whether there is such a file, directory or link."""
        real = self.path(path)
        return real.exists() or real.is_symlink()

    def link(self, path: str) -> str | None:
        """What a symbolic link points to, None for anything else."""
        try:
            return str(self.path(path).readlink())
        except OSError:
            return None

    def target(self, path: str) -> str | None:
        """The last component of what a symbolic link points to: ``vmxnet3`` for a device's ``driver``."""
        link = self.link(path)
        return None if link is None else link.rpartition("/")[2]
