# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that are meant to break whoever reads them. Valid on Python 3.9."""

from __future__ import annotations

import typing as t


def nested(levels: int) -> list[t.Any]:
    """A list in a list in a list."""
    value: list[t.Any] = []
    for _level in range(levels):
        value = [value]
    return value


def expanding(levels: int) -> t.Any:
    """What a few lines of YAML with aliases mean: ten to the power of the levels."""
    value: t.Any = "x"
    for _level in range(levels):
        value = [value] * 10
    return value


def recursive() -> list[t.Any]:
    """A list that is its own member."""
    value: list[t.Any] = []
    value.append(value)
    return value


HOSTILE: dict[str, t.Any] = {
    "deep": nested(50_000),
    "expanding": expanding(40),
    "recursive": recursive(),
    "number of 5,000 digits": 10**5000,
    "digits": "9" * 5000,
    "not a number": float("nan"),
    "infinite": float("inf"),
    "long text": "x" * 5_000_000,
    "line break": "a\nb",
    "surrogate": "\ud800",
    "mapping of odd keys": {None: 1, 2: 3, (4, 5): 6, b"x": 7, "a\nb": 8},
}
