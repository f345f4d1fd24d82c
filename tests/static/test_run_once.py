# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task that runs once for all hosts takes only variables that the hosts have been asked to have alike."""

from __future__ import annotations

import re
import typing as t

import pytest
import yaml

from tests.support.imports import ROOT

PLAYBOOKS = ROOT / "playbooks"
# A variable of the user's; not a part of the collection's name, of another variable's or of a result, no key, and no
# error code.
VARIABLE = re.compile(
    r"(?<![\w.'])(?<!['\"]\[)(?:nfv|vsphere|drift|remove|vm_hardware|dpdk_verify)_[a-z0-9_]*[a-z0-9]\b(?![.:])"
)
# What runs once with the variables of the first host, and need not be alike.
NOT_SHARED = {
    "vsphere_password": "of the account, which is one: playbooks/vars/common.yml",
    "vsphere_folder": "given for each VM: look_at_vcenter.yml",
    "vsphere_datastore": "given for each VM: look_at_vcenter.yml",
    "vsphere_template": "given for each VM: look_at_vcenter.yml",
    "vm_hardware_vms": "made from all hosts",
    "nfv_hosts": "chooses the hosts, before any of them has variables",
}
Task = dict[str, t.Any]


def once(tasks: t.Iterable[Task]) -> t.Iterator[Task]:
    """The tasks and blocks that run once, with what is in them."""
    for task in tasks:
        if task.get("run_once"):
            yield task
        else:
            for part in ("block", "rescue", "always"):
                yield from once(task.get(part, ()))


def taken(tasks: t.Iterable[Task], common: t.Mapping[str, t.Any]) -> set[str]:
    """The user's variables that these tasks take, directly or by a variable of playbooks/vars/common.yml."""
    texts = [
        yaml.safe_dump({key: value for key, value in task.items() if key != "name"}, width=10**6) for task in tasks
    ]
    found: set[str] = set()
    waiting = list(texts)
    seen: set[str] = set()
    while waiting:
        text = waiting.pop()
        found |= set(VARIABLE.findall(text))
        more = {name for name in common if re.search(rf"\b{name}\b", text)} - seen
        seen |= more
        waiting += [str(common[name]) for name in more]
    return found - NOT_SHARED.keys()


COMMON: dict[str, t.Any] = yaml.safe_load((PLAYBOOKS / "vars/common.yml").read_text(encoding="utf-8"))
SHARED = set(COMMON.pop("__nfv_shared"))


def included(tasks: t.Iterable[Task]) -> t.Iterator[Task]:
    """The tasks, and those of the files of tasks that they include."""
    for task in tasks:
        yield task
        yield from included([each for part in ("block", "rescue", "always") for each in task.get(part, ())])
        for action in ("ansible.builtin.include_tasks", "ansible.builtin.import_tasks"):
            if action in task:
                path = PLAYBOOKS / "tasks" / task[action].rpartition("/")[2]
                yield from included(yaml.safe_load(path.read_text(encoding="utf-8")))


def shared(tasks: t.Iterable[Task]) -> set[str]:
    """What the tasks of a role refuse to differ in."""
    return {
        name
        for task in tasks
        for key, value in task.get("vars", {}).items()
        if key.endswith("_shared")
        for name in value
    }


@pytest.mark.parametrize("name", ["check_descriptions", "deploy", "drift", "readiness", "remove", "verify"])
def test_a_playbook_refuses_hosts_that_differ_in_what_it_takes_once(name: str) -> None:
    plays = yaml.safe_load((PLAYBOOKS / f"{name}.yml").read_text(encoding="utf-8"))
    # The first play knows no host yet.
    asked = [index for index, play in enumerate(plays) if "tasks/check_run.yml" in str(play)]
    assert asked == [1], "the hosts must be asked once, before any connection"
    tasks = [task for play in plays[1:] for task in included(play["tasks"])]
    needed = taken([*once(tasks), {"module_defaults": COMMON["__nfv_vsphere"]}], COMMON)
    assert needed - SHARED - set(plays[1]["vars"]["__nfv_shared_here"]) == set()


@pytest.mark.parametrize("role", sorted(path.name for path in (ROOT / "roles").iterdir()))
def test_a_role_refuses_hosts_that_differ_in_what_it_takes_once(role: str) -> None:
    for path in sorted((ROOT / "roles" / role / "tasks").glob("*.yml")):
        tasks = yaml.safe_load(path.read_text(encoding="utf-8"))
        everywhere = [
            task
            for each in sorted(path.parent.glob("*.yml"))
            for task in yaml.safe_load(each.read_text(encoding="utf-8"))
        ]
        assert taken(once(tasks), {}) - shared(everywhere) == set(), path


def test_a_task_that_takes_more_is_found() -> None:
    """The negative control: directly, in a block, and by a variable of vars/common.yml."""
    tasks = [{"block": [{"run_once": True, "x": {"nfv.vsphere_dpdk.y": "{{ nfv_new_option | default(1) }}"}}]}]
    assert taken(once(tasks), COMMON) == {"nfv_new_option"}
    assert taken(once([{"run_once": True, "x": "{{ __nfv_placement_name }}"}]), COMMON) == {"nfv_placement_name"}
    assert taken(once([{"run_once": True, "x": "{{ table[nfv_new_option] }}"}]), COMMON) == {"nfv_new_option"}
    assert taken(once([{"run_once": True, "x": "[nfv_new_code] it is refused"}]), COMMON) == set()
    assert taken(once([{"x": "{{ nfv_new_option }}"}]), COMMON) == set()
