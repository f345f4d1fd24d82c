# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd passes every word of a command line on as it was written."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.systemd import command_line


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("--auto-start", "--auto-start"),
        ("a b", '"a b"'),
        ("100%", '"100%%"'),
        ("$HOME", '"$$HOME"'),
        ('say "x"', '"say \\"x\\""'),
        ("a\\b", '"a\\\\b"'),
        ("", '""'),
        (";", '";"'),
    ],
)
def test_systemd_reads_no_word_its_own_way(word: str, written: str) -> None:
    assert command_line(["/bin/x", word]) == f"/bin/x {written}"


@given(
    st.lists(st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), max_size=20), max_size=5)
)
def test_what_is_written_is_read_again(words: list[str]) -> None:
    """systemd unquotes as a shell does, once specifiers and variables are doubled."""
    line = command_line(words)
    assert [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(line)] == words


def test_a_line_break_is_refused() -> None:
    with pytest.raises(NfvError, match="argument_invalid"):
        command_line(["a\nExecStartPre=/bin/false"])
