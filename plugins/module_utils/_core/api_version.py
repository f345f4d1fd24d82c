# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions of the vSphere API, compared as numbers."""

from __future__ import annotations

import functools


def at_least(version: str | None, needed: str | None) -> bool:
    """Whether a version such as ``8.0.3.0`` is at least the needed one; an unknown version counts as new enough."""
    if version is None or needed is None:
        return True
    return _numbers(version) >= _numbers(needed)


@functools.lru_cache(maxsize=256)
def _numbers(version: str) -> tuple[int, ...]:
    """``7.0`` and ``7.0.0.0`` are the same version."""
    numbers = [int(part) if part.isdigit() else 0 for part in version.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
