# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tagged values of an Open vSwitch database become plain data."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.ovsdb import plain_value


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("plain", "plain"),
        (5, 5),
        (["set", []], []),
        (["set", [["uuid", "a-b"], ["uuid", "c-d"]]], ["a-b", "c-d"]),
        (["map", [["a", "b"]]], {"a": "b"}),
        (["map", [["queue", ["uuid", "a-b"]]]], {"queue": "a-b"}),
    ],
)
def test_tags_go(value: t.Any, plain: t.Any) -> None:
    assert plain_value(value) == plain
