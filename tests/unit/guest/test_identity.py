# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine's identity by DMI, as firmware of every kind shows it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.identity import read_identity, require_machine

if t.TYPE_CHECKING:
    from pathlib import Path

UUID = "420b5e3f-1122-7788-99aa-bbccddeeff01"
SWAPPED = "3f5e0b42-2211-8877-99aa-bbccddeeff01"
OTHER = "420b5e3f-1122-7788-99aa-bbccddeeff02"
SERIAL = "VMware-42 0b 5e 3f 11 22 77 88-99 aa bb cc dd ee ff 01"

Firmware = t.Callable[..., Tree]


@pytest.fixture
def firmware(tmp_path: Path) -> Firmware:
    """Makes a machine with the given DMI attributes."""

    def machine(product_uuid: str | None = None, product_serial: str | None = None) -> Tree:
        directory = tmp_path / "sys/class/dmi/id"
        directory.mkdir(parents=True)
        for name, content in (("product_uuid", product_uuid), ("product_serial", product_serial)):
            if content is not None:
                (directory / name).write_text(content + "\n")
        return Tree(str(tmp_path))

    return machine


@pytest.mark.parametrize(
    ("product_uuid", "product_serial"),
    [
        (UUID, None),
        (UUID.upper(), "Not Specified"),
        (SWAPPED, SERIAL),
        (SWAPPED, None),
        (None, SERIAL),
        (None, SERIAL.upper().replace("VMWARE", "VMware")),
        # serialNumber.reflectHost
        (SWAPPED.upper(), "CZ1234567A"),
    ],
)
def test_a_vm_is_told_by_its_uuid_in_either_order_or_by_its_serial_number(
    firmware: Firmware, product_uuid: str | None, product_serial: str | None
) -> None:
    machine = firmware(product_uuid, product_serial)
    assert require_machine(machine, "pgw-1", UUID, "192.0.2.1").is_machine(UUID.upper())
    with pytest.raises(NfvError) as refused:
        require_machine(machine, "pgw-1", OTHER, "192.0.2.1")
    assert refused.value.error_code == "guest_identity_differs"
    found = read_identity(machine).uuid
    assert found is not None
    for named in ("pgw-1", OTHER, found, "192.0.2.1"):
        assert named in str(refused.value)


def test_what_is_recorded_outlives_an_upgrade_of_the_virtual_hardware(firmware: Firmware) -> None:
    """Hardware 11 shows the bytes as they are, 13 and later in the order of SMBIOS 2.6."""
    upgraded = read_identity(firmware(SWAPPED))
    assert upgraded.is_machine(UUID)
    assert upgraded.is_machine(SWAPPED)
    assert not upgraded.is_machine(OTHER)


def test_the_serial_number_has_vspheres_own_order(firmware: Firmware) -> None:
    assert read_identity(firmware(SWAPPED, SERIAL)).uuid == UUID


@pytest.mark.parametrize(
    ("product_uuid", "product_serial"),
    [
        (None, None),
        ("", "None"),
        ("Not Settable", "VMware-42 0b"),
        ("00000000-0000-0000-0000-000000000000", "VMware-zz"),
        ("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", None),
    ],
)
def test_a_machine_that_shows_no_uuid_is_refused(
    firmware: Firmware, product_uuid: str | None, product_serial: str | None
) -> None:
    machine = firmware(product_uuid, product_serial)
    assert read_identity(machine).uuid is None
    with pytest.raises(NfvError, match=r"^\[guest_identity_unknown\] pgw-1: .*root"):
        require_machine(machine, "pgw-1", UUID, "192.0.2.1")


@pytest.mark.parametrize("nothing", ["", "None", "00000000-0000-0000-0000-000000000000", "420b5e3f"])
def test_a_vm_without_uuid_is_refused_whatever_the_machine_shows(firmware: Firmware, nothing: str) -> None:
    machine = firmware("00000000-0000-0000-0000-000000000000", SERIAL)
    with pytest.raises(NfvError, match=r"^\[guest_identity_unknown\] pgw-1: vCenter"):
        require_machine(machine, "pgw-1", nothing, "192.0.2.1")
