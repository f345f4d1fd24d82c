# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which archives a guest's package manager uses, and which of them are silent."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk import archives

if t.TYPE_CHECKING:
    from tests.unit.guest.conftest import RecordedGuest

ARCHIVE = "http://archive.example/debian/dists/bookworm/"
SECURITY = "http://archive.example/debian-security/dists/bookworm-security/"
URIS = f"'{ARCHIVE}InRelease' x_InRelease 0\n'{SECURITY}InRelease' y_InRelease 0\n'{ARCHIVE}main/Packages.xz' x 0\n"


def test_archives_of_a_listing() -> None:
    assert archives.archives_of(URIS) == [ARCHIVE, SECURITY]
    assert archives.archives_of("") == []


REPOSITORIES = "repo id            repo name\nbaseos             Rocky Linux 9 - BaseOS\nappstream  Rocky - AppStream\n"
SILENT = (
    "Errors during downloading metadata for repository 'baseos':\n"
    "  - Curl error (6): Couldn't resolve host name for https://mirror.example/x [Could not resolve host]\n"
    "Error: Failed to download metadata for repo 'baseos': Cannot prepare internal mirrorlist\n"
)


@pytest.mark.parametrize(
    ("listed", "made", "expected"),
    [
        ((0, REPOSITORIES, ""), (0, "", ""), {"baseos": "", "appstream": ""}),
        ((0, "", ""), (0, "", ""), {}),
    ],
)
def test_repositories_of_dnf(
    fresh: RecordedGuest, listed: tuple[int, str, str], made: tuple[int, str, str], expected: dict[str, str]
) -> None:
    asked: list[str] = []

    def run(argv: t.Sequence[str]) -> tuple[int, str, str]:
        asked.append(" ".join(argv))
        return listed if argv[-1] == "repolist" else made

    fresh.run = run
    assert archives.read_archives(fresh, "dnf", "/tmp/scratch") == expected
    assert all("--setopt=cachedir=/tmp/scratch/dnf --setopt=logdir=/tmp/scratch" in command for command in asked)


def test_a_repository_of_dnf_that_is_silent(fresh: RecordedGuest) -> None:
    fresh.run = lambda argv: (0, REPOSITORIES, "") if argv[-1] == "repolist" else (1, "", SILENT)
    silent = archives.read_archives(fresh, "dnf", "/tmp/scratch")
    assert len(silent) == 1
    assert "Couldn't resolve host name" in " ".join(silent.values())
    fresh.run = lambda argv: (0, REPOSITORIES, "") if argv[-1] == "repolist" else (1, "", "Segmentation fault")
    with pytest.raises(NfvError, match="Segmentation fault"):
        archives.read_archives(fresh, "dnf", "/tmp/scratch")
