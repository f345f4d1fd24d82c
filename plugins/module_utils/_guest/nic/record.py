# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of bound adapters: a NIC bound to a userspace driver no longer exposes its MAC address."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

RECORD = "/etc/nfv-vsphere-dpdk/adapters.json"


@dataclasses.dataclass(frozen=True)
class BoundAdapter:
    """An adapter as it was first found, and the driver that it was given."""

    name: str
    """Name in the description of the data plane."""
    mac: str
    """MAC address, in lower case."""
    pci_address: str
    """PCI address."""
    kernel_driver: str
    """Kernel driver that the adapter is given back to."""
    driver: str
    """Userspace driver that it is bound to."""


@dataclasses.dataclass(frozen=True)
class BindingRecord:
    """What an earlier run bound, and where."""

    adapters: tuple[BoundAdapter, ...] = ()
    """The adapters, none without a record."""
    machine: str | None = None
    """UUID of the machine that they were bound on, as its firmware showed it; None when it showed none, or earlier."""


def read_record(tree: Tree) -> BindingRecord:
    """The record, an empty one without a file. Raises NfvError(binding_record_unreadable)."""
    text = tree.text(RECORD)
    if text is None:
        return BindingRecord()
    try:
        content = json.loads(text)
        return BindingRecord(tuple(BoundAdapter(**entry) for entry in content["adapters"]), content.get("machine"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NfvError(
            ErrorCode.BINDING_RECORD_UNREADABLE,
            RECORD,
            f"is not what this collection wrote: {error}",
            "Restore the file, or remove it and reboot, which leaves every adapter with the kernel.",
        ) from error


def format_record(adapters: t.Iterable[BoundAdapter], machine: str | None) -> str:
    """Content of the record's file."""
    return json.dumps({"machine": machine, "adapters": [dataclasses.asdict(one) for one in adapters]}, indent=2) + "\n"
