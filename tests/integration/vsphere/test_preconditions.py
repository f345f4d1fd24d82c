# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a VM, its host, its switch or its vCenter lacks is told before the first write, all of it at once."""

from __future__ import annotations

import typing as t

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError

from .test_settings import BASE, Changes, advanced, card, cores_per_node, patched, shown

MakeVm = t.Callable[..., t.Any]


def refusal(engine: t.Any, machine: t.Any, *changes: tuple[str, t.Any], **options: t.Any) -> NfvError:
    """The error of a description with these changes; the VM must be as before, by its version and the calls made."""
    version = shown(machine, "config.changeVersion")
    with pytest.raises(NfvError) as caught:
        engine.converge(machine, dataplane=patched(*changes), **options)
    assert engine.changing_calls() == {}
    assert shown(machine, "config.changeVersion") == version
    error = caught.value
    assert str(error).startswith(f"[{error.error_code}] ")
    assert machine.name in str(error)
    assert error.remedy or "problems" in error.details
    return error


def prepare(machine: t.Any, **fields: t.Any) -> t.Any:
    WaitForTask(machine.ReconfigVM_Task(spec=vim.vm.ConfigSpec(**fields)))
    return machine


@pytest.mark.parametrize(
    ("changes", "version", "names"),
    [
        ((("cpu.simultaneous_threads", 2),), 20, "cpu.simultaneous_threads needs 20"),
        ((("adapters.1.uptv2", True),), 20, "adapters.s5u.uptv2 needs 20"),
        ((("adapters.1.queues", 3),), 17, "adapters.s5u.queues needs 17"),
        ((("adapters.1.queues", 2), ("adapters.1.udp_rss", True)), 14, "adapters.s5u.udp_rss needs 14"),
        ((("iommu", True),), 14, "iommu needs 14"),
        ((("hardware_version", 19),), 19, "hardware_version needs 19"),
    ],
)
def test_older_virtual_hardware_is_told_and_upgraded_only_when_asked_for(
    engine: t.Any, vm: t.Any, changes: Changes, version: int, names: str
) -> None:
    prepare(vm, version="vmx-13")
    error = refusal(engine, vm, *changes)
    assert error.error_code == "hardware_version_old"
    assert f"is version 13, but {names}" in str(error)
    assert f"version {version} with hardware_upgrade" in str(error)
    result = engine.converge(vm, dataplane=patched(*changes), hardware_upgrade="when_needed")["vms"][vm.name]
    assert result["changes"][0] == {
        "setting": "hardware_version",
        "from": 13,
        "to": version,
        "power_off_needed": True,
    }
    assert vm.config.version == f"vmx-{version}"
    assert engine.changing_calls() == {"UpgradeVM_Task": 1, "ReconfigVM_Task": 1}
    assert not engine.converge(vm, dataplane=patched(*changes), hardware_upgrade="when_needed")["changed"]


def test_an_upgrade_alone_is_one_task(engine: t.Any, vm: t.Any) -> None:
    engine.converge(vm, dataplane=BASE)
    described = patched(("hardware_version", 21))
    result = engine.converge(vm, dataplane=described, hardware_upgrade="when_needed")
    assert [each["setting"] for each in result["vms"][vm.name]["changes"]] == ["hardware_version"]
    assert engine.changing_calls() == {"UpgradeVM_Task": 1}


def test_an_upgrade_of_a_running_vm_needs_the_consent_to_a_power_cycle_too(engine: t.Any, make_vm: MakeVm) -> None:
    running = make_vm()
    engine.converge(running, dataplane=BASE)
    WaitForTask(running.PowerOn())
    changes = (("hardware_version", 21),)
    error = refusal(engine, running, *changes, hardware_upgrade="when_needed")
    assert (error.error_code, "hardware_version" in str(error)) == ("power_off_needed", True)
    engine.converge(running, dataplane=patched(*changes), hardware_upgrade="when_needed", power_cycle="when_needed")
    assert engine.changing_calls() == {"PowerOffVM_Task": 1, "UpgradeVM_Task": 1, "PowerOnVM_Task": 1}


