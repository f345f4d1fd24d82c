"""Error codes are known, used and told: one enum for Python and YAML, one table for people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.error_codes import ErrorCode
from scripts.error_table import CODES, PAGE, ROOT, page, tables

# A code in a message is followed by its subject: "[code] name:".
IN_MESSAGE = re.compile(
    r"\[(?:\{\{ ')?([a-z0-9]+(?:_[a-z0-9]+)+)(?:' if \w+ else '([a-z0-9_]+)' \}\})?\] (?=\{\{|\w[^%]*:)"
)
KNOWN = {code.value for code in ErrorCode}


def codes_in(text: str) -> Iterator[str]:
    """Codes in the messages of a role or playbook."""
    for match in IN_MESSAGE.finditer(text):
        yield from filter(None, match.groups())


def unused(root: Path, known: set[str]) -> set[str]:
    """Codes that neither Python nor YAML under these folders uses."""
    python = "".join(path.read_text() for path in root.glob("plugins/**/*.py") if path != CODES)
    yaml = "".join(path.read_text() for folder in ("roles", "playbooks") for path in (root / folder).rglob("*.yml"))
    used = {name.lower() for name in re.findall(r"\bErrorCode\.([A-Z0-9_]+)", python)} | set(codes_in(yaml))
    return known - used


def test_names_are_values() -> None:
    assert [code.name.lower() for code in ErrorCode] == [code.value for code in ErrorCode]
    assert f"[{ErrorCode.VM_NOT_FOUND}]" == "[vm_not_found]"


@pytest.mark.parametrize("folder", ["roles", "playbooks"])
def test_yaml_uses_known_codes_only(folder: str) -> None:
    found = {code for path in (ROOT / folder).rglob("*.yml") for code in codes_in(path.read_text())}
    assert found, f"no error code in {folder}"
    assert found - KNOWN == set()


def test_code_that_is_unknown_is_found() -> None:
    message = (
        "msg: '[no_such_code] {{ inventory_hostname }}: failed'\n[{{ 'one_code' if here else 'other_code' }}] vm: x"
    )
    assert list(codes_in(message)) == ["no_such_code", "one_code", "other_code"]
    assert not KNOWN & {"no_such_code", "one_code", "other_code"}


def test_every_code_is_used() -> None:
    assert unused(ROOT, KNOWN) == set()
    assert unused(ROOT, {*KNOWN, "no_such_code"}) == {"no_such_code"}


def test_page_has_every_code_with_its_meaning() -> None:
    assert page(PAGE.read_text(), CODES.read_text()) == PAGE.read_text(), "run: python -m scripts.error_table"
    assert set(re.findall(r"(?m)^\| `([a-z0-9_]+)` \|", tables(CODES.read_text()))) == KNOWN


def test_code_without_meaning_is_found() -> None:
    with pytest.raises(ValueError, match="without a meaning"):
        tables('class ErrorCode:\n    # Guest\n    WRITE_FAILED = "write_failed"\n')
    with pytest.raises(ValueError, match="marks"):
        page("# Troubleshooting\n", CODES.read_text())
