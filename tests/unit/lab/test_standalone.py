# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests without a vCenter: the machine that a name means, what the inventory says of it, and its snapshots."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lab import hypervisor, standalone
from lab.errors import LabError
from lab.machine import parse_machine
from lab.plan import PORT_GROUPS
from lab.standalone import Guest
from lab.state import State

if TYPE_CHECKING:
    from pathlib import Path


def test_a_guest_is_a_machine_that_the_hypervisor_takes() -> None:
    machine = parse_machine(Guest("guest-1", iommu=True, cpus=4).request(), PORT_GROUPS)
    assert (machine.name, machine.cpus, machine.iommu, machine.standalone) == ("guest-1", 4, True, True)
    assert [(one.label, one.type, one.network) for one in machine.adapters] == [
        ("mgmt", "vmxnet3", "PG-Mgmt"),
        ("s5u", "vmxnet3", "PG-S5U"),
        ("sgi", "vmxnet3", "PG-SGi"),
    ]


def test_a_name_means_the_same_machine_every_time_and_no_other() -> None:
    first, again, other = Guest("guest-1"), Guest("guest-1"), Guest("guest-2")
    assert (first.uuid, first.mac(1)) == (again.uuid, again.mac(1))
    assert first.uuid != other.uuid
    assert len({guest.mac(position) for guest in (first, other) for position in range(3)}) == 6


def test_the_inventory_knows_the_adapters() -> None:
    variables = Guest("guest-1").variables("198.18.0.20")
    assert variables["ansible_host"] == "198.18.0.20"
    assert [(one["name"], one["driver"]) for one in variables["nfv_adapters"]] == [
        ("mgmt", "kernel"),
        ("s5u", "pmd"),
        ("sgi", "pmd"),
    ]


@pytest.mark.parametrize("name", ["", "a b", "../x", "Booted", "x;quit"])
def test_a_snapshots_name_is_one_word_of_the_monitor(name: str) -> None:
    with pytest.raises(LabError) as refused:
        hypervisor._snapshot_name({"snapshot": name})
    assert refused.value.error_code == "request_invalid"


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[State, list[tuple[str, dict[str, Any]]]]:
    """A lab whose hypervisor runs guest-1; and what it was asked."""
    state = State(tmp_path, tmp_path)
    state.prepare()
    asked: list[tuple[str, dict[str, Any]]] = []
    (state.machines / Guest("guest-1").uuid).mkdir()
    monkeypatch.setattr(standalone, "_guests", lambda _state: [{"uuid": Guest("guest-1").uuid, "ip_address": "x"}])
    monkeypatch.setattr(standalone, "_post", lambda _state, path, body: asked.append((path, body)))
    monkeypatch.setattr(standalone, "start", lambda _state, guest, _say: asked.append(("start", guest.request())))
    return state, asked


def say(_line: str) -> None:
    """Nobody listens."""


def test_fresh_restores_the_base_that_there_is(running: tuple[State, list[tuple[str, dict[str, Any]]]]) -> None:
    state, asked = running
    guest = Guest("guest-1")
    standalone.snapshot(state, guest, "booted", say)
    standalone.snapshot(state, guest, "forwarding", say)
    asked.clear()
    assert standalone.fresh(state, guest, "forwarding", say)
    assert [(path, body["snapshot"]) for path, body in asked] == [("/restore", "forwarding")]


def test_fresh_goes_to_booted_where_the_base_is_still_to_be_made(
    running: tuple[State, list[tuple[str, dict[str, Any]]]],
) -> None:
    state, asked = running
    guest = Guest("guest-1")
    standalone.snapshot(state, guest, "booted", say)
    asked.clear()
    assert not standalone.fresh(state, guest, "forwarding", say)
    assert [(path, body["snapshot"]) for path, body in asked] == [("/restore", "booted")]


def test_a_guest_of_another_kind_is_booted_anew(running: tuple[State, list[tuple[str, dict[str, Any]]]]) -> None:
    state, asked = running
    standalone.snapshot(state, Guest("guest-1"), "booted", say)
    asked.clear()
    assert standalone.fresh(state, Guest("guest-1", iommu=True), "booted", say)
    assert [path for path, _body in asked] == ["/destroy", "start", "/snapshot", "/restore"]
    kept = json.loads((state.machines / Guest("guest-1").uuid / standalone.RECORD).read_text())
    assert kept["request"]["iommu"] is True
