# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks objects up by the names that people know."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

from .naming import name_of
from .sdk import vim

if t.TYPE_CHECKING:
    from .client import Client


def find_datacenter(client: Client, wanted: str) -> t.Any:
    """Finds a datacenter by its name or managed object ID; a session asks vCenter for each one once.

    Raises NfvError: datacenter_not_found, datacenter_not_unique.
    """
    if wanted not in client.datacenters:
        client.datacenters[wanted] = _only_datacenter(client, wanted)
    return client.datacenters[wanted]


def _only_datacenter(client: Client, wanted: str) -> t.Any:
    matching = [
        each
        for each, properties in client.in_view({vim.Datacenter: ["name"]})
        if wanted in (name_of(each, properties), each._moId)
    ]
    if len(matching) != 1:
        raise NfvError(
            ErrorCode.DATACENTER_NOT_FOUND if not matching else ErrorCode.DATACENTER_NOT_UNIQUE,
            wanted,
            f"vCenter has {len(matching)} datacenters of this name",
            "Correct datacenter, or give its managed object ID",
        )
    return matching[0]
