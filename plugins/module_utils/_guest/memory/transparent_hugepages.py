# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mode of transparent hugepages at run time (Linux: Documentation/admin-guide/mm/transhuge)."""

from __future__ import annotations

import re

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan, SetAttribute
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

_ENABLED = "/sys/kernel/mm/transparent_hugepage/enabled"


def read_mode(tree: Tree) -> str | None:
    """The mode in force, the bracketed word of "always madvise [never]"; None for a kernel without them."""
    match = re.search(r"\[(\w+)\]", tree.value(_ENABLED) or "")
    return match.group(1) if match else None


def plan(tree: Tree, mode: str | None) -> Plan:
    """What sets the mode now; None leaves it alone, and so does a kernel without transparent hugepages."""
    seen = read_mode(tree)
    wanted = seen if mode is None or seen is None else mode
    return Plan(
        steps=() if wanted is None or wanted == seen else (SetAttribute(_ENABLED, wanted),),
        before={"mode": seen},
        after={"mode": wanted},
        result={"mode": wanted},
    )
