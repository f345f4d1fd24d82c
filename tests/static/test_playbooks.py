# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every playbook begins with a play that runs whatever inventory and --limit leave, and no tag leaves out its work."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"
# Playbooks that are another one with variables of their own.
WRAPPERS = {"deploy_pgw": "deploy", "remove_pgw": "remove"}
EVENT_ANSWERS = {"drift_after_event": "drift", "verify_after_event": "verify"}
# What most playbooks deal with: nfv_hosts, or the group that the first play makes.
HOSTS = re.compile(r"\{\{ nfv_hosts \| default\('hosts_with_nfv_dataplane'\) \}\}")
# Playbooks whose users choose parts by tags, and those tags; each of them refuses other tags.
TAGS = {"deploy": {"vsphere", "guest"}}


def plays(name: str) -> list[dict[str, t.Any]]:
    read: list[dict[str, t.Any]] = yaml.safe_load((PLAYBOOKS / f"{name}.yml").read_text(encoding="utf-8"))
    return read


NAMES = sorted({path.stem for path in PLAYBOOKS.glob("*.yml")} - WRAPPERS.keys() - EVENT_ANSWERS.keys())


@pytest.mark.parametrize("name", WRAPPERS)
def test_wrapper_does_nothing_itself_and_keeps_its_placement(name: str) -> None:
    (only,) = plays(name)
    assert only.keys() == {"name", "ansible.builtin.import_playbook", "vars"}
    assert only["ansible.builtin.import_playbook"] == f"{WRAPPERS[name]}.yml"
    assert (only["vars"]["nfv_hosts"], only["vars"]["__nfv_placement_default"]) == ("pgw", "pgw")
    # As a variable of the play it would override what the inventory says, and so leave rules behind.
    assert "nfv_placement_name" not in only["vars"]


@pytest.mark.parametrize("name", EVENT_ANSWERS)
def test_answer_to_an_event_does_nothing_itself_and_is_for_no_other_host(name: str) -> None:
    """A name of vCenter's, such as "all" or "pgw*", is no pattern."""
    (only,) = plays(name)
    assert only.keys() == {"name", "ansible.builtin.import_playbook", "vars"}
    assert only["ansible.builtin.import_playbook"] == f"{EVENT_ANSWERS[name]}.yml"
    assert only["vars"]["nfv_hosts"].startswith("{{ groups['all'] | intersect([nfv_event.inventory_name]) | first ")


@pytest.mark.parametrize("name", sorted({"check_descriptions", "deploy", "drift", "remove", "verify"}))
def test_one_variable_chooses_the_hosts_of_every_play(name: str) -> None:
    first, *others = plays(name)
    assert HOSTS.fullmatch(first["vars"]["__nfv_hosts"])
    assert {play["hosts"] for play in others} == {first["vars"]["__nfv_hosts"]}


@pytest.mark.parametrize("name", NAMES)
def test_hosts_come_in_the_same_order_in_each_run(name: str) -> None:
    """By their names: the first play makes the group of hosts in its own order, and messages and reports list that."""
    for play in plays(name):
        several = "hosts_with_nfv_dataplane" in play["hosts"] or "check_hosts" in play["hosts"]
        assert several is (play.get("order") == "sorted"), play["name"]
    (task,) = [
        task
        for task in yaml.safe_load((PLAYBOOKS / "tasks/require_hosts.yml").read_text(encoding="utf-8"))
        if "ansible.builtin.group_by" in task
    ]
    assert task["throttle"] == 1


@pytest.mark.parametrize("name", NAMES)
def test_first_play_requires_a_host_wherever_it_can_run(name: str) -> None:
    first = plays(name)[0]
    assert first["hosts"].startswith("{{ query('nfv.vsphere_dpdk.check_hosts', ")
    (task,) = first["tasks"]
    assert task["ansible.builtin.import_tasks"] == "tasks/require_hosts.yml"
    assert first["tags"] == ["always"]
    # The lookup and the tasks replace the same report.
    report = first["vars"].get("__nfv_report")
    assert (f"report='{report}'" in first["hosts"]) is (report is not None)


@pytest.mark.parametrize("name", NAMES)
def test_no_tag_leaves_out_its_work(name: str) -> None:
    tags = {tag for play in plays(name) for tag in play.get("tags", ["untagged"])}
    assert tags == {"always"} | TAGS.get(name, set())
    assert set(plays(name)[0]["vars"].get("__nfv_tags", ())) == TAGS.get(name, set())


def handing_on(text: str) -> dict[str, str]:
    """What the tasks of a file leave to the next job of a workflow in AWX, by name."""
    found: dict[str, str] = {}
    pending = [yaml.safe_load(text)]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            found |= node.get("ansible.builtin.set_stats", {}).get("data", {}).get("nfv_outcomes", {})
            pending += node.values()
        elif isinstance(node, list):
            pending += node
    return found


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("playbooks/drift.yml", "drift"),
        ("playbooks/tasks/report_readiness.yml", "readiness"),
        ("roles/dpdk_verify/tasks/report.yml", "proof"),
    ],
)
def test_outcomes_are_handed_on_before_anything_fails(file: str, name: str) -> None:
    """tests/integration/vsphere/test_drift_playbook.py reads one; docs/run_report.md names all."""
    text = (PLAYBOOKS.parent / file).read_text(encoding="utf-8")
    told = handing_on(text)
    assert list(told) == [name]
    assert "'outcome': " in told[name] and "'message': " in told[name]
    assert f"`{name}` (" in (PLAYBOOKS.parent / "docs/run_report.md").read_text(encoding="utf-8")
    # The control.
    assert handing_on(text.replace("set_stats", "debug")) == {}


def test_the_lint_checks_what_a_deployment_checks_before_its_first_connection() -> None:
    """All that deploy's second play asks, and the same variables; no password is asked for."""
    (_, lint), (_, deployment, *_) = plays("check_descriptions"), plays("deploy")
    assert lint["vars"]["__nfv_shared_here"] == deployment["vars"]["__nfv_shared_here"]
    asked = {"vsphere_hostname", "vsphere_password", "nfv_dataplane", *lint["vars"]["__check_descriptions_vsphere"]}
    assert asked == set(deployment["vars"]["__nfv_required"])
    text = str(lint).replace("ask_workload", "check_workload")
    for task in deployment["tasks"]:
        if "ansible.builtin.import_tasks" in task:
            assert task["ansible.builtin.import_tasks"] in text