def test_older_virtual_hardware_has_its_nodes_sized_by_the_older_key(engine: t.Any, vm: t.Any) -> None:
    prepare(vm, version="vmx-19")
    key = advanced("numa.vcpu.maxPerVirtualNode")
    for nodes, seen in ((1, "4"), (2, "2")):
        engine.converge(vm, dataplane=patched(("numa.nodes", nodes)))
        assert (key(vm), cores_per_node(vm)) == (seen, None)
        assert not engine.converge(vm, dataplane=patched(("numa.nodes", nodes)))["changed"]
    engine.converge(vm, dataplane=BASE)
    assert key(vm) is None


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        (
            (("cpu.count", 17), ("cpu.polling", "1")),
            "host_too_small",
            "asks for 17 exclusive cores, but host esx-",
        ),
        (
            (("cpu.exclusivity", "affinity"), ("cpu.affinity", "30-33")),
            "affinity_beyond_host",
            "names CPUs 32-33, but host esx-a1.lab has CPUs 0 to 31",
        ),
        ((("placement.numa", 2),), "numa_node_beyond_host", "is 2, but host esx-a1.lab has NUMA nodes 0 to 1"),
        (
            (("numa.nodes", 2), ("adapters.1.numa_node", 0)),
            "firmware_unsuitable",
            "needs firmware efi, but the VM has bios",
        ),
        ((("adapters.1.network", "PG-Nowhere"),), "network_not_found", "port group PG-Nowhere of adapter s5u"),
        ((("adapters.1.mac", "00:50:56:80:ff:ff"),), "mac_reserved", "asks for 00:50:56:80:ff:ff"),
    ],
)
def test_what_host_and_vm_lack_is_told(engine: t.Any, vm: t.Any, changes: Changes, code: str, says: str) -> None:
    prepare(vm, firmware="bios")
    error = refusal(engine, vm, *changes)
    assert error.error_code == code
    assert says in str(error)


def test_strict_latency_needs_a_newer_api_than_the_labs(engine: t.Any, vm: t.Any) -> None:
    error = refusal(engine, vm, ("adapters.1.strict_latency", True))
    assert error.error_code == "api_version_old"
    assert "adapters.s5u.strict_latency needs vSphere API 8.0.3.1; this vCenter speaks 8.0.3.0" in str(error)


def test_all_problems_of_a_vm_and_all_vms_are_in_one_error(engine: t.Any, make_vm: MakeVm) -> None:
    first, second, sound = make_vm(), make_vm(), make_vm()
    prepare(first, version="vmx-13", firmware="bios")
    bad = patched(
        ("cpu.simultaneous_threads", 2),
        ("numa.nodes", 2),
        ("adapters.1.numa_node", 0),
        ("adapters.1.network", "PG-Nowhere"),
        ("placement.numa", 7),
    )
    with pytest.raises(NfvError) as caught:
        engine.converge(
            vms=[
                {"name": first.name, "dataplane": bad},
                {"name": second.name, "dataplane": patched(("placement.numa", 7))},
                {"name": sound.name, "dataplane": BASE},
            ]
        )
    assert engine.changing_calls() == {}
    for code in ("hardware_version_old", "firmware_unsuitable", "network_not_found", "numa_node_beyond_host"):
        assert f"[{code}] {first.name}: " in str(caught.value)
    assert f"[numa_node_beyond_host] {second.name}: " in str(caught.value)
    assert sound.name not in str(caught.value)


def test_a_vm_takes_ten_adapters(engine: t.Any, vm: t.Any) -> None:
    described = [
        {"name": f"n{number}", "network": "PG-Mgmt", "driver": "kernel", "label": f"Network adapter {number + 4}"}
        for number in range(8)
    ]
    error = refusal(engine, vm, ("adapters", described), ("cpu.polling", ""))
    assert error.error_code == "adapter_limit_exceeded"
    assert "it would have 11 adapters" in str(error)


def test_a_guest_that_may_not_be_cut_off_keeps_running(engine: t.Any, make_vm: MakeVm) -> None:
    running = make_vm(power_on=True)
    version = shown(running, "config.changeVersion")
    with pytest.raises(NfvError) as caught:
        engine.converge(running, dataplane=BASE, power_cycle="when_needed", force_power_off=False)
    assert caught.value.error_code == "guest_not_shut_down"
    assert "does not run VMware Tools" in str(caught.value)
    assert (engine.changing_calls(), running.runtime.powerState) == ({}, "poweredOn")
    assert shown(running, "config.changeVersion") == version


