# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""run.json: what each kind of result says, how the outcomes add up, and what a plan is bound to."""

from __future__ import annotations

import dataclasses
import json
import re
import typing as t
from pathlib import Path

import jsonschema
import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.run.model import Run, RunError, report_as_data
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.run.outcome import DESCRIPTION, outcome_of_error
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.run.read import TaskResult, findings
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.run.report import failed_report, run_report
from scripts.error_table import CODES, ROOT, tables

SCHEMA = json.loads((ROOT / "docs/run_report.schema.json").read_text())
DEPLOY = Run("deploy", ("deploy",), check=False, started="2026-01-01T00:00:00Z", ended="2026-01-01T00:01:00Z")
PLAN = dataclasses.replace(DEPLOY, check=True)
DRIFT = dataclasses.replace(DEPLOY, playbook="drift", playbooks=("drift",))
OURS = "nfv.vsphere_dpdk."
COUNT = {"setting": "cpu.count", "from": 2, "to": 4, "power_off_needed": True}
ROW = {"name": "polling", "asked": "poll", "seen": "polls", "verdict": "pass", "reason": ""}


def task(module: str, result: dict[str, t.Any], **more: t.Any) -> TaskResult:
    return TaskResult(module, module if "." in module else f"{OURS}{module}", "pgw-1", result, **more)


def on_controller(module: str, result: dict[str, t.Any], **more: t.Any) -> TaskResult:
    return task(module, result, delegate="localhost", run_once=True, **more)


def fact(**facts: t.Any) -> TaskResult:
    return task("ansible.builtin.set_fact", {"ansible_facts": facts})


def failure(message: str, **more: t.Any) -> TaskResult:
    return task("ansible.builtin.fail", {"failed": True, "msg": message}, failed=True, **more)


def proof(status: str) -> TaskResult:
    return fact(nfv_verdict={"status": status, "evidence": [ROW]})


def there(name: str = "pgw-1") -> TaskResult:
    return on_controller("vm_dataplane_info", {"vms": {name: {"present": True, "readable": True}}})


def absent(description: t.Any) -> TaskResult:
    asked = {"vms": [{"name": "pgw-1", "dataplane": description}]}
    return on_controller("vm_dataplane_info", {"vms": {"pgw-1": {"present": False}}}, arguments=asked)


def reconfigured(*changes: dict[str, t.Any]) -> TaskResult:
    vm = {"changed": bool(changes), "changes": list(changes)}
    return on_controller("vm_dataplane", {"changed": bool(changes), "vms": {"pgw-1": vm}})


def report(
    run: Run, *tasks: TaskResult, hosts: t.Sequence[str] = ("pgw-1",), failed: t.Sequence[str] = ("pgw-1",)
) -> t.Any:
    """The report as run.json has it, which is as its schema says."""
    found = [one for ended in tasks for one in findings(ended)]
    data = report_as_data(run_report(run, dict.fromkeys(hosts, 1.0), found, failed))
    jsonschema.validate(json.loads(json.dumps(data)), SCHEMA)
    return data


