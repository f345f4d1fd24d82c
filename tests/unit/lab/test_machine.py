# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VM's configuration becomes a QEMU command line, or one clear line of refusal."""

from __future__ import annotations

from typing import Any

import pytest

from lab.errors import LabError
from lab.machine import FIRST_ADAPTER_SLOT, Place, VirtualMachine, parse_machine, parse_uuid, qemu_arguments

PORT_GROUPS = ("PG-Mgmt", "PG-S5U", "PG-SGi")
PLACE = Place("/v/disk.qcow2", "/v/console.log", "/r/q.sock", "/r/a.sock", ("tap-0", "tap-1", "tap-2"))


def request(**changes: Any) -> dict[str, Any]:
    adapters = [
        {
            "key": 4000 + position,
            "label": f"Network adapter {position + 1}",
            "type": kind,
            "mac": f"00:50:56:01:00:0{position}",
            "network": PORT_GROUPS[position],
            "connected": True,
        }
        for position, kind in enumerate(("VirtualE1000", "vmxnet3", "VirtualE1000e"))
    ]
    return {
        "uuid": "42000000-0000-0000-0000-000000000001",
        "name": "pgw-1",
        "moid": "vm-7",
        "cpus": 4,
        "cores_per_socket": 2,
        "memory_mb": 2048,
        "firmware": "bios",
        "iommu": False,
        "image": "debian-12",
        "adapters": adapters,
        **changes,
    }


def machine(**changes: Any) -> VirtualMachine:
    return parse_machine(request(**changes), PORT_GROUPS)


def values(arguments: list[str], option: str) -> list[str]:
    return [value for name, value in zip(arguments, arguments[1:]) if name == option]


def test_hardware_follows_the_configuration() -> None:
    arguments = qemu_arguments(machine(), PLACE, kvm=False)
    assert values(arguments, "-machine") == ["q35"]
    assert values(arguments, "-accel") == ["tcg,thread=multi,tb-size=128"]
    assert values(arguments, "-cpu") == ["max"]
    assert values(arguments, "-smp") == ["cpus=4,sockets=2,cores=2,threads=1"]
    assert values(arguments, "-m") == ["2048M"]
    assert values(arguments, "-uuid") == ["42000000-0000-0000-0000-000000000001"]


def test_numa_nodes_share_processors_and_memory() -> None:
    arguments = qemu_arguments(machine(numa_nodes=2), PLACE, kvm=False)
    assert values(arguments, "-numa") == [
        "node,nodeid=0,cpus=0-1,memdev=memory0",
        "node,nodeid=1,cpus=2-3,memdev=memory1",
    ]
    assert values(arguments, "-object") == [f"memory-backend-ram,id=memory{node},size=1024M" for node in (0, 1)]
    assert values(qemu_arguments(machine(), PLACE, kvm=False), "-numa") == []


@pytest.mark.parametrize("changes", [{"numa_nodes": 3}, {"numa_nodes": 2, "memory_mb": 2047}, {"numa_nodes": -1}])
def test_what_cannot_be_divided_among_nodes_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(LabError, match="cannot be divided equally among"):
        machine(**changes)


def test_a_guest_without_vcenter_says_so() -> None:
    """The image's generator nfv-no-switch looks there."""
    assert (
        values(qemu_arguments(machine(standalone=True), PLACE, kvm=False), "-smbios")[0] == "type=1,family=standalone"
    )
    assert not any("standalone" in value for value in qemu_arguments(machine(), PLACE, kvm=False))


def test_firmware_labels_adapters_by_their_numbers_in_vsphere() -> None:
    adapters = [{**adapter, "key": key} for adapter, key in zip(request()["adapters"], (4000, 4002, 4003))]
    labels = values(qemu_arguments(machine(adapters=adapters), PLACE, kvm=False), "-smbios")
    assert labels == [
        f"type=41,designation=Ethernet{number},kind=ethernet,instance={number + 1},pcidev=adapter{position}"
        for position, number in enumerate((0, 2, 3))
    ]


def test_cloud_init_gets_a_drive_when_guestinfo_tells_it_something() -> None:
    told = machine(guestinfo={"metadata": "e30=", "metadata.encoding": "base64"})
    place = Place("d", "c", "q", "a", ("tap-0", "tap-1", "tap-2"), "/v/seed", "/v/guestinfo")
    with_drive = qemu_arguments(told, place, kvm=False)
    assert values(with_drive, "-blockdev") == ["driver=vvfat,node-name=seed,dir=/v/seed,label=cidata,read-only=on"]
    for guestinfo in ({}, {"nfv.hostkeys": "x"}):
        without = qemu_arguments(machine(guestinfo=guestinfo), place, kvm=False)
        assert with_drive[: len(without)] == without
        assert values(without, "-blockdev") == []


def test_adapters_keep_order_type_mac_and_port_group() -> None:
    arguments = qemu_arguments(machine(), PLACE, kvm=False)
    cards = [value for value in values(arguments, "-device") if "netdev=" in value]
    assert cards == [
        "e1000,id=adapter0,netdev=network0,mac=00:50:56:01:00:00,addr=0x10",
        "vmxnet3,id=adapter1,netdev=network1,mac=00:50:56:01:00:01,addr=0x11",
        "e1000e,id=adapter2,netdev=network2,mac=00:50:56:01:00:02,addr=0x12",
    ]
    taps = [value.split(",")[2] for value in values(arguments, "-netdev")]
    assert taps == ["ifname=tap-0", "ifname=tap-1", "ifname=tap-2"]


