# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions of the vSphere API are compared as numbers."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.api_version import at_least


@pytest.mark.parametrize(
    ("version", "needed", "enough"),
    [
        ("8.0.3.0", "8.0.3.1", False),
        ("8.0.3.1", "8.0.3.1", True),
        ("7.0", "7.0.0.0", True),
        ("10.0", "9.0", True),
        ("6.7.3", "7.0", False),
        (None, "7.0", True),
        ("6.5", None, True),
    ],
)
def test_versions_are_compared_as_numbers(version: str | None, needed: str | None, enough: bool) -> None:
    assert at_least(version, needed) is enough
