# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The refusals of a run as SARIF 2.1.0, each at the line of the inventory where the refused key stands."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

# [code] subject: key.path the rest
PROBLEM = re.compile(r"^\[(?P<code>[a-z_]+)\] (?:(?P<host>[^\s:]+): )?(?P<path>[A-Za-z_][\w.\[\]]*)?")
# subscribers.csv:17
LINE = re.compile(r"(?P<file>[^\s'\"()]+\.(?:csv|json|ya?ml)):(?P<line>\d+)\b")
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


class Place(t.NamedTuple):
    """Where a key stands."""

    file: Path
    """The file."""
    line: int
    """From 1."""
    column: int
    """From 1."""
    depth: int
    """Number of the path's keys that were found there."""


def sarif(report: t.Mapping[str, t.Any], inventory: Path) -> dict[str, t.Any]:
    """SARIF's log of a report. inventory: the directory with host_vars and group_vars, as it is named in the log."""
    errors = list(report["errors"])
    for host in report["hosts"].values():
        errors += host["errors"]
    results = []
    for message in dict.fromkeys(one for error in errors for one in split(error["message"])):
        results.append(result(message, inventory))
    rules = [{"id": name} for name in sorted({each["ruleId"] for each in results})]
    driver = {"name": "nfv.vsphere_dpdk", "rules": rules}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def split(message: str) -> list[str]:
    """The problems of one message, which begin with their codes."""
    return re.split(r"; (?=\[[a-z_]+\] )", message)


def result(message: str, inventory: Path) -> dict[str, t.Any]:
    found = PROBLEM.match(message)
    code = found["code"] if found else "failed"
    place = told(message) or find(inventory, (found and found["host"]) or "", (found and found["path"]) or "")
    region = {"startLine": place.line, "startColumn": place.column}
    location = {"artifactLocation": {"uri": place.file.as_posix()}, "region": region}
    return {
        "ruleId": code,
        "level": "error",
        "message": {"text": message},
        "locations": [{"physicalLocation": location}],
    }


def told(message: str) -> Place | None:
    """The place that the message itself names, as those about files of sessions do."""
    found = LINE.search(message)
    return Place(Path(found["file"]), int(found["line"]), 1, 0) if found else None


def find(inventory: Path, host: str, path: str) -> Place:
    """Where the key stands, or the nearest key above it; the inventory itself where none is found.

    What a host says of itself outweighs what its groups say.
    """
    keys = re.findall(r"[^.\[\]]+", path)
    files = [*files_of(inventory / "host_vars", host), *files_of(inventory / "group_vars", "*")]
    places = [place for place in (find_in(file, keys) for file in files) if place]
    hosts = next((file for file in (inventory / "hosts.yml", inventory / "hosts.yaml") if file.is_file()), inventory)
    return max(places, key=lambda place: place.depth, default=Place(hosts, 1, 1, 0))


def files_of(directory: Path, name: str) -> list[Path]:
    patterns = (f"{name}.yml", f"{name}.yaml", f"{name}/*.yml", f"{name}/*.yaml")
    return sorted(path for pattern in patterns for path in directory.glob(pattern)) if name else []


def find_in(file: Path, keys: t.Sequence[str]) -> Place | None:
    """The deepest of the keys that the file has, each within the one before it. It reads YAML as people write it."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    first, last, column = 0, len(lines), 0
    place = None
    for depth, key in enumerate(keys, 1):
        found = item(lines, first, last, key) if key.isdigit() else entry(lines, first, last, column, key)
        if found is None:
            break
        first, column = found
        last = end_of(lines, first, last, column)
        place = Place(file, first + 1, column + 1, depth)
        column += 1
    return place


def entry(lines: t.Sequence[str], first: int, last: int, column: int, key: str) -> tuple[int, int] | None:
    """Line and column of a key within a block; the first of its name that is not deeper than another one."""
    pattern = re.compile(rf"(?:^|[\s{{,])(?P<key>['\"]?{re.escape(key)}['\"]?)\s*:(?:\s|$)")
    found = []
    for number in range(first, last):
        text = lines[number].partition(" #")[0]
        for match in pattern.finditer(text, column if number == first else 0):
            if number != first and match.start("key") < column:
                continue
            found.append((match.start("key"), number))
    if not found:
        return None
    # Keys of one mapping stand in one column; a key in braces stands in the first line that has it.
    where, number = min(found)
    return number, where


def item(lines: t.Sequence[str], first: int, last: int, key: str) -> tuple[int, int] | None:
    """Line and column of an item of a list, by its number."""
    dashes = [
        (number, text.index("-")) for number, text in enumerate(lines[first:last], first) if text.strip()[:2] == "- "
    ]
    outer = min((dash[1] for dash in dashes), default=0)
    items = [(number, where) for number, where in dashes if where == outer]
    return items[int(key)] if int(key) < len(items) else None


def end_of(lines: t.Sequence[str], first: int, last: int, column: int) -> int:
    """The line after a block that begins at a column of its first line."""
    for number in range(first + 1, last):
        text = lines[number]
        if text.strip() and not text.strip().startswith("#") and len(text) - len(text.lstrip()) <= column:
            return number
    return last
