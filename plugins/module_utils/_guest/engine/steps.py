# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module has decided to do in a guest, as data: a plan can be shown and tested without being carried out."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode


@dataclasses.dataclass(frozen=True)
class WriteFile:
    """Writes a file whole: a reader sees the old content or the new, never a part."""

    path: str
    """Absolute path."""
    content: str
    """The file's new content."""
    mode: int = 0o644
    """Its permission bits."""


@dataclasses.dataclass(frozen=True)
class RemoveFile:
    """Removes a file that may be gone already."""

    path: str
    """Absolute path."""


@dataclasses.dataclass(frozen=True)
class RemoveDirectory:
    """Removes a directory that may be gone already, unless there is anything in it."""

    path: str
    """Absolute path."""


@dataclasses.dataclass(frozen=True)
class RenameFile:
    """Renames a finished file over another, so that the old one or the new one is there all the time."""

    source: str
    """Path of the finished file."""
    path: str
    """Path of the file that it replaces."""


@dataclasses.dataclass(frozen=True)
class SetAttribute:
    """Writes a value into a kernel attribute below /sys or /proc."""

    path: str
    """Absolute path of the attribute."""
    value: str
    """The value, without a line break."""


@dataclasses.dataclass(frozen=True)
class RunCommand:
    """Runs a command that must succeed."""

    argv: tuple[str, ...]
    """The program and its arguments."""
    error_code: ErrorCode
    """The error when it fails."""
    remedy: str
    """What to do about the failure."""


@dataclasses.dataclass(frozen=True)
class ResizePool:
    """Asks the kernel for a number of hugepages; restores the pool's earlier size if the kernel has fewer."""

    name: str
    """How messages name the pool."""
    path: str
    """The pool's attribute nr_hugepages."""
    count: int
    """Pages to ask for."""
    previous: int
    """Pages in the pool before."""
    size_kb: int
    """Size of a page in KiB; with ``node`` it tells how much contiguous memory there is when the pool falls short."""
    node: int | None
    """NUMA node of the pool, None for the whole machine."""


@dataclasses.dataclass(frozen=True)
class BindDriver:
    """Gives a PCI device to a driver."""

    name: str
    """How messages name the adapter."""
    pci_address: str
    """The device's PCI address."""
    override: str
    """Value for /sys/bus/pci/devices/…/driver_override, empty for none (the kernel then chooses)."""
    driver: str | None
    """The driver that the device must have afterwards, None for whichever of its own the kernel chooses."""
    fallback: str
    """The driver that it goes back to when that fails."""


@dataclasses.dataclass(frozen=True)
class AskDriver:
    """Asks the driver of a network interface to set something."""

    interface: str
    """The interface's name."""
    request: bytes
    """A structure of linux/ethtool.h that sets it."""
    what: str
    """What it sets, for a message: ``large receive offload off``."""
    error_code: ErrorCode
    """The error when the driver refuses."""
    remedy: str
    """What to do about the refusal."""


@dataclasses.dataclass(frozen=True)
class AskFamily:
    """Asks a family of generic netlink to set something."""

    family: str
    """The family's name."""
    requests: tuple[bytes, ...]
    """What it is asked, in this order; see netlink.generic()."""
    what: str
    """What it sets, for a message: ``2 GTP-U tunnels``."""
    error_code: ErrorCode
    """The error when the kernel refuses."""
    remedy: str
    """What to do about the refusal."""
    names: tuple[str, ...] = ()
    """What each request is about, for a message; none where ``what`` says it."""


Step = t.Union[
    WriteFile,
    RemoveFile,
    RemoveDirectory,
    RenameFile,
    SetAttribute,
    RunCommand,
    ResizePool,
    BindDriver,
    AskDriver,
    AskFamily,
]


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a module does, shows and returns."""

    steps: tuple[Step, ...]
    """The steps, in the order in which they are carried out."""
    before: t.Mapping[str, t.Any]
    """The state before them, for the diff."""
    after: t.Mapping[str, t.Any]
    """The state after them, for the diff."""
    result: t.Mapping[str, t.Any]
    """What the module returns when they are done."""
    warnings: tuple[str, ...] = ()
    """What works but is not recommended, one sentence each."""
    remedy: str = ""
    """What to do when the guest is still not so after the steps, one sentence; empty when nothing special is known."""

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.steps)
