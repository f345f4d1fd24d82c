# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A segment of one name on several switches, the modes of these switches, and SR-IOV adapters beside VMXNET3."""

from __future__ import annotations

import typing as t

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.host.topology import read_topology

from .test_adapters import adapters, reconfigure
from .test_settings import BASE, advanced, patched, shown

SEGMENT = (("adapters.1.network", "Seg"),)


def switch_of(machine: t.Any, device: t.Any) -> str | None:
    """The name of an adapter's distributed switch, None for one on a standard switch."""
    if not isinstance(device.backing, vim.vm.device.VirtualEthernetCard.DistributedVirtualPortBackingInfo):
        return None
    root = vim.ServiceInstance("ServiceInstance", machine._stub).RetrieveContent().rootFolder
    entities = root.childEntity[0].networkFolder.childEntity
    switches = [each for each in entities if isinstance(each, vim.DistributedVirtualSwitch)]
    return next(str(each.name) for each in switches if each.uuid == device.backing.port.switchUuid)


@pytest.mark.parametrize(
    ("host", "changes", "switch"),
    [
        ("a.lab", (), "dvs-a"),
        ("b.lab", (), "dvs-b"),
        ("both.lab", (("adapters.1.switch", "dvs-b"),), "dvs-b"),
        ("both.lab", (("adapters.1.switch", "dvs-a"),), "dvs-a"),
    ],
)
def test_an_adapter_gets_the_segment_of_its_host_and_switch(
    segments: t.Any, host: str, changes: t.Any, switch: str
) -> None:
    machine = segments.clone(host=host)
    described = patched(*SEGMENT, *changes)
    segments.engine.converge(machine, dataplane=described, remove_unmanaged_adapters=True)
    (added,) = [each for each in adapters(machine) if switch_of(machine, each) == switch]
    assert isinstance(added, vim.vm.device.VirtualVmxnet3)
    assert not segments.engine.converge(machine, dataplane=described, remove_unmanaged_adapters=True)["changed"]


def test_another_switch_moves_the_adapter(segments: t.Any) -> None:
    machine = segments.clone(host="both.lab")
    for switch in ("dvs-a", "dvs-b"):
        described = patched(*SEGMENT, ("adapters.1.switch", switch))
        segments.engine.converge(machine, dataplane=described, remove_unmanaged_adapters=True)
        macs = {switch_of(machine, each): each.macAddress for each in adapters(machine)}
        assert switch in macs
        assert len(macs) == 2  # moved, not added
        assert not segments.engine.converge(machine, dataplane=described)["changed"]


def test_a_host_that_is_no_member_is_refused_before_any_vm_changes(segments: t.Any) -> None:
    sound, unsound = segments.clone(host="a.lab"), segments.clone(host="b.lab")
    versions = [shown(machine, "config.changeVersion") for machine in (sound, unsound)]
    with pytest.raises(NfvError) as caught:
        segments.engine.converge(sound, unsound, dataplane=patched(*SEGMENT, ("adapters.1.switch", "dvs-a")))
    assert caught.value.error_code == "network_not_on_host"
    text = str(caught.value)
    assert f"{unsound.name}: port group Seg of adapter s5u is on dvs-a, of which host b.lab is no member" in text
    assert "a host that is a member (a.lab, both.lab)" in text
    assert segments.engine.changing_calls() == {}
    assert [shown(machine, "config.changeVersion") for machine in (sound, unsound)] == versions


def test_a_host_with_both_segments_needs_the_switch(segments: t.Any) -> None:
    machine = segments.clone(host="both.lab")
    with pytest.raises(NfvError, match=r"host both\.lab offers 2 port groups called Seg") as caught:
        segments.engine.converge(machine, dataplane=patched(*SEGMENT))
    assert caught.value.error_code == "network_not_unique"
    assert "on dvs-a and dvs-b" in str(caught.value)


def test_a_standard_switch_is_named_as_the_host_names_it(engine: t.Any, vm: t.Any) -> None:
    engine.converge(vm, dataplane=patched(("adapters.0.switch", "vSwitch0"), ("adapters.1.switch", "nfv-dvs")))
    with pytest.raises(NfvError, match="was not found on switch vSwitch9; it is on vSwitch0"):
        engine.converge(vm, dataplane=patched(("adapters.0.switch", "vSwitch9")))


@pytest.mark.parametrize(
    ("host", "mode", "contexts"), [("a.lab", "edp_standard", "1"), ("b.lab", "edp_dedicated", None)]
)
def test_the_mode_is_read_from_the_host(segments: t.Any, host: str, mode: str, contexts: str | None) -> None:
    machine = segments.clone(host=host)
    changes = (*SEGMENT, ("adapters.1.tx_contexts", "per_adapter"), ("cpu.system_contexts", 1))
    other = {"edp_standard": "edp_dedicated", "edp_dedicated": "standard"}[mode]
    with pytest.raises(NfvError) as caught:
        segments.engine.converge(machine, dataplane=patched(*changes, ("switch_mode", other)))
    assert caught.value.error_code == "switch_mode_differs"
    assert f"runs in mode {mode} on host {host}" in str(caught.value)
    assert segments.engine.changing_calls() == {}
    segments.engine.converge(machine, dataplane=patched(*changes, ("switch_mode", mode)))
    (added,) = [each for each in adapters(machine) if switch_of(machine, each) == f"dvs-{host[0]}"]
    assert advanced("sched.cpu.latencySensitivity.sysContexts")(machine) == contexts
    assert advanced(f"ethernet{added.key - 4000}.ctxPerDev")(machine) == "1"


