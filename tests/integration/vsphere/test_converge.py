# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine against the lab's vCenter, which refuses what a real one refuses."""

from __future__ import annotations

import typing as t

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client import client

MakeVm = t.Callable[..., t.Any]


def cards(machine: t.Any) -> list[t.Any]:
    devices = machine.config.hardware.device
    return sorted(
        (each for each in devices if isinstance(each, vim.vm.device.VirtualEthernetCard)), key=lambda each: each.key
    )


def reconfigure(machine: t.Any, **fields: t.Any) -> None:
    WaitForTask(machine.ReconfigVM_Task(spec=vim.vm.ConfigSpec(**fields)))


def test_a_fresh_clone_becomes_what_is_described(engine: t.Any, vm: t.Any) -> None:
    before = [(card.macAddress, card.unitNumber) for card in cards(vm)]
    result = engine.converge(vm)["vms"][vm.name]
    assert result["changed"]
    assert result["error"] is None
    config = vm.config
    assert (config.hardware.numCPU, config.hardware.memoryMB) == (2, 2048)
    assert config.latencySensitivity.level == "high"
    assert (config.cpuAllocation.reservation, config.cpuAllocation.limit) == (2 * 2300, -1)
    assert config.memoryReservationLockedToMax
    assert config.memoryAllocation.reservation == 2048
    assert {option.key: option.value for option in config.extraConfig}["sched.mem.lpage.enable1GPage"] == "TRUE"
    assert {type(card) for card in cards(vm)} == {vim.vm.device.VirtualVmxnet3}
    assert [(card.macAddress, card.unitNumber) for card in cards(vm)] == before
    assert [(each["name"], each["network"], each["mac"]) for each in result["adapters"]] == [
        ("mgmt", "PG-Mgmt", before[0][0]),
        ("s5u", "PG-S5U", before[1][0]),
        ("sgi", "PG-SGi", before[2][0]),
    ]
    WaitForTask(vm.PowerOn())  # a real vCenter refuses a VM whose reservations do not fit its settings


def test_it_takes_one_reconfiguration_and_a_second_run_none(engine: t.Any, vm: t.Any) -> None:
    engine.converge(vm)
    assert engine.changing_calls() == {"ReconfigVM_Task": 1}
    again = engine.converge(vm)
    assert not again["changed"]
    assert again["diff"] == []
    assert again["vms"][vm.name]["changes"] == []
    assert engine.changing_calls() == {}


def test_check_mode_predicts_the_same_and_calls_nothing_that_changes(engine: t.Any, vm: t.Any) -> None:
    version = vm.config.changeVersion
    predicted = engine.converge(vm, check_mode=True)
    assert engine.changing_calls() == {}
    assert vm.config.changeVersion == version
    done = engine.converge(vm)
    assert predicted["changed"]
    assert predicted["diff"] == done["diff"]
    assert predicted["vms"][vm.name]["changes"] == done["vms"][vm.name]["changes"]
    labels = [{**each, "label": None} for each in done["vms"][vm.name]["adapters"]]
    assert [{**each, "label": None} for each in predicted["vms"][vm.name]["adapters"]] == labels


def test_a_running_vm_is_refused_without_consent_and_the_settings_are_named(engine: t.Any, make_vm: MakeVm) -> None:
    running, other = make_vm(power_on=True), make_vm()
    with pytest.raises(NfvError) as caught:
        engine.converge(other, running)
    assert caught.value.error_code == "power_off_needed"
    assert str(caught.value).startswith(f"[power_off_needed] {running.name}: ")
    for setting in ("cpu.latency_sensitivity", "memory.size_mb", "adapters.mgmt.type"):
        assert setting in str(caught.value)
    assert "cpu.reservation_mhz" not in str(caught.value)
    assert engine.changing_calls() == {}  # the other VM, which could be changed, is not either
    assert engine.converge(running, check_mode=True)["vms"][running.name]["changes"]


