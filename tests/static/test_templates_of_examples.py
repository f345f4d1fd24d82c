# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates of all examples: they parse, and call filters and lookups that there are with arguments that these take."""

from __future__ import annotations

import ast
import importlib
import inspect
import typing as t
from pathlib import Path

import jinja2
import jinja2.nodes
import pytest
import yaml

from tests.support.imports import COLLECTION, ROOT

PREFIX = "nfv.vsphere_dpdk."
LOOKUPS = frozenset(path.stem for path in (ROOT / "plugins/lookup").glob("*.py"))
FILES = [
    *sorted((ROOT / "plugins/modules").glob("*.py")),
    *sorted((ROOT / "plugins/lookup").glob("*.py")),
    *sorted((ROOT / "plugins/filter").glob("*.yml")),
]
# What Ansible takes as a template without braces.
CONDITIONS = frozenset({"changed_when", "failed_when", "that", "until", "when"})


def filters() -> dict[str, t.Callable[..., t.Any]]:
    """The filters of this collection by their short names."""
    files = sorted((ROOT / "plugins/filter").glob("*.py"))
    modules = (importlib.import_module(f"{COLLECTION}plugins.filter.{path.stem}") for path in files)
    return {name: function for module in modules for name, function in module.FilterModule().filters().items()}


FILTERS = filters()


def examples(path: Path) -> t.Any:
    """EXAMPLES of a module or lookup, or of a filter's YAML file."""
    text = path.read_text()
    if path.suffix == ".yml":
        return yaml.safe_load(yaml.safe_load(text)["EXAMPLES"])
    constants = (node for node in ast.parse(text).body if isinstance(node, ast.Assign))
    (value,) = (node.value for node in constants if ast.unparse(node.targets[0]) == "EXAMPLES")
    return yaml.safe_load(ast.literal_eval(value))


def templates(data: t.Any, key: str = "") -> t.Iterator[str]:
    """Every text that Ansible would take as a template."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield from templates(value, name)
    elif isinstance(data, list):
        for value in data:
            yield from templates(value, key)
    elif isinstance(data, str):
        yield f"{{{{ {data} }}}}" if key in CONDITIONS and "{{" not in data else data


def problems(data: t.Any) -> t.Iterator[str]:
    """What is wrong with the templates of an example."""
    for template in templates(data):
        try:
            parsed = jinja2.Environment(autoescape=True).parse(template)
        except jinja2.TemplateSyntaxError as error:
            yield f"{template}: {error}"
            continue
        for one in parsed.find_all(jinja2.nodes.Filter):
            if one.name.startswith(PREFIX):
                yield from _misfit(one)
        for call in parsed.find_all(jinja2.nodes.Call):
            if isinstance(call.node, jinja2.nodes.Name) and call.node.name in ("lookup", "query", "q"):
                yield from _missing(call)


def _misfit(one: jinja2.nodes.Filter) -> t.Iterator[str]:
    function = FILTERS.get(one.name.removeprefix(PREFIX))
    if function is None:
        yield f"there is no filter {one.name}"
        return
    try:
        inspect.signature(function).bind(None, *one.args, **{keyword.key: None for keyword in one.kwargs})
    except TypeError as error:
        yield f"{one.name}: {error}"


def _missing(call: jinja2.nodes.Call) -> t.Iterator[str]:
    name = call.args[0].as_const() if call.args and isinstance(call.args[0], jinja2.nodes.Const) else ""
    if str(name).startswith(PREFIX) and name.removeprefix(PREFIX) not in LOOKUPS:
        yield f"there is no lookup {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_templates_of_an_example_can_be_used(path: Path) -> None:
    found = examples(path)
    assert found
    assert list(problems(found)) == []


@pytest.mark.parametrize("name", FILTERS)
def test_an_example_of_a_filter_uses_it(name: str) -> None:
    used = " ".join(templates(examples(ROOT / f"plugins/filter/{name}.yml")))
    assert f"| {PREFIX}{name}" in used


@pytest.mark.parametrize(
    ("example", "problem"),
    [
        ({"msg": "{{ x | nfv.vsphere_dpdk.unheard_of }}"}, "there is no filter nfv.vsphere_dpdk.unheard_of"),
        ({"msg": "{{ x | nfv.vsphere_dpdk.vms_of_hosts }}"}, "missing a required argument: 'hostvars'"),
        ({"when": "x | nfv.vsphere_dpdk.listed(', ', 1, 2, 3, 4)"}, "too many positional arguments"),
        ({"msg": "{{ x | nfv.vsphere_dpdk.listed(colour='red') }}"}, "got an unexpected keyword argument 'colour'"),
        ({"msg": "{{ lookup('nfv.vsphere_dpdk.unheard_of') }}"}, "there is no lookup nfv.vsphere_dpdk.unheard_of"),
        ({"msg": "{{ x | }}"}, "{{ x | }}: "),
    ],
)
def test_a_template_that_cannot_be_used_is_found(example: dict[str, str], problem: str) -> None:
    (found,) = problems([example])
    assert problem in found
