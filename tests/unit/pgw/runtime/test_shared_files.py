# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever owns a directory cannot make root write, read or wait anywhere else."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.shared_files import read, replace

NAME = "nfv_pgw.prom"
NOT_FOLLOWED = r"Not a directory|symbolic links"


def names(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """The directory of somebody else."""
    made = tmp_path.resolve() / "collector"
    made.mkdir()
    return made


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A file that only root may write to, in a directory that only root may write to."""
    made = tmp_path.resolve() / "etc" / NAME
    made.parent.mkdir()
    made.write_text("root's own\n")
    made.chmod(0o600)
    return made


def test_file_is_replaced_whole_and_everybody_may_read_it(directory: Path) -> None:
    for text in ("first\n", "second\n"):
        replace(directory / NAME, text)
        assert (directory / NAME).read_text() == text
    assert (directory / NAME).stat().st_mode & 0o777 == 0o644
    assert names(directory) == [NAME]


@pytest.mark.parametrize("name", [NAME, f".{NAME}.new"])
def test_planted_link_is_replaced_and_not_followed(directory: Path, victim: Path, name: str) -> None:
    (directory / name).symlink_to(victim)
    replace(directory / NAME, "figures\n")
    assert (victim.read_text(), victim.stat().st_mode & 0o777) == ("root's own\n", 0o600)
    assert not (directory / NAME).is_symlink()
    assert (directory / NAME).read_text() == "figures\n"
    assert names(directory) == [NAME]


@pytest.mark.parametrize("planted", ["collector", "collector/inner"])
def test_directory_in_whose_place_a_link_was_put_is_refused(directory: Path, victim: Path, planted: str) -> None:
    link = directory.parent / planted
    if link == directory:
        directory.rmdir()
    link.symlink_to(victim.parent)
    with pytest.raises(OSError, match=NOT_FOLLOWED):
        replace(link / NAME, "figures\n")
    (link.parent / "below").mkdir(exist_ok=True)
    with pytest.raises(OSError, match=NOT_FOLLOWED):
        replace(link / "below" / NAME, "figures\n")
    assert victim.read_text() == "root's own\n"
    assert names(victim.parent) == [NAME]


def test_hard_link_keeps_its_content(directory: Path, victim: Path) -> None:
    os.link(victim, directory / NAME)
    os.link(victim, directory / f".{NAME}.new")
    replace(directory / NAME, "figures\n")
    assert victim.read_text() == "root's own\n"


def test_what_stands_in_the_way_is_told(directory: Path) -> None:
    (directory / f".{NAME}.new").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        replace(directory / NAME, "figures\n")


def test_nothing_is_left_of_a_file_that_does_not_fit(directory: Path) -> None:
    """RLIMIT_FSIZE ends the write in the middle, as a full file system does."""
    replace(directory / NAME, "old\n")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handled = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, limit[1]))
        with pytest.raises(OSError, match="File too large"):
            replace(directory / NAME, "x" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handled)
    assert names(directory) == [NAME]
    assert (directory / NAME).read_text() == "old\n"


def test_only_a_regular_file_of_a_bounded_size_is_read(directory: Path, victim: Path) -> None:
    (directory / "file").write_text("1234")
    (directory / "link").symlink_to(victim)
    os.mkfifo(directory / "pipe")
    (directory / "directory").mkdir()
    assert read(directory / "file", 4) == "1234"
    assert [read(directory / name, 4) for name in ("link", "pipe", "directory", "none")] == [None] * 4
    assert read(directory / "file", 3) is None
