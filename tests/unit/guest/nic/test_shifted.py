# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adapters whose PCI addresses have shifted, and clones: no device is taken for a recorded one that it may not be."""

from __future__ import annotations

import dataclasses
import json
import shutil
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine import run as engine_run
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import apply
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import BindDriver, Plan
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic import binding, pci
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.model import AdapterRequest, BindingPolicy
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.read import read_guest_adapters, read_info
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.record import RECORD
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module import dpdk_bind
from tests.unit.guest.conftest import MACS, MGMT, S5U, SGI

if t.TYPE_CHECKING:
    from tests.unit.guest.conftest import RecordedGuest

NEXT = "0000:00:06.0"
POLLED, KERNEL = "uio_pci_generic", "vmxnet3"
ADAPTERS = (
    AdapterRequest("mgmt", MACS[MGMT], "kernel"),
    AdapterRequest("s5u", MACS[S5U], "pmd"),
    AdapterRequest("sgi", MACS[SGI], "pmd"),
)
CLONE = "4237b6ae-5f0c-8c1e-9d0b-0242ac120002"


def put(guest: RecordedGuest, address: str, mac: str, *, polled: bool) -> None:
    """Puts a VMXNET3 adapter into a slot, as the kernel or a userspace driver has it."""
    device = guest.path(f"{pci.DEVICES}/{address}")
    shutil.rmtree(device, ignore_errors=True)
    for name, value in (("class", "0x020000"), ("vendor", "0x15ad"), ("device", "0x07b0"), ("numa_node", "-1")):
        guest.lay_out(f"{pci.DEVICES}/{address}/{name}", f"{value}\n")
    guest.lay_out(f"{pci.DEVICES}/{address}/driver_override", f"{POLLED}\n" if polled else "(null)\n")
    guest.macs[address] = mac
    guest.set_attribute("/sys/bus/pci/drivers_probe", address)


def take_out(guest: RecordedGuest, address: str) -> None:
    shutil.rmtree(guest.path(f"{pci.DEVICES}/{address}"))


def shift_up(guest: RecordedGuest) -> None:
    """Each adapter is one slot further, and overrides by the old addresses have taken the management adapter."""
    take_out(guest, MGMT)
    put(guest, S5U, MACS[MGMT], polled=True)
    put(guest, SGI, MACS[S5U], polled=True)
    put(guest, NEXT, MACS[SGI], polled=False)


def shift_down(guest: RecordedGuest) -> None:
    """Each adapter is one slot nearer."""
    put(guest, "0000:00:02.0", MACS[MGMT], polled=False)
    guest.outputs = {command: output.replace("enp0s3", "enp0s2") for command, output in guest.outputs.items()}
    put(guest, MGMT, MACS[S5U], polled=False)
    put(guest, S5U, MACS[SGI], polled=True)
    take_out(guest, SGI)


def replace_last(guest: RecordedGuest) -> None:
    """SGi was removed and another adapter added in front of the rest: all recorded addresses show no MAC address."""
    put(guest, MGMT, "00:50:56:01:00:77", polled=False)
    put(guest, S5U, MACS[MGMT], polled=True)
    put(guest, SGI, MACS[S5U], polled=True)


def plan(guest: RecordedGuest, adapters: t.Sequence[AdapterRequest] = ADAPTERS, state: str = "present") -> Plan:
    return binding.plan(adapters, read_guest_adapters(guest), BindingPolicy(), state)


def drivers(guest: RecordedGuest) -> dict[str, str | None]:
    return {guest.macs[device.pci_address]: device.driver for device in pci.read_network_devices(guest)}


def converge(guest: RecordedGuest, adapters: t.Sequence[AdapterRequest] = ADAPTERS) -> None:
    """As dpdk_bind does: at most two rounds, and then nothing is left to do."""
    for _round in range(2):
        apply(plan(guest, adapters).steps, guest)
    assert not plan(guest, adapters).changed


@pytest.mark.parametrize("shift", [shift_up, shift_down])
def test_every_adapter_is_found_anew_where_it_is_now(
    bound: RecordedGuest, shift: t.Callable[[RecordedGuest], None]
) -> None:
    shift(bound)
    converge(bound)
    assert drivers(bound) == {MACS[MGMT]: KERNEL, MACS[S5U]: POLLED, MACS[SGI]: POLLED}
    recorded = json.loads(bound.text(RECORD) or "")["adapters"]
    assert {entry["name"]: bound.macs[entry["pci_address"]] for entry in recorded} == {
        "s5u": MACS[S5U],
        "sgi": MACS[SGI],
    }


@pytest.mark.parametrize("shift", [shift_up, shift_down])
def test_what_is_in_doubt_goes_back_to_the_kernel_before_anything_is_bound(
    bound: RecordedGuest, shift: t.Callable[[RecordedGuest], None]
) -> None:
    shift(bound)
    first = plan(bound)
    assert {step.driver for step in first.steps if isinstance(step, BindDriver)} == {None}
    (warning,) = first.warnings
    assert "first given back to the kernel" in warning
    assert MACS[S5U] in warning or MACS[SGI] in warning
    assert "has moved from" in warning or "is at" in warning


class EndedError(Exception):
    """How the module ended."""


class Module:
    """The part of AnsibleModule that dpdk_bind uses."""

    _name = "dpdk_bind"

    def __init__(self, check_mode: bool) -> None:
        self.check_mode = check_mode
        self.warnings: list[str] = []
        self.params = {
            "adapters": [dataclasses.asdict(adapter) for adapter in ADAPTERS],
            "driver": "auto",
            "allow_no_iommu": False,
            "allow_other_devices": False,
            "allow_in_use": False,
            "state": "present",
        }

    def warn(self, warning: str) -> None:
        self.warnings.append(warning)

    def exit_json(self, **result: t.Any) -> t.NoReturn:
        raise EndedError(result)

    def fail_json(self, **result: t.Any) -> t.NoReturn:
        raise AssertionError(result)


