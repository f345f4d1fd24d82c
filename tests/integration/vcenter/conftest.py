# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pyvmomi session with the lab's vCenter and VMs cloned from its template."""

from __future__ import annotations

import itertools
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pyVim.connect import Disconnect, SmartConnect
from pyVim.task import WaitForTask
from pyVmomi import vim

_numbers = itertools.count(1)


def connect(vcenter: Any) -> Any:
    """Log in with verified TLS; returns the service instance."""
    return SmartConnect(
        host=vcenter.hostname,
        port=vcenter.port,
        user=vcenter.username,
        pwd=vcenter.password,
        sslContext=ssl.create_default_context(cafile=str(vcenter.ca_path)),
    )


@dataclass(frozen=True)
class Lab:
    """The lab's inventory as pyvmomi objects."""

    service: Any
    vcenter: Any

    @property
    def datacenter(self) -> Any:
        """The only datacenter."""
        return self.service.content.rootFolder.childEntity[0]

    @property
    def cluster(self) -> Any:
        """The only cluster."""
        return self.datacenter.hostFolder.childEntity[0]

    @property
    def template(self) -> Any:
        """The template VM."""
        return self.datacenter.vmFolder.childEntity[0].childEntity[0]

    def clone(self, **spec: Any) -> Any:
        """Clone the template; further arguments go into the CloneSpec."""
        location = vim.vm.RelocateSpec(pool=self.cluster.resourcePool)
        task = self.template.Clone(
            self.datacenter.vmFolder,
            f"vm-{next(_numbers)}",
            vim.vm.CloneSpec(**{"location": location, "powerOn": False} | spec),
        )
        WaitForTask(task)
        return task.info.result


@pytest.fixture(scope="session")
def open_lab() -> Callable[[Any], Lab]:
    """A function that logs in to a lab vCenter."""
    return lambda vcenter: Lab(connect(vcenter), vcenter)


@pytest.fixture(scope="module")
def lab(vcenter: Any, open_lab: Callable[[Any], Lab]) -> Iterator[Lab]:
    """The file's lab vCenter, logged in."""
    opened = open_lab(vcenter)
    yield opened
    Disconnect(opened.service)


@pytest.fixture
def make_vm(lab: Lab) -> Iterator[Callable[..., Any]]:
    """A function that clones the template; its VMs are destroyed after the test."""
    made = []

    def make(**spec: Any) -> Any:
        made.append(lab.clone(**spec))
        return made[-1]

    yield make
    for machine in made:
        if machine.runtime.powerState == "poweredOn":
            WaitForTask(machine.PowerOff())
        WaitForTask(machine.Destroy_Task())


@pytest.fixture
def vm(make_vm: Callable[..., Any]) -> Any:
    """A powered-off VM cloned from the template."""
    return make_vm()
