# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines in systemd's unit files."""

from __future__ import annotations

import re
import typing as t

from .errors import ErrorCode, NfvError

# Words that systemd's own parser leaves as they are (systemd.service(5), "Command lines").
_PLAIN = re.compile(r"[A-Za-z0-9_@:.,/=+-]+")


def command_line(words: t.Sequence[t.Any]) -> str:
    """The words as the value of ExecStart=, quoted so that systemd expands nothing in them (systemd.service(5)).

    Raises NfvError(argument_invalid) for a word with a line break.
    """
    return " ".join(_quoted(str(word)) for word in words)


def _quoted(word: str) -> str:
    if "\n" in word or "\r" in word:
        raise NfvError(
            ErrorCode.ARGUMENT_INVALID, repr(word), "contains a line break, which a unit file cannot hold", "Remove it."
        )
    if _PLAIN.fullmatch(word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'
