# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file that a person follows: a line for each report, and nothing written where a link leads."""

from __future__ import annotations

import os
import re
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.progress import progress_file, progress_lines


def test_each_report_is_a_line_at_once_in_a_file_of_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "progress"
    path.write_text("of an earlier run\n")
    path.unlink()
    with progress_file(str(path)) as tell:
        tell("VMs read", 250, 1000)
        first = path.read_text()
        tell("VMs read", 500, 1000)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ VMs read: 250 of 1000\n", first)
    assert len(path.read_text().splitlines()) == 2
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_earlier_run_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "progress"
    path.write_text("of an earlier run\n" * 9)
    with progress_file(str(path)):
        assert path.read_text() == ""


def test_what_has_no_total_is_a_line_with_the_time(tmp_path: Path) -> None:
    path = tmp_path / "progress"
    with progress_lines(str(path)) as tell:
        tell("poll, turn 1, frame 64: trial 1: 2,000 packets/s, 0 of 2000 packets lost (0.000%)")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ poll, turn 1, .* lost \(0\.000%\)\n", path.read_text())


def test_without_a_file_nothing_is_written() -> None:
    with progress_file(None) as progress, progress_lines(None) as tell:
        progress("VMs read", 1, 1)
        tell("trial 1")


def _linked(path: Path, other: Path) -> None:
    path.symlink_to(other)


def _second_name(path: Path, other: Path) -> None:
    os.link(other, path)


def _pipe(path: Path, _other: Path) -> None:
    os.mkfifo(path)


def _directory(path: Path, _other: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("make", [_linked, _second_name, _pipe, _directory])
def test_what_is_no_file_of_its_own_is_refused_and_left_as_it_is(
    make: t.Callable[[Path, Path], None], tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.write_text("kept")
    make(tmp_path / "progress", other)
    with (
        pytest.raises(NfvError, match=r"\[progress_file_unusable\] .*/progress: .* no connection was made"),
        progress_file(str(tmp_path / "progress")),
    ):
        pass
    assert other.read_text() == "kept"


def test_a_full_disk_ends_the_reports_and_not_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> int:
        raise OSError(28, "No space left on device")

    with progress_file(str(tmp_path / "progress")) as tell:
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", full)
            tell("VMs read", 250, 1000)
        tell("VMs read", 500, 1000)
    assert (tmp_path / "progress").read_text() == ""
