# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One vCenter in which each cluster and port group lacks one thing that a deployment may need."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.readiness_info import gather_readiness
from lab.testing.descriptions import description

NIC: dict[str, t.Any] = {"driver": "icen", "driverVersion": "1.13", "firmware": "4.30", "linkMbps": 25000}
ADDRESSES: tuple[tuple[str, str, int], ...] = (
    ("vmnic0", "0000:3b:00.0", 0),
    ("vmnic1", "0000:3b:00.1", 0),
    ("vmnic2", "0000:af:00.0", 1),
    ("vmnic3", "0000:af:00.1", 1),
)


def nics(**last: t.Any) -> list[dict[str, t.Any]]:
    """The NICs of a host. last: what the last one, which carries PG-SGi, has of its own."""
    made = [{"device": device, "pci": pci, "node": node, **NIC} for device, pci, node in ADDRESSES]
    return [*made[:-1], {**made[-1], **last}]


def hosts(name: str, **second: t.Any) -> list[dict[str, t.Any]]:
    """Two hosts of a cluster. second: what the second one has of its own."""
    return [{"name": f"{name}-1.lab"}, {"name": f"{name}-2.lab", **second}]


def cluster(name: str, *, drs: bool = True, ha: bool = True, evc: str = "", **second: t.Any) -> dict[str, t.Any]:
    """A cluster of two hosts."""
    return {
        "name": name,
        "drs": {"enabled": drs, "automation": "fullyAutomated"},
        "ha": {"enabled": ha, "admissionControl": True},
        "evc": evc,
        "hosts": hosts(name, **second),
    }


