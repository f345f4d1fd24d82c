# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A template that is ready, and each row of it failing alone."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.row import Row
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.template import (
    Disk,
    TemplateAsked,
    TemplateFacts,
    template_rows,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane
from lab.testing.descriptions import adapters, description

READY = TemplateFacts(
    name="debian-12",
    template=True,
    tools="guestToolsUnmanaged",
    tools_type="guestToolsTypeOpenVMTools",
    firmware="efi",
    secure_boot=False,
    hardware=20,
    guest_id="debian12_64Guest",
    disks=(Disk("Hard disk 1", 4096, "PVSCSI", thin=True),),
    adapters=(("Network adapter 1", "vmxnet3"),),
)


def asked(**sections: t.Any) -> TemplateAsked:
    """What is asked for one VM of a description."""
    dataplane, problems = parse_dataplane(description(**sections))
    assert dataplane is not None, problems
    return TemplateAsked({"pgw-1": dataplane}, api_version="8.0.3.0")


def by_check(rows: t.Sequence[Row]) -> dict[str, Row]:
    found = {row.check: row for row in rows}
    assert len(found) == len(rows)
    return found


CHECKS = tuple(by_check(template_rows(READY, asked())))


def test_ready() -> None:
    rows = template_rows(READY, asked())
    assert {row.verdict.value for row in rows} == {"ready"}
    assert all(row.asked and row.seen and not row.code and not row.remedy for row in rows)


@pytest.mark.parametrize(
    ("changed", "check", "code"),
    [
        ({"template": False}, "template", "template_not_found"),
        ({"guest_id": "windows2019srv_64Guest"}, "guest_id", "guest_id_unsuitable"),
        ({"guest_id": "debian12Guest"}, "guest_id", "guest_id_unsuitable"),
        ({"tools": "guestToolsNotInstalled"}, "tools", "tools_missing"),
        ({"tools": "guestToolsBlacklisted"}, "tools", "tools_missing"),
        ({"hardware": 13}, "hardware_version", "hardware_version_old"),
        ({"firmware": "bios"}, "firmware", "firmware_unsuitable"),
        ({"secure_boot": True}, "secure_boot", "kernel_locked_down"),
        ({"disks": ()}, "disk", "disk_unsuitable"),
        ({"disks": (Disk("Hard disk 1", 1, "", mode="independent_nonpersistent"),)}, "disk", "disk_unsuitable"),
        ({"adapters": (("Network adapter 1", "sriov"),)}, "adapters", "adapter_not_convertible"),
    ],
)
def test_each_row_fails_alone(changed: dict[str, t.Any], check: str, code: str) -> None:
    wanted = asked(
        cpu={"count": 4, "polling": "2-3"},
        numa={"nodes": 2},
        adapters=[{**adapter, "numa_node": 1} for adapter in adapters("mgmt", "s5u", "sgi")],
    )
    if check == "adapters":
        wanted = dataclasses.replace(wanted, management_found=True)
    rows = by_check(template_rows(dataclasses.replace(READY, **changed), wanted))
    failing = {name for name, row in rows.items() if row.verdict.value != "ready"}
    assert failing == {check}
    row = rows[check]
    assert (row.verdict.value, row.code) == ("not_ready", code)
    assert row.seen
    assert row.remedy
    assert tuple(rows) == CHECKS


@pytest.mark.parametrize("field", ["guest_id", "tools", "hardware", "firmware", "secure_boot"])
def test_what_vcenter_does_not_tell_is_unknown(field: str) -> None:
    rows = template_rows(dataclasses.replace(READY, **{field: None}), asked())
    (row,) = [row for row in rows if row.verdict.value != "ready"]
    assert (row.verdict.value, row.code) == ("unknown", "readiness_unknown")
    assert row.check.startswith(field)


def test_a_system_that_is_not_known_is_no_refusal() -> None:
    row = by_check(template_rows(dataclasses.replace(READY, guest_id="newLinux9_64Guest"), asked()))["guest_id"]
    assert row.verdict.value == "unknown"


@pytest.mark.parametrize(
    "guest_id",
    [
        "debian13_64Guest",
        "rhel9_64Guest",
        "ubuntu64Guest",
        "other6xLinux64Guest",
        "rockylinux_64Guest",
        "sles15_64Guest",
    ],
)
def test_linux_systems(guest_id: str) -> None:
    row = by_check(template_rows(dataclasses.replace(READY, guest_id=guest_id), asked()))["guest_id"]
    assert row.verdict.value == "ready"


def test_old_hardware_is_ready_where_it_may_be_upgraded() -> None:
    """Each need is named by VM and setting, and with leave to upgrade nothing stands in the way."""
    old, wanted = dataclasses.replace(READY, hardware=13), asked(iommu=True)
    row = by_check(template_rows(old, wanted))["hardware_version"]
    assert row.verdict.value == "not_ready"
    assert "pgw-1: iommu needs 14" in row.seen
    row = by_check(template_rows(old, dataclasses.replace(wanted, hardware_upgrade=True)))["hardware_version"]
    assert row.verdict.value == "ready"


def test_secure_boot_is_no_obstacle_with_an_iommu() -> None:
    locked = dataclasses.replace(READY, secure_boot=True)
    assert by_check(template_rows(locked, asked(iommu=True)))["secure_boot"].verdict.value == "ready"


def test_converted_adapter_is_unknown_until_it_is_said_how_the_guest_finds_it() -> None:
    """A false ready otherwise: vCenter cannot look into the template's configuration of the network."""
    emulated, wanted = dataclasses.replace(READY, adapters=(("Network adapter 1", "e1000"),)), asked()
    rows = by_check(template_rows(emulated, wanted))
    assert {name for name, row in rows.items() if row.verdict.value != "ready"} == {"management_adapter"}
    assert rows["management_adapter"].verdict.value == "unknown"
    assert "ens192" in rows["management_adapter"].seen
    rows = by_check(template_rows(emulated, dataclasses.replace(wanted, management_found=True)))
    assert {row.verdict.value for row in rows.values()} == {"ready"}


def test_a_missing_template_has_every_row() -> None:
    problem = NfvError(ErrorCode.TEMPLATE_NOT_FOUND, "debian-12", "no template has this name", "Create it")
    rows = template_rows(TemplateFacts("debian-12", problem=problem), asked())
    assert tuple(row.check for row in rows) == CHECKS
    assert [row.verdict.value for row in rows] == ["not_ready", *["unknown"] * (len(CHECKS) - 1)]


def test_an_unreadable_template_is_unknown_throughout() -> None:
    problem = NfvError(ErrorCode.VM_UNREADABLE, "debian-12", "it is inaccessible", "Make it accessible")
    rows = template_rows(TemplateFacts("debian-12", problem=problem), asked())
    assert {row.verdict.value for row in rows} == {"unknown"}
    assert {row.remedy for row in rows} == {"Make it accessible"}
