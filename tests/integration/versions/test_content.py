# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ansible-core that runs these tests imports and documents everything that the installed collection offers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.support.imports import ROOT

INSTALLED = ROOT / ".cache/collections"
CONTENT = INSTALLED / "ansible_collections/nfv/vsphere_dpdk"
# Imports the names that it reads; writes the warnings that arise in the collection's own files.
IMPORTER = """
import importlib, sys, warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for name in sys.stdin.read().split():
        importlib.import_module(name)
for warning in caught:
    if "ansible_collections/nfv/vsphere_dpdk" in warning.filename:
        print(f"{warning.filename}: {warning.message}")
"""


def run(*command: str | Path, text: str = "") -> str:
    """Runs a program of this Python's environment on the installed collection; returns its standard output."""
    done = subprocess.run(
        [Path(sys.executable).with_name(str(command[0])), *command[1:]],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(INSTALLED), "PYTHONPATH": str(INSTALLED)},
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_file_imports_without_a_warning() -> None:
    files = [path.relative_to(INSTALLED).with_suffix("") for path in CONTENT.glob("plugins/**/*.py")]
    names = [".".join(path.parts) for path in files if path.name != "__init__"]
    assert len(names) > len(list(CONTENT.glob("plugins/modules/*.py"))) > 0
    assert run(Path(sys.executable).name, "-c", IMPORTER, text="\n".join(names)) == ""


def test_every_module_filter_and_role_has_documentation() -> None:
    # ansible-doc fails at the first that it cannot read.
    documented = json.loads(run("ansible-doc", "--metadata-dump", "nfv.vsphere_dpdk"))["all"]
    for kind, paths in {"module": "modules/*.py", "filter": "filter/*.yml"}.items():
        expected = {f"nfv.vsphere_dpdk.{path.stem}" for path in CONTENT.glob(f"plugins/{paths}")}
        assert expected and expected == set(documented[kind])
    roles = {f"nfv.vsphere_dpdk.{path.name}" for path in CONTENT.glob("roles/*")}
    assert roles and roles == set(documented["role"])
