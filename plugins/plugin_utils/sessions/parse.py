# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the text of a CSV, JSON or YAML file to sessions. Pure."""

from __future__ import annotations

import csv
import json
import re
import typing as t

import yaml

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import key_text, shown

from .model import LISTS, MOST, NUMBERS, Block, Pairs, Session, unreadable
from .table import read_table
from .tree import read_tree

SUFFIXES = (".csv", ".json", ".yaml", ".yml")
# A dictionary has the sessions under one of these keys.
_LISTS_OF_SESSIONS = ("pgw_sessions", "sessions")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,17}")
_HEXADECIMAL = re.compile(r"0[xX][0-9a-fA-F]{1,16}")


def parse_sessions(text: str, name: str) -> list[Session]:
    """The sessions in a file's text. The end of the file's name tells the format.

    Each session gets the key ``source``: file and line, or for JSON file and place in the list. YAML and JSON hold a
    list, or a dictionary with the list in ``pgw_sessions`` or ``sessions``. CSV has the keys in its first line. In CSV
    and YAML every value is text as it is written, and a number only where one belongs: decimal, or hexadecimal with
    ``0x``. Raises NfvError ``sessions_unreadable``; takes time and memory in proportion to the text.
    """
    try:
        return [_session(place, entry) for place, entry in _entries(text, name)]
    except RecursionError as error:
        raise unreadable(name, "cannot be read: it is nested too deeply") from error
    except (ValueError, csv.Error, yaml.YAMLError) as error:
        raise unreadable(name, f"cannot be read: {str(error)[:300]}") from error


def _entries(text: str, name: str) -> t.Iterator[tuple[str, t.Any]]:
    """Each session with its place, as it stands in the file."""
    suffix = name[name.rfind(".") :].lower()
    if suffix == ".csv":
        yield from read_table(text, name)
        return
    if suffix == ".json":
        content = json.loads(text, object_pairs_hook=Pairs, parse_int=_json_number, parse_constant=_no_number)
        yield from ((f"{name}[{index}]", entry) for index, entry in enumerate(_listed(content, name)))
        return
    entries = _listed(read_tree(text, name), name)
    line = 0
    for entry in entries:
        # A text has no line of its own.
        line = entry.line if isinstance(entry, Block) else line or entries.line
        yield f"{name}:{line}", entry


def _listed(content: t.Any, name: str) -> t.Any:
    """The list of sessions in a file's content."""
    if isinstance(content, Pairs):
        found = [value for key, value in content if key in _LISTS_OF_SESSIONS]
        if len(found) > 1:
            raise unreadable(name, f"holds several lists of sessions, in {' and '.join(_LISTS_OF_SESSIONS)}; keep one")
        content = found[0] if found else None
    if isinstance(content, Pairs) or not isinstance(content, list):
        raise unreadable(name, "must hold a list of sessions, or a dictionary with one in pgw_sessions")
    return content


def _session(place: str, entry: t.Any) -> Session:
    if not isinstance(entry, Pairs):
        raise unreadable(place, f"must be a session with its keys, not {shown(entry)}")
    if len(entry) > MOST:
        raise unreadable(place, f"has {len(entry)} keys, which no session has")
    session: Session = {}
    for key, value in entry:
        if not isinstance(key, str):
            raise unreadable(place, f"has a key that is no text: {shown(key)}")
        if key in session:
            raise unreadable(place, f"has the key {key_text(key)} twice; keep one")
        session[key] = _value(place, key, value)
    return {**session, "source": place}


def _value(place: str, key: str, value: t.Any) -> t.Any:
    """A value that the check can look at. It names a wrong one by its key path, so text that is no number stays."""
    if isinstance(value, list):
        sound = key in LISTS and not isinstance(value, Pairs) and len(value) <= MOST
        if not sound or any(isinstance(member, list) for member in value):
            form = f"a list of at most {MOST} values" if key in LISTS else "a single value"
            raise unreadable(f"{place}.{key_text(key)}", f"must be {form}, not {shown(value)}")
        return list(value)
    if key in NUMBERS and isinstance(value, str):
        if _DECIMAL.fullmatch(value):
            return int(value)
        if _HEXADECIMAL.fullmatch(value):
            return int(value, 16)
    return value


def _json_number(text: str) -> int | str:
    """The number; one that is longer than any key takes stays text, for which the check has a message."""
    return int(text) if len(text) <= 18 else text


def _no_number(text: str) -> t.NoReturn:
    raise ValueError(f"{text} is no number")
