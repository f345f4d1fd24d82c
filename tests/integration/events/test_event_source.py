# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source against the lab's vCenter: every event once, whatever happens to session, connection and itself."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import runpy
import time
import typing as t
from pathlib import Path

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
from lab.pki import ensure_pki
from tests.support.by_hand import clones

SOURCE = Path(__file__).resolve().parents[3] / "extensions/eda/plugins/event_source/vcenter_events.py"
# Seconds between polls, of quiet, and within which an event must come.
INTERVAL, QUIET, PATIENCE = 0.3, 0.4, 15
_numbers = itertools.count(1)


class Source:
    """The source as ansible-rulebook runs it: by its path, with a queue."""

    def __init__(self, vcenter: t.Any, **arguments: t.Any) -> None:
        names = ("hostname", "port", "username", "password")
        connection = {name: getattr(vcenter, name) for name in names}
        fast = {"interval": INTERVAL, "quiet": QUIET}
        self._vcenter = vcenter
        self._arguments = {**connection, "ca_path": str(vcenter.ca_path), **fast, **arguments}

    def hears(self, count: int, act: t.Callable[[], None] = lambda: None, extra: float = 0) -> list[dict[str, t.Any]]:
        """Acts once the source has polled, and returns so many events; extra: seconds of waiting for further ones."""
        return asyncio.run(self._hear(count, act, extra))

    async def _hear(self, count: int, act: t.Callable[[], None], extra: float) -> list[dict[str, t.Any]]:
        queue: asyncio.Queue[dict[str, t.Any]] = asyncio.Queue()
        polls = self._polls()
        running = asyncio.create_task(runpy.run_path(str(SOURCE))["main"](queue, self._arguments))
        try:
            while self._polls() == polls and not running.done():
                await asyncio.sleep(0.05)
            await asyncio.to_thread(act)
            heard = []
            while len(heard) < count:
                getting = asyncio.create_task(queue.get())
                await asyncio.wait({getting, running}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
                if running.done():
                    running.result()
                assert getting.done(), f"{len(heard)} of {count} events came"
                heard.append(getting.result())
            await asyncio.sleep(extra)
            return heard + [queue.get_nowait() for _ in range(queue.qsize())]
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError, NfvError):
                await running

    def _polls(self) -> int:
        return int(self._vcenter.calls().get("DestroyCollector", 0))


@pytest.fixture(scope="module")
def session(vcenter: t.Any) -> t.Iterator[Client]:
    with Client.open(vcenter.connection, closed_for_writes=False) as client:
        yield client


@pytest.fixture
def make_vm(session: Client) -> t.Iterator[t.Callable[[], t.Any]]:
    with clones(session, f"event-{next(_numbers)}-") as make:
        yield make


@pytest.fixture
def vm(make_vm: t.Callable[[], t.Any]) -> t.Any:
    return make_vm()


def reconfigure(machine: t.Any, **spec: t.Any) -> None:
    WaitForTask(machine.ReconfigVM_Task(vim.vm.ConfigSpec(**spec)))


def test_a_change_by_hand_is_heard_with_what_changed_and_by_whom(vm: t.Any, vcenter: t.Any) -> None:
    (heard,) = Source(vcenter).hears(1, lambda: reconfigure(vm, numCPUs=4))
    assert (heard["vm"], heard["inventory_name"], heard["kinds"]) == (vm.name, vm.name, ["reconfigured"])
    assert (heard["users"], heard["vcenter"], heard["started"]) == ([vcenter.username], vcenter.hostname, False)
    assert heard["events"][0]["changes"] == "config.hardware.numCPU:2 -> 4;"


def test_several_events_of_a_vm_are_one_and_each_vm_has_its_own(make_vm: t.Any, vcenter: t.Any) -> None:
    first, second = make_vm(), make_vm()
    old = first.name

    def act() -> None:
        WaitForTask(first.Rename_Task(f"{old}-new"))
        reconfigure(first, numCPUs=4)
        WaitForTask(second.PowerOn())

    # A second of quiet more than a loaded machine needs between two tasks.
    heard = {event["inventory_name"]: event for event in Source(vcenter, quiet=1.5).hears(2, act, extra=2)}
    assert sorted(heard) == sorted([old, second.name])
    assert (heard[old]["kinds"], heard[old]["count"]) == (["reconfigured", "renamed"], 2)
    assert heard[old]["vm"] == f"{old}-new"
    assert heard[second.name]["started"] is True


def test_ha_and_migration_are_heard(vm: t.Any, session: Client, vcenter: t.Any) -> None:
    hosts = session.content.rootFolder.childEntity[0].hostFolder.childEntity[0].host
    target = next(host for host in hosts if host != vm.runtime.host and not host.runtime.inMaintenanceMode)
    back = vm.runtime.host

    def act() -> None:
        WaitForTask(vm.PowerOn())
        vcenter.restart_by_ha(vm.config.uuid, target.name)
        WaitForTask(vm.RelocateVM_Task(vim.vm.RelocateSpec(host=back)))

    (heard,) = Source(vcenter, quiet=1.5).hears(1, act)
    assert heard["kinds"] == ["migrated", "powered_on", "restarted_by_ha"]
    assert heard["events"][-1]["host"] == back.name


