# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which CPUs the running kernel keeps for whom (Linux: Documentation/ABI/testing/sysfs-devices-system-cpu)."""

from __future__ import annotations

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

_DIRECTORY = "/sys/devices/system/cpu"


def online(tree: Tree) -> str:
    """The CPUs that run, as a list such as ``0-3``."""
    return tree.value(f"{_DIRECTORY}/online") or ""


def isolated(tree: Tree) -> str:
    """The CPUs that the scheduler leaves alone (isolcpus=), an empty string for none."""
    return tree.value(f"{_DIRECTORY}/isolated") or ""


def nohz_full(tree: Tree) -> str:
    """The CPUs without a periodic tick (nohz_full=), an empty string for none."""
    return tree.value(f"{_DIRECTORY}/nohz_full") or ""
