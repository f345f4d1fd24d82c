# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vSphere's guestinfo under QEMU, which has no VMware RPC: a drive for cloud-init, and the way back (pure)."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
from typing import TYPE_CHECKING, Any

from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Mapping

_INFO_SET = re.compile(r"info-set (guestinfo\.[A-Za-z0-9._-]+) (.*)")


def seed_files(machine: str, guestinfo: Mapping[str, str]) -> dict[str, bytes]:
    """Return the files of a NoCloud drive that say what guestinfo says to cloud-init's datasource VMware, by name.

    guestinfo: its keys without their prefix.

    Raises LabError ``guestinfo_malformed`` for what that datasource could not read either.
    """
    try:
        metadata: dict[str, Any] = json.loads(_decoded(guestinfo, "metadata") or b"{}")
        userdata = _decoded(guestinfo, "userdata")
    except (binascii.Error, OSError, EOFError, ValueError) as error:
        raise LabError("guestinfo_malformed", f"{machine}: guestinfo cannot be read: {error}") from error
    network = metadata.pop("network", None)
    files = {"meta-data": json.dumps(metadata).encode(), "user-data": userdata}
    return {**files, "network-config": json.dumps(network).encode()} if network else files


def _decoded(guestinfo: Mapping[str, str], key: str) -> bytes:
    """Return a value in the encodings that the datasource VMware knows."""
    value, encoding = guestinfo.get(key, ""), guestinfo.get(f"{key}.encoding", "")
    if encoding in ("gzip+base64", "gz+b64"):
        return gzip.decompress(base64.b64decode(value, validate=True)) if value else b""
    if encoding in ("base64", "b64"):
        return base64.b64decode(value, validate=True)
    if encoding:
        raise ValueError(f"{key}.encoding is {encoding}")
    return value.encode()


def said(lines: str) -> dict[str, str]:
    """Return what the guest has set by vmware-rpctool, by key with its prefix; the last value of each key counts."""
    matches = (_INFO_SET.fullmatch(line) for line in lines.splitlines())
    return {match[1]: match[2] for match in matches if match}
