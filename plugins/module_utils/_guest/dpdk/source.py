# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DPDK's source: which one to build, its checksum, and its tree as an archive."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import tarfile
import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

KINDS = ("archive", "tree", "url")
# Directories that hold more than DPDK: the prefix is replaced as a whole.
SHARED_DIRECTORIES = ("/usr", "/usr/local", "/opt", "/etc", "/var", "/root", "/home", "/boot")
# What version control keeps in a tree.
VERSION_CONTROL = frozenset({".git", ".gitignore", ".gitattributes", ".gitmodules", ".hg", ".svn", "CVS"})
_CHUNK = 1 << 20


@dataclasses.dataclass(frozen=True)
class Source:
    """Where DPDK's source is."""

    kind: str
    """One of KINDS."""
    place: str
    """Path of the archive or tree, or the URL."""
    checksum: str | None
    """``sha256:`` and 64 hexadecimal digits; None to accept any source."""


def check_source(options: t.Mapping[str, t.Any]) -> Source:
    """The source that a dictionary with archive, tree, url and checksum names. Raises NfvError(source_invalid)."""
    given = [kind for kind in KINDS if options.get(kind)]
    checksum = options.get("checksum") or None
    if len(given) != 1:
        raise _invalid("source", f"it takes one of {', '.join(KINDS)} and has {', '.join(given) or 'none'}")
    if given == ["url"] and checksum is None:
        raise _invalid(options["url"], "a url needs its checksum")
    return Source(given[0], options[given[0]], checksum)


def check_prefix(prefix: str) -> None:
    """Refuses a prefix that is not a directory for DPDK alone. Raises NfvError(source_invalid)."""
    if not re.fullmatch(r"(/[^/]+)+", prefix) or prefix in SHARED_DIRECTORIES:
        raise _invalid(prefix, "the prefix must be a directory for DPDK alone")


def _invalid(subject: str, reason: str) -> NfvError:
    return NfvError(ErrorCode.SOURCE_INVALID, subject, reason, "Nothing was changed.")


def identify(source: Source) -> str:
    """The checksum of a source, computed in place. For a URL it is the one that was given.

    Raises NfvError(source_missing) when it is not there or does not match its checksum.
    """
    if source.kind == "url":
        return source.checksum or ""
    digest = hashlib.sha256()
    try:
        if source.kind == "tree":
            pack_tree(Path(source.place), _Hashed(digest))
        else:
            with Path(source.place).open("rb") as file:
                for chunk in iter(lambda: file.read(_CHUNK), b""):
                    digest.update(chunk)
    except OSError as error:
        raise _missing(source, f"it cannot be read: {error.strerror}") from error
    checksum = f"sha256:{digest.hexdigest()}"
    if source.checksum not in (None, checksum):
        raise _missing(source, f"its checksum is {checksum}, and not {source.checksum}")
    return checksum


def _missing(source: Source, reason: str) -> NfvError:
    return NfvError(
        ErrorCode.SOURCE_MISSING, source.place, reason, "Correct the path or the checksum; nothing was changed."
    )


class _Hashed:
    """A file that keeps only the digest of what is written."""

    def __init__(self, digest: t.Any) -> None:
        self._digest = digest

    def write(self, data: bytes) -> int:
        """Counts the data in."""
        self._digest.update(data)
        return len(data)


def pack_tree(tree: Path, file: t.Any) -> None:
    """Writes a tree into a file object as a tar archive: the same names, modes and contents give the same bytes.

    Times, owners and what version control keeps in it do not count. Raises OSError when it cannot be read.
    """
    if not tree.is_dir():
        raise NotADirectoryError(20, "Not a directory")
    with tarfile.open(fileobj=file, mode="w|", format=tarfile.GNU_FORMAT) as archive:
        archive.add(tree, arcname=".", filter=_anonymous)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if Path(member.name).name in VERSION_CONTROL:
        return None
    member.mtime = member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
