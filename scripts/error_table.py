"""Writes the tables of error codes into docs/troubleshooting.md, from the enum that defines them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODES = ROOT / "plugins/module_utils/_core/error_codes.py"
PAGE = ROOT / "docs/troubleshooting.md"
BEGIN, END = "<!-- Begin of the tables that scripts/error_table.py writes -->", "<!-- End of the tables -->"
_HEADING = re.compile(r"^    # (.+)$")
_MEMBER = re.compile(r'^    [A-Z0-9_]+ = "([a-z0-9_]+)"\n    """(.+?)"""$', re.DOTALL | re.MULTILINE)


def tables(source: str) -> str:
    """Markdown of every code with its meaning, a table below each heading. Raises ValueError for one without."""
    written = []
    for part in re.split(r"(?m)^(?=    # )", source)[1:]:
        heading = _HEADING.match(part.splitlines()[0])
        members = _MEMBER.findall(part)
        if heading is None or len(members) != len(re.findall(r"(?m)^    [A-Z0-9_]+ = ", part)):
            raise ValueError(f"a code without a meaning or a heading: {part.splitlines()[0]}")
        rows = "\n".join(f"| `{code}` | {' '.join(meaning.split())} |" for code, meaning in members)
        written.append(f"## {heading[1]}\n\n| code | meaning, and what to do |\n|---|---|\n{rows}\n")
    return "\n".join(written)


def page(text: str, source: str) -> str:
    """The page with new tables between its marks. Raises ValueError when the marks are not there."""
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} lacks the marks of the tables")
    return f"{before}{BEGIN}\n\n{tables(source)}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(), CODES.read_text()))
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}: written\n")
