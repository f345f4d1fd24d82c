# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive's form: a gzip'd tar of named members, the same bytes for the same members, with a SHA-256 manifest."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import tarfile
import typing as t
import zlib

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

# As sha256sum(1) writes and checks it.
MANIFEST: t.Final = "SHA256SUMS"
MOST_BYTES: t.Final = 256 << 20
MOST_MEMBERS: t.Final = 20_000
_NAME: t.Final = re.compile(r"report\.json|versions\.json|hosts/[0-9]{5}\.json")
_LINE: t.Final = re.compile(r"([0-9a-f]{64})  (\S+)")
_ADVICE: t.Final = "Take the archive from where it was made again; do not rely on this one."


def pack(members: t.Mapping[str, bytes]) -> bytes:
    """The archive of these members and their manifest: sorted, without times and owners."""
    lines = (f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(members.items()))
    return gzip.compress(_tar({**members, MANIFEST: "".join(lines).encode()}), mtime=0)


def _tar(members: t.Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in sorted(members.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


def unpack(data: bytes, path: str) -> dict[str, bytes]:
    """The members of an archive that somebody else may have made, by name, without the manifest. Writes nothing.

    path: the archive's, for messages. Raises NfvError: evidence_unreadable when it is none; evidence_unsafe when it
    holds anything but plain members of known names, or too much; evidence_damaged when a member does not fit the
    manifest.
    """
    content = _inflated(data, path)
    members = _read(content, path)
    manifest = members.pop(MANIFEST, None)
    if manifest is None:
        raise _error(ErrorCode.EVIDENCE_DAMAGED, path, f"it has no {MANIFEST}")
    _compare(members, manifest, path)
    # Whatever hides between or behind the members, or differs in their headers, makes another file than the members do.
    if _tar({**members, MANIFEST: manifest}) != content:
        raise _error(ErrorCode.EVIDENCE_UNSAFE, path, "it holds something beside the content of its members")
    return members


def _inflated(data: bytes, path: str) -> bytes:
    unzip = zlib.decompressobj(wbits=31)
    try:
        content = unzip.decompress(data, MOST_BYTES)
    except zlib.error as error:
        raise _error(ErrorCode.EVIDENCE_UNREADABLE, path, f"it is no gzip file ({error})") from error
    if unzip.unconsumed_tail:
        raise _error(ErrorCode.EVIDENCE_UNSAFE, path, f"it grows beyond {MOST_BYTES} bytes")
    if not unzip.eof or unzip.unused_data:
        raise _error(ErrorCode.EVIDENCE_UNREADABLE, path, "it is cut off, or something is behind its end")
    return content


def _read(content: bytes, path: str) -> dict[str, bytes]:
    members: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for entry in archive:
                if len(members) >= MOST_MEMBERS:
                    raise _error(ErrorCode.EVIDENCE_UNSAFE, path, f"it has more than {MOST_MEMBERS} members")
                if entry.type != tarfile.REGTYPE or not (entry.name == MANIFEST or _NAME.fullmatch(entry.name)):
                    what = f"{entry.name[:80]!r} is no member that an archive of evidence has"
                    raise _error(ErrorCode.EVIDENCE_UNSAFE, path, what)
                if entry.name in members:
                    raise _error(ErrorCode.EVIDENCE_UNSAFE, path, f"{entry.name} is there twice")
                file = archive.extractfile(entry)
                members[entry.name] = file.read() if file else b""
    except (tarfile.TarError, ValueError, OverflowError, EOFError) as error:
        raise _error(ErrorCode.EVIDENCE_UNREADABLE, path, f"it is no tar file ({error})") from error
    return members


def _compare(members: t.Mapping[str, bytes], manifest: bytes, path: str) -> None:
    listed: dict[str, str] = {}
    for line in manifest.decode("ascii", "replace").splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            raise _error(ErrorCode.EVIDENCE_DAMAGED, path, f"{MANIFEST} has a line that is none of its own")
        listed[match[2]] = match[1]
    for problem, names in (
        (f"is in {MANIFEST} and missing", sorted(listed.keys() - members.keys())),
        (f"is not in {MANIFEST}", sorted(members.keys() - listed.keys())),
        (
            f"has another content than {MANIFEST} says",
            [name for name in sorted(members) if hashlib.sha256(members[name]).hexdigest() != listed.get(name)],
        ),
    ):
        if names:
            raise _error(ErrorCode.EVIDENCE_DAMAGED, path, f"{names[0]} {problem}")


def _error(code: ErrorCode, path: str, what: str) -> NfvError:
    return NfvError(code, path, f"reading the archive of evidence failed: {what}", _ADVICE)
