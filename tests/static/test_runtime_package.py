# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole runtime package arrives in a guest: in the zip file that Ansible sends there, and from it on the disk."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.imports import ROOT, UTILITIES

RUNTIME = ROOT / "plugins/module_utils/_pgw/runtime"
SOURCES = {path.name: path.read_text() for path in RUNTIME.glob("*.py")}
# In a process of its own: what is imported there comes from the zip file alone.
INSTALLED = f"""
import json
from {UTILITIES}_pgw.layout import programs
print(json.dumps({{path.rpartition("/")[2]: source for path, source in programs().items()}}))
"""


@pytest.fixture(scope="module")
def payload(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what Ansible sends for pgw_sessions, which refuses to run without options."""
    directory = tmp_path_factory.mktemp("sent")
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/source"),
        "ANSIBLE_KEEP_REMOTE_FILES": "1",
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_REMOTE_TEMP": str(directory),
        "ANSIBLE_LOCAL_TEMP": str(directory),
    }
    ansible = Path(sys.executable).with_name("ansible")
    # Not "localhost", whose interpreter may be another: this one builds the zip file and opens it.
    arguments = (
        "--inventory=guest,",
        "--connection=local",
        f"--extra-vars=ansible_python_interpreter={sys.executable}",
    )
    done = subprocess.run(
        [ansible, "guest", *arguments, "--module-name=nfv.vsphere_dpdk.pgw_sessions"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "state is present but all of the following are missing" in done.stdout, done.stdout + done.stderr
    (program,) = directory.rglob("AnsiballZ_pgw_sessions.py")
    subprocess.run([sys.executable, program, "explode"], check=True, capture_output=True, timeout=60)
    return program.parent / "debug_dir"


def test_everything_of_the_package_arrives(payload: Path) -> None:
    folder = payload / "ansible_collections/nfv/vsphere_dpdk" / RUNTIME.relative_to(ROOT)
    assert {path.name: path.read_text() for path in folder.glob("*.py")} == SOURCES


def test_everything_of_the_package_is_installed_from_a_zip_file(payload: Path, tmp_path: Path) -> None:
    """Ansible does not unpack it in the guest: Python imports from it, and so must the module read it."""
    archive = shutil.make_archive(str(tmp_path / "payload"), "zip", payload)
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {archive!r}); {INSTALLED}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout) == SOURCES
