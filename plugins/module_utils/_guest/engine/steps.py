# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module decided to do in a guest: steps as data, so that a plan can be shown, tested and not carried out."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode


@dataclasses.dataclass(frozen=True)
class WriteFile:
    """Writes a file whole: a reader sees the old content or the new, never a part."""

    path: str
    content: str


@dataclasses.dataclass(frozen=True)
class RemoveFile:
    """Removes a file that may be gone already."""

    path: str


@dataclasses.dataclass(frozen=True)
class RemoveDirectory:
    """Removes an empty directory that may be gone already."""

    path: str


@dataclasses.dataclass(frozen=True)
class RenameFile:
    """Puts a finished file in another's place, which is there all the time, the old one or the new."""

    source: str
    path: str


@dataclasses.dataclass(frozen=True)
class SetAttribute:
    """Writes a value into a kernel attribute below /sys or /proc."""

    path: str
    value: str


@dataclasses.dataclass(frozen=True)
class RunCommand:
    """Runs a command that must succeed; error_code and remedy tell of its failure."""

    argv: tuple[str, ...]
    error_code: ErrorCode
    remedy: str


@dataclasses.dataclass(frozen=True)
class ResizePool:
    """Asks the kernel for a number of hugepages; gives the pool its earlier size back when the kernel has fewer.

    size_kb, node: the pool's, for telling how much contiguous memory there is when it falls short.
    """

    name: str
    path: str
    count: int
    previous: int
    size_kb: int
    node: int | None


@dataclasses.dataclass(frozen=True)
class BindDriver:
    """Gives a PCI device to a driver.

    override: what /sys/bus/pci/devices/…/driver_override is to hold, empty for none (the kernel then chooses);
    driver: the driver that the device must have afterwards;
    fallback: the driver that it goes back to when that fails.
    """

    name: str
    pci_address: str
    override: str
    driver: str
    fallback: str


Step = t.Union[WriteFile, RemoveFile, RemoveDirectory, RenameFile, SetAttribute, RunCommand, ResizePool, BindDriver]


@dataclasses.dataclass(frozen=True)
class Plan:
    """Steps in order, the state before and after them for the diff, and what the module returns when they are done,
    and warnings of what works and is not recommended.
    """

    steps: tuple[Step, ...]
    before: t.Mapping[str, t.Any]
    after: t.Mapping[str, t.Any]
    result: t.Mapping[str, t.Any]
    warnings: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.steps)
