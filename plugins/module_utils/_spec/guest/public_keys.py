# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Public keys of ssh, as a line of text."""

from __future__ import annotations

import base64
import binascii
import typing as t

# What OpenSSH accepts for logins and hosts today; ssh-dss was removed and SHA-1 concerns signatures, not keys.
KEY_TYPES: t.Final = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
# An RSA key of 16384 bits, the longest that OpenSSH makes, has 2,800 characters.
MAX_LENGTH: t.Final = 4096


def public_key(line: object) -> tuple[str, str] | None:
    """The type and the base64 text of a public key with or without a comment; None for anything else.

    The key itself must name the same type (RFC 4253, 6.6), so that a key cut short or pasted in part is found.
    """
    if not isinstance(line, str) or len(line) > MAX_LENGTH or not line.isprintable():
        return None
    kind, _space, rest = line.strip().partition(" ")
    text = rest.strip().partition(" ")[0]
    if kind not in KEY_TYPES:
        return None
    try:
        blob = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return (kind, text) if _fields(blob)[:1] == [kind.encode()] else None


def _fields(blob: bytes) -> list[bytes]:
    """The length-prefixed fields of a key; none if they do not fill it."""
    found = []
    while blob:
        length = int.from_bytes(blob[:4], "big")
        if len(blob) < 4 + length:
            return []
        found.append(blob[4 : 4 + length])
        blob = blob[4 + length :]
    return found if len(found) > 1 else []
