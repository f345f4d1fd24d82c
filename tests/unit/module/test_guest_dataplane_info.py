# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole guest against its description: a recorded guest that is as described, and each way to differ."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.packages import QUERIES
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic import boot_files
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.record import RECORD
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.service import show_command
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.guest_dataplane_info import gather
from lab.testing.descriptions import description
from tests.unit.guest.conftest import MACS, MGMT, S5U, SGI, bound, fresh, recorded

if t.TYPE_CHECKING:
    from tests.unit.guest.conftest import RecordedGuest

__all__ = ["bound", "fresh", "recorded"]

SERVICE = "vnf-testpmd.service"
PROGRAM = "/usr/bin/dpdk-testpmd"
SHOW = " ".join(show_command(SERVICE))
RUNNING = "ActiveState=active\nMainPID=612\nUnitFileState=enabled\n"
PACKAGES = " ".join(QUERIES["apt"])
DRIVER = "/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0/librte_net_vmxnet3.so.23.0"
ASKED: dict[str, t.Any] = {
    "dataplane": description(cpu={"exclusivity": "none"}, memory={"size_mb": 4096}),
    "tuned": True,
    "minimum_version": "22.11",
    "prefix": None,
    "adapters": [
        {"name": "mgmt", "mac": MACS[MGMT], "driver": "kernel"},
        {"name": "s5u", "mac": MACS[S5U].upper(), "driver": "pmd"},
        {"name": "sgi", "mac": MACS[SGI], "driver": "pmd"},
    ],
    "driver": "auto",
    "allow_no_iommu": False,
    "allow_other_devices": False,
    "allow_in_use": False,
    "application": {"service": SERVICE, "program": PROGRAM},
    "vm": None,
}


def look(guest: RecordedGuest, **asked: t.Any) -> dict[str, t.Any]:
    return gather(guest, {**ASKED, **asked})


def settings(found: dict[str, t.Any]) -> list[tuple[str, t.Any, t.Any]]:
    return [(each["setting"], each["asked"], each["seen"]) for each in found["differences"]]


def codes(found: dict[str, t.Any]) -> set[str]:
    return {each["error_code"] for each in found["differences"]}


def hold(guest: RecordedGuest, pid: int, service: str) -> None:
    """Lets a process of a service drive both adapters."""
    guest.lay_out(f"/proc/{pid}/exe", {"link": PROGRAM})
    guest.lay_out(f"/proc/{pid}/cgroup", f"0::/system.slice/{service}\n")
    for number, address in enumerate((S5U, SGI)):
        (node,) = guest.names(f"/sys/bus/pci/devices/{address}/uio")
        guest.lay_out(f"/proc/{pid}/fd/{number}", {"link": f"/dev/{node}"})


