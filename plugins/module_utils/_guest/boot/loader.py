# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chooses the boot-loader backend: grubby on the RHEL family, GRUB's drop-in on Debian and Ubuntu."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

from . import grub, grubby


def plan(tree: Tree, arguments: t.Mapping[str, t.Any], state: str) -> Plan:
    """Plans the change of the boot loader's kernel arguments; see grub.plan and grubby.plan.

    Raises NfvError: argument_invalid, bootloader_unsupported, kernel_arguments_record_invalid.
    """
    if grubby.in_charge(tree):
        return grubby.plan(tree, arguments, state)
    return grub.plan(tree, arguments, state)
