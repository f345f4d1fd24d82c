# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options are described, with their unit; arguments of examples pass the module's own argument spec."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from tests.support.imports import COLLECTION, ROOT

MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
# Keywords of AnsibleModule that say which arguments go together.
RELATIONS = ("mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by")
# What a number counts or measures.
UNIT = re.compile(
    r"(?i)\b(seconds?|[km]ib|bytes|kbit/s|packets|frames?|pages|cpus|teid|vlan|numa node|port|openflow number|queues|"
    r"routers|flows|descriptors|trials|turns|share|how (?:many|often))\b"
)

Options: t.TypeAlias = dict[str, dict[str, t.Any]]


@pytest.fixture(scope="module")
def documentation() -> dict[str, dict[str, t.Any]]:
    """What ansible-doc knows of each module, with the fragments put in."""
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-doc"), "--json", *(f"nfv.vsphere_dpdk.{name}" for name in MODULES)],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/source")},
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.rpartition(".")[2]: entry for name, entry in json.loads(done.stdout).items()}


def walk(options: Options | None, prefix: str = "") -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    """Every option with its path, those within others included."""
    for name, option in (options or {}).items():
        yield prefix + name, option
        yield from walk(option.get("suboptions") or option.get("options"), f"{prefix}{name}.")


def prose(option: dict[str, t.Any]) -> str:
    """The description of an option."""
    return "\n".join(
        [option["description"]] if isinstance(option.get("description"), str) else option.get("description", [])
    )


def undescribed(options: Options) -> list[str]:
    """The options without a description, and the numbers whose description does not say of what."""
    return [
        name
        for name, option in walk(options)
        if not prose(option).strip() or (option.get("type") in ("int", "float") and not UNIT.search(prose(option)))
    ]


@pytest.mark.parametrize("name", MODULES)
def test_options_of_modules_are_described(name: str, documentation: dict[str, dict[str, t.Any]]) -> None:
    assert undescribed(documentation[name]["doc"].get("options", {})) == []


@pytest.mark.parametrize("role", sorted(path.name for path in (ROOT / "roles").iterdir()))
def test_options_of_roles_are_described(role: str) -> None:
    specs = yaml.safe_load((ROOT / "roles" / role / "meta/argument_specs.yml").read_text())["argument_specs"]
    assert [name for spec in specs.values() for name in undescribed(spec.get("options") or {})] == []


@pytest.mark.parametrize("kind", ["filter", "lookup"])
def test_options_of_plugins_are_described(kind: str) -> None:
    for path in (ROOT / "plugins" / kind).glob("*.yml" if kind == "filter" else "*.py"):
        text = path.read_text()
        documented = yaml.safe_load(text)["DOCUMENTATION"] if kind == "filter" else _string(text, "DOCUMENTATION")
        assert undescribed(documented.get("options") or {}) == [], path.name


@pytest.mark.parametrize(
    "option",
    [
        {"type": "str"},
        {"type": "str", "description": [" "]},
        {"type": "int", "description": ["How long to wait."]},
        {
            "type": "dict",
            "description": "A limit.",
            "suboptions": {"rate": {"type": "int", "description": "Largest rate."}},
        },
    ],
)
def test_an_option_without_description_or_unit_is_found(option: dict[str, t.Any]) -> None:
    assert len(undescribed({"new": option})) == 1


def _string(source: str, name: str) -> t.Any:
    """The YAML of a string constant of a module."""
    match = re.search(rf'(?s)\n{name} = r?"""(.*?)"""', source)
    assert match, name
    return yaml.safe_load(match[1])


class Called(BaseException):
    """A module has made its AnsibleModule; no exception, so that nothing of the module catches it."""

    def __init__(self, keywords: dict[str, t.Any]) -> None:
        super().__init__()
        self.keywords = keywords


