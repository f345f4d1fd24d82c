# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the unit does at boot: it binds the recorded adapters, and leaves with the kernel what may be another one."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import apply
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic import bind_at_boot, binding, boot_files, pci
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.model import AdapterRequest, BindingPolicy
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.read import read_guest_adapters
from tests.unit.guest.conftest import MACS, MGMT, S5U, SGI

if t.TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.guest.conftest import RecordedGuest

POLLED, KERNEL = "uio_pci_generic", "vmxnet3"
ADDRESSES = "ip -json address show"
LIST = [
    {"name": name, "mac": MACS[address], "pci_address": address, "kernel_driver": KERNEL, "driver": POLLED}
    for name, address in (("s5u", S5U), ("sgi", SGI))
]


@dataclasses.dataclass(frozen=True)
class Boot:
    """What one boot did."""

    left: int
    said: list[str]
    drivers: list[str | None]


def boot(guest: RecordedGuest) -> Boot:
    said: list[str] = []
    left = bind_at_boot.bind_all(guest, LIST, said.append)  # type: ignore[arg-type]
    return Boot(left, said, [device.driver for device in pci.read_network_devices(guest)])


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bind_at_boot, "RENAME_SECONDS", 0.0)


def show(guest: RecordedGuest, slot: str, **more: t.Any) -> None:
    """What iproute2 shows of an adapter's interface."""
    name = f"enp0s{int(slot[8:10], 16)}"
    known = [one for one in json.loads(guest.outputs[ADDRESSES]) if one["ifname"] != name]
    shown = {"ifname": name, "address": guest.macs[slot], "addr_info": [], **more}
    guest.outputs[ADDRESSES] = json.dumps([*known, shown])


def test_recorded_adapters_are_bound(fresh: RecordedGuest) -> None:
    assert boot(fresh) == Boot(
        0,
        [f"<6>s5u ({MACS[S5U]}, {S5U}): bound to {POLLED}", f"<6>sgi ({MACS[SGI]}, {SGI}): bound to {POLLED}"],
        [KERNEL, POLLED, POLLED],
    )
    assert fresh.commands == [f"modprobe {POLLED}", f"modprobe {KERNEL}"]


def test_started_again_it_leaves_what_is_bound(bound: RecordedGuest) -> None:
    assert boot(bound).drivers == [KERNEL, POLLED, POLLED]
    assert boot(bound).left == 0


def test_adapters_that_have_shifted_stay_with_the_kernel(fresh: RecordedGuest) -> None:
    """The management adapter is in the slot of the first."""
    for address, mac in ((MGMT, "00:50:56:01:00:77"), (S5U, MACS[MGMT]), (SGI, MACS[S5U])):
        fresh.macs[address] = mac
        show(fresh, address)
    done = boot(fresh)
    assert (done.left, done.drivers) == (2, [KERNEL] * 3)
    assert done.said[0].startswith(f"<3>s5u ({MACS[S5U]}, {S5U}): not bound to {POLLED}: ")
    assert f"is {MACS[MGMT]} now: slots have shifted" in done.said[0]
    assert "Run role dpdk_bind" in done.said[0]


def test_slot_that_is_empty_now(fresh: RecordedGuest) -> None:
    for name in ("vendor", "class"):
        fresh.path(f"{pci.DEVICES}/{SGI}/{name}").unlink()
    done = boot(fresh)
    assert (done.left, done.drivers) == (1, [KERNEL, POLLED])
    assert "no device has this PCI address" in done.said[1]


def test_permanent_address_counts(fresh: RecordedGuest) -> None:
    show(fresh, S5U, address="1a:03:72:7c:d4:b4", permaddr=MACS[S5U].upper())
    assert boot(fresh).left == 0


def test_adapter_with_an_address_is_left(fresh: RecordedGuest) -> None:
    show(fresh, S5U, addr_info=[{"local": "198.18.1.1", "scope": "global"}])
    done = boot(fresh)
    assert (done.left, done.drivers) == (1, [KERNEL, KERNEL, POLLED])
    assert "enp0s4 carries address 198.18.1.1" in done.said[0]


