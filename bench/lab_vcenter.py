# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab vCenter with a fleet, for the duration of a benchmark."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection
from bench import ROOT
from lab.control import Control
from lab.pki import ensure_pki
from lab.testing import descriptions
from lab.testing.vcenter import running_vcenter

if t.TYPE_CHECKING:
    from collections.abc import Iterator

# The lab's own inventory, to which the fleet is added.
LAB = ROOT / "lab" / "vcenter" / "lab.json"
DATACENTER = "nfv-dc"
API_VERSION = json.loads(LAB.read_text(encoding="utf-8"))["apiVersion"]
NAME = "fleet-%05d"
# A VM of the fleet, as a template leaves it.
MACHINE: t.Final[dict[str, t.Any]] = {
    "name": NAME,
    "cpus": 2,
    "memoryMB": 2048,
    "diskGB": 4,
    "networks": ["PG-Mgmt", "PG-S5U", "PG-SGi"],
}


def description(cpus: int = 4) -> dict[str, t.Any]:
    """The description of the fleet's VMs."""
    return descriptions.description(cpu={"count": cpus}, memory={"size_mb": 4096, "host_page_size": "1G"})


@dataclasses.dataclass(frozen=True)
class FleetVCenter:
    """A running vCenter with a fleet of VMs."""

    connection: Connection
    """The connection that the collection's engine makes."""
    control: Control
    """The vCenter's control socket, which counts calls."""
    names: tuple[str, ...]
    """The names of the fleet's VMs."""

    def open(self, closed_for_writes: bool = False) -> Client:
        """A session of the collection's client."""
        return Client.open(self.connection, closed_for_writes)

    def params(self, dataplane: t.Mapping[str, t.Any], vms: int | None = None, **options: t.Any) -> dict[str, t.Any]:
        """The options of vm_dataplane for the fleet's first ``vms`` VMs, or for all of them."""
        return {
            "vms": [{"name": name} for name in self.names[:vms]],
            "dataplane": dict(dataplane),
            "datacenter": DATACENTER,
            "state": "present",
            "power_cycle": "never",
            **options,
        }

    def connection_options(self) -> dict[str, t.Any]:
        """The connection as options of a module."""
        return {**dataclasses.asdict(self.connection), "datacenter": DATACENTER}


@contextlib.contextmanager
def fleet_vcenter(vms: int) -> Iterator[FleetVCenter]:
    """Start the lab's vCenter with so many VMs; end it with the context."""
    inventory = json.loads(LAB.read_text(encoding="utf-8"))
    inventory["fleet"] = {"count": vms, "vm": MACHINE}
    with tempfile.TemporaryDirectory(prefix="nfv-bench-") as name:
        directory = Path(name)
        with running_vcenter(directory, ensure_pki(directory / "pki"), inventory=inventory) as vcenter:
            yield FleetVCenter(vcenter.connection, vcenter, tuple(NAME % (number + 1) for number in range(vms)))
