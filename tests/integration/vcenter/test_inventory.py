# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's inventory, and what a clone of its template takes along."""

from __future__ import annotations

from typing import Any

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl

NETWORKS = ["PG-Mgmt", "PG-S5U", "PG-SGi"]


def adapters(machine: Any) -> list[Any]:
    return [d for d in machine.config.hardware.device if isinstance(d, vim.vm.device.VirtualEthernetCard)]


def advanced(machine: Any) -> dict[str, str]:
    return {option.key: option.value for option in machine.config.extraConfig}


def test_inventory(lab: Any) -> None:
    assert lab.service.content.about.apiVersion == "8.0.3.0"
    assert lab.datacenter.name == "nfv-dc"
    assert lab.cluster.name == "nfv-a"
    assert [host.name for host in lab.cluster.host] == ["esx-a1.lab", "esx-a2.lab"]
    assert [store.name for store in lab.datacenter.datastore] == ["nfv-ds"]
    for name in NETWORKS:
        (network,) = [n for n in lab.cluster.network if n.name == name]
        assert [host.name for host in network.host] == ["esx-a1.lab", "esx-a2.lab"]


def test_hosts_have_room_for_reservations(lab: Any) -> None:
    for host in lab.cluster.host:
        hardware = host.summary.hardware
        assert (hardware.numCpuPkgs, hardware.numCpuCores, hardware.numCpuThreads) == (2, 16, 32)
        assert hardware.cpuMhz == 2300
        assert hardware.memorySize >= 64 << 30
        assert host.hardware.cpuInfo.hz == 2300 * 10**6
        assert host.capability.latencySensitivitySupported


def test_template(lab: Any) -> None:
    template = lab.template
    assert template.config.template
    assert (template.name, template.parent.name) == ("debian-12-dpdk", "templates")
    assert (template.config.hardware.numCPU, template.config.hardware.memoryMB) == (2, 1024)
    assert template.config.version == "vmx-20"
    assert advanced(template)["lab.image"] == "debian-12"
    assert [type(a) for a in adapters(template)] == [vim.vm.device.VirtualE1000] * 3


def test_template_cannot_be_powered_on(lab: Any) -> None:
    with pytest.raises(vim.fault.InvalidState):
        WaitForTask(lab.template.PowerOn())


def test_clone_takes_settings_along(vm: Any) -> None:
    assert vm.config.version == "vmx-20"
    assert advanced(vm)["lab.image"] == "debian-12"
    assert [type(a) for a in adapters(vm)] == [vim.vm.device.VirtualE1000] * 3
    assert [a.key for a in adapters(vm)] == [4000, 4001, 4002]
    assert [a.deviceInfo.label for a in adapters(vm)] == [f"Network adapter {n}" for n in (1, 2, 3)]
    assert [nic.network for nic in vm.guest.net] == NETWORKS


def test_clones_have_macs_of_their_own(lab: Any, make_vm: Any) -> None:
    machines = [lab.template, make_vm(), make_vm()]
    macs = [a.macAddress for machine in machines for a in adapters(machine)]
    assert len(set(macs)) == 9
    assert all(mac.startswith("00:50:56:") and 0x80 <= int(mac[9:11], 16) <= 0xBF for mac in macs)
    assert {a.addressType for a in adapters(machines[1])} == {"assigned"}


def test_clone_applies_its_config(make_vm: Any) -> None:
    config = vim.vm.ConfigSpec(numCPUs=4, memoryMB=2048, extraConfig=[vim.option.OptionValue(key="a.b", value="c")])
    machine = make_vm(config=config, powerOn=True)
    assert (machine.config.hardware.numCPU, machine.config.hardware.memoryMB) == (4, 2048)
    assert {"a.b": "c", "lab.image": "debian-12"}.items() <= advanced(machine).items()
    assert machine.runtime.powerState == "poweredOn"


def test_refused_clone_leaves_no_vm(lab: Any, make_vm: Any) -> None:
    before = [child.name for child in lab.datacenter.vmFolder.childEntity]
    with pytest.raises(vmodl.fault.InvalidArgument):
        make_vm(config=vim.vm.ConfigSpec(numCPUs=3, numCoresPerSocket=2))
    assert [child.name for child in lab.datacenter.vmFolder.childEntity] == before


def test_pyvmomi_reads_every_property(lab: Any, vm: Any) -> None:
    WaitForTask(vm.PowerOn())
    for entity in (vm, lab.template, *lab.cluster.host, *lab.datacenter.network):
        for prop in entity._GetPropertyList():
            getattr(entity, prop.name)  # an unset property reads as None, it does not raise
    assert lab.template.resourcePool is None
    assert vm.snapshot is None
