# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody does in vCenter by hand, past Git."""

from __future__ import annotations

import contextlib
import itertools
import typing as t

from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl

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


@contextlib.contextmanager
def clones(session: Client, prefix: str) -> t.Iterator[t.Callable[[], t.Any]]:
    """Yields a function that clones the lab's template; its VMs are destroyed at the end, but for those that are gone.

    prefix: the VMs' names begin with it.
    """
    numbers = itertools.count(1)
    datacenter = session.content.rootFolder.childEntity[0]
    template = datacenter.vmFolder.childEntity[0].childEntity[0]
    location = vim.vm.RelocateSpec(pool=datacenter.hostFolder.childEntity[0].resourcePool)
    made = []

    def clone() -> t.Any:
        task = template.Clone(datacenter.vmFolder, f"{prefix}{next(numbers)}", vim.vm.CloneSpec(location=location))
        WaitForTask(task)
        made.append(task.info.result)
        return made[-1]

    yield clone
    for machine in made:
        with contextlib.suppress(vmodl.fault.ManagedObjectNotFound):
            if machine.runtime.powerState == "poweredOn":
                WaitForTask(machine.PowerOff())
            WaitForTask(machine.Destroy_Task())
