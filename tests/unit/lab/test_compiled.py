# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiled code that the lab's guests keep of modules in zip files."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.playbook import ROOT

PACKAGES = ROOT / "lab/image/guest/usr/lib/python3/dist-packages"
PROGRAM = """
import nfv_lab_compiled, sys
sys.path.insert(0, sys.argv[1])
from parts import answer
print(answer.ANSWER, answer.__file__)
"""


def answer(archive: Path, kept: Path, source: str | None = None) -> str:
    """What a fresh Python finds in the archive's module, whose source is written first where it is given."""
    if source is not None:
        with zipfile.ZipFile(archive, "w") as written:
            written.writestr("parts/__init__.py", "")
            written.writestr("parts/answer.py", source)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(archive)],
        env={**os.environ, "PYTHONPATH": str(PACKAGES), "NFV_LAB_COMPILED": str(kept), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    place = tmp_path / "kept"
    place.mkdir()
    return place


def test_code_is_compiled_once_and_found_again(tmp_path: Path, kept: Path) -> None:
    archive = tmp_path / "a.zip"
    assert answer(archive, kept, "ANSWER = 41") == f"41 {archive}/parts/answer.py"
    (place,) = kept.glob("parts.answer-*")
    # Under this source's name, the code of another one: what is kept is what runs.
    place.write_bytes(marshal.dumps(compile("ANSWER = 42", "answer.py", "exec")))
    assert answer(archive, kept) == f"42 {archive}/parts/answer.py"


def test_changed_source_is_compiled_anew(tmp_path: Path, kept: Path) -> None:
    archive = tmp_path / "a.zip"
    for number in (41, 42):
        assert answer(archive, kept, f"ANSWER = {number}").startswith(f"{number} ")


@pytest.mark.parametrize("content", [b"", b"\xff", b"N"])
def test_damaged_code_is_compiled_anew(tmp_path: Path, kept: Path, content: bytes) -> None:
    archive = tmp_path / "a.zip"
    answer(archive, kept, "ANSWER = 41")
    for place in kept.iterdir():
        place.write_bytes(content)
    assert answer(archive, kept).startswith("41 ")


def test_python_goes_without_where_it_may_not_write(tmp_path: Path) -> None:
    assert answer(tmp_path / "a.zip", tmp_path / "nowhere", "ANSWER = 41").startswith("41 ")
