# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that the lab's vCenter is told to have, and a fleet of its own."""

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection

from ..conftest import DESCRIPTION, REPOSITORY, Engine

FLEET = 200
NAME = "fleet-%03d"


@pytest.fixture
def faults(vcenter: t.Any) -> t.Iterator[t.Callable[..., None]]:
    """A function that lets calls go wrong; after the test none does any more."""
    yield vcenter.inject
    vcenter.clear_faults()


@dataclasses.dataclass(frozen=True)
class Fleet:
    """A vCenter with FLEET VMs that are powered off, as a template leaves them, and our engine in front of it."""

    vcenter: t.Any
    connection: Connection
    session: Client

    @property
    def engine(self) -> Engine:
        return Engine(self.vcenter, self.connection)

    @property
    def names(self) -> list[str]:
        return [NAME % (number + 1) for number in range(FLEET)]

    def params(self, cpus: int, **options: t.Any) -> dict[str, t.Any]:
        """Options of vm_dataplane for all VMs; each test asks for a number of CPUs that no other asks for."""
        dataplane = {**DESCRIPTION, "cpu": {"count": cpus, "polling": "1"}}
        return {"vms": [{"name": name} for name in self.names], "dataplane": dataplane, **options}


@pytest.fixture(scope="module")
def fleet(start_vcenter: t.Callable[..., t.Any]) -> t.Iterator[Fleet]:
    inventory = json.loads((REPOSITORY / "lab" / "vcenter" / "lab.json").read_text())
    machine = {"name": NAME, "cpus": 2, "memoryMB": 1024, "diskGB": 4, "networks": ["PG-Mgmt", "PG-S5U", "PG-SGi"]}
    vcenter = start_vcenter(inventory={**inventory, "fleet": {"count": FLEET, "vm": machine}})
    connection = Connection(
        vcenter.hostname, vcenter.port, vcenter.username, vcenter.password, ca_path=str(vcenter.ca_path)
    )
    with Client.open(connection, closed_for_writes=False) as session:
        yield Fleet(vcenter, connection, session)


@pytest.fixture
def fleet_faults(fleet: Fleet) -> t.Iterator[t.Callable[..., None]]:
    """As ``faults``, for the fleet's vCenter."""
    yield fleet.vcenter.inject
    fleet.vcenter.clear_faults()