@pytest.mark.parametrize("kept", [True, False])
def test_what_happens_while_the_source_is_down_needs_the_position(
    kept: bool, make_vm: t.Any, vcenter: t.Any, tmp_path: Path
) -> None:
    """Without the position it is lost; with it, nothing comes twice either."""
    before, meanwhile, after = make_vm(), make_vm(), make_vm()
    source = Source(vcenter, **({"position_file": str(tmp_path / "position.json")} if kept else {}))
    source.hears(1, lambda: reconfigure(before, numCPUs=4))
    reconfigure(meanwhile, numCPUs=4)
    time.sleep(0.1)
    heard = source.hears(2 if kept else 1, lambda: reconfigure(after, numCPUs=4), extra=1)
    assert [each["vm"] for each in heard] == ([meanwhile.name, after.name] if kept else [after.name])


def test_a_session_that_ends_and_a_connection_that_breaks_lose_nothing(vm: t.Any, vcenter: t.Any) -> None:
    def act() -> None:
        vcenter.inject(
            {"method": "ReadNextEvents", "action": "expire_session"},
            {"method": "CreateCollectorForEvents", "action": "drop_before", "count": 5},
        )
        reconfigure(vm, numCPUs=4)

    try:
        heard = Source(vcenter).hears(1, act, extra=1)
        assert [each["vm"] for each in heard] == [vm.name]
        assert vcenter.faults() == []
    finally:
        vcenter.clear_faults()


def test_it_reads_only_and_leaves_neither_session_nor_collector(vm: t.Any, vcenter: t.Any, session: Client) -> None:
    sessions = len(session.content.sessionManager.sessionList)
    reader = {"username": vcenter.readonly_username, "password": vcenter.readonly_password, "datacenter": "nfv-dc"}
    reconfigure(vm, numCPUs=2)
    vcenter.reset_calls()
    Source(vcenter, **reader, initial_start_time="2020-01-01 00:00:00").hears(1)
    calls = vcenter.calls()
    assert vcenter.mutating_calls() == {}
    assert calls["CreateCollectorForEvents"] == calls["DestroyCollector"] >= 1
    assert len(session.content.sessionManager.sessionList) == sessions


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"password": "wrong"}, "authentication_failed"),
        ({"datacenter": "nowhere"}, "datacenter_not_found"),
        ({"position_file": "/nonexistent/position.json"}, "position_unusable"),
    ],
)
def test_what_no_attempt_mends_ends_the_source(wrong: dict[str, str], code: str, vcenter: t.Any) -> None:
    with pytest.raises(NfvError, match=rf"\[{code}\]"):
        Source(vcenter, **wrong).hears(1)


def test_a_certificate_of_another_authority_is_refused(vcenter: t.Any, tmp_path: Path) -> None:
    other = ensure_pki(tmp_path)
    with pytest.raises(NfvError, match=r"\[certificate_untrusted\]"):
        Source(vcenter, ca_path=str(other.ca_certificate)).hears(1)


def test_the_position_of_another_vcenter_does_not_count(
    vm: t.Any, vcenter: t.Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What was there before is not heard; what comes is, and the position is this vCenter's from then on."""
    position = tmp_path / "position.json"
    other = {"instance_uuid": "other", "since": "2026-01-01T00:00:00+00:00", "delivered": {}}
    position.write_text(json.dumps(other))
    reconfigure(vm, numCPUs=4)
    time.sleep(1)
    (heard,) = Source(vcenter, position_file=str(position)).hears(1, lambda: reconfigure(vm, numCPUs=2), extra=1)
    assert [event["changes"] for event in heard["events"]] == ["config.hardware.numCPU:4 -> 2;"]
    kept = json.loads(position.read_text())["instance_uuid"]
    assert kept not in ("", "other")
    (warned,) = [record.getMessage() for record in caplog.records if "vcenter_replaced" in record.getMessage()]
    assert "other" in warned
    assert kept in warned


def test_whether_a_vm_runs_is_told_also_of_one_that_is_gone(make_vm: t.Any, vcenter: t.Any) -> None:
    on, off, gone = make_vm(), make_vm(), make_vm()
    names = [machine.name for machine in (on, off, gone)]

    def act() -> None:
        WaitForTask(on.PowerOn())
        reconfigure(off, numCPUs=4)
        reconfigure(gone, numCPUs=4)
        WaitForTask(gone.Destroy_Task())

    heard = {each["vm"]: each["running"] for each in Source(vcenter, quiet=1.5).hears(3, act)}
    assert heard == dict(zip(names, (True, False, False)))


def test_only_what_is_asked_for_is_heard(make_vm: t.Any, vcenter: t.Any) -> None:
    wanted, other = make_vm(), make_vm()

    def act() -> None:
        for machine in (wanted, other):
            WaitForTask(machine.Rename_Task(f"{machine.name}-new"))
            reconfigure(machine, numCPUs=4)

    old = wanted.name
    asked = {"vms": [old], "event_type_ids": ["vim.event.VmRenamedEvent"], "user_names": [vcenter.username.upper()]}
    (heard,) = Source(vcenter, **asked).hears(1, act, extra=1)
    assert (heard["inventory_name"], heard["kinds"]) == (old, ["renamed"])
    nobody = {**asked, "vms": [wanted.name], "user_names": ["nobody"]}
    assert Source(vcenter, **nobody).hears(0, lambda: WaitForTask(wanted.Rename_Task(old)), extra=2) == []
