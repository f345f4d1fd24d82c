# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody changes in vCenter by hand, past Git."""

from __future__ import annotations

import typing as t

from pyVim.task import WaitForTask
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Connection


def reserve_cpu(connection: Connection, name: str, mhz: int) -> int:
    """Changes the CPU reservation of a running VM. Returns what it was, in MHz."""
    with Client.open(connection, closed_for_writes=False) as client:
        content = client.content
        view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
        (machine,) = (each for each in view.view if each.name == name)
        before: int = machine.config.cpuAllocation.reservation
        allocation = vim.ResourceAllocationInfo(reservation=mhz)
        WaitForTask(machine.ReconfigVM_Task(vim.vm.ConfigSpec(cpuAllocation=allocation)))
    return before
