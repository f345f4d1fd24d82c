# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callback beside the playbooks loads every file of filters, by Ansible's own loader in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CALLBACK = ROOT / "playbooks/callback_plugins/load_filters.py"
PACKAGE = "ansible_collections.nfv.vsphere_dpdk.plugins.filter."
# What ansible-playbook does before its first task, but for what has nothing to do with this.
PROGRAM = f"""
import importlib.util, json, sys
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader([{str(ROOT / ".cache/source")!r}])
spec = importlib.util.spec_from_file_location("callback", {str(CALLBACK)!r})
callback = importlib.util.module_from_spec(spec)
spec.loader.exec_module(callback)
{{call}}
print(json.dumps(sorted(name.removeprefix({PACKAGE!r}) for name in sys.modules if name.startswith({PACKAGE!r}))))
"""


def loaded(call: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(call=call)], capture_output=True, text=True, check=True, timeout=60
    )
    names: list[str] = json.loads(done.stdout)
    return names


@pytest.mark.parametrize("call", ["", "callback.CallbackModule()"])
def test_without_it_none_is_loaded(call: str) -> None:
    assert loaded(call) == []


def test_all_files_of_filters_are_loaded() -> None:
    files = sorted(path.stem for path in (ROOT / "plugins/filter").glob("*.py"))
    assert loaded("callback.CallbackModule().v2_playbook_on_start(None)") == files