@pytest.mark.parametrize("check_mode", [False, True])
def test_one_run_of_the_module_is_enough(
    bound: RecordedGuest, monkeypatch: pytest.MonkeyPatch, check_mode: bool
) -> None:
    shift_down(bound)
    before = drivers(bound)
    monkeypatch.setattr(engine_run, "Guest", lambda _run: bound)
    module = Module(check_mode)
    with pytest.raises(EndedError) as ended:
        dpdk_bind.run(module)  # type: ignore[arg-type]
    (result,) = ended.value.args
    assert result["changed"]
    assert "first given back to the kernel" in module.warnings[0]
    if check_mode:
        assert (drivers(bound), result["devices"]) == (before, [])
    else:
        assert drivers(bound) == {MACS[MGMT]: KERNEL, MACS[S5U]: POLLED, MACS[SGI]: POLLED}
        assert [device["pci_address"] for device in result["devices"]] == [MGMT, S5U]


def test_a_management_adapter_that_is_not_to_be_seen_puts_all_in_doubt(bound: RecordedGuest) -> None:
    replace_last(bound)
    apply(plan(bound, ADAPTERS[:2]).steps, bound)
    assert drivers(bound)[MACS[MGMT]] == KERNEL
    converge(bound, ADAPTERS[:2])
    assert drivers(bound) == {"00:50:56:01:00:77": KERNEL, MACS[MGMT]: KERNEL, MACS[S5U]: POLLED}


@pytest.mark.parametrize("shift", [shift_up, shift_down, replace_last])
def test_absent_gives_everything_back_wherever_it_is(
    bound: RecordedGuest, shift: t.Callable[[RecordedGuest], None]
) -> None:
    shift(bound)
    apply(plan(bound, [], "absent").steps, bound)
    assert set(drivers(bound).values()) == {KERNEL}
    assert not plan(bound, [], "absent").changed
    assert not bound.exists(RECORD)


def test_a_program_that_drives_a_device_in_doubt_is_not_disturbed(bound: RecordedGuest) -> None:
    shift_up(bound)
    bound.lay_out("/proc/612/fd/9", {"link": "/dev/uio0"})
    bound.lay_out("/proc/612/comm", "ovs-vswitchd\n")
    with pytest.raises(NfvError, match="has moved from") as caught:
        plan(bound)
    assert (caught.value.error_code, "ovs-vswitchd" in str(caught.value)) == ("device_busy", True)


def test_dpdk_info_gives_no_name_to_a_device_in_doubt(bound: RecordedGuest) -> None:
    assert [device["name"] for device in read_info(bound)["devices"]] == [None, "s5u", "sgi"]
    shift_up(bound)
    assert [(device["name"], device["mac"]) for device in read_info(bound)["devices"]] == [
        (None, None),
        (None, None),
        (None, MACS[SGI]),
    ]


def clone(guest: RecordedGuest) -> tuple[AdapterRequest, ...]:
    """Gives the machine another UUID, and its adapters other MAC addresses; returns the clone's description."""
    guest.path("/sys/class/dmi/id/product_uuid").write_text(f"{CLONE}\n")
    guest.macs = {address: f"00:50:56:02:00:0{number}" for number, address in enumerate((MGMT, S5U, SGI))}
    guest.path(f"{pci.DEVICES}/{MGMT}/net/enp0s3/address").write_text(f"{guest.macs[MGMT]}\n")
    return tuple(
        AdapterRequest(name, guest.macs[address], driver)
        for name, address, driver in (("mgmt", MGMT, "kernel"), ("s5u", S5U, "pmd"), ("sgi", SGI, "pmd"))
    )


def test_clone_of_a_bound_guest_gives_back_and_finds_anew(bound: RecordedGuest) -> None:
    adapters = clone(bound)
    first = plan(bound, adapters)
    assert f"and this one is {CLONE}" in first.warnings[0]
    apply(first.steps, bound)
    assert set(drivers(bound).values()) == {KERNEL}
    converge(bound, adapters)
    assert drivers(bound) == {bound.macs[MGMT]: KERNEL, bound.macs[S5U]: POLLED, bound.macs[SGI]: POLLED}
    record = json.loads(bound.text(RECORD) or "")
    assert (record["machine"], [entry["mac"] for entry in record["adapters"]]) == (
        CLONE,
        [bound.macs[S5U], bound.macs[SGI]],
    )


def test_clone_of_a_guest_whose_record_names_no_machine(bound: RecordedGuest) -> None:
    """An earlier version wrote it. Adapters that nobody describes any more are given back, and the described found."""
    record = json.loads(bound.text(RECORD) or "")
    bound.replace_file(RECORD, json.dumps({"adapters": record["adapters"]}))
    adapters = clone(bound)
    converge(bound, adapters)
    assert json.loads(bound.text(RECORD) or "")["machine"] == CLONE


def test_record_of_the_same_machine_in_the_other_order_of_bytes_is_its_own(bound: RecordedGuest) -> None:
    """An upgrade of the virtual hardware can change the order."""
    bound.path("/sys/class/dmi/id/product_uuid").write_text("6ceab7b7-9d5a-ab53-985f-c3f41718121a\n")
    assert [step for step in plan(bound).steps if isinstance(step, BindDriver)] == []