def specification(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, t.Any]:
    """The keywords that a module gives to AnsibleModule."""

    def called(self: object, argument_spec: dict[str, t.Any], **keywords: t.Any) -> t.NoReturn:
        raise Called({"argument_spec": argument_spec, **keywords})

    module = importlib.import_module(f"{COLLECTION}plugins.modules.{name}")
    if not hasattr(module, "AnsibleModule"):
        return {}
    monkeypatch.setattr(module, "AnsibleModule", type("AnsibleModule", (), {"__init__": called}))
    with pytest.raises(Called) as made:
        module.main()
    return made.value.keywords


def sampled(value: t.Any, option: dict[str, t.Any]) -> t.Any:
    """A value of an example; a template in it becomes what the option takes."""
    if isinstance(value, str) and "{{" in value:
        return placeholder(option)
    if isinstance(value, dict) and option.get("options"):
        return {key: sampled(item, option["options"].get(key, {})) for key, item in value.items()}
    if isinstance(value, list):
        element = {"type": option.get("elements", "raw"), "options": option.get("options")}
        return [sampled(item, element) for item in value]
    return value


def placeholder(option: dict[str, t.Any]) -> t.Any:
    """A value that an option takes."""
    if option.get("choices"):
        return option["choices"][0]
    if option.get("type") == "list":
        return [placeholder({**option, "type": option.get("elements", "str")})]
    if option.get("type") == "dict":
        inner = option.get("options") or {}
        needed = {key for key, item in inner.items() if item.get("required")}
        needed |= {group[0] for group in option.get("required_one_of") or ()}
        return {key: placeholder(inner[key]) for key in needed}
    return {"int": 1, "float": 1.0, "bool": True}.get(option.get("type", "str"), "/x")


def problems(arguments: dict[str, t.Any], spec: dict[str, t.Any]) -> list[str]:
    """What a module would refuse of an example's arguments."""
    options = spec["argument_spec"]
    relations = {name: spec[name] for name in RELATIONS if name in spec}
    given = {name: sampled(value, options.get(name, {})) for name, value in arguments.items()}
    return list(ArgumentSpecValidator(options, **relations).validate(given).error_messages)


def tasks(examples: list[dict[str, t.Any]]) -> t.Iterator[dict[str, t.Any]]:
    """Each task of an example, also those of its plays and blocks, with the defaults that they give to modules."""
    for entry in examples:
        inner = [task for key in ("tasks", "block", "rescue", "always", "pre_tasks") for task in entry.get(key, ())]
        if inner:
            yield from ({"module_defaults": entry.get("module_defaults", {}), **task} for task in tasks(inner))
        else:
            yield entry


@pytest.mark.parametrize("name", MODULES)
def test_an_example_runs_as_it_stands(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = _string((ROOT / f"plugins/modules/{name}.py").read_text(), "EXAMPLES")
    calls = [
        (module, arguments or {}, task.get("module_defaults", {}))
        for task in tasks(examples)
        for module, arguments in task.items()
        if module.startswith("nfv.vsphere_dpdk.")
    ]
    assert name in {module.rpartition(".")[2] for module, _, _ in calls}
    # The connection to vCenter, as the environment gives it.
    for variable in ("VMWARE_HOST", "VMWARE_USER", "VMWARE_PASSWORD"):
        monkeypatch.setenv(variable, "x")
    for module, arguments, defaults in calls:
        spec = specification(module.rpartition(".")[2], monkeypatch)
        given = {**defaults.get("group/nfv.vsphere_dpdk.vsphere", {}), **defaults.get(module, {}), **arguments}
        known = {key: value for key, value in given.items() if key in arguments or key in spec.get("argument_spec", {})}
        assert not spec or problems(known, spec) == [], module


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"pools": [{"size_kb": 2048, "count": "many"}]}, "many"),
        ({"pools": [{"size_kb": 2048}]}, "count"),
        ({"pools": "{{ pools }}", "pool": []}, "pool"),
        ({}, "pools"),
    ],
)
def test_an_example_that_the_module_refuses_is_found(
    arguments: dict[str, t.Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = problems(arguments, specification("hugepages", monkeypatch))
    assert words in " ".join(found)