def test_with_consent_a_running_vm_is_power_cycled_and_runs_again(engine: t.Any, make_vm: MakeVm) -> None:
    running = make_vm(power_on=True)
    result = engine.converge(running, power_cycle="when_needed")
    assert result["vms"][running.name]["power_state"] == "poweredOn"
    assert engine.changing_calls() == {"PowerOffVM_Task": 1, "ReconfigVM_Task": 1, "PowerOnVM_Task": 1}
    engine.converge(running, power_cycle="when_needed")
    assert engine.changing_calls() == {}


def test_a_guest_with_tools_is_shut_down_and_not_cut_off(engine: t.Any, make_vm: MakeVm) -> None:
    running = make_vm(power_on=True)
    engine.vcenter.report_guest(running.config.uuid)
    engine.converge(running, power_cycle="when_needed")
    assert engine.changing_calls() == {"ShutdownGuest": 1, "ReconfigVM_Task": 1, "PowerOnVM_Task": 1}


def test_what_is_live_is_changed_while_the_vm_runs(engine: t.Any, vm: t.Any) -> None:
    engine.converge(vm)
    WaitForTask(vm.PowerOn())  # with the limit it would be refused
    reconfigure(vm, cpuAllocation=vim.ResourceAllocationInfo(limit=9000))
    result = engine.converge(vm)
    assert [change["setting"] for change in result["vms"][vm.name]["changes"]] == ["cpu.limit_mhz"]
    assert vm.config.cpuAllocation.limit == -1
    assert engine.changing_calls() == {"ReconfigVM_Task": 1}


def test_drift_is_set_right_and_nothing_else_is_touched(engine: t.Any, vm: t.Any) -> None:
    engine.converge(vm)
    mine = vim.option.OptionValue(key="guestinfo.mine", value="kept")
    reconfigure(vm, numCPUs=4, cpuHotAddEnabled=True, extraConfig=[mine])
    result = engine.converge(vm)
    assert [change["setting"] for change in result["vms"][vm.name]["changes"]] == ["cpu.count", "cpu.hot_add"]
    assert {option.key: option.value for option in vm.config.extraConfig}["guestinfo.mine"] == "kept"


def test_an_adapter_of_no_description_is_left_alone(engine: t.Any, vm: t.Any, description: dict[str, t.Any]) -> None:
    del description["adapters"][2]
    result = engine.converge(vm, dataplane=description)["vms"][vm.name]
    assert [type(card) for card in cards(vm)] == [vim.vm.device.VirtualVmxnet3] * 2 + [vim.vm.device.VirtualE1000]
    assert [each["name"] for each in result["adapters"]] == ["mgmt", "s5u", None]
    assert len(result["warnings"]) == 1


def test_an_adapter_is_added_and_moved_to_another_port_group(
    engine: t.Any, vm: t.Any, description: dict[str, t.Any]
) -> None:
    description["adapters"] += [
        {"name": "oam", "network": "PG-Mgmt", "driver": "kernel"},
        {"name": "own", "network": "PG-SGi", "driver": "pmd", "mac": "00:50:56:00:00:07"},
    ]
    engine.converge(vm, dataplane=description)
    assert cards(vm)[4].macAddress == "00:50:56:00:00:07"
    description["adapters"][4]["network"] = "PG-S5U"
    result = engine.converge(vm, dataplane=description)
    assert [change["setting"] for change in result["vms"][vm.name]["changes"]] == ["adapters.own.network"]
    assert not engine.converge(vm, dataplane=description)["changed"]
    WaitForTask(vm.PowerOn())


def test_what_the_host_holds_is_given_back(engine: t.Any, vm: t.Any) -> None:
    engine.converge(vm)
    engine.converge(vm, state="absent", dataplane=None)
    config = vm.config
    assert config.latencySensitivity.level == "normal"
    assert (config.cpuAllocation.reservation, config.memoryAllocation.reservation) == (0, 0)
    assert "sched.mem.lpage.enable1GPage" not in {option.key for option in config.extraConfig}
    assert {type(card) for card in cards(vm)} == {vim.vm.device.VirtualVmxnet3}
    assert not engine.converge(vm, state="absent", dataplane=None)["changed"]


