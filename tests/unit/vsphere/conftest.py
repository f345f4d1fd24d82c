# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real objects of the SDK, without a server: what vCenter would answer for a VM fresh from a template."""

from __future__ import annotations

import typing as t

import pytest
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import Network
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import Host, Inventory
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import vm_record
from tests.support.offline_client import OfflineClient

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import VmRecord

NETWORKS = {
    "PG-Mgmt": (Network("PG-Mgmt", "network-1", "network-1"),),
    "PG-S5U": (Network("PG-S5U", "dvportgroup-1", "dvportgroup-1", "50 2d"),),
}


def e1000(key: int, backing: t.Any) -> t.Any:
    return vim.vm.device.VirtualE1000(
        key=key,
        deviceInfo=vim.Description(label=f"Network adapter {key - 3999}", summary=""),
        backing=backing,
        connectable=vim.vm.device.VirtualDevice.ConnectInfo(
            startConnected=True, allowGuestControl=False, connected=False
        ),
        controllerKey=100,
        unitNumber=key - 3993,
        addressType="assigned",
        macAddress=f"00:50:56:80:00:0{key - 4000}".upper(),
        wakeOnLanEnabled=True,
    )


@pytest.fixture
def client() -> OfflineClient:
    return OfflineClient()


@pytest.fixture
def old_client() -> OfflineClient:
    return OfflineClient(version="vim.version.version7")


@pytest.fixture
def inventory() -> Inventory:
    return Inventory((), NETWORKS, {"host-1": Host("esx-1", 2300, True)})


@pytest.fixture
def properties() -> dict[str, t.Any]:
    card = vim.vm.device.VirtualEthernetCard
    standard = card.NetworkBackingInfo(deviceName="PG-Mgmt", network=vim.Network("network-1"))
    distributed = card.DistributedVirtualPortBackingInfo(
        port=vim.dvs.PortConnection(switchUuid="50 2d", portgroupKey="dvportgroup-1", portKey="3")
    )
    return {
        "name": "pgw%2f1",
        "config.changeVersion": "2026-11-23T08:00:00Z",
        "config.uuid": "420a",
        "config.template": False,
        "config.version": "vmx-19",
        "config.firmware": "efi",
        "config.hardware.numCPU": 2,
        "config.hardware.numCoresPerSocket": 1,
        "config.hardware.memoryMB": 1024,
        "config.hardware.device": [
            vim.vm.device.VirtualLsiLogicController(key=1000),
            e1000(4001, distributed),
            e1000(4000, standard),
        ],
        "config.cpuAllocation": vim.ResourceAllocationInfo(reservation=0, limit=-1),
        "config.memoryAllocation": vim.ResourceAllocationInfo(reservation=512),
        "config.cpuAffinity": vim.vm.AffinityInfo(affinitySet=[5, 4]),
        "config.latencySensitivity": vim.LatencySensitivity(level="normal"),
        "config.extraConfig": [vim.option.OptionValue(key="sched.mem.lpage.enable1GPage", value="TRUE")],
        "runtime.host": vim.HostSystem("host-1"),
        "runtime.powerState": "poweredOff",
        "guest.toolsRunningStatus": "guestToolsNotRunning",
    }


@pytest.fixture
def record(properties: dict[str, t.Any], inventory: Inventory) -> VmRecord:
    return vm_record(vim.VirtualMachine("vm-1"), properties, inventory)
