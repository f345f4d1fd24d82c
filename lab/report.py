# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the deployment's report and makes a short table of it (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SEEN_WIDTH = 60
"""Characters of an observation that the table shows; the report has all of it."""


@dataclass(frozen=True)
class HostReport:
    """One host's part of the report."""

    host: str
    """Its name in the inventory."""
    proved: bool
    """The report's verdict."""
    evidence: tuple[Mapping[str, Any], ...]
    """Rows with ``name``, ``verdict``, ``seen`` and ``reason``."""
    traffic: tuple[Mapping[str, Any], ...]
    """Rows with ``name``, ``sent`` and ``received``."""


def parse(document: object) -> tuple[HostReport, ...]:
    """Return the hosts of a report of role dpdk_verify: an object whose ``hosts`` has a verdict by host name.

    Raises ``report_invalid`` if it is not such an object or has no host.
    """
    hosts = document.get("hosts") if isinstance(document, dict) else None
    if not isinstance(hosts, dict) or not hosts:
        raise LabError("report_invalid", "the deployment's report names no host: run the deployment again")
    return tuple(_host(str(name), entry if isinstance(entry, dict) else {}) for name, entry in hosts.items())


def _host(name: str, entry: Mapping[str, Any]) -> HostReport:
    return HostReport(
        host=name,
        proved=entry.get("proved") is True,
        evidence=_rows(entry.get("evidence")),
        traffic=_rows(entry.get("traffic")),
    )


def _rows(value: object) -> tuple[Mapping[str, Any], ...]:
    return tuple(row for row in value if isinstance(row, dict)) if isinstance(value, list) else ()


def is_proved(reports: Sequence[HostReport], expected_hosts: Sequence[str]) -> bool:
    """Tell whether every expected host is reported, with evidence that all passed and traffic that was sent.

    ``proved`` alone is not enough: a report without evidence proves nothing.
    """
    by_host = {report.host: report for report in reports}
    return bool(expected_hosts) and set(expected_hosts) <= set(by_host) and all(map(_is_sound, reports))


def _is_sound(report: HostReport) -> bool:
    passed = bool(report.evidence) and all(row.get("verdict") == "pass" for row in report.evidence)
    return report.proved and passed and any(int(row.get("sent") or 0) > 0 for row in report.traffic)


def table(reports: Sequence[HostReport]) -> list[str]:
    """Return the lines of a table that a person can read."""
    lines: list[str] = []
    for report in reports:
        lines += [f"{report.host}: {'PROVED' if report.proved else 'NOT PROVED'}", ""]
        lines += _columns([("evidence", "verdict", "seen"), *map(_evidence_row, report.evidence)])
        if report.traffic:
            lines += ["", *_columns([("traffic", "sent", "received"), *map(_traffic_row, report.traffic)])]
        remarks = [f"  {row.get('name')}: {row['reason']}" for row in report.evidence if _is_remarked(row)]
        lines += ["", "  remarks", *remarks] if remarks else []
        lines.append("")
    return lines


def _is_remarked(row: Mapping[str, Any]) -> bool:
    """Tell whether evidence passed with a remark."""
    return row.get("verdict") == "pass" and bool(row.get("reason"))


def _evidence_row(row: Mapping[str, Any]) -> tuple[str, str, str]:
    verdict = str(row.get("verdict", "?"))
    text = row.get("seen") if verdict == "pass" else row.get("reason") or row.get("seen")
    return str(row.get("name", "?")), verdict, _short(text)


def _traffic_row(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(row.get("name", "?")), str(row.get("sent", "?")), str(row.get("received", "?"))


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= SEEN_WIDTH else text[: SEEN_WIDTH - 1] + "…"


def _columns(rows: Sequence[tuple[str, str, str]]) -> list[str]:
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    return [f"  {row[0]:<{first}}  {row[1]:<{second}}  {row[2]}".rstrip() for row in rows]
