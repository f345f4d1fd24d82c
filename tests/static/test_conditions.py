"""Conditions of plays and roles that Ansible reads in another way than they were meant."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
import yaml
from jinja2 import nodes

from tests.static.test_guards import relative, tracked

CONDITIONS = {"that", "when", "failed_when", "changed_when", "until", "break_when"}
PLAYS = ("roles/*.yml", "playbooks/*.yml", "extensions/*.yml", "tests/*.yml", "lab/*.yml")
JINJA = jinja2.Environment(autoescape=True)


def conditions(path: Path) -> Iterator[tuple[str, object]]:
    """Every condition in a file, at any depth, and the keyword that it stands at."""
    pending = [yaml.safe_load(path.read_text())]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending += node
        elif isinstance(node, dict):
            pending += node.values()
            for keyword in sorted(CONDITIONS & node.keys()):
                claims = node[keyword] if isinstance(node[keyword], list) else [node[keyword]]
                yield from ((keyword, claim) for claim in claims)


def misread(claim: object) -> str:
    """Why Ansible reads a condition otherwise than it was meant, or nothing.

    YAML makes a mapping of unquoted text with a colon. Jinja makes control characters of a backslash and some letters:
    Ansible doubles the backslashes of templates, and not those of conditions.
    """
    if not isinstance(claim, str):
        return "" if isinstance(claim, bool) else "it is no text"
    try:
        tree = JINJA.parse(f"{{{{ {claim} }}}}")
    except jinja2.TemplateSyntaxError as error:
        return str(error)
    texts = [constant.value for constant in tree.find_all(nodes.Const) if isinstance(constant.value, str)]
    characters = {character for text in texts for character in text if unicodedata.category(character) == "Cc"}
    return f"it holds {sorted(characters)}" if characters - {"\n", "\t"} else ""


@pytest.mark.parametrize("path", tracked(*PLAYS), ids=relative)
def test_conditions_are_read_as_they_were_meant(path: Path) -> None:
    assert {(keyword, str(claim)): why for keyword, claim in conditions(path) if (why := misread(claim))} == {}


def test_a_misread_condition_is_found(tmp_path: Path) -> None:
    tasks = tmp_path / "tasks.yml"
    tasks.write_text(
        "- block:\n"
        "    - ansible.builtin.assert:\n"
        "        that:\n"
        "          - text is search('Total: 0')\n"
        "          - text is search('Total 0\\b')\n"
        "          - text is search('Total 0$')\n"
        "      when: [a == 1, true]\n"
        "      until: a =\n"
    )
    assert {why for _keyword, claim in conditions(tasks) if (why := misread(claim))} == {
        "it is no text",
        "it holds ['\\x08']",
        "expected token 'end of print statement', got '='",
    }


def test_there_are_conditions_to_look_at() -> None:
    assert sum(1 for path in tracked(*PLAYS) for _condition in conditions(path)) > 200
