# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the files of sessions at a path."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import shown

from .model import unreadable
from .parse import SUFFIXES, parse_sessions

if t.TYPE_CHECKING:
    from .model import Session

# Bytes of a file: more than half a million sessions in CSV, which take some seconds.
MOST_BYTES = 64 * 1024 * 1024


def read_sessions(path: str) -> list[Session]:
    """The sessions of a file, or of all files of a directory in the order of their names.

    Raises NfvError ``sessions_unreadable``, also for a directory without a file of sessions: a mistyped path must not
    look like a PGW that has none.
    """
    try:
        return [session for file in _files(path) for session in parse_sessions(_text(file), str(file))]
    except OSError as error:
        raise unreadable(str(error.filename or path), f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        # Python's: a path with a zero byte, or with a surrogate.
        raise unreadable(shown(path), f"is no path: {error}") from error


def _files(path: str) -> list[Path]:
    """Hidden files, which editors and git leave behind, are ignored."""
    place = Path(path)
    if not path:
        raise unreadable("''", "is no path")
    if not place.is_dir():
        if place.suffix.lower() not in SUFFIXES:
            raise unreadable(path, f"must end with {', '.join(SUFFIXES)}")
        return [place]
    found = sorted(file for file in place.iterdir() if file.suffix.lower() in SUFFIXES)
    files = [file for file in found if not file.name.startswith(".")]
    if not files:
        raise unreadable(path, f"is a directory without a file that ends with {', '.join(SUFFIXES)}")
    return files


def _text(file: Path) -> str:
    # A pipe or a device might never end.
    if file.exists() and not file.is_file():
        raise unreadable(str(file), "is no regular file")
    with file.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise unreadable(str(file), f"is larger than {MOST_BYTES // 1024**2} MiB; split it")
    try:
        # With or without a byte order mark, which spreadsheets write.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable(str(file), f"is not UTF-8: {error.reason} at byte {error.start}") from error
