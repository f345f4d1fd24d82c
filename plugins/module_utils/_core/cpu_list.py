# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU lists as Linux writes them: ``1``, ``2-3``, ``0,2-3`` (cpuset(7), "List format")."""

from __future__ import annotations

import re
import typing as t

_RANGE = re.compile(r"([0-9]{1,4})(?:-([0-9]{1,4}))?")
# Every second CPU of a thousand takes 2,500 characters. Longer lists repeat themselves and only take time.
_LONGEST = 8192


def parse_cpu_list(text: str) -> tuple[int, ...] | None:
    """The sorted numbers of a list such as ``0,2-3``; none for an empty list, None for a malformed one."""
    if len(text) > _LONGEST:
        return None
    if not text.strip():
        return ()
    numbers: set[int] = set()
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            return None
        first, last = int(match.group(1)), int(match.group(2) or match.group(1))
        if last < first:
            return None
        numbers.update(range(first, last + 1))
    return tuple(sorted(numbers))


def format_cpu_list(numbers: t.Iterable[int]) -> str:
    """The shortest list of the numbers: (0, 2, 3) becomes ``0,2-3``; no number becomes an empty string."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def cpu_mask(numbers: t.Iterable[int]) -> str:
    """The hexadecimal mask with one bit per CPU, as Open vSwitch takes it for pmd-cpu-mask: (1,) becomes ``0x2``."""
    return hex(sum(1 << number for number in set(numbers)))