@pytest.fixture
def described(bound: RecordedGuest) -> RecordedGuest:
    """The recorded guest with its DPDK and a running application."""
    bound.lay_out("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    bound.outputs[PACKAGES] = "dpdk installed 22.11.11-0+deb12u1\n"
    bound.lay_out(DRIVER, "")
    bound.outputs[SHOW] = RUNNING
    hold(bound, 612, SERVICE)
    return bound


def test_guest_as_described(described: RecordedGuest) -> None:
    found = look(described)
    assert (found["differences"], found["pending"], found["reboot_required"]) == ([], [], False)
    assert found["dpdk"]["version"] == "22.11.11"
    assert [(seen["name"], seen["pci_address"], seen["driver"]) for seen in found["adapters"]] == [
        ("mgmt", MGMT, "vmxnet3"),
        ("s5u", S5U, "uio_pci_generic"),
        ("sgi", SGI, "uio_pci_generic"),
    ]
    assert found["application"] == {
        "service": SERVICE,
        "state": "active",
        "enabled": True,
        "process": 612,
        "program": PROGRAM,
        "processes": (612,),
    }
    assert described.commands == [], "it has run a command that was not recorded"


def test_what_is_not_given_is_not_compared(described: RecordedGuest) -> None:
    found = look(described, adapters=[], application=None)
    assert (found["adapters"], found["application"]) == ([], None)
    assert "adapters at the next boot" not in [setting for setting, *_rest in settings(found)]


def test_fresh_guest_differs_in_every_part(fresh: RecordedGuest) -> None:
    fresh.lay_out("/etc/os-release", "ID=debian\n")
    found = look(fresh)
    assert codes(found) >= {
        "tuning_not_in_effect",
        "dpdk_version_old",
        "adapter_not_bound",
        "application_not_running",
    }
    assert found["reboot_required"]
    assert "nohz_full=1" in found["pending"]
    assert ("DPDK", "22.11 or later", None) in settings(found)
    assert ("driver of adapter s5u", "uio_pci_generic", "vmxnet3") in settings(found)
    assert (f"service {SERVICE}", "active", "unknown to systemd") in settings(found)
    assert all(each["message"] and "\n" not in each["message"] for each in found["differences"])


def test_pools_that_the_memory_cannot_hold_are_a_difference_and_a_warning(fresh: RecordedGuest) -> None:
    fresh.lay_out("/etc/os-release", "ID=debian\n")
    memory = {"size_mb": 65536, "hugepages": [{"size": "2M", "amount_mb": 32768}]}
    found = look(fresh, dataplane={**ASKED["dataplane"], "memory": memory})
    assert "hugepage pools that are short" in [setting for setting, *_rest in settings(found)]
    assert found["warnings"][0].startswith("[hugepages_short]")
    assert found["reboot_required"]


def test_adapter_back_on_the_kernels_driver(described: RecordedGuest) -> None:
    described.set_attribute(f"/sys/bus/pci/devices/{S5U}/driver/unbind", S5U)
    described.lay_out(f"/sys/bus/pci/devices/{S5U}/driver", {"link": "../../../bus/pci/drivers/vmxnet3"})
    described.lay_out(f"/sys/bus/pci/devices/{S5U}/net/enp0s4/address", MACS[S5U])
    assert settings(look(described)) == [
        ("driver of adapter s5u", "uio_pci_generic", "vmxnet3"),
        ("application on adapter s5u", SERVICE, "no process"),
    ]


def test_adapter_without_a_driver(described: RecordedGuest) -> None:
    described.set_attribute(f"/sys/bus/pci/devices/{SGI}/driver/unbind", SGI)
    (first, _second) = look(described)["differences"]
    assert (first["seen"], first["message"]) == (None, "adapter sgi has no driver, described as uio_pci_generic")


def test_adapter_that_is_gone(described: RecordedGuest) -> None:
    adapters = [*ASKED["adapters"][:2], {"name": "sgi", "mac": "00:50:56:01:00:99", "driver": "pmd"}]
    found = look(described, adapters=adapters, application=None)
    assert ("adapter sgi", "00:50:56:01:00:99", None) in settings(found)
    assert "adapter_not_found" in codes(found)


def test_binding_that_the_next_boot_loses(described: RecordedGuest) -> None:
    described.path(boot_files.ADAPTERS).unlink()
    assert settings(look(described)) == [("adapters at the next boot", "bound", "not bound")]


def test_binding_that_would_be_refused_is_a_difference(described: RecordedGuest) -> None:
    found = look(described, driver="vfio-pci")
    assert codes(found) == {"userspace_driver_missing"}
    assert settings(found)[0][:2] == ("adapters that can be polled", ["s5u", "sgi"])


def test_dpdk_that_is_old_or_has_no_driver(described: RecordedGuest) -> None:
    assert settings(look(described, minimum_version="24.11")) == [("DPDK", "24.11 or later", "22.11.11")]
    described.path(DRIVER).unlink()
    assert settings(look(described)) == [("VMXNET3 driver of DPDK", "installed", "missing")]


def test_build_at_a_prefix_is_looked_at_instead(described: RecordedGuest) -> None:
    assert settings(look(described, prefix="/opt/dpdk")) == [("DPDK", "22.11 or later", None)]


APPLICATIONS = {
    "stopped": (
        "ActiveState=inactive\nMainPID=0\nUnitFileState=enabled\n",
        (f"service {SERVICE}", "active", "inactive"),
    ),
    "not at boot": (
        "ActiveState=active\nMainPID=612\nUnitFileState=disabled\n",
        (f"{SERVICE} at boot", "enabled", "disabled"),
    ),
}


@pytest.mark.parametrize(("state", "difference"), APPLICATIONS.values(), ids=APPLICATIONS)
def test_service_that_does_not_run_for_good(
    state: str, difference: tuple[str, str, str], described: RecordedGuest
) -> None:
    described.outputs[SHOW] = state
    found = look(described)
    assert settings(found) == [difference]
    assert codes(found) == {"application_not_running"}


def test_service_that_another_unit_starts(described: RecordedGuest) -> None:
    described.outputs[SHOW] = RUNNING.replace("enabled", "static")
    assert look(described)["differences"] == []


def test_other_program_and_other_process(described: RecordedGuest) -> None:
    assert settings(look(described, application={"service": SERVICE, "program": "/opt/dpdk/bin/dpdk-testpmd"})) == [
        (f"program of {SERVICE}", "/opt/dpdk/bin/dpdk-testpmd", PROGRAM)
    ]
    described.path("/proc/612/cgroup").write_text("0::/user.slice/session-1.scope\n")
    assert settings(look(described)) == [
        ("application on adapter s5u", SERVICE, "process 612"),
        ("application on adapter sgi", SERVICE, "process 612"),
    ]


def test_description_that_is_wrong_fails(described: RecordedGuest) -> None:
    with pytest.raises(NfvError, match=r"dataplane\.cpu") as caught:
        look(described, dataplane={**ASKED["dataplane"], "cpu": {"count": 2, "polling": "7"}})
    assert caught.value.error_code == "description_invalid"


def test_guest_that_cannot_be_compared_fails(described: RecordedGuest) -> None:
    described.lay_out("/etc/nfv-vsphere-dpdk/adapters.json", "{")
    with pytest.raises(NfvError) as caught:
        look(described)
    assert caught.value.error_code == "binding_record_unreadable"


def test_a_file_that_overrules_an_argument_is_a_difference(described: RecordedGuest) -> None:
    described.lay_out("/etc/default/grub.d/99-local.cfg", 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n')
    (difference,) = look(described)["differences"]
    assert difference["error_code"] == "kernel_argument_overruled"
    assert difference["message"].startswith("/etc/default/grub.d/99-local.cfg: sets GRUB_CMDLINE_LINUX_DEFAULT anew")


def test_another_machine_is_not_compared(described: RecordedGuest) -> None:
    vm = {"name": "pgw-1", "uuid": "420b5e3f-1122-7788-99aa-bbccddeeff01", "address": "192.0.2.1"}
    record = json.loads(described.text(RECORD) or "")
    described.replace_file(RECORD, json.dumps({**record, "machine": vm["uuid"]}))
    described.path("/sys/class/dmi/id/product_uuid").unlink()
    with pytest.raises(NfvError, match="guest_identity_unknown"):
        look(described, vm=vm)
    described.lay_out("/sys/class/dmi/id/product_uuid", "3f5e0b42-2211-8877-99aa-bbccddeeff01\n")
    assert look(described, vm=vm)["differences"] == []
    described.path("/sys/class/dmi/id/product_uuid").write_text("3f5e0b42-2211-8877-99aa-bbccddeeff02\n")
    with pytest.raises(NfvError, match="guest_identity_differs"):
        look(described, vm=vm)
