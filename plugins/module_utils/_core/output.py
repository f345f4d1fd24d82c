# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON that a program prints: whole and of the expected shape, or an error that names the program."""

from __future__ import annotations

import contextlib
import json
import typing as t

from .errors import ErrorCode, NfvError
from .text import shown

_REMEDY = (
    "Run it in the guest by hand: its output must be whole. If it is, report it with the program's version; otherwise"
    " look at the guest's free memory and disk space, and run this again."
)


@contextlib.contextmanager
def expected_output(program: str, output: str) -> t.Iterator[None]:
    """Turns what goes wrong when an output is read, cut off or of another shape, into NfvError(output_unreadable)."""
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise NfvError(
            ErrorCode.OUTPUT_UNREADABLE,
            program,
            f"answered with {len(output)} characters that cannot be read ({type(error).__name__}: {shown(str(error))}),"
            f" ending in {shown(output[-40:])}",
            _REMEDY,
        ) from error


def read_objects(program: str, output: str) -> list[dict[str, t.Any]]:
    """A JSON list of objects; an empty output is an empty list. Raises NfvError(output_unreadable)."""
    with expected_output(program, output):
        found = json.loads(output or "[]")
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise TypeError("it is no list of objects")
        return found