def test_link_local_address_is_no_use(fresh: RecordedGuest) -> None:
    show(fresh, S5U, addr_info=[{"local": "fe80::1", "scope": "link"}])
    assert boot(fresh).left == 0


def test_member_of_a_bond_is_left(fresh: RecordedGuest) -> None:
    fresh.lay_out(f"{pci.DEVICES}/{S5U}/net/enp0s4/upper_bond0", {"link": "../bond0"})
    assert "enp0s4 belongs to bond0" in boot(fresh).said[0]


def test_adapter_without_a_driver_is_shown_to_the_kernel_first(fresh: RecordedGuest) -> None:
    fresh.set_attribute(f"{pci.DEVICES}/{S5U}/driver/unbind", S5U)
    assert boot(fresh).drivers == [KERNEL, POLLED, POLLED]


def test_adapter_whose_mac_cannot_be_seen_is_left(fresh: RecordedGuest) -> None:
    """Another userspace driver has it, by whatever means."""
    fresh.path(f"{pci.DEVICES}/{S5U}/driver_override").write_text("igb_uio\n")
    fresh.set_attribute(f"{pci.DEVICES}/{S5U}/driver/unbind", S5U)
    fresh.set_attribute("/sys/bus/pci/drivers_probe", S5U)
    done = boot(fresh)
    assert done.drivers == [KERNEL, "igb_uio", POLLED]
    assert "its MAC address cannot be seen: its driver is igb_uio" in done.said[0]


def test_driver_that_takes_nothing_leaves_the_adapter_with_the_kernel(fresh: RecordedGuest) -> None:
    fresh.broken_drivers.add(POLLED)
    done = boot(fresh)
    assert (done.left, done.drivers) == (2, [KERNEL] * 3)
    assert f"that driver does not take it; it has {KERNEL} now" in done.said[0]


@pytest.mark.parametrize("output", ['[{"ifname"', "null", "[1]"])
def test_iproute_that_cannot_be_read_is_no_free_pass(fresh: RecordedGuest, output: str) -> None:
    fresh.outputs[ADDRESSES] = output
    assert boot(fresh).drivers == [KERNEL] * 3


def test_failing_iproute_is_no_free_pass(fresh: RecordedGuest) -> None:
    fresh.failing.add(ADDRESSES)
    assert "ip address show failed: failed on purpose" in boot(fresh).said[0]


def test_overrides_of_driverctl_go_and_the_bindings_stay(bound: RecordedGuest) -> None:
    """driverctl would apply them at boot by PCI address alone."""
    for path in (boot_files.ADAPTERS, boot_files.PROGRAM, boot_files.UNIT_FILE, boot_files.ENABLED):
        bound.path(path).unlink()
    for address in (S5U, SGI):
        bound.lay_out(boot_files.override_file(address), f"{POLLED}\n")
    adapters = [AdapterRequest(one["name"], one["mac"], "pmd") for one in LIST]
    made = binding.plan(adapters, read_guest_adapters(bound), BindingPolicy(), "present")
    apply(made.steps, bound)
    assert made.before == made.after
    assert bound.names(boot_files.OVERRIDES) == ()
    assert json.loads(bound.text(boot_files.ADAPTERS) or "")["adapters"] == LIST
    assert bound.exists(boot_files.ENABLED)


def test_program_runs_alone(tmp_path: Path) -> None:
    """As in a guest, where nothing of the collection is."""
    program, listed = tmp_path / "program.py", tmp_path / "adapters.json"
    program.write_text(boot_files.program())
    gone = {**LIST[0], "pci_address": "ffff:ff:1f.7", "kernel_driver": "-", "driver": "-"}
    for adapters, status in (([], 0), ([gone], 1)):
        listed.write_text(json.dumps({"machine": None, "adapters": adapters}))
        done = subprocess.run(
            [sys.executable, "-I", program, listed], capture_output=True, text=True, check=False, timeout=60
        )
        assert (done.returncode, done.stderr) == (status, "")
    assert "no device has this PCI address now. It stays with the kernel. Run role dpdk_bind." in done.stdout
