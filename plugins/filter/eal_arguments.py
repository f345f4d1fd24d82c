# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters that build a DPDK application's command line; documented in the YAML files beside this one."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core import systemd
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec import eal
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.filters import Filters, typed


def eal_arguments(
    derived: t.Mapping[str, t.Any],
    devices: t.Sequence[t.Mapping[str, t.Any]],
    file_prefix: str = "rte",
    adapters: t.Sequence[str] | None = None,
    memory_mb: int | None = None,
) -> list[str]:
    """The EAL arguments; raises AnsibleFilterError for an adapter or memory that the description does not have."""
    return eal.eal_arguments(derived, devices, file_prefix, adapters, memory_mb)


def eal_values(
    derived: t.Mapping[str, t.Any],
    devices: t.Sequence[t.Mapping[str, t.Any]],
    file_prefix: str = "rte",
    adapters: t.Sequence[str] | None = None,
    memory_mb: int | None = None,
) -> dict[str, t.Any]:
    """What an application's own file needs; raises AnsibleFilterError as eal_arguments() does."""
    return eal.eal_values(derived, devices, file_prefix, adapters, memory_mb)


def systemd_command(words: t.Sequence[t.Any]) -> str:
    """The words as the value of ExecStart=; raises AnsibleFilterError for a word with a line break."""
    if isinstance(words, str):
        raise TypeError("one text instead of a list of words")
    return systemd.command_line(words)


class FilterModule:
    """The filters of this file by name."""

    def filters(self) -> Filters:
        return typed({"eal_arguments": eal_arguments, "eal_values": eal_values, "systemd_command": systemd_command})
