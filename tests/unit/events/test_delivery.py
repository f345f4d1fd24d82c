# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events of a VM are handed over together, once, and none is lost."""

from __future__ import annotations

import datetime as dt
import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._events import position_file
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._events.delivery import (
    OVERLAP,
    SHOWN,
    Patience,
    Position,
    deliver,
    rule_event,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._events.event import KINDS, STARTS, VmEvent

BEGAN = dt.datetime(2026, 1, 31, 12, tzinfo=dt.timezone.utc)
PATIENCE = Patience(quiet=dt.timedelta(seconds=15), longest=dt.timedelta(seconds=120))
START = Position("vc", BEGAN, {})


def at(seconds: float) -> dt.datetime:
    return BEGAN + dt.timedelta(seconds=seconds)


def event(key: int, seconds: float, vm: str = "pgw-1", type_id: str = "VmReconfiguredEvent", **more: t.Any) -> VmEvent:
    fields = {"moid": f"id-{vm}", "user": "alice", "host": "esx-1", "message": "", **more}
    return VmEvent(key=key, time=at(seconds), type_id=type_id, vm=vm, **fields)


class VCenter:
    """Polls a list of events."""

    def __init__(self, events: t.Sequence[VmEvent], patience: Patience = PATIENCE) -> None:
        self.events, self.patience, self.position = events, patience, START
        self.batches: list[tuple[VmEvent, ...]] = []

    def poll(self, seconds: float) -> None:
        found = [each for each in self.events if self.position.since <= each.time <= at(seconds)]
        delivery = deliver(found, self.position, at(seconds), self.patience)
        self.batches += delivery.batches
        self.position = delivery.position


def test_a_vm_is_waited_for_until_it_is_quiet() -> None:
    vcenter = VCenter([event(1, 1), event(2, 12)])
    vcenter.poll(10)
    vcenter.poll(20)
    assert vcenter.batches == []
    vcenter.poll(30)
    assert [[each.key for each in batch] for batch in vcenter.batches] == [[1, 2]]


def test_a_vm_that_never_is_quiet_is_not_waited_for_for_ever() -> None:
    vcenter = VCenter([event(key, key * 5) for key in range(1, 60)])
    for seconds in range(0, 300, 10):
        vcenter.poll(seconds)
    keys = [each.key for batch in vcenter.batches for each in batch]
    assert len(vcenter.batches) == 2
    assert keys == list(range(1, len(keys) + 1))


@pytest.mark.parametrize(("quiet", "runs"), [(15, 10), (0, 60)])
def test_five_hundred_events_of_ten_vms_in_a_minute_are_ten(quiet: int, runs: int) -> None:
    """Without waiting they are as many as polls that find any, for each VM."""
    storm = [event(key, 1 + key * 0.118, vm=f"pgw-{key % 10}") for key in range(500)]
    vcenter = VCenter(storm, Patience(dt.timedelta(seconds=quiet), dt.timedelta(seconds=120)))
    for seconds in range(0, 100, 10):
        vcenter.poll(seconds)
    assert (len(vcenter.batches), sum(len(batch) for batch in vcenter.batches)) == (runs, 500)


def test_what_is_handed_over_is_not_handed_over_again_and_is_forgotten_in_time() -> None:
    vcenter = VCenter([event(1, 1)])
    for seconds in range(0, 400, 10):
        vcenter.poll(seconds)
    assert len(vcenter.batches) == 1
    assert vcenter.position == Position("vc", at(390) - OVERLAP, {})


def test_an_event_that_vcenter_stores_late_is_not_missed() -> None:
    """A host tells vCenter of it after a later one was handed over."""
    vcenter = VCenter([event(2, 50)])
    vcenter.poll(70)
    vcenter.events = [*vcenter.events, event(3, 20, vm="pgw-2")]
    vcenter.poll(80)
    assert [batch[0].key for batch in vcenter.batches] == [2, 3]


def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    """It comes while one VM waits; and vCenter has another event while nobody listens."""
    file = tmp_path / "position.json"
    vcenter = VCenter([event(1, 1), event(2, 18, vm="pgw-2"), event(3, 500, vm="pgw-3")])
    vcenter.poll(20)
    position_file.save(file, vcenter.position)
    loaded = position_file.load(file)
    assert loaded == vcenter.position
    again = VCenter(vcenter.events)
    again.position = loaded
    again.poll(3600)
    assert [each.key for batch in vcenter.batches + again.batches for each in batch] == [1, 2, 3]
    assert [each.name for each in tmp_path.iterdir()] == ["position.json"]


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"instance_uuid": "a"}', '{"instance_uuid": "a", "since": "2026-01-31T12:00:00", "delivered": {}}'],
)
def test_a_position_that_is_none_is_refused_with_what_to_do(content: str, tmp_path: Path) -> None:
    file = tmp_path / "position.json"
    assert position_file.load(file) is None
    file.write_text(content)
    with pytest.raises(NfvError, match=r"\[position_unusable\] .*remove the file"):
        position_file.load(file)
    with pytest.raises(NfvError, match=r"\[position_unusable\] .*failed to write"):
        position_file.save(tmp_path / "missing/position.json", START)


def test_the_rulebook_is_told_what_an_inventory_knows() -> None:
    """The inventory has the VM by the name before it was renamed, twice."""
    batch = (
        event(1, 1, "b", "VmRenamedEvent", old_name="a"),
        event(2, 2, "c", "VmRenamedEvent", old_name="b", user=""),
        event(3, 3, "c", "com.vmware.vc.ha.VmRestartedByHAEvent", user=""),
    )
    told = rule_event(batch, "vc.example.com", running=True)
    assert (told["inventory_name"], told["vm"], told["count"]) == ("a", "c", 3)
    assert (told["kinds"], told["users"], told["started"]) == (["renamed", "restarted_by_ha"], ["alice"], True)
    assert (told["first"], told["last"]) == (at(1).isoformat(), at(3).isoformat())
    assert (told["running"], told["directory"]) == (True, "a")
    assert rule_event(batch[:1], "vc", running=False)["started"] is False
    assert json.loads(json.dumps(told))["events"][0]["old_name"] == "a"


def test_the_rulebook_is_shown_the_latest_events() -> None:
    told = rule_event([event(key, key) for key in range(50)], "vc", running=True)
    assert (told["count"], [each["key"] for each in told["events"]]) == (50, list(range(50 - SHOWN, 50)))


def test_no_text_of_vcenter_is_a_template() -> None:
    hostile = "{{ lookup('pipe', 'id') }}{% x %}{# y #}"
    batch = [event(1, 1, hostile, "VmRenamedEvent", old_name=hostile, user=hostile, host=hostile, message=hostile)]
    told = rule_event(batch, "vc", running=True)
    texts = [told["vm"], told["inventory_name"], *told["users"], *map(str, told["events"][0].values())]
    assert not any(mark in text for text in texts for mark in ("{{", "{%", "{#"))
    assert told["vm"].startswith("((")


@pytest.mark.parametrize("name", ["../../etc", "..", ".hidden", "a/b", "pgw 1", "", "x" * 300, "{{ x }}", "pgw\n1"])
def test_no_name_leads_its_reports_elsewhere(name: str) -> None:
    directory = rule_event([event(1, 1, name, moid="vm-1")], "vc", running=True)["directory"]
    assert directory.endswith(".vm-1")
    assert not {"/", "\n", " ", "{"} & set(directory)
    assert not directory.startswith("..")
    assert len(directory) < 120


def test_every_start_is_a_kind() -> None:
    assert set(KINDS.values()) >= STARTS
