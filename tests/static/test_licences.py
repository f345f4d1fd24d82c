# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The negative controls of `reuse lint`, which scripts/lint runs: REUSE.toml covers no Python of the plugins."""

from __future__ import annotations

import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from tests.support.imports import ROOT

LICENCE = "LICENSES/GPL-3.0-or-later.txt"
# In two halves, because reuse would take it for the notice of this file.
NOTICE = "# Copyright (c) 2026, nfv.vsphere_dpdk contributors\n# SPDX-License-" + "Identifier: GPL-3.0-or-later\n"


def lint(directory: Path) -> subprocess.CompletedProcess[str]:
    """Runs ``reuse lint`` there, as scripts/lint does."""
    command = [sys.executable, "-m", "reuse", "--root", str(directory), "lint", "--lines"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def project(tmp_path: Path) -> t.Callable[[str, str], subprocess.CompletedProcess[str]]:
    """Checks a project with this one's rules and a single file, of that path and content."""

    def check(path: str, content: str) -> subprocess.CompletedProcess[str]:
        for name in ("REUSE.toml", LICENCE):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
        return lint(tmp_path)

    return check


@pytest.mark.parametrize("path", ["plugins/modules/new.py", "plugins/module_utils/_core/new.py", "somewhere/else.md"])
def test_a_file_without_a_licence_is_found(
    path: str, project: t.Callable[[str, str], subprocess.CompletedProcess[str]]
) -> None:
    done = project(path, "content\n")
    assert done.returncode == 1
    assert path in done.stdout


@pytest.mark.parametrize(
    ("path", "content"),
    [("plugins/modules/new.py", NOTICE), ("plugins/filter/new.yml", "---\n"), ("README.md", "# Name\n")],
)
def test_a_notice_or_a_rule_suffices(
    path: str, content: str, project: t.Callable[[str, str], subprocess.CompletedProcess[str]]
) -> None:
    done = project(path, content)
    assert done.returncode == 0, done.stdout


def test_copying_is_the_licence() -> None:
    assert (ROOT / "COPYING").read_bytes() == (ROOT / LICENCE).read_bytes()
