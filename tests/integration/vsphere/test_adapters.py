# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adapters are found by MAC address, label or port group, keep what they are known by, and go only when asked to."""

from __future__ import annotations

import typing as t

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

from .test_settings import BASE, advanced, patched

MakeVm = t.Callable[..., t.Any]


def adapters(machine: t.Any) -> list[t.Any]:
    devices = machine.config.hardware.device
    return sorted(
        (each for each in devices if isinstance(each, vim.vm.device.VirtualEthernetCard)), key=lambda each: each.key
    )


def reconfigure(machine: t.Any, *changes: tuple[str, t.Any], **fields: t.Any) -> None:
    specs = [vim.vm.device.VirtualDeviceSpec(operation=operation, device=device) for operation, device in changes]
    WaitForTask(machine.ReconfigVM_Task(spec=vim.vm.ConfigSpec(deviceChange=specs, **fields)))


@pytest.mark.parametrize("kind", ["VirtualE1000", "VirtualE1000e", "VirtualPCNet32", "VirtualVmxnet2"])
def test_a_conversion_keeps_what_an_adapter_is_known_by(engine: t.Any, vm: t.Any, kind: str) -> None:
    old = adapters(vm)[1]
    connect = vim.vm.device.VirtualDevice.ConnectInfo(startConnected=False, connected=False, allowGuestControl=False)
    other = getattr(vim.vm.device, kind)(
        key=-1, macAddress="00:50:56:00:00:51", addressType="manual", backing=old.backing, connectable=connect
    )
    reconfigure(vm, ("remove", old), ("add", other))
    result = engine.converge(vm, dataplane=BASE)["vms"][vm.name]
    assert "adapters.s5u.type" in {change["setting"] for change in result["changes"]}
    new = adapters(vm)[1]
    assert isinstance(new, vim.vm.device.VirtualVmxnet3)
    assert (new.key, new.unitNumber, new.macAddress) == (old.key, old.unitNumber, "00:50:56:00:00:51")
    assert (new.connectable.startConnected, new.connectable.allowGuestControl) == (False, False)
    assert new.backing.port.portgroupKey == old.backing.port.portgroupKey
    assert "Network adapter 2 (s5u) is not connected at power on; left so" in result["warnings"]


def test_a_label_finds_an_adapter_that_is_on_another_port_group(engine: t.Any, vm: t.Any) -> None:
    before = adapters(vm)
    described = patched(("adapters.1.label", "Network adapter 3"))
    result = engine.converge(vm, dataplane=described)["vms"][vm.name]
    settings = {change["setting"] for change in result["changes"]}
    assert {"adapters.s5u.network", "adapters.s5u.type"} <= settings
    after = adapters(vm)
    assert [card.macAddress for card in after] == [card.macAddress for card in before]
    assert after[2].backing.port.portgroupKey == before[1].backing.port.portgroupKey
    assert not engine.converge(vm, dataplane=described)["changed"]


def test_unmanaged_adapters_stay_until_their_removal_is_asked_for(engine: t.Any, vm: t.Any) -> None:
    mine = vim.option.OptionValue(key="ethernet2.ctxPerDev", value="1")
    reconfigure(vm, extraConfig=[mine])
    left = engine.converge(vm, dataplane=BASE)["vms"][vm.name]
    assert any("Network adapter 3" in warning and "left alone" in warning for warning in left["warnings"])
    assert (len(adapters(vm)), advanced("ethernet2.ctxPerDev")(vm)) == (3, "1")
    predicted = engine.converge(vm, dataplane=BASE, remove_unmanaged_adapters=True, check_mode=True)
    done = engine.converge(vm, dataplane=BASE, remove_unmanaged_adapters=True)
    assert predicted["diff"] == done["diff"]
    assert done["vms"][vm.name]["changes"] == [
        {
            "setting": "adapters.Network adapter 3",
            "from": "e1000 on PG-SGi",
            "to": None,
            "power_off_needed": False,
        }
    ]
    assert len(adapters(vm)) == 2
    assert advanced("ethernet2.ctxPerDev")(vm) is None  # the next adapter in its place does not inherit it
    assert not engine.converge(vm, dataplane=BASE, remove_unmanaged_adapters=True)["changed"]


