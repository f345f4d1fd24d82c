"""Conditions of plays and roles that Ansible reads in another way than they were meant."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator, Set
from pathlib import Path

import jinja2
import pytest
import yaml
from jinja2 import nodes

from tests.static.test_guards import relative, tracked

CONDITIONS = {"that", "when", "failed_when", "changed_when", "until", "break_when"}
PLAYS = ("roles/*.yml", "playbooks/*.yml", "extensions/*.yml", "tests/*.yml", "lab/*.yml")
JINJA = jinja2.Environment(autoescape=True)


class Loader(yaml.SafeLoader):
    """Reads Ansible's files. A text that is marked as unsafe is no template, and counts as absent."""


Loader.add_constructor("!unsafe", lambda _loader, _node: None)


def conditions(path: Path) -> Iterator[tuple[str, object]]:
    """Every condition in a file, at any depth, and the keyword that it stands at."""
    pending = [Loader(path.read_text()).get_single_data()]
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


@functools.cache
def switches() -> frozenset[str]:
    """The boolean options of roles."""
    specs = [yaml.safe_load(path.read_text())["argument_specs"] for path in tracked("roles/*/argument_specs.yml")]
    options = [entry.get("options") or {} for spec in specs for entry in spec.values()]
    return frozenset(name for each in options for name, option in each.items() if option.get("type") == "bool")


def templates(path: Path) -> Iterator[str]:
    """Every text of a file that Jinja reads, conditions as templates."""
    pending = [Loader(path.read_text()).get_single_data()]
    while pending:
        node = pending.pop()
        if isinstance(node, str) and "{{" in node:
            yield node
        elif isinstance(node, (list, dict)):
            pending += node if isinstance(node, list) else node.values()
    yield from (f"{{{{ 1 if {claim} else 2 }}}}" for _keyword, claim in conditions(path))


def unconverted(template: str, names: Set[str]) -> set[str]:
    """Those of the variables that decide something as they are: ``-e name=false`` gives a text, which is true."""
    tree = JINJA.parse(template)
    decisions = [condition.test for condition in tree.find_all(nodes.CondExpr)]
    decisions += tree.find_all((nodes.And, nodes.Or, nodes.Not))
    found: set[str] = set()
    while decisions:
        node = decisions.pop()
        if isinstance(node, nodes.Name) and node.name in names:
            found.add(node.name)
        if not (isinstance(node, nodes.Filter) and node.name == "bool"):
            decisions += node.iter_child_nodes()
    return found


@pytest.mark.parametrize("path", tracked("roles/*.yml", "playbooks/*.yml"), ids=relative)
def test_a_switch_may_be_given_on_the_command_line(path: Path) -> None:
    names = switches()
    assert {template: found for template in templates(path) if (found := unconverted(template, names))} == {}


def test_a_switch_that_decides_as_text_is_found() -> None:
    assert "nfv_evidence" in switches()
    for template in ("{{ 1 if a else 2 }}", "{{ 1 if not a | default(true) else 2 }}", "{{ a and b }}"):
        assert unconverted(template, {"a"}) == {"a"}
    for template in ("{{ a }}", "{{ 1 if a | bool else 2 }}", "{{ 1 if a | default(false) | bool and b else a }}"):
        assert unconverted(template, {"a"}) == set()


def test_there_are_conditions_to_look_at() -> None:
    assert sum(1 for path in tracked(*PLAYS) for _condition in conditions(path)) > 200