def test_schema_refuses_another_shape() -> None:
    data = report(DEPLOY, there(), proof("proved"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**data, "outcome": "green"}, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({key: value for key, value in data.items() if key != "digest"}, SCHEMA)


@pytest.mark.parametrize(
    ("run", "tasks", "outcome"),
    [
        (DEPLOY, [there(), reconfigured(), proof("proved")], "clean"),
        (DEPLOY, [there(), reconfigured(COUNT), proof("proved")], "changed"),
        (DEPLOY, [there(), proof("running")], "clean"),  # passive was asked for, or the role would have failed
        (DEPLOY, [there(), proof("skipped")], "not_proved"),
        (DEPLOY, [there(), proof("failed")], "not_proved"),
        (DEPLOY, [there()], "not_proved"),
        (PLAN, [there(), proof("skipped")], "clean"),
        (PLAN, [there(), reconfigured(COUNT), proof("skipped")], "changed"),
        (PLAN, [absent({}), proof("skipped")], "changed"),
        (DEPLOY, [there(), failure("[poll_mode_not_proved] pgw-1: two rows")], "not_proved"),
        (DEPLOY, [there(), failure("[power_off_needed] pgw-1: cpu.count")], "refused"),
        (DEPLOY, [failure("[description_invalid] nfv_dataplane.cpu: [key_missing] count")], "refused"),
        (DEPLOY, [failure("[hosts_missing] no host", run_once=True)], "failed"),
        (DEPLOY, [failure("[vcenter_unreachable] localhost: refused", run_once=True)], "failed"),
        (DEPLOY, [failure("somebody else's words")], "failed"),
        (DEPLOY, [], "failed"),
        (PLAN, [proof("skipped")], "failed"),  # nothing was looked at
        (DRIFT, [there()], "clean"),
    ],
)
def test_outcome(run: Run, tasks: list[TaskResult], outcome: str) -> None:
    assert report(run, *tasks)["outcome"] == outcome


def test_no_host_is_never_green() -> None:
    assert report(DEPLOY, hosts=[])["outcome"] == "failed"
    assert report(dataclasses.replace(DEPLOY, playbooks=("check_evidence",)), hosts=[])["outcome"] == "clean"


def test_an_error_that_was_rescued_or_ignored_does_not_count() -> None:
    tasks = [there(), failure("[generator_failed] pgw-1: ended"), proof("proved")]
    assert report(DEPLOY, *tasks)["outcome"] == "failed"
    assert report(DEPLOY, *tasks, failed=[])["outcome"] == "clean"
    # Ansible takes "failed" and "skipped" out of what a callback is given.
    ignored = task("guest_dataplane_info", {"msg": "[x] y"}, answered=False)
    assert report(DRIFT, there(), ignored, failed=[])["hosts"]["pgw-1"]["looked"] == {"vsphere": True, "guest": False}


def test_a_guest_was_looked_at_by_the_module_with_which_ansible_found_its_interpreter() -> None:
    found = {"differences": [], "ansible_facts": {"discovered_interpreter_python": "/usr/bin/python3.11"}}
    data = report(DRIFT, there(), task("guest_dataplane_info", found))
    assert data["hosts"]["pgw-1"]["looked"] == {"vsphere": True, "guest": True}


def test_a_host_that_another_one_stopped_takes_its_outcome() -> None:
    hosts = report(DEPLOY, failure("[key_missing] pgw-1: x"), hosts=["pgw-1", "pgw-2"])["hosts"]
    assert {name: host["outcome"] for name, host in hosts.items()} == {"pgw-1": "refused", "pgw-2": "refused"}


def test_drift_names_the_settings_of_both_sides_once() -> None:
    one = {"side": "vsphere", "setting": "cpu.count", "described": 2, "found": 4, "message": "cpu.count is 4"}
    lost = {"side": "guest", "message": "[guest_not_running] pgw-2: off"}
    vms = {
        "pgw-1": {"outcome": "found", "differences": [one], "failures": []},
        "pgw-2": {"outcome": "failed", "differences": [], "failures": [lost]},
    }
    guest = {"differences": [{"setting": "x", "asked": 1, "seen": 2, "error_code": "y", "message": "z"}]}
    tasks = [there(), task("guest_dataplane_info", guest), fact(__drift_report={"vms": vms})]
    data = report(DRIFT, *tasks, failure("[drift_unknown] 1 of 2", run_once=True))
    assert (data["outcome"], data["message"]) == ("failed", "[drift_unknown] 1 of 2")
    assert [each["setting"] for each in data["hosts"]["pgw-1"]["differences"]] == ["cpu.count"]
    assert data["hosts"]["pgw-1"]["outcome"] == "drift"
    assert data["hosts"]["pgw-2"]["errors"][0]["code"] == "guest_not_running"
    del vms["pgw-2"]
    data = report(DRIFT, there(), fact(__drift_report={"vms": vms}), failure("[drift_found] 1 of 1", run_once=True))
    assert data["outcome"] == "drift"


def test_changes_of_all_sides_and_what_they_need() -> None:
    diff = {
        "before": {"kernel": {"isolcpus": None}, "tuned": "x"},
        "after": {"kernel": {"isolcpus": "1"}, "tuned": "x"},
    }
    tuned = task("guest_tuning", {"changed": True, "diff": diff, "pending": ["isolcpus=1"], "reboot_required": True})
    switch = {"changed": True, "restart_reasons": ["x"], "diff": {"before": {"dpdk": 0}, "after": {"dpdk": 1}}}
    rules = {"nfv-a": {"changes": [{"kind": "rule", "name": "nfv:1", "from": None, "to": ["pgw-1"]}]}}
    moved = [{"vm": "pgw-1", "from": "esx-1", "to": "esx-2"}]
    data = report(
        PLAN,
        there(),
        on_controller("placement_rules", {"changed": True, "clusters": rules, "moved": moved}),
        reconfigured(COUNT),
        tuned,
        task("ovs_dpdk", switch),
        task("ansible.builtin.apt", {"changed": True}),
        on_controller("vm_known_hosts", {"changed": True}),
    )
    changes = [(one["side"], one["setting"], one["to"], one["needs"]) for one in data["hosts"]["pgw-1"]["changes"]]
    assert changes == [
        ("vsphere", "host", "esx-2", "nothing"),
        ("vsphere", "cpu.count", 4, "power_cycle"),
        ("guest", "kernel isolcpus", "1", "reboot"),
        ("guest", "dpdk", 1, "restart"),
        ("guest", "ansible.builtin.apt", None, "nothing"),
        ("controller", "vm_known_hosts", None, "nothing"),
    ]
    assert [(one["cluster"], one["setting"]) for one in data["changes"]] == [("nfv-a", "rule nfv:1")]


def test_a_plan_is_bound_to_its_changes_and_to_the_description_of_a_vm_that_is_to_be_made() -> None:
    digest = report(PLAN, there(), reconfigured(COUNT))["digest"]
    later = dataclasses.replace(PLAN, started="2027-01-01T00:00:00Z")
    assert report(later, there(), reconfigured(COUNT))["digest"] == digest
    assert report(PLAN, there(), reconfigured({**COUNT, "to": 8}))["digest"] != digest
    assert report(PLAN, there("pgw-2"), reconfigured())["digest"] != digest
    known_hosts = on_controller("vm_known_hosts", {"changed": True})
    assert report(PLAN, there(), reconfigured(COUNT), known_hosts)["digest"] == digest
    assert report(PLAN, absent({"cpu": 2}))["digest"] != report(PLAN, absent({"cpu": 4}))["digest"]
    long = ["x" * 1000, "x" * 999 + "y"]
    first, second = (report(PLAN, there(), reconfigured({**COUNT, "to": value})) for value in long)
    assert first["digest"] != second["digest"]
    assert len(first["hosts"]["pgw-1"]["changes"][0]["to"]) < 400


def test_readiness_is_evidence_of_the_run() -> None:
    row = {"subject": "host", "object": "esx-1", "check": "bios_power", "asked": "OS", "seen": "BIOS", "remedy": "set"}
    rows = [{**row, "verdict": verdict} for verdict in ("ready", "not_ready", "unknown", "not_asked")]
    data = report(dataclasses.replace(DEPLOY, playbooks=("readiness",)), there(), fact(__nfv_readiness={"rows": rows}))
    assert [each["status"] for each in data["evidence"]] == ["passed", "failed", "unknown", "skipped"]
    assert data["evidence"][0]["object"] == "esx-1"


@pytest.mark.parametrize("module", ["vm_dataplane_info", "readiness_info"])
def test_vcenter_is_named_by_whichever_module_asked_it(module: str) -> None:
    said = {"vms": {"pgw-1": {"present": True, "readable": True}}, "vcenter": {"version": "8.0.3", "build": "24022515"}}
    assert report(DRIFT, on_controller(module, said))["versions"]["vcenter"] == "8.0.3 build 24022515"
    # The control: nobody was asked.
    assert report(DRIFT, there())["versions"]["vcenter"] is None


def test_several_errors_count_as_the_worst_of_them() -> None:
    def outcome(message: str) -> str:
        return outcome_of_error(RunError("several_errors", f"[several_errors] 2 VMs: {message}", "vsphere", ""))

    assert outcome("[power_off_needed] a; [power_off_needed] b") == "refused"
    assert outcome("[power_off_needed] a; [vm_busy] b") == "failed"
    assert outcome("nobody knows") == "failed"


def test_codes_of_descriptions_are_those_below_their_heading() -> None:
    (section,) = [part for part in tables(CODES.read_text()).split("## ") if part.startswith("Description and options")]
    assert {code.value for code in DESCRIPTION} == set(re.findall(r"(?m)^\| `([a-z0-9_]+)` \|", section))


def test_a_run_that_has_not_ended_is_failed() -> None:
    data = report_as_data(
        failed_report(DEPLOY, RunError("run_unfinished", "[run_unfinished] run: x", "controller", ""))
    )
    jsonschema.validate(data, SCHEMA)
    assert data["outcome"] == "failed"


def test_the_page_has_every_key() -> None:
    page = Path(ROOT / "docs/run_report.md").read_text()
    missing = [key for key in [*SCHEMA["properties"], *SCHEMA["$defs"]["host"]["properties"]] if f"`{key}`" not in page]
    assert missing == []
