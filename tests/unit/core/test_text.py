# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages show what others wrote on one line, without hidden characters, in bounded time and length."""

from __future__ import annotations

import time
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, joined, listed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import WIDTH, key_text, shown
from tests.support.hostile import expanding, nested, recursive


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\nb", r"'a\nb'"),
        ("a\u202eb", r"'a\u202eb'"),
        (True, "True"),
        (None, "None"),
        (2.5, "2.5"),
        (float("inf"), "inf"),
        (4097, "4097"),
        pytest.param(10**4999, "a number of 16607 bits", id="long"),
        ({"a": [1, "b"], 2: ()}, "{'a': [1, 'b'], 2: []}"),
        (object(), "a value of type object"),
        ([], "[]"),
    ],
)
def test_a_value_is_shown(value: t.Any, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    "value",
    [nested(100_000), expanding(50), recursive(), ["x"] * 5_000_000, "x" * 50_000_000, {"a": expanding(50)}],
    ids=["deep", "expanding", "recursive", "long list", "long text", "in a mapping"],
)
def test_any_value_is_shown_at_once(value: t.Any) -> None:
    began = time.monotonic()
    assert len(shown(value)) == WIDTH
    assert time.monotonic() - began < 0.1


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("cpu", "cpu"),
        ("cpu.count", "cpu.count"),
        ("a\nb", r"'a\nb'"),
        ("a b", "'a b'"),
        (1, "1"),
        ((1, 2), "[1, 2]"),
        ("", "''"),
    ],
)
def test_a_key_is_quoted_unless_it_is_a_plain_word(key: t.Any, text: str) -> None:
    assert key_text(key) == text


def test_a_list_says_how_many_more_there_are() -> None:
    assert listed(["a", "b"]) == "a; b"
    assert listed(map(str, range(20)), ", ").endswith(", 18, 19")
    assert listed(range(10_000)).endswith("; 19; and 9980 more")


def test_many_errors_are_one_short_error() -> None:
    errors = [NfvError(ErrorCode.VM_NOT_FOUND, f"vm-{number}", "no VM has this name") for number in range(10_000)]
    error = joined(errors)
    assert error.subject == "10000 VMs"
    assert str(error).endswith("; and 9980 more")
    assert len(str(error)) < 2000


def test_an_error_cannot_write_over_the_terminal() -> None:
    error = NfvError(ErrorCode.VM_NOT_FOUND, "vm\x1b[2J\n[ok] vm-2", "a\u202eb\nc")
    assert str(error) == r"[vm_not_found] vm\x1b[2J\n[ok] vm-2: a\u202eb c"