def test_a_fleet_is_read_in_as_many_calls_as_one_vm(engine: t.Any, make_vm: MakeVm) -> None:
    fleet = [make_vm() for _number in range(12)]
    engine.converge(fleet[0])
    for_one = engine.vcenter.calls()
    result = engine.converge(*fleet)
    for_all = engine.vcenter.calls()
    assert sum(each["changed"] for each in result["vms"].values()) == 11
    assert for_all["ReconfigVM_Task"] == 11
    for name in ("RetrievePropertiesEx", "CreateFilter", "CreateContainerView", "Login"):
        assert for_all[name] == for_one[name]


def test_a_fleet_of_several_pages_is_read_whole(
    engine: t.Any, make_vm: MakeVm, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = [make_vm() for _number in range(5)]
    monkeypatch.setattr(client, "PAGE_SIZE", 2)
    result = engine.converge(*fleet)
    assert {name: each["moid"] for name, each in result["vms"].items()} == {each.name: each._moId for each in fleet}
    assert engine.vcenter.calls()["ReconfigVM_Task"] == 5
    assert not engine.converge(*fleet)["changed"]
    # Datacenter and inventory, whose further pages are continued, and three pages of VMs.
    assert engine.vcenter.calls()["RetrievePropertiesEx"] == 2 + 3


def test_every_vm_that_cannot_be_brought_there_is_named_before_any_change(
    engine: t.Any, make_vm: MakeVm, description: dict[str, t.Any]
) -> None:
    first, second = make_vm(), make_vm()
    description["adapters"][1]["network"] = "PG-Nowhere"
    vms = [{"name": first.name}, {"name": second.name, "dataplane": description}, {"name": "engine-nobody"}]
    with pytest.raises(NfvError, match=r"^\[vm_not_found\] engine-nobody: "):
        engine.converge(vms=vms)
    with pytest.raises(NfvError, match=rf"^\[network_not_found\] {second.name}: port group PG-Nowhere"):
        engine.converge(vms=vms[:2])
    assert engine.changing_calls() == {}


def test_a_failure_of_one_vm_tells_how_far_each_came(engine: t.Any, make_vm: MakeVm) -> None:
    good, bad = make_vm(), make_vm(power_on=True)
    # A manual address in vCenter's own range is found out at power-on only.
    reserved = vim.vm.device.VirtualVmxnet3(
        key=-1, macAddress="00:50:56:80:ff:01", addressType="manual", backing=cards(bad)[0].backing
    )
    reconfigure(bad, deviceChange=[vim.vm.device.VirtualDeviceSpec(operation="add", device=reserved)])
    with pytest.raises(NfvError) as caught:
        engine.converge(good, bad, power_cycle="when_needed")
    assert str(caught.value).startswith(f"[vsphere_refused] {bad.name}: failed to power on the VM again, which stays")
    assert "00:50:56:80:ff:01" in str(caught.value)
    result = caught.value.result()
    assert result["vms"][good.name]["changed"]
    assert result["vms"][good.name]["error"] is None
    assert result["vms"][bad.name]["power_state"] == "poweredOff"
    assert result["vms"][bad.name]["error"]["error_code"] == "vsphere_refused"
    assert not engine.converge(good, bad)["changed"]  # what was reconfigured is so; the next run has nothing to do


def test_a_vm_is_found_by_uuid_and_by_moid(engine: t.Any, vm: t.Any) -> None:
    for key, value in (("uuid", vm.config.uuid.upper()), ("moid", vm._moId)):
        result = engine.converge(vms=[{key: value}], check_mode=True)
        assert list(result["vms"]) == [vm.name]
