# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading, and waiting for guests."""

from __future__ import annotations

import threading
import time
import typing as t

import pytest
from pyVim.task import WaitForTask

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError


def report(engine: t.Any, machine: t.Any, addresses: list[str], primary: str) -> None:
    mac = next(each.macAddress for each in machine.config.hardware.device if hasattr(each, "macAddress"))
    nics = [{"mac": mac, "network": "PG-Mgmt", "addresses": addresses}]
    engine.vcenter.report_guest(machine.config.uuid, ip_address=primary, nics=nics)


def test_a_vm_is_compared_with_its_description(engine: t.Any, vm: t.Any) -> None:
    found = engine.gather(vm.name, "engine-nobody")["vms"]
    assert found["engine-nobody"] == {"present": False}
    assert found[vm.name]["power_state"] == "poweredOff"
    assert found[vm.name]["guest_address"] is None
    assert "cpu.latency_sensitivity" in [each["setting"] for each in found[vm.name]["differences"]]
    engine.converge(vm)
    assert engine.gather(vm.name)["vms"][vm.name]["differences"] == []


def test_what_keeps_a_vm_from_its_description_is_told(engine: t.Any, vm: t.Any, description: dict[str, t.Any]) -> None:
    description["adapters"][1]["network"] = "PG-Nowhere"
    found = engine.gather(vm.name, dataplane=description)["vms"][vm.name]
    assert found["differences"] is None
    assert found["error"]["error_code"] == "network_not_found"


def test_nothing_is_compared_without_a_description(engine: t.Any, vm: t.Any) -> None:
    assert engine.gather(vm.name, dataplane=None)["vms"][vm.name]["differences"] is None


def test_required_templates_and_networks(engine: t.Any) -> None:
    engine.gather(required_templates=["debian-12-dpdk"], required_networks=["PG-Mgmt", "PG-S5U"])
    with pytest.raises(NfvError, match=r"^\[template_not_found\] nobody: .* it has debian-12-dpdk"):
        engine.gather(required_templates=["nobody"])
    with pytest.raises(NfvError, match=r"^\[network_not_found\] PG-X: "):
        engine.gather(required_networks=["PG-X", "PG-Mgmt"])
    with pytest.raises(NfvError, match=r"^\[datacenter_not_found\] nowhere: "):
        engine.gather(datacenter="nowhere")


def test_the_address_is_that_of_the_management_adapter(engine: t.Any, vm: t.Any) -> None:
    WaitForTask(vm.PowerOn())
    timer = threading.Timer(1.5, report, (engine, vm, ["fe80::1/64", "198.18.0.10/24"], "198.18.1.1"))
    timer.start()
    found = engine.gather(vm.name, wait_for_address=60)["vms"][vm.name]
    timer.join()
    assert found["guest_address"] == "198.18.0.10"
    assert engine.vcenter.calls()["WaitForUpdatesEx"] <= 4  # it waits, it does not poll


def test_a_guest_without_an_address_is_an_error_that_tells_what_stays(engine: t.Any, vm: t.Any) -> None:
    WaitForTask(vm.PowerOn())
    report(engine, vm, ["169.254.1.1/16"], "198.18.1.1")
    with pytest.raises(NfvError) as caught:
        engine.gather(vm.name, wait_for_address=1)
    assert caught.value.error_code == "guest_address_missing"
    assert "the VM is left poweredOn, and VMware Tools are running" in str(caught.value)


def test_check_mode_looks_for_an_address_and_does_not_wait(engine: t.Any, vm: t.Any) -> None:
    WaitForTask(vm.PowerOn())
    begun = time.monotonic()
    with pytest.raises(NfvError, match="check mode does not wait for one; the VM is left poweredOn") as caught:
        engine.gather(vm.name, wait_for_address=600, check_mode=True)
    assert caught.value.error_code == "guest_address_missing"
    assert time.monotonic() - begun < 60
    assert "WaitForUpdatesEx" not in engine.vcenter.calls()
    report(engine, vm, ["198.18.0.10/24"], "198.18.0.10")
    found = engine.gather(vm.name, wait_for_address=600, check_mode=True)["vms"][vm.name]
    assert found["guest_address"] == "198.18.0.10"


def test_waiting_for_a_vm_that_is_not_there(engine: t.Any) -> None:
    with pytest.raises(NfvError, match=r"^\[vm_not_found\] engine-nobody: "):
        engine.gather("engine-nobody", wait_for_address=1)
