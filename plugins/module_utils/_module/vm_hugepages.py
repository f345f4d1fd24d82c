# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module vm_hugepages does: reserves the memory of VMs and backs it with large pages, as vm_dataplane does."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import HUGEPAGES

from ._vsphere_run import run_change
from .vm_dataplane import converge

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def run(module: AnsibleModule) -> None:
    """Runs the module and exits."""
    run_change(module, functools.partial(converge, scope=HUGEPAGES))
