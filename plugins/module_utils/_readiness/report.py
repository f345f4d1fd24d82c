# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the rows of readiness come to: an order, an outcome, and the report of the playbook readiness."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.error_codes import ErrorCode

from .row import Row, Subject, Verdict

# Outcomes. NOT_READY outweighs UNKNOWN: what is known to be missing can be mended now.
READY: t.Final = "ready"
NOT_READY: t.Final = "not_ready"
UNKNOWN: t.Final = "unknown"

# The check of a row that stands for all those of a look that did not happen.
UNREACHED: t.Final = "reached"
# Rows that a message quotes.
_QUOTED: t.Final = 5
_SUBJECTS: t.Final = list(Subject)
_VERDICTS: t.Final = (Verdict.NOT_READY, Verdict.UNKNOWN, Verdict.READY, Verdict.NOT_ASKED)


@dataclasses.dataclass(frozen=True)
class ReadinessReport:
    """The report."""

    outcome: str
    """READY, NOT_READY or UNKNOWN; UNKNOWN also when nothing was looked at."""
    created: str
    """When it was looked, in ISO 8601."""
    message: str
    """The outcome in one line, with its error code unless it is READY."""
    counts: t.Mapping[str, int]
    """Number of rows by verdict."""
    lines: tuple[str, ...]
    """The rows as a table of text: those to act on first."""
    rows: tuple[Row, ...]
    """All rows, in the order in which one would mend them."""


def report_as_data(report: ReadinessReport) -> dict[str, t.Any]:
    """The report as JSON has it (docs/readiness.md has its keys)."""
    return {
        "outcome": report.outcome,
        "created": report.created,
        "message": report.message,
        "counts": dict(report.counts),
        "lines": list(report.lines),
        "rows": [row.to_dict() for row in report.rows],
    }


def rows_of_result(result: t.Mapping[str, t.Any], subject: Subject, name: str) -> list[Row]:
    """The rows of a module's registered result; one that is unknown when it failed or did not reach its machine.

    subject, name: whom the look was about. Raises KeyError, TypeError or ValueError for rows of another shape.
    """
    if result.get("rows"):
        return [Row.from_dict(row) for row in result["rows"]]
    why = str(result.get("msg") or "the module gave no rows; run with -vvv")
    remedy = "Reach it as Ansible does (ansible -m ping), and run again" if result.get("unreachable") else ""
    return [Row.unknown(subject, name, UNREACHED, "a look", why, code=ErrorCode.READINESS_UNKNOWN, remedy=remedy)]


def ordered(rows: t.Iterable[Row]) -> list[Row]:
    """The rows in the order in which one would mend them: by subject; within one, as they were made."""
    return sorted(rows, key=lambda row: _SUBJECTS.index(row.subject))


def accepted(rows: t.Iterable[Row], names: t.Collection[str]) -> list[Row]:
    """The rows, with those that somebody accepts as they are no longer asked for.

    names: ``subject.check``, such as ``host.bios_power``.
    """
    return [
        dataclasses.replace(row, verdict=Verdict.NOT_ASKED, seen=f"{row.seen} (accepted)", code=None, remedy="")
        if f"{row.subject.value}.{row.check}" in names and row.verdict in (Verdict.NOT_READY, Verdict.UNKNOWN)
        else row
        for row in rows
    ]


def readiness_report(
    rows: t.Iterable[Row], created: str, names: t.Collection[str] = (), error: str | None = None
) -> ReadinessReport:
    """The report on these rows.

    names: see ``accepted``; error: why nothing could be looked at, in one line with an error code.
    """
    kept = tuple(ordered(accepted(rows, names)))
    counts = {verdict.value: sum(row.verdict is verdict for row in kept) for verdict in _VERDICTS}
    outcome = READY
    if error or not counts[Verdict.READY.value] or counts[Verdict.UNKNOWN.value]:
        outcome = UNKNOWN
    if counts[Verdict.NOT_READY.value]:
        outcome = NOT_READY
    return ReadinessReport(outcome, created, _message(outcome, kept, counts, error), counts, _table(kept), kept)


def _message(outcome: str, rows: t.Sequence[Row], counts: t.Mapping[str, int], error: str | None) -> str:
    if outcome == READY:
        return f"ready: {counts[Verdict.READY.value]} checks, and nothing is missing"
    if outcome == UNKNOWN and error:
        return error
    code = ErrorCode.READINESS_NOT_MET if outcome == NOT_READY else ErrorCode.READINESS_UNKNOWN
    failed = [row for row in rows if row.verdict.value == outcome]
    if not failed:
        return f"[{code}] nothing was looked at"
    what = "not ready" if outcome == NOT_READY else "could not be looked at"
    also = counts[Verdict.UNKNOWN.value] if outcome == NOT_READY else 0
    more = f"; and {len(failed) - _QUOTED} more" if len(failed) > _QUOTED else ""
    unknown = f"; {also} more could not be looked at" if also else ""
    quoted = "; ".join(_sentence(row) for row in failed[:_QUOTED])
    return f"[{code}] {len(failed)} of {len(rows)} {what}: {quoted}{more}{unknown}"


def _sentence(row: Row) -> str:
    asked = f"asked {row.asked}, " if row.asked else ""
    text = f"{row.subject.value} {row.object}, {row.check}: {asked}seen {row.seen or 'nothing'}"
    return f"{text}. {row.remedy}".rstrip(". ") if row.remedy else text


def _table(rows: t.Sequence[Row]) -> tuple[str, ...]:
    """A line for each row, aligned; what is to be done stands below the rows to act on."""
    shown = sorted(rows, key=lambda row: _VERDICTS.index(row.verdict) // 2)  # those to act on, then the others
    names = [f"{row.subject.value} {row.object}: {row.check}" for row in shown]
    width = max((len(name) for name in names), default=0)
    lines = []
    for name, row in zip(names, shown):
        asked = f" (asked {row.asked})" if row.asked and row.verdict is not Verdict.READY else ""
        lines.append(f"{row.verdict.value:<9}  {name:<{width}}  {row.seen}{asked}")
        if row.remedy:
            lines.append(f"{'':<9}  -> {row.remedy}")
    return tuple(lines)
