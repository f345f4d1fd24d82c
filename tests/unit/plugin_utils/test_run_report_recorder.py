# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recorder of run.json: times, the gate's hosts, secrets, and what could not be read."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.run.model import Run, report_as_data
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.run.read import TaskResult
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.run.report import failed_report
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.run_report.file import mark_failed, write_report
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.run_report.recorder import UNFINISHED, Recorder

RUN = Run("drift", ("drift",), check=False, started="2026-01-01T00:00:00Z", commit="c0ffee")
SECRET = "not-to-be-told"
INFO = "nfv.vsphere_dpdk.vm_dataplane_info"
THERE = {"vms": {"pgw-1": {"present": True, "readable": True}}}


def recorder() -> Recorder:
    """One whose clock goes on by a second each time."""
    seconds = itertools.count()
    return Recorder(RUN, lambda: float(next(seconds)))


def look(host: str = "pgw-1", **more: object) -> TaskResult:
    return TaskResult("Look", INFO, host, THERE, delegate="localhost", **more)  # type: ignore[arg-type]


def test_hosts_of_the_first_checks_are_not_those_of_the_run() -> None:
    record = recorder()
    record.play("Checks", gate=True)
    record.task_ends(look("localhost"), "1")
    record.play("Compare", gate=False)
    record.task_begins("pgw-1", "2")
    record.task_ends(look(), "2")
    data = report_as_data(record.report(()))
    assert list(data["hosts"]) == ["pgw-1"]
    assert data["outcome"] == "clean"
    checks, compare = data["stages"]
    assert (checks["name"], compare["name"]) == ("Checks", "Compare")
    assert compare["slowest"] == [{"host": "pgw-1", "seconds": data["hosts"]["pgw-1"]["seconds"]}]
    assert compare["slowest"][0]["seconds"] > 0
    assert data["seconds"] >= sum(stage["seconds"] for stage in data["stages"]) > 0


def test_a_task_takes_until_the_next_one_begins() -> None:
    now = [0.0]
    record = Recorder(RUN, lambda: now[0])
    record.play("Compare", gate=False)
    for task, hosts in (("1", ("pgw-1", "pgw-2", "pgw-3")), ("2", ("pgw-1",))):
        for host in hosts:
            record.task_begins(host, task)
            now[0] += 2
            record.task_ends(dataclasses.replace(look(host), task=f"Task {task}"), task)
        now[0] += 1
    data = report_as_data(record.report(()))
    assert data["stages"][0]["tasks"] == [{"task": "Task 1", "seconds": 7.0}, {"task": "Task 2", "seconds": 3.0}]
    assert data["hosts"]["pgw-1"]["seconds"] == 4.0


def test_a_result_that_cannot_be_read_is_never_green() -> None:
    record = recorder()
    record.play("Compare", gate=False)
    record.task_ends(look(), "1")
    assert record.report(()).outcome == "clean"
    record.missed("Look", "KeyError: 'setting'")
    report = record.report(())
    assert (report.outcome, report.errors[0].code) == ("failed", "report_incomplete")


def test_secrets_of_tasks_are_masked_wherever_they_stand(tmp_path: Path) -> None:
    record = recorder()
    record.play("Compare", gate=False)
    arguments = {"hostname": "vc", "users": [{"password": SECRET}]}
    said = {"failed": True, "msg": f"[authentication_failed] vc: {SECRET} is refused"}
    record.task_ends(TaskResult("Look", INFO, "pgw-1", said, arguments, delegate="localhost", failed=True), "1")
    report = record.report(["pgw-1"])
    write_report(tmp_path, report)
    assert SECRET in (tmp_path / "run.json").read_text()
    write_report(tmp_path, report, record.secrets)
    text = (tmp_path / "run.json").read_text()
    assert SECRET not in text
    assert "******** is refused" in text


def test_first_checks_that_fail_say_so_in_the_report_that_was_begun(tmp_path: Path) -> None:
    def marked() -> dict[str, object]:
        mark_failed(tmp_path / "new", "[hosts_missing] no host of all")
        data: dict[str, object] = json.loads((tmp_path / "new/run.json").read_text())
        return data

    assert (marked()["outcome"], marked()["playbook"]) == ("failed", "")
    write_report(tmp_path / "new", failed_report(RUN, UNFINISHED))
    data = marked()
    assert (data["outcome"], data["message"]) == ("failed", "[hosts_missing] no host of all")
    assert (data["playbook"], data["started"], data["commit"]) == (RUN.playbook, RUN.started, RUN.commit)
    assert data["ended"]


def test_an_earlier_run_lends_its_name_to_no_other(tmp_path: Path) -> None:
    record = recorder()
    record.play("Compare", gate=False)
    record.task_ends(look(), "1")
    write_report(tmp_path, record.report(()))
    mark_failed(tmp_path, "[hosts_missing] no host of all")
    data = json.loads((tmp_path / "run.json").read_text())
    assert (data["outcome"], data["playbook"]) == ("failed", "")