def test_the_topology_tells_the_modes(segments: t.Any) -> None:
    with Client.open(segments.engine.connection, closed_for_writes=True) as client:
        hosts = {host.name: host for host in read_topology(client)}
    modes = {group.switch: group.switch_mode for group in hosts["both.lab"].port_groups}
    assert modes == {"vSwitch0": "standard", "nfv-dvs": None, "dvs-a": "edp_standard", "dvs-b": "edp_dedicated"}
    assert hosts["both.lab"].uplinks("Seg", "dvs-b").active == ("vmnic3",)  # type: ignore[union-attr]


class TestSriov:
    """The move from SR-IOV to VMXNET3 (docs/sriov.md)."""

    @pytest.fixture
    def sriov(self, make_vm: t.Callable[..., t.Any]) -> t.Any:
        """A running VM whose adapter s5u is an SR-IOV adapter, and whose memory is reserved, as such a VM's must be."""
        machine = make_vm()
        old = adapters(machine)[1]
        new = vim.vm.device.VirtualSriovEthernetCard(
            key=-1, macAddress="00:50:56:00:00:61", addressType="manual", backing=old.backing
        )
        reconfigure(machine, ("remove", old), ("add", new), memoryReservationLockedToMax=True)
        WaitForTask(machine.PowerOn())
        return machine

    def test_it_is_not_given_up_without_consent(self, engine: t.Any, sriov: t.Any) -> None:
        with pytest.raises(NfvError, match="Set replace_sriov_adapters") as caught:
            engine.converge(sriov, dataplane=BASE, power_cycle="when_needed")
        assert caught.value.error_code == "adapter_not_convertible"
        assert engine.changing_calls() == {}

    def test_it_needs_a_power_cycle(self, engine: t.Any, sriov: t.Any) -> None:
        with pytest.raises(NfvError, match=r"adapters\.s5u\.type") as caught:
            engine.converge(sriov, dataplane=BASE, replace_sriov_adapters=True)
        assert caught.value.error_code == "power_off_needed"
        assert engine.changing_calls() == {}

    def test_it_keeps_address_port_group_and_slot(self, engine: t.Any, sriov: t.Any) -> None:
        old = adapters(sriov)[1]
        allowed = {"replace_sriov_adapters": True, "power_cycle": "when_needed"}
        predicted = engine.converge(sriov, dataplane=BASE, **allowed, check_mode=True)
        done = engine.converge(sriov, dataplane=BASE, **allowed)
        assert predicted["diff"] == done["diff"]
        new = adapters(sriov)[1]
        assert isinstance(new, vim.vm.device.VirtualVmxnet3)
        assert (new.key, new.unitNumber, new.macAddress) == (old.key, old.unitNumber, "00:50:56:00:00:61")
        assert new.backing.port.portgroupKey == old.backing.port.portgroupKey
        assert sriov.runtime.powerState == "poweredOn"
        assert not engine.converge(sriov, dataplane=BASE)["changed"]

    def test_beside_vmxnet3_it_is_left_alone_until_its_removal_is_asked_for(self, engine: t.Any, sriov: t.Any) -> None:
        old = adapters(sriov)[1]
        beside = vim.vm.device.VirtualVmxnet3(
            key=-1, macAddress="00:50:56:00:00:62", addressType="manual", backing=old.backing
        )
        WaitForTask(sriov.PowerOff())
        reconfigure(sriov, ("add", beside))
        WaitForTask(sriov.PowerOn())
        result = engine.converge(sriov, dataplane=BASE, power_cycle="when_needed")["vms"][sriov.name]
        s5u = next(each for each in result["adapters"] if each["name"] == "s5u")
        assert (s5u["mac"], s5u["type"]) == ("00:50:56:00:00:62", "vmxnet3")
        assert any("00:50:56:00:00:61" in warning and "left alone" in warning for warning in result["warnings"])
        with pytest.raises(NfvError, match="Network adapter 2"):
            engine.converge(sriov, dataplane=BASE, remove_unmanaged_adapters=True)
        engine.converge(sriov, dataplane=BASE, remove_unmanaged_adapters=True, power_cycle="when_needed")
        assert "00:50:56:00:00:61" not in [each.macAddress for each in adapters(sriov)]
        assert not engine.converge(sriov, dataplane=BASE, remove_unmanaged_adapters=True)["changed"]
