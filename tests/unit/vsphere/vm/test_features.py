# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a VM that decide which vSphere features work, read from the SDK's own types."""

from __future__ import annotations

import typing as t

import pytest
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.features.model import VmFacts
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.features import vm_facts

VM = vim.VirtualMachine("vm-1")
device = vim.vm.device
IMAGE = device.VirtualCdrom.IsoBackingInfo(fileName="[ds] install.iso")
DRIVE = device.VirtualCdrom.AtapiBackingInfo(deviceName="/dev/cdrom")


def facts(*devices: t.Any, **properties: t.Any) -> VmFacts:
    return vm_facts(VM, {"name": "pgw-1", "config.hardware.device": list(devices), **properties})


def cdrom(backing: t.Any, connected: bool = True) -> t.Any:
    connection = device.VirtualDevice.ConnectInfo(startConnected=connected, connected=connected, allowGuestControl=True)
    label = vim.Description(label="CD/DVD drive 1", summary="")
    return device.VirtualCdrom(key=3000, deviceInfo=label, backing=backing, connectable=connection)


def disk(**backing: t.Any) -> t.Any:
    return device.VirtualDisk(key=2000, backing=device.VirtualDisk.FlatVer2BackingInfo(fileName="[ds] a", **backing))


def test_vm_with_nothing_special_has_nothing() -> None:
    assert facts(device.VirtualVmxnet3(key=4000), cdrom(IMAGE), disk(diskMode="persistent")) == VmFacts("pgw-1", 0)


@pytest.mark.parametrize(
    ("made", "field", "labels"),
    [
        (device.VirtualPCIPassthrough(key=13000), "passthrough", ("device 13000",)),
        (device.VirtualSriovEthernetCard(key=4000), "sriov", ("device 4000",)),
        (device.VirtualVmxnet3(key=4000, uptv2Enabled=True), "upt", ("device 4000",)),
        (device.VirtualSerialPort(key=9000), "serial_ports", ("device 9000",)),
        (cdrom(DRIVE), "host_drives", ("CD/DVD drive 1",)),
        (cdrom(DRIVE, connected=False), "host_drives", ()),
        (disk(diskMode="independent_persistent"), "independent_disks", ("device 2000",)),
        (device.VirtualLsiLogicController(key=1000, sharedBus="physicalSharing"), "shared_buses", ("device 1000",)),
    ],
)
def test_device_in_the_way_is_named(made: t.Any, field: str, labels: tuple[str, ...]) -> None:
    assert getattr(facts(made), field) == labels


def test_settings_are_read() -> None:
    child = vim.vm.SnapshotTree(childSnapshotList=[])
    found = facts(
        device.VirtualTPM(key=11000),
        **{
            "config.hardware.numCPU": 4,
            "config.cpuAffinity": vim.vm.AffinityInfo(affinitySet=[5, 4]),
            "config.latencySensitivity": vim.LatencySensitivity(level="high"),
            "config.extraConfig": [vim.option.OptionValue(key="numa.nodeAffinity", value="1")],
            "snapshot": vim.vm.SnapshotInfo(rootSnapshotList=[vim.vm.SnapshotTree(childSnapshotList=[child])]),
            "runtime.faultToleranceState": "running",
        },
    )
    assert (found.cpus, found.affinity, found.latency_high, found.node_affinity) == (4, (4, 5), True, (1,))
    assert (found.snapshots, found.fault_tolerant, found.tpm) == (2, True, True)


def test_vm_whose_configuration_cannot_be_read_is_an_error() -> None:
    with pytest.raises(NfvError, match=r"^\[vm_unreadable\] pgw/1: "):
        vm_facts(VM, {"name": "pgw%2f1"})
