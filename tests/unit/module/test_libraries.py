# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules and plugins where a library is really not there: each module says what to install, plugins need none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PLUGINS = "ansible_collections.nfv.vsphere_dpdk.plugins"
# Hides libraries from an interpreter, from its first line on.
HIDE = """
import os, sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in os.environ["HIDDEN"].split():
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
"""
CONNECTION = {"hostname": "localhost", "port": 1, "username": "nobody", "password": "not-a-secret"}
VMS: dict[str, t.Any] = {"vms": [{"name": "pgw-1", "dataplane": {}}]}
GUEST: dict[str, t.Any] = {"vms": [{"name": "pgw-1", "dataplane": {}, "guest": {}}]}
# Every module that talks to vCenter, with the least that its options ask for.
MODULES: dict[str, dict[str, t.Any]] = {
    "feature_compat_info": VMS,
    "vm_cpu_info": {"vms": [{"name": "pgw-1"}]},
    "host_topology_info": {},
    "placement_rules": {"name": "pgw", "plan": {}},
    "vm_cpu_pinning": VMS,
    "readiness_info": VMS,
    "vm_dataplane": VMS,
    "vm_dataplane_info": VMS,
    "vm_first_boot": GUEST,
    "vm_hugepages": VMS,
    "vm_known_hosts": {"vms": [{"name": "pgw-1", "guest": {}}], "path": "known_hosts"},
    "vm_vmxnet3": VMS,
}


@pytest.fixture
def python(tmp_path: Path) -> t.Callable[..., subprocess.CompletedProcess[str]]:
    """Runs this interpreter without some libraries."""
    (tmp_path / "sitecustomize.py").write_text(HIDE)

    def run(hidden: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"HIDDEN": hidden, "PYTHONPATH": f"{tmp_path}:{ROOT / '.cache/source'}"}
        return subprocess.run(
            [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    return run


def result(python: t.Any, directory: Path, hidden: str, module: str, **options: t.Any) -> dict[str, t.Any]:
    """What the module returns."""
    arguments = directory / "arguments.json"
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {**CONNECTION, **MODULES[module], **options}}))
    done = python(hidden, "-m", f"{PLUGINS}.modules.{module}", str(arguments))
    assert "Traceback" not in done.stderr, done.stderr
    returned: dict[str, t.Any] = json.loads(done.stdout)
    return returned


def test_every_module_for_vcenter_is_here() -> None:
    found = {path.stem for path in (ROOT / "plugins/modules").glob("*.py") if "connection_options" in path.read_text()}
    assert set(MODULES) == found


@pytest.mark.parametrize("module", MODULES)
def test_module_without_pyvmomi_says_what_to_install(python: t.Any, tmp_path: Path, module: str) -> None:
    returned = result(python, tmp_path, "pyVmomi pyVim", module)
    assert returned["error_code"] == "library_missing"
    assert returned["msg"].startswith("[library_missing] pyvmomi: ")
    assert f"{sys.executable} -m pip install pyvmomi" in returned["msg"]


@pytest.mark.parametrize(
    ("hidden", "options"), [("jmespath", {"query": "vms"}), ("requests", {"required_libraries": ["requests"]})]
)
def test_library_that_only_some_options_need_is_asked_for_then(
    python: t.Any, tmp_path: Path, hidden: str, options: dict[str, t.Any]
) -> None:
    assert result(python, tmp_path, hidden, "vm_dataplane_info", **options)["msg"].startswith(
        f"[library_missing] {hidden}: "
    )
    # Nobody listens on port 1: it got as far as the connection.
    without = result(python, tmp_path, hidden, "vm_dataplane_info", vms=[{"name": "pgw-1"}])
    assert without["error_code"] == "vcenter_unreachable"


def test_plugins_of_the_controller_need_nothing_but_ansible(python: t.Any) -> None:
    names = [
        f"{PLUGINS}.{path.relative_to(ROOT / 'plugins').with_suffix('').as_posix().replace('/', '.')}"
        for kind in ("action", "filter", "lookup", "plugin_utils")
        for path in sorted((ROOT / "plugins" / kind).rglob("*.py"))
    ]
    assert len(names) > 10
    done = python("pyVmomi pyVim jmespath requests MLRsearch", "-c", "\n".join(f"import {name}" for name in names))
    assert done.returncode == 0, done.stderr


def test_rate_search_says_what_to_install(python: t.Any) -> None:
    name = f"{PLUGINS}.plugin_utils.comparison.measurement"
    done = python("MLRsearch", "-c", f"from {name} import require_library\nrequire_library()")
    assert "[library_missing] MLRsearch: " in done.stderr
    assert f"{sys.executable} -m pip install MLRsearch" in done.stderr
