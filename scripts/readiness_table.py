"""Writes the table of vCenter's side into docs/readiness.md, from the checks that define it."""

from __future__ import annotations

import sys
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.checks import ALL_CHECKS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.row import Subject

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/readiness.md"
BEGIN, END = "<!-- Begin of the tables that scripts/readiness_table.py writes -->", "<!-- End of the tables -->"


def tables() -> str:
    """Markdown of every check, a table for each subject."""
    written = []
    for subject in Subject:
        rows = [
            f"| `{check.name}` | {check.asks} | {check.source} | {check.remedy} | `{check.code.value}` |"
            for check in ALL_CHECKS
            if check.subject is subject
        ]
        if rows:
            head = "| check | what it asks | source of the rule | what to do | code |\n|---|---|---|---|---|\n"
            written.append(f"### {subject.value}\n\n{head}" + "\n".join(rows) + "\n")
    return "\n".join(written)


def page(text: str) -> str:
    """The page with new tables between its marks. Raises ValueError when the marks are not there."""
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} lacks the marks of the tables")
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}: written\n")
