# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A datacenter to place VMs in: dual-socket hosts, teams on one node and across, an old host, maintenance, tenants."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection
from lab.testing.descriptions import description, hugepages

REPOSITORY = Path(__file__).resolve().parents[3]
ANSIBLE_SECONDS = 300

NIC: dict[str, t.Any] = {"driver": "icen", "firmware": "4.30", "linkMbps": 25000, "enhancedNetworkingStack": True}
# Without the second team on the distributed switch: vmnic0 and vmnic1 on node 0, vmnic2 and vmnic3 on node 1.
INVENTORY: dict[str, t.Any] = {
    "apiVersion": "8.0.3.0",
    "datacenter": "nfv-dc",
    "datastore": "nfv-ds",
    "hostDefaults": {
        "sockets": 2,
        "coresPerSocket": 8,
        "threadsPerCore": 2,
        "mhz": 2300,
        "memoryGB": 128,
        "nics": [
            {"device": "vmnic0", "pci": "0000:3b:00.0", "node": 0, **NIC},
            {"device": "vmnic1", "pci": "0000:3b:00.1", "node": 0, **NIC},
            # The node spells its devices in another way than the NIC does.
            {"device": "vmnic2", "pci": "0000:af:00.0", "node": 1, "numaPciId": "0000:AF:0.0", **NIC},
            {"device": "vmnic3", "pci": "0000:af:00.1", "node": 1, **NIC},
        ],
        "standardSwitches": [
            {
                "name": "vSwitch0",
                "uplinks": ["vmnic0"],
                "portGroups": [{"name": "PG-Mgmt", "active": ["vmnic0"]}],
            }
        ],
        "uplinks": {"nfv-dvs": {"Uplink 1": "vmnic1", "Uplink 2": "vmnic2", "Uplink 3": "vmnic3"}},
    },
    "clusters": [
        {
            "name": "nfv-a",
            "drs": {"enabled": True, "automation": "fullyAutomated"},
            "ha": {"enabled": True, "admissionControl": True},
            "hosts": [
                {"name": "esx-a1.lab"},
                {"name": "esx-a2.lab"},
                {"name": "esx-a3.lab", "maintenance": True, "powerPolicy": "dynamic"},
            ],
        },
        {
            "name": "nfv-old",
            "hosts": [
                {
                    "name": "esx-old.lab",
                    "numaPciIds": False,
                    "hyperThreading": False,
                    "apiVersion": "6.5",
                    "latencySensitivitySupported": False,
                    "maxSupportedSimultaneousThreads": 1,
                }
            ],
        },
    ],
    "distributedSwitches": [
        {
            "name": "nfv-dvs",
            "uplinks": ["Uplink 1", "Uplink 2", "Uplink 3"],
            "portGroups": [
                {"name": "PG-S5U", "active": ["Uplink 2"], "standby": ["Uplink 3"]},
                {"name": "PG-SGi", "active": ["Uplink 3"], "standby": ["Uplink 2"]},
                {"name": "PG-Near", "active": ["Uplink 1"]},
                {"name": "PG-Span", "active": ["Uplink 1", "Uplink 2"]},
            ],
        }
    ],
    "template": {
        "name": "debian-12-dpdk",
        "folder": "templates",
        "image": "debian-12",
        "guestId": "debian12_64Guest",
        "cpus": 2,
        "memoryMB": 1024,
        "diskGB": 4,
        "networks": ["PG-Mgmt", "PG-S5U", "PG-SGi"],
    },
    "vms": [
        # A tenant with cores of its own on node 1 of the first host, one pinned to CPUs, and one that holds nothing.
        {
            "name": "tenant-high",
            "host": "esx-a1.lab",
            "cpus": 4,
            "memoryMB": 8192,
            "adapterType": "vmxnet3",
            "networks": ["PG-S5U"],
            "latencySensitivity": "high",
            "cpuReservationMHz": 9200,
            "memoryReservationLockedToMax": True,
            "extraConfig": {"numa.nodeAffinity": "1", "sched.cpu.latencySensitivity.sysContexts": "1"},
            "poweredOn": True,
        },
        {
            "name": "tenant-pinned",
            "host": "esx-a1.lab",
            "cpus": 2,
            "memoryMB": 2048,
            "affinity": [4, 5, 6],
            "poweredOn": True,
        },
        {"name": "tenant-old", "host": "esx-old.lab", "cpus": 2, "memoryMB": 2048},
        {"name": "tenant-plain", "host": "esx-a2.lab", "cpus": 2, "memoryMB": 2048, "poweredOn": True},
        {
            "name": "tenant-off",
            "host": "esx-a2.lab",
            "cpus": 4,
            "memoryMB": 8192,
            "latencySensitivity": "high",
            "cpuReservationMHz": 9200,
            "memoryReservationLockedToMax": True,
        },
    ],
}


DESCRIPTION = description(
    memory={"size_mb": 4096, "hugepages": hugepages(1024)},
    placement={"cluster": "nfv-a", "numa": "auto", "keep_apart_from": "pgw"},
)


@pytest.fixture(scope="module")
def placing(start_vcenter: t.Callable[..., t.Any]) -> t.Any:
    """The lab vCenter with the inventory above."""
    return start_vcenter(inventory=INVENTORY)


@pytest.fixture(scope="module")
def connection(placing: t.Any) -> Connection:
    return Connection(placing.hostname, placing.port, placing.username, placing.password, ca_path=str(placing.ca_path))


@pytest.fixture(scope="module")
def session(connection: Connection) -> t.Iterator[Client]:
    """Somebody else's session, to prepare and to look."""
    with Client.open(connection, closed_for_writes=False) as client:
        yield client


def find_vm(session: Client, name: str) -> t.Any:
    """The VM of this name, None when there is none."""
    found = session.in_view({vim.VirtualMachine: ["name"]})
    return next((each for each, properties in found if properties["name"] == name), None)