class TestNewest:
    """vSphere 9."""

    def test_strict_latency_is_set_and_removed(self, newest: t.Any) -> None:
        machine = newest.clone(host="usual.lab")
        described = patched(("adapters.1.strict_latency", True))
        newest.engine.converge(machine, dataplane=described)
        assert card(machine, 1).strictLatencyConfig.allowed
        assert not newest.engine.converge(machine, dataplane=described)["changed"]
        newest.engine.converge(machine, dataplane=BASE)
        assert not card(machine, 1).strictLatencyConfig.allowed

    def test_strict_latency_needs_a_distributed_switch(self, newest: t.Any) -> None:
        error = refusal(newest.engine, newest.clone(host="usual.lab"), ("adapters.0.strict_latency", True))
        assert error.error_code == "switch_version_old"
        assert "PG-Mgmt is on another" in str(error)

    def test_a_host_that_shows_no_threads_and_gives_no_cores_is_told(self, newest: t.Any) -> None:
        machine = newest.clone(host="plain.lab")
        error = refusal(newest.engine, machine, ("cpu.simultaneous_threads", 2))
        codes = {problem["error_code"] for problem in error.details["problems"]}
        assert codes == {"simultaneous_threads_unsupported", "latency_sensitivity_unsupported"}
        assert "plain.lab" in str(error)

    def test_udp_rss_needs_a_host_that_allows_it(self, newest: t.Any) -> None:
        changes = (("adapters.1.queues", 2), ("adapters.1.udp_rss", True))
        error = refusal(newest.engine, newest.clone(host="no-udp-rss.lab"), *changes)
        assert error.error_code == "udp_rss_not_allowed"
        assert "udp_rss of adapter s5u is set, but host no-udp-rss.lab has Net.Vmxnet3UDPRSSAllowed 0" in str(error)
        allowed = newest.clone(host="usual.lab")
        newest.engine.converge(allowed, dataplane=patched(*changes))
        assert advanced("ethernet1.udpRSS")(allowed) == "1"

    def test_the_iommu_needs_newer_hardware_on_amd(self, newest: t.Any) -> None:
        machine = prepare(newest.clone(host="amd.lab"), version="vmx-17")
        error = refusal(newest.engine, machine, ("iommu", True))
        assert (error.error_code, "iommu needs 18" in str(error)) == ("hardware_version_old", True)
        intel = prepare(newest.clone(host="usual.lab"), version="vmx-17")
        newest.engine.converge(intel, dataplane=patched(("iommu", True)))
        assert intel.config.flags.vvtdEnabled

    @pytest.mark.parametrize("network", ["NSX-Segment", "NSX-Opaque"])
    def test_adapters_are_put_on_networks_of_nsx(self, newest: t.Any, network: str) -> None:
        machine = newest.clone(host="usual.lab")
        described = patched(("adapters.1.network", network))
        newest.engine.converge(machine, dataplane=described, remove_unmanaged_adapters=True)
        result = newest.engine.converge(machine, dataplane=described, remove_unmanaged_adapters=True)
        assert not result["changed"]
        adapters = result["vms"][machine.name]["adapters"]
        assert [(each["name"], each["network"]) for each in adapters] == [("mgmt", "PG-Mgmt"), ("s5u", network)]
        backing = next(each.backing for each in machine.config.hardware.device if each.key == adapters[1]["key"])
        kind = vim.vm.device.VirtualEthernetCard.OpaqueNetworkBackingInfo
        assert isinstance(backing, kind) is (network == "NSX-Opaque")


class TestOlder:
    """vSphere 7."""

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ((("cpu.simultaneous_threads", 2),), "cpu.simultaneous_threads needs vSphere API 8.0.0.1"),
            ((("adapters.1.uptv2", True),), "adapters.s5u.uptv2 needs vSphere API 8.0.0.1"),
            (
                (("adapters.1.numa_node", 1), ("numa.nodes", 2)),
                "adapters.s5u.numa_node needs vSphere API 8.0.0.1",
            ),
        ],
    )
    def test_a_newer_field_is_an_error_that_names_the_version(self, older: t.Any, changes: Changes, says: str) -> None:
        machine = prepare(older.clone(), firmware="efi")
        error = refusal(older.engine, machine, *changes)
        assert any(problem["error_code"] == "api_version_old" for problem in error.details["problems"])
        assert f"{says}; this vCenter speaks 7.0.3.0" in str(error)

    def test_the_rest_of_a_description_is_carried_out(self, older: t.Any) -> None:
        machine = older.clone()
        described = patched(("numa.nodes", 2), ("profile", "low_latency"))
        older.engine.converge(machine, dataplane=described)
        assert advanced("numa.vcpu.maxPerVirtualNode")(machine) == "2"
        assert [each.latencySensitivity.level for each in shown(machine, "config.vcpuConfig")] == ["normal"] * 2 + [
            "high"
        ] * 2
        assert not older.engine.converge(machine, dataplane=described)["changed"]
