# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many VMs in one task: pages are let go when their VMs are planned, and a person can follow them.

How much memory a fleet takes is measured by ``make bench BENCH=fleet_memory``. Here the pages are small, and what is
still held of them is counted.
"""

from __future__ import annotations

import typing as t
import weakref
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane import converge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane_info import gather
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client import client as client_file
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm import read as read_file
from bench.lab_vcenter import FleetVCenter, description, fleet_vcenter

VMS: t.Final = 300
PAGE: t.Final = 10
# The page that is planned, the one before it, which a generator still has, and one more for the objects on the way.
PAGES_HELD: t.Final = 3


class Held:
    """Counts the VMs of which everything that was read is still held."""

    def __init__(self) -> None:
        self.most = 0
        self.seen = 0
        self._left: set[int] = set()

    def note(self, properties: t.Any) -> None:
        self.seen += 1
        self._left.add(id(properties))
        weakref.finalize(properties, self._left.discard, id(properties))
        self.most = max(self.most, len(self._left))


@pytest.fixture(scope="module")
def fleet() -> t.Iterator[FleetVCenter]:
    with fleet_vcenter(VMS) as vcenter:
        yield vcenter


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    """Makes pages small, and counts."""
    counted, convert = Held(), read_file.vm_record

    def counting(managed: t.Any, properties: t.Any, inventory: t.Any) -> t.Any:
        counted.note(properties)
        return convert(managed, properties, inventory)

    monkeypatch.setattr(read_file, "vm_record", counting)
    for file in (read_file, client_file):
        monkeypatch.setattr(file, "PAGE_SIZE", PAGE)
    return counted


def read_lines(path: Path) -> list[str]:
    return [line.split(" ", 1)[1] for line in path.read_text(encoding="utf-8").splitlines()]


def look(fleet: FleetVCenter, **more: t.Any) -> dict[str, t.Any]:
    asked = {"required_templates": [], "required_networks": [], "wait_for_address": 0, **more}
    return gather({**fleet.params(description()), **asked}, fleet.connection)


def test_a_look_at_many_vms_holds_a_few_pages_and_can_be_followed(
    fleet: FleetVCenter, held: Held, tmp_path: Path
) -> None:
    result = look(fleet, progress_file=str(tmp_path / "progress"))
    assert set(result["vms"]) == set(fleet.names)
    assert held.seen == VMS
    assert held.most <= PAGES_HELD * PAGE
    assert read_lines(tmp_path / "progress") == [f"VMs read: {done} of {VMS}" for done in range(PAGE, VMS + 1, PAGE)]


def test_plans_of_many_vms_hold_a_few_pages_and_can_be_followed(
    fleet: FleetVCenter, held: Held, tmp_path: Path
) -> None:
    options = fleet.params(description(), progress_file=str(tmp_path / "progress"))
    result = converge(options, fleet.connection, check_mode=True)
    assert sum(each["changed"] for each in result["vms"].values()) == VMS
    assert held.most <= PAGES_HELD * PAGE
    assert read_lines(tmp_path / "progress")[-1] == f"VMs read: {VMS} of {VMS}"


def test_whoever_keeps_what_was_read_is_found(fleet: FleetVCenter, held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, convert = [], read_file.vm_record

    def keeping(managed: t.Any, properties: t.Any, inventory: t.Any) -> t.Any:
        kept.append(properties)
        return convert(managed, properties, inventory)

    monkeypatch.setattr(read_file, "vm_record", keeping)
    assert set(look(fleet)["vms"]) == set(fleet.names)
    assert held.most == VMS
