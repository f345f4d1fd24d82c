# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of what was before the kernel forwarded: written before the first change, removed after the last.

It stays on the disk over a reboot. Drivers and services are what a reboot restores as well; the rest, which the kernel
holds in memory alone, counts only for the boot that it was read in.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

RECORD = "/var/lib/nfv-vsphere-dpdk/forwarding.json"


@dataclasses.dataclass(frozen=True)
class LinkSettings:
    """An interface as it was first seen, before anything was changed."""

    up: bool
    """Whether it was administratively up."""
    lro: bool | None
    """Whether large receive offload was on; None where the driver does not say."""
    gro: bool | None
    """Whether generic receive offload was on; None where the driver does not say."""
    coalescing: str | None
    """``struct ethtool_coalesce`` in hexadecimal digits, read when the interface was first up, for vmxnet3 learns the
    host's setting then; None before, and where the driver has none."""
    sysctls: t.Mapping[str, str]
    """Kernel attributes, by path."""
    vectors: t.Mapping[str, str]
    """CPUs of the device's interrupts, by the interrupt's number, read when the interface was first up."""


@dataclasses.dataclass(frozen=True)
class HeldAdapter:
    """An adapter that the kernel forwards with, and what it was before."""

    name: str
    """Name in the description of the data plane."""
    mac: str
    """MAC address, in lower case."""
    pci_address: str
    """PCI address."""
    driver: str
    """Driver that it had."""
    override: str
    """The driver that the kernel was told to choose for it (driver_override), empty for none."""
    kernel_driver: str
    """Its kernel driver."""
    settings: LinkSettings | None = None
    """Its interface when it was first seen in this boot; None while it was not."""


@dataclasses.dataclass(frozen=True)
class ForwardingRecord:
    """What was before the first change."""

    boot_id: str
    """The boot that the adapters' settings were read in."""
    units: tuple[str, ...]
    """Services that ran, in the order in which they were stopped."""
    adapters: tuple[HeldAdapter, ...]
    """The adapters."""


def read_record(tree: Tree) -> ForwardingRecord | None:
    """The record, None without a file. Raises NfvError(interrupt_record_unreadable)."""
    text = tree.text(RECORD)
    if text is None:
        return None
    try:
        content = json.loads(text)
        return ForwardingRecord(
            str(content["boot_id"]),
            tuple(str(unit) for unit in content["units"]),
            tuple(_adapter(entry) for entry in content["adapters"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NfvError(
            ErrorCode.INTERRUPT_RECORD_UNREADABLE,
            RECORD,
            f"is not what this collection wrote: {error}",
            "Restore the file, or remove it and reboot: at boot the adapters go to their userspace drivers again.",
        ) from error


def _adapter(entry: t.Mapping[str, t.Any]) -> HeldAdapter:
    settings = entry["settings"]
    return HeldAdapter(**{**entry, "settings": None if settings is None else LinkSettings(**settings)})


def format_record(record: ForwardingRecord) -> str:
    """Content of the record's file."""
    return json.dumps(dataclasses.asdict(record), indent=2) + "\n"
