# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions in CSV: the keys in the first line, one session in each other one. Pure."""

from __future__ import annotations

import csv
import io
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import key_text, listed, shown
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.check import SESSION_KEYS

from .model import LISTS, Pairs, unreadable

_REQUIRED, _OPTIONAL = SESSION_KEYS
# At least one of them is needed.
_SUBSCRIBER = ("ue_address", "ue_ipv6_prefix")
# The reader itself says where a session was written.
_KNOWN = frozenset((*_REQUIRED, *_OPTIONAL)) - {"source"}
# What other programs write between columns.
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def read_table(text: str, name: str) -> t.Iterator[tuple[str, Pairs]]:
    """The place and the filled cells of each row that has any. Raises NfvError ``sessions_unreadable``, csv.Error."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
    columns = _header(next(reader, []), f"{name}:1")
    for row in reader:
        place = f"{name}:{reader.line_num}"
        cells = [cell.strip() for cell in row]
        if surplus := [cell for cell in cells[len(columns) :] if cell]:
            raise unreadable(place, f"has more cells than the first line: {shown(surplus)}")
        filled = Pairs((key, _cell(key, cell)) for key, cell in zip(columns, cells) if cell)
        if unnamed := [cell for key, cell in filled if not key]:
            raise unreadable(place, f"has a cell in a column without a name: {shown(unnamed[0])}")
        if filled:
            yield place, filled


def _cell(key: str, cell: str) -> t.Any:
    """Several values of one cell stand apart by spaces."""
    return cell.split() if key in LISTS else cell


def _header(cells: t.Sequence[str], place: str) -> list[str]:
    """The columns' keys. A spreadsheet may leave columns without a name at the end."""
    columns = [cell.strip() for cell in cells]
    seen: dict[str, int] = {}
    for number, key in enumerate(columns, 1):
        if key in _KNOWN and key in seen:
            raise unreadable(place, f"columns {seen[key]} and {number} are both {key}; keep one")
        seen[key] = number
    missing = [key for key in _REQUIRED if key not in columns]
    if not missing and not any(key in columns for key in _SUBSCRIBER):
        missing = [" or ".join(_SUBSCRIBER)]
    unknown = [key_text(key) for key in columns if key and key not in _KNOWN]
    if missing or unknown:
        raise unreadable(place, f"is no header of sessions: {_difference(cells, missing, unknown)}")
    return columns


def _difference(cells: t.Sequence[str], missing: t.Sequence[str], unknown: t.Sequence[str]) -> str:
    """What is wrong with a header, and what would be right."""
    for separator, called in _SEPARATORS.items():
        if len({each.strip(' "') for each in separator.join(cells).split(separator)} & _KNOWN) > 1:
            return f"its columns are separated by {called} ({shown(separator)}); separate them by commas"
    wrong = [f"it lacks {listed(missing, ', ')}"] if missing else []
    wrong += [f"it has unknown columns: {listed(unknown, ', ')}"] if unknown else []
    optional = [key for key in _OPTIONAL if key in _KNOWN and key not in _SUBSCRIBER]
    needed = (
        f"a session needs {', '.join(_REQUIRED)} and {' or '.join(_SUBSCRIBER)}, and may have {', '.join(optional)}"
    )
    return f"{'; '.join(wrong)}; {needed}"