def test_a_new_adapter_gets_its_keys_in_the_same_reconfiguration(engine: t.Any, vm: t.Any) -> None:
    reconfigure(vm, ("remove", adapters(vm)[1]))
    stale = vim.option.OptionValue(key="ethernet1.udpRSS", value="2")
    reconfigure(vm, extraConfig=[stale])
    described = patched(("adapters.1.tx_contexts", "per_adapter"), ("adapters.1.queues", 2))
    engine.converge(vm, dataplane=described)
    assert engine.changing_calls() == {"ReconfigVM_Task": 1}
    (added,) = [card for card in adapters(vm) if card.key == 4001]
    assert isinstance(added, vim.vm.device.VirtualVmxnet3)
    assert advanced("ethernet1.ctxPerDev")(vm) == "1"
    assert advanced("ethernet1.pnicFeatures")(vm) == "4"
    assert advanced("ethernet1.udpRSS")(vm) is None
    assert not engine.converge(vm, dataplane=described)["changed"]


def test_what_has_no_use_in_edp_dedicated_is_taken_back(engine: t.Any, vm: t.Any) -> None:
    changes = (("adapters.1.tx_contexts", "per_adapter"), ("cpu.system_contexts", 1), ("placement.numa", 1))
    keys = ("ethernet1.ctxPerDev", "sched.cpu.latencySensitivity.sysContexts", "numa.nodeAffinity")
    engine.converge(vm, dataplane=patched(*changes))
    assert [advanced(key)(vm) for key in keys] == ["1", "1", "1"]
    dedicated = patched(*changes, ("switch_mode", "edp_dedicated"))
    result = engine.converge(vm, dataplane=dedicated)["vms"][vm.name]
    assert [advanced(key)(vm) for key in keys] == ["1", None, None]  # the transmit contexts keep their use
    assert sum("edp_dedicated" in warning for warning in result["warnings"]) == 2
    assert not engine.converge(vm, dataplane=dedicated)["changed"]


def test_keys_that_work_against_polling_are_reported_and_left(engine: t.Any, vm: t.Any) -> None:
    against = {
        "monitor_control.disable_mmu_largepages": "TRUE",
        "numa.vcpu.preferHT": "TRUE",
        "ethernet1.rssoffload": "TRUE",
        "guestinfo.mine": "kept",
    }
    reconfigure(vm, extraConfig=[vim.option.OptionValue(key=key, value=value) for key, value in against.items()])
    warnings = engine.converge(vm, dataplane=BASE)["vms"][vm.name]["warnings"]
    for key in list(against)[:3]:
        assert any(warning.startswith(f"{key} is TRUE: ") for warning in warnings)
    assert not any("guestinfo" in warning for warning in warnings)
    assert {key: advanced(key)(vm) for key in against} == against
    info = engine.gather(vm.name, dataplane=None)["vms"][vm.name]
    assert len(info["warnings"]) == 3
    assert info["adapters"][1]["settings"]["tx_contexts"] is None


def test_affinity_says_what_it_costs(engine: t.Any, vm: t.Any) -> None:
    described = patched(("cpu.exclusivity", "affinity"), ("cpu.affinity", "4-7"))
    (warning,) = [
        each for each in engine.converge(vm, dataplane=described)["vms"][vm.name]["warnings"] if "cpu." in each
    ]
    assert "vMotion" in warning
    assert "DRS" in warning


def test_a_running_vm_shows_that_a_power_cycle_waits(engine: t.Any, make_vm: MakeVm) -> None:
    running = make_vm()
    engine.converge(running, dataplane=BASE)
    WaitForTask(running.PowerOn())
    described = patched(("adapters.1.tx_contexts", "per_adapter"))
    predicted = engine.converge(running, dataplane=described, check_mode=True)["vms"][running.name]
    assert predicted["reboot_required"]
    info = engine.gather(running.name, dataplane=described)["vms"][running.name]
    assert (info["reboot_required"], info["firmware"]) == (True, "bios")
    done = engine.converge(running, dataplane=described, power_cycle="when_needed")["vms"][running.name]
    assert (done["reboot_required"], done["power_state"]) == (False, "poweredOn")
