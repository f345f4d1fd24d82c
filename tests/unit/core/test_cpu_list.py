# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU lists are read as cpuset(7) defines them, and written as short as can be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import (
    cpu_mask,
    format_cpu_list,
    parse_cpu_list,
)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("", ()), ("\n", ()), ("1", (1,)), ("2-3, 0\n", (0, 2, 3)), ("1-1,4,4", (1, 4)), ("8,0-1", (0, 1, 8))],
)
def test_a_list_is_read(text: str, numbers: tuple[int, ...]) -> None:
    assert parse_cpu_list(text) == numbers


@pytest.mark.parametrize("text", [",", "1,", "1,,2", "3-1", "-1", "1-", "0x3", "a", "(null)", "10000", "1 2", "1-2-3"])
def test_a_malformed_list_is_none(text: str) -> None:
    assert parse_cpu_list(text) is None


@given(st.sets(st.integers(0, 200)))
def test_what_is_written_is_read_again(numbers: set[int]) -> None:
    assert parse_cpu_list(format_cpu_list(numbers)) == tuple(sorted(numbers))
    assert int(cpu_mask(numbers), 16) == sum(2**number for number in numbers)


def test_neighbours_are_written_as_a_range() -> None:
    assert format_cpu_list((3, 0, 2, 2, 7)) == "0,2-3,7"


@pytest.mark.parametrize("text", ["0-9999999999", "99999999999999999999", "0-" + "9" * 5000, "1," * 3 + "0-10000", "²"])
def test_a_list_that_would_take_all_memory_is_malformed(text: str) -> None:
    assert parse_cpu_list(text) is None