def test_a_changed_type_moves_no_slot() -> None:
    before = qemu_arguments(machine(), PLACE, kvm=False)
    adapters = [{**adapter, "type": "VirtualVmxnet3"} for adapter in request()["adapters"]]
    after = qemu_arguments(machine(adapters=adapters), PLACE, kvm=False)
    changed = [(old, new) for old, new in zip(before, after) if old != new]
    assert len(before) == len(after)
    assert [(old.split(",")[0], new.split(",")[0]) for old, new in changed] == [
        ("e1000", "vmxnet3"),
        ("e1000e", "vmxnet3"),
    ]
    assert all(old.rsplit("addr=")[1] == new.rsplit("addr=")[1] for old, new in changed)


def test_every_pci_slot_is_used_once() -> None:
    adapters = [{**request()["adapters"][0], "mac": f"00:50:56:01:00:{position:02x}"} for position in range(10)]
    place = Place("d", "c", "q", "a", tuple(f"tap-{position}" for position in range(10)))
    arguments = qemu_arguments(machine(adapters=adapters), place, kvm=False)
    slots = [value.split("addr=")[1] for value in values(arguments, "-device") if "addr=" in value]
    assert len(set(slots)) == len(slots)
    assert max(int(slot, 16) for slot in slots) < 0x1F  # q35: its own devices are at slot 1fh
    assert min(int(slot, 16) for slot in slots[-10:]) == FIRST_ADAPTER_SLOT


def test_another_first_slot_shifts_all_adapters_and_nothing_else() -> None:
    before, after = (
        values(qemu_arguments(machine(first_adapter_slot=slot), PLACE, kvm=False), "-device") for slot in (0x10, 0x11)
    )
    moved = [(old.split("addr=")[1], new.split("addr=")[1]) for old, new in zip(before, after) if old != new]
    assert moved == [("0x10", "0x11"), ("0x11", "0x12"), ("0x12", "0x13")]


def test_iommu_comes_before_the_devices_it_serves() -> None:
    devices = values(qemu_arguments(machine(iommu=True), PLACE, kvm=False), "-device")
    assert devices[0].startswith("intel-iommu")
    assert "intel-iommu" not in str(qemu_arguments(machine(), PLACE, kvm=False))


def test_hardware_virtualisation() -> None:
    arguments = qemu_arguments(machine(iommu=True), PLACE, kvm=True)
    assert values(arguments, "-accel") == ["kvm"]
    assert values(arguments, "-cpu") == ["host"]
    assert values(arguments, "-machine") == ["q35,kernel-irqchip=split"]


def test_a_comma_in_the_name_is_no_option() -> None:
    arguments = qemu_arguments(machine(name="pgw,debug-threads=on"), PLACE, kvm=False)
    assert values(arguments, "-name") == ["guest=pgw,,debug-threads=on"]


def test_one_tap_per_adapter() -> None:
    with pytest.raises(ValueError, match="one tap"):
        qemu_arguments(machine(adapters=[]), PLACE, kvm=False)


def adapter(**changes: Any) -> list[dict[str, Any]]:
    return [{**request()["adapters"][0], **changes}]


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"adapters": adapter(type="vlance")}, "adapter_type_unsupported", "Network adapter 1: type vlance"),
        ({"adapters": adapter(type="sriov")}, "adapter_type_unsupported", "use one of vmxnet3, e1000, e1000e"),
        ({"adapters": adapter(network="PG-S1U")}, "network_not_found", "no port group PG-S1U"),
        ({"adapters": adapter(mac="00:50:56")}, "request_invalid", "no MAC address"),
        ({"adapters": adapter() + adapter()}, "request_invalid", "two adapters have one MAC"),
        ({"adapters": adapter() * 11}, "request_invalid", "11 adapters, at most 10"),
        ({"firmware": "efi"}, "firmware_unsupported", "firmware efi"),
        ({"cpus": 7, "cores_per_socket": 4}, "request_invalid", "7 vCPUs cannot be split into sockets of 4"),
        ({"cpus": 0}, "request_invalid", "0 vCPUs"),
        ({"memory_mb": 0}, "request_invalid", "memory of 0 MB"),
        ({"first_adapter_slot": 0x04}, "request_invalid", "3 adapters from PCI slot 0x04 on"),
        ({"first_adapter_slot": 0x1D}, "request_invalid", "between 0x06 and 0x1e"),
        ({"memory_mb": "much"}, "request_invalid", "much"),
        ({"adapters": [{"label": "Network adapter 1"}]}, "request_invalid", "'type'"),
    ],
)
def test_what_qemu_cannot_give_is_refused_by_name(changes: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(LabError) as refused:
        machine(**changes)
    assert refused.value.error_code == code
    assert "pgw-1" in refused.value.detail
    assert words in refused.value.detail
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("given", [None, "", "../../etc", "pgw-1"])
def test_a_uuid_becomes_a_directory_so_nothing_else_passes(given: str | None) -> None:
    with pytest.raises(LabError) as refused:
        parse_uuid({"uuid": given})
    assert refused.value.error_code == "request_invalid"
