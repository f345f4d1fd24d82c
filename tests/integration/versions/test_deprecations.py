# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deprecation that names this collection fails a stage of the tests, wherever ansible-core meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

from tests.support.imports import ROOT

OURS, ANOTHER = "nfv.vsphere_dpdk", "another.collection"
MODULE = """
from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule({"caller": {"type": "str"}})
module.deprecate(f"Deprecated by a {module.params['caller']}", version="9.0.0", collection_name="COLLECTION")
module.exit_json()
"""
FILTER = """
from ansible.utils.display import Display


def old(value):
    Display().deprecated("Deprecated by a filter", version="9.0.0", collection_name="COLLECTION")
    return value


class FilterModule:
    def filters(self):
        return {"old": old}
"""
# One message each.
TASKS = [
    {"COLLECTION.old": {"caller": "task"}},
    {"COLLECTION.old": {"caller": "{{ item }}"}, "loop": ["loop"]},
    {"ansible.builtin.debug": {"msg": "{{ 1 | COLLECTION.old }}"}},
]
CALLERS = ("task", "loop", "filter")
STAGE = '. scripts/environment; without_deprecations "$@"'


def stage(directory: Path, collection: str, tasks: list[dict[str, t.Any]]) -> subprocess.CompletedProcess[str]:
    """Runs tasks with a collection that deprecates something, as a stage of the tests does."""
    plugins = directory / "ansible_collections" / collection.replace(".", "/") / "plugins"
    for kind, source in (("modules", MODULE), ("filter", FILTER)):
        (plugins / kind).mkdir(parents=True)
        (plugins / kind / "old.py").write_text(source.replace("COLLECTION", collection))
    interpreter = {"ansible_python_interpreter": sys.executable}
    play = {"hosts": "localhost", "gather_facts": False, "vars": interpreter, "tasks": tasks}
    (directory / "play.yml").write_text(json.dumps([play]).replace("COLLECTION", collection))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    environment["NFV_VENV"] = str(Path(sys.executable).parents[1])
    playbook = [
        *("env", f"ANSIBLE_COLLECTIONS_PATH={directory}", "ANSIBLE_STDOUT_CALLBACK=ansible.posix.json"),
        *("ansible-playbook", "--inventory=localhost,", "--connection=local", str(directory / "play.yml")),
    ]
    return subprocess.run(
        ["bash", "-c", STAGE, "stage", str(directory / "ansible.log"), *playbook],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_deprecation_of_this_collection_fails_the_stage(tmp_path: Path) -> None:
    done = stage(tmp_path, OURS, TASKS)
    assert done.returncode == 1
    _shown, _found, found = done.stderr.partition("[DEPRECATION WARNING]: ")
    assert [caller for caller in CALLERS if f"Deprecated by a {caller}" not in found] == []
    assert f"Deprecations that name this collection: {len(CALLERS)}" in found


def test_deprecation_of_another_collection_does_not(tmp_path: Path) -> None:
    done = stage(tmp_path, ANOTHER, TASKS)
    assert done.returncode == 0, done.stderr
    log = (tmp_path / "ansible.log").read_text()
    assert [caller for caller in CALLERS if f"Deprecated by a {caller}" not in log] == []


def test_failure_of_the_command_stays_a_failure(tmp_path: Path) -> None:
    assert stage(tmp_path, OURS, [{"ansible.builtin.fail": {}}]).returncode == 2
