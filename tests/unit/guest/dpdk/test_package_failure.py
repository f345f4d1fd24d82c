# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A package manager's failure: the archives that it cannot reach are named."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.package_failure import REFRESH, explain

if t.TYPE_CHECKING:
    from ..conftest import RecordedGuest

# apt-get update on Debian 12 without a route.
APT = """\
Ign:1 http://archive.example/debian bookworm InRelease
Err:2 http://archive.example/debian-security bookworm-security InRelease
  Temporary failure resolving 'archive.example'
Reading package lists...
W: Failed to fetch http://archive.example/debian/dists/bookworm/InRelease  Temporary failure resolving 'archive.example'
W: Failed to fetch http://archive.example/debian-security/dists/bookworm-security/InRelease  Temporary failure resolving 'archive.example'
W: Some index files failed to download. They have been ignored, or old ones used instead.
"""  # noqa: E501
DNF = """\
Errors during downloading metadata for repository 'baseos':
  - Curl error (6): Couldn't resolve host name for https://mirrors.example/baseos [Could not resolve host]
Error: Failed to download metadata for repo 'baseos': Cannot prepare internal mirrorlist: Curl error (6)
"""


@pytest.mark.parametrize(
    ("package_manager", "output", "archives"),
    [
        (
            "apt",
            APT,
            ["http://archive.example/debian/dists/bookworm/InRelease Temporary failure", "-security"],
        ),
        ("dnf", DNF, ["https://mirrors.example/baseos", "metadata for repo 'baseos'"]),
    ],
)
def test_unreachable_archives_are_named(
    fresh: RecordedGuest, package_manager: str, output: str, archives: list[str]
) -> None:
    fresh.outputs[" ".join(REFRESH[package_manager])] = output
    error = explain(fresh, package_manager, "Refresh the index", "Failed to update apt cache after 5 retries: ")
    assert error.error_code == "packages_unreachable"
    assert str(error).startswith(
        f"[packages_unreachable] {package_manager}: Refresh the index: Failed to update apt cache after 5 retries; "
    )
    for archive in archives:
        assert archive in error.attempted
    assert "mirror" in error.remedy


def test_only_some_of_many_archives_are_shown(fresh: RecordedGuest) -> None:
    fresh.outputs[" ".join(REFRESH["apt"])] = "".join(f"E: Failed to fetch http://a/{i} gone\n" for i in range(9))
    error = explain(fresh, "apt", "Install", "no")
    assert ("http://a/2" in error.attempted, "http://a/3" in error.attempted) == (True, False)
    assert "and 6 more" in error.attempted


def test_failure_of_another_kind_keeps_its_reason(fresh: RecordedGuest) -> None:
    fresh.outputs[" ".join(REFRESH["apt"])] = "Hit:1 http://archive.example/debian bookworm InRelease\n"
    error = explain(fresh, "apt", "Install what is missing", "E: dpkg was interrupted")
    assert error.error_code == "package_manager_failed"
    assert "E: dpkg was interrupted" in str(error)


def test_typed_failure_keeps_its_code(fresh: RecordedGuest) -> None:
    error = explain(
        fresh, "apt", "Record", "[packages_unavailable] dpdkk: apt cannot install it", "packages_unavailable"
    )
    assert str(error).startswith("[packages_unavailable] apt: Record: dpdkk: apt cannot install it. ")
