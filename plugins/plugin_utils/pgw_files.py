# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parses sessions from the text of a CSV, JSON or YAML file, each with the place where it was written. Pure."""

from __future__ import annotations

import csv
import io
import json
import typing as t

import yaml

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

# Columns of a CSV file with whole numbers: decimal, or hexadecimal with 0x.
NUMBERS = ("local_teid", "peer_teid", "uplink_kbps", "downlink_kbps")
SUFFIXES = (".csv", ".json", ".yaml", ".yml")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_sessions(text: str, name: str) -> list[dict[str, t.Any]]:
    """The sessions in a file's text. The end of the file's name tells the format.

    Each session gets the key ``source``: file and line, or for JSON file and place in the list. YAML and JSON hold a
    list, or a dictionary with the list in ``pgw_sessions`` or ``sessions``. CSV has the keys in its first line. Raises
    NfvError ``sessions_unreadable``.
    """
    try:
        if name.endswith(".csv"):
            return list(_csv(text, name))
        if name.endswith(".json"):
            return _sourced(_listed(json.loads(text), name), [f"{name}[{{}}]"])
        return _yaml(text, name)
    except (ValueError, csv.Error, yaml.YAMLError) as error:
        raise _unreadable(name, f"cannot be read: {error}") from error


def _unreadable(name: str, attempted: str) -> NfvError:
    return NfvError(ErrorCode.SESSIONS_UNREADABLE, name, attempted, "Nothing was changed.")


def _csv(text: str, name: str) -> t.Iterator[dict[str, t.Any]]:
    reader = csv.DictReader(io.StringIO(text), strict=True, skipinitialspace=True)
    for row in reader:
        place = f"{name}:{reader.line_num}"
        if None in row:
            raise _unreadable(place, f"has more cells than the first line: {row[None]}")
        entry = {key.strip(): value.strip() for key, value in row.items() if value and value.strip()}
        yield {**{key: _number(key, value) for key, value in entry.items()}, "source": place}


def _number(key: str, value: str) -> t.Any:
    """A number where one belongs. Anything else stays as it is, so that the check can name it."""
    if key not in NUMBERS:
        return value
    try:
        return int(value, 16) if value.lower().startswith("0x") else int(value)
    except ValueError:
        return value


def _yaml(text: str, name: str) -> list[dict[str, t.Any]]:
    node = yaml.compose(text, Loader=_LOADER)
    entries = _listed(yaml.load(text, Loader=_LOADER), name)  # noqa: S506 - a safe loader, the fast one where there is
    if isinstance(node, yaml.MappingNode):
        node = next(value for key, value in node.value if key.value in ("pgw_sessions", "sessions"))
    nodes = node.value if isinstance(node, yaml.SequenceNode) else []
    return _sourced(entries, [f"{name}:{item.start_mark.line + 1}" for item in nodes])


def _listed(content: t.Any, name: str) -> list[t.Any]:
    if isinstance(content, dict):
        content = content.get("pgw_sessions", content.get("sessions"))
    if not isinstance(content, list):
        raise _unreadable(name, "must hold a list of sessions, or a dictionary with one in pgw_sessions")
    return content


def _sourced(entries: list[t.Any], places: list[str]) -> list[dict[str, t.Any]]:
    """Each entry with its place. ``places`` is one pattern for all entries, or one place for each."""
    found = []
    for index, entry in enumerate(entries):
        place = places[index] if len(places) == len(entries) and "{}" not in places[0] else places[0].format(index)
        if not isinstance(entry, dict):
            raise _unreadable(place, f"must be a session with its keys, not {entry!r}")
        found.append({**entry, "source": place})
    return found
