# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ssh host keys that a guest says it has made, and the file in which ssh looks for them."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.guest.public_keys import public_key

from .model import HOST_KEYS, FirstBootState

HostKeys = tuple[tuple[str, str], ...]
# A guest has one key of each type.
MAX_KEYS: t.Final = 8


def host_keys(state: FirstBootState) -> HostKeys | None:
    """The type and text of each key that the guest has said; None before it has, or for what another VM has said.

    Whoever rules the guest, or may write the VM's configuration, chooses the value, and it becomes lines of a file. So
    nothing but public keys passes. Raises NfvError: host_keys_malformed.
    """
    instance_id, _space, text = state.guestinfo.get(HOST_KEYS, "").partition(" ")
    if not instance_id or instance_id.lower() != state.instance_id:
        return None
    entries = [entry for entry in text.split(",") if entry.strip()]
    keys = [public_key(entry) for entry in entries[: MAX_KEYS + 1]]
    sound = tuple(key for key in keys if key is not None)
    if not sound or len(sound) != len(keys) or len(keys) > MAX_KEYS:
        raise NfvError(
            ErrorCode.HOST_KEYS_MALFORMED,
            state.name,
            f"failed to learn the guest's ssh host keys: {HOST_KEYS} holds what is no list of public keys",
            "Look at the guest's /etc/ssh and at cloud-init's log; nothing was connected to",
        )
    return sound


def with_host_keys(text: str, learned: t.Mapping[tuple[str, ...], HostKeys]) -> str:
    """A known_hosts file with the keys of these hosts instead of any that it has of them.

    All other lines stay as they are, and those of a host whose keys are known already stay where they are.
    learned: the keys by the names of a host, such as its name and its addresses.
    """
    lines = text.splitlines()
    for names, keys in learned.items():
        wanted = [f"{','.join(names)} {kind} {key}" for kind, key in keys]
        about = [line for line in lines if _without(line, set(names)) != line]
        if sorted(about) != sorted(wanted):
            kept = [_without(line, set(names)) for line in lines]
            lines = [line for line in kept if line is not None] + wanted
    return "".join(f"{line}\n" for line in lines)


def _without(line: str, names: set[str]) -> str | None:
    """The line without these names (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT); None when it is about no other host."""
    hosts, space, rest = line.partition(" ")
    # A comment, a certificate authority or a revoked key, and a hashed name are somebody's own.
    if not space or hosts.startswith(("#", "@", "|")):
        return line
    kept = [host for host in hosts.split(",") if host not in names]
    return f"{','.join(kept)} {rest}" if kept else None