# The standard switch of a host that is on another VLAN than its neighbour.
OTHER_MANAGEMENT = [{"name": "vSwitch0", "uplinks": ["vmnic0"], "portGroups": [{"name": "PG-Mgmt", "vlan": 4095}]}]
INVENTORY: dict[str, t.Any] = {
    "apiVersion": "8.0.3.0",
    "datacenter": "nfv-dc",
    "datastore": "nfv-ds",
    "hostDefaults": {
        "nics": nics(),
        "standardSwitches": [{"name": "vSwitch0", "uplinks": ["vmnic0"], "portGroups": [{"name": "PG-Mgmt"}]}],
        "uplinks": {
            "nfv-dvs": {"Uplink 1": "vmnic2", "Uplink 2": "vmnic3", "Uplink 3": "vmnic1"},
            "jumbo-dvs": {"Uplink 1": "vmnic2"},
        },
    },
    "clusters": [
        cluster("good"),
        cluster("no-drs", drs=False),
        cluster("no-ha", ha=False),
        cluster("cpus", cpuModel="Lab CPU of another age"),
        cluster("cpus-evc", evc="intel-broadwell", cpuModel="Lab CPU of another age"),
        cluster("away", maintenance=True),
        cluster("lost", disconnected=True),
        {"name": "none", "hosts": [{"name": "none-1.lab", "maintenance": True}]},
        cluster("old", apiVersion="7.0.3.0"),
        cluster("no-threads", maxSupportedSimultaneousThreads=1),
        cluster("no-latency", latencySensitivitySupported=False),
        cluster("balanced", powerPolicy="dynamic"),
        cluster("bios", powerManagement=""),
        cluster("ntp-off", ntp={"running": False, "servers": ["ntp.lab"]}),
        cluster("ntp-none", ntp={"running": True, "servers": []}),
        cluster("ahead", clockSkewSeconds=90),
        cluster("behind", clockSkewSeconds=-90),
        cluster("no-rss", advancedSettings={"Net.Vmxnet3UDPRSSAllowed": 0}),
        cluster("model", nics=nics(model="Another NIC")),
        cluster("driver", nics=nics(driverVersion="1.12")),
        cluster("firmware", nics=nics(firmware="4.20")),
        cluster("speed", nics=nics(linkMbps=10000)),
        cluster("no-link", drs=False, ha=False, nics=nics(linkMbps=0)),
        cluster("nodes", memoryGB=192),
        cluster("no-switch", drs=False, ha=False, uplinks={}),
        cluster("no-pci", drs=False, ha=False, numaPciIds=False),
        cluster("tagged", standardSwitches=OTHER_MANAGEMENT),
    ],
    "distributedSwitches": [
        {
            "name": "nfv-dvs",
            "mode": "standard",
            "uplinks": ["Uplink 1", "Uplink 2", "Uplink 3"],
            "portGroups": [
                {"name": "PG-S5U", "active": ["Uplink 1"], "standby": ["Uplink 2"]},
                {"name": "PG-SGi", "active": ["Uplink 2"], "standby": ["Uplink 1"]},
                {"name": "PG-Span", "active": ["Uplink 2", "Uplink 3"]},
                {"name": "PG-Trunk", "active": ["Uplink 2"], "trunk": [[100, 199]]},
                {"name": "PG-Open", "active": ["Uplink 2"], "promiscuous": True, "forgedTransmits": True},
                {"name": "PG-Changed", "active": ["Uplink 2"], "macChanges": True, "forgedTransmits": True},
                {"name": "PG-Changed-Only", "active": ["Uplink 2"], "macChanges": True},
                {"name": "PG-Forged", "active": ["Uplink 2"], "forgedTransmits": True},
                {"name": "PG-Promiscuous", "active": ["Uplink 2"], "promiscuous": True},
                {
                    "name": "PG-Learning",
                    "active": ["Uplink 2"],
                    "forgedTransmits": True,
                    "macLearning": {"unicastFlooding": True},
                },
                {
                    "name": "PG-Dropping",
                    "active": ["Uplink 2"],
                    "forgedTransmits": True,
                    "macLearning": {"unicastFlooding": False},
                },
                {"name": "PG-Segment", "active": ["Uplink 2"], "nsx": True},
            ],
        },
        {
            "name": "jumbo-dvs",
            "mtu": 9000,
            "mode": "edp_dedicated",
            "uplinks": ["Uplink 1"],
            "portGroups": [{"name": "PG-Jumbo", "active": ["Uplink 1"]}],
        },
    ],
    "template": {
        "name": "debian-12-dpdk",
        "folder": "templates",
        "guestId": "debian12_64Guest",
        "cpus": 2,
        "memoryMB": 1024,
        "diskGB": 4,
        "adapterType": "vmxnet3",
        "networks": ["PG-Mgmt"],
    },
}
OPTIONS: dict[str, t.Any] = {
    "datacenter": "nfv-dc",
    "cluster": "good",
    "template": None,
    "folder": None,
    "datastore": None,
    "new_vms": {},
    "purposes": ["deploy"],
    "power_cycle": False,
    "dataplane": None,
    "traffic": {},
    "groups": {},
    "staying": [],
    "n_plus_1": False,
    "hardware_upgrade": False,
    "management_found": False,
    "query": None,
}


@pytest.fixture(scope="module")
def lacking(start_vcenter: t.Callable[..., t.Any]) -> t.Any:
    """The lab vCenter with the inventory above."""
    return start_vcenter(inventory=INVENTORY)


@pytest.fixture(scope="module")
def look(lacking: t.Any) -> t.Callable[..., list[dict[str, t.Any]]]:
    """Runs readiness_info for one VM, vnf-1; ``sections`` change its description."""

    def rows(*, sections: dict[str, t.Any] | None = None, **options: t.Any) -> list[dict[str, t.Any]]:
        vms = [{"name": "vnf-1", "dataplane": description(**(sections or {}))}]
        found: list[dict[str, t.Any]] = gather_readiness(
            {**OPTIONS, "username": lacking.username, "vms": vms, **options}, lacking.connection
        )["rows"]
        return found

    return rows
