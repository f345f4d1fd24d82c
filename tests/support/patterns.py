# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What extensions/patterns ask of an automation controller, and what in them does not exist."""

from __future__ import annotations

import ast
import functools
import itertools
import json
import re
import typing as t
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from tests.support.imports import ROOT
from tests.support.variables import choices_of_roles, known_variables

PATTERNS = ROOT / "extensions/patterns"
RULEBOOKS = ROOT / "extensions/eda/rulebooks"
COLLECTION = "nfv.vsphere_dpdk."
# The variables of infra.aap_configuration's roles, and the module of awx.awx that takes each of their objects.
CONTROLLER_MODULES = {
    "controller_credential_types": "credential_type",
    "controller_credentials": "credential",
    "controller_execution_environments": "execution_environment",
    "controller_projects": "project",
    "controller_inventories": "inventory",
    "controller_inventory_sources": "inventory_source",
    "controller_templates": "job_template",
    "controller_workflows": "workflow_job_template",
    "controller_schedules": "schedule",
}
# The same of ansible.eda, which PyPI's package `ansible` lacks: the options of its modules for credentials and their
# types, projects, decision environments and activations (release 2.12), as infra.aap_configuration passes them on.
EDA_OPTIONS = {
    "eda_credential_types": {"name", "description", "inputs", "injectors"},
    "eda_credentials": {"name", "description", "organization", "credential_type", "inputs"},
    "eda_projects": {"name", "description", "organization", "url", "scm_branch", "credential"},
    "eda_decision_environments": {"name", "description", "organization", "image_url", "credential"},
    "eda_rulebook_activations": {
        "name",
        "description",
        "organization",
        "project",
        "rulebook",
        "decision_environment",
        "eda_credentials",
        "extra_vars",
        "restart_policy",
        "log_level",
    },
}
# The keys of an object that name other objects, and the variable that has those.
REFERENCES = {
    "controller_credentials": {"credential_type": "controller_credential_types"},
    "controller_projects": {"default_environment": "controller_execution_environments"},
    "controller_inventory_sources": {
        "inventory": "controller_inventories",
        "source_project": "controller_projects",
        "credential": "controller_credentials",
        "execution_environment": "controller_execution_environments",
    },
    "controller_templates": {
        "project": "controller_projects",
        "inventory": "controller_inventories",
        "credentials": "controller_credentials",
        "execution_environment": "controller_execution_environments",
    },
    "controller_workflows": {"inventory": "controller_inventories"},
    "controller_schedules": {"unified_job_template": "controller_templates"},
    "eda_credentials": {"credential_type": "eda_credential_types"},
    "eda_rulebook_activations": {
        "project": "eda_projects",
        "decision_environment": "eda_decision_environments",
        "eda_credentials": "eda_credentials",
    },
}
# Types of credentials that every controller has.
BUILT_IN = {"Machine", "Vault", "Red Hat Ansible Automation Platform"}

Object: t.TypeAlias = dict[str, t.Any]


@dataclass(frozen=True)
class Pattern:
    """One pattern: the definition that AAP's pattern loader reads, and the objects that it does not know."""

    directory: Path
    """Where its playbooks are."""
    definition: Object
    """meta/pattern.json."""
    objects: dict[str, list[Object]]
    """The objects of configuration/*.yml, by the variables that have them."""

    @property
    def templates(self) -> list[Object]:
        templates: list[Object] = self.definition["aap_resources"]["controller_job_templates"]
        return templates


class _Loader(yaml.SafeLoader):
    """Reads values that Ansible must not template as text."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(t.cast("yaml.ScalarNode", node)))


def read_pattern(directory: Path) -> Pattern:
    """Raises OSError and ValueError."""
    objects: dict[str, list[Object]] = {}
    for path in sorted((directory / "configuration").glob("*.yml")):
        objects |= yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 # a SafeLoader
    return Pattern(directory, json.loads((directory / "meta/pattern.json").read_text(encoding="utf-8")), objects)


def problems(pattern: Pattern) -> list[str]:
    """Each name in a pattern that nothing has, each key that no module takes, and each contradiction."""
    return [
        *_of_playbooks(pattern),
        *_of_variables(pattern),
        *_of_keys(pattern.objects),
        *_of_references(pattern.objects),
        *_of_workflows(pattern.objects),
        *_of_rulebooks(pattern.objects),
        *_of_both(pattern),
    ]


def _of_playbooks(pattern: Pattern) -> t.Iterator[str]:
    folder = pattern.directory / "playbooks"
    used = {template["playbook"] for template in pattern.templates}
    there = {path.name for path in folder.glob("*.yml") if not path.name.endswith(".meta.yml")}
    yield from (f"{name}: no such playbook" for name in sorted(used - there))
    yield from (f"{name}: a playbook without a job template" for name in sorted(there - used))
    for name in sorted(there & used):
        (play,) = yaml.safe_load((folder / name).read_text(encoding="utf-8"))
        imported = play["ansible.builtin.import_playbook"].removeprefix(COLLECTION)
        if not (ROOT / "playbooks" / f"{imported}.yml").is_file():
            yield f"{name}: the collection has no playbook {imported}"
        if not _specification(folder / name).get(Path(name).stem):
            yield f"{name}: no argument specification"


@functools.cache
def _specification(playbook: Path) -> Object:
    """The argument specifications beside a playbook; empty without a file."""
    path = playbook.with_suffix(".meta.yml")
    specs: Object = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"] if path.is_file() else {}
    return specs


def _of_variables(pattern: Pattern) -> t.Iterator[str]:
    for where, name, choices in _named(pattern):
        if name not in known_variables():
            yield f"{where}: the collection has no variable {name}"
        elif choices and not set(choices) <= choices_of_roles().get(name, set(choices)):
            yield f"{where}: {name} does not take {', '.join(choices)}"


def _named(pattern: Pattern) -> t.Iterator[tuple[str, str, list[str]]]:
    """Each variable of the collection that a pattern names: where, its name, the values that it may have."""
    for template in pattern.templates:
        for where, spec in _specification(pattern.directory / "playbooks" / template["playbook"]).items():
            yield from ((where, name, option.get("choices") or []) for name, option in spec["options"].items())
    asking = [*pattern.objects["controller_templates"], *pattern.objects["controller_workflows"], *pattern.templates]
    for each in asking:
        survey = each.get("survey_spec") or each.get("survey") or {"spec": []}
        yield from ((each["name"], question["variable"], question["choices"]) for question in survey["spec"])
        yield from ((each["name"], name, []) for name in each.get("extra_vars", {}))
    nodes = [node for each in pattern.objects["controller_workflows"] for node in each["workflow_nodes"]]
    for each in [*pattern.objects["controller_schedules"], *nodes]:
        yield from ((each.get("name", "node"), name, []) for name in each.get("extra_data", {}))
    types = [*pattern.objects["controller_credential_types"], *pattern.objects["eda_credential_types"]]
    for each in types:
        yield from ((each["name"], name, []) for name in each["injectors"]["extra_vars"])


def _of_keys(objects: dict[str, list[Object]]) -> t.Iterator[str]:
    for variable, entries in objects.items():
        if variable not in CONTROLLER_MODULES and variable not in EDA_OPTIONS:
            yield f"{variable}: no role takes this variable"
        for entry in entries:
            if variable in CONTROLLER_MODULES:
                result = _validator(CONTROLLER_MODULES[variable]).validate(entry)
                yield from (f"{entry['name']}: {message}" for message in result.error_messages)
            else:
                unknown = entry.keys() - EDA_OPTIONS.get(variable, set())
                yield from (f"{entry['name']}: {variable} has no {key}" for key in sorted(unknown))


@functools.cache
def _validator(module: str) -> ArgumentSpecValidator:
    found = find_spec("ansible_collections.awx.awx.plugins.modules")
    assert found is not None and found.submodule_search_locations is not None
    source = (Path(found.submodule_search_locations[0]) / f"{module}.py").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCUMENTATION":
            options = yaml.safe_load(ast.literal_eval(node.value))["options"]
            return ArgumentSpecValidator({name: _specified(option) for name, option in options.items()})
    raise AssertionError(f"awx.awx.{module} has no documentation")


def _specified(option: Object) -> Object:
    """An argument specification from an option's documentation."""
    taken: Object = {
        key: option[key] for key in ("type", "elements", "choices", "required", "aliases") if key in option
    }
    if "suboptions" in option:
        taken["options"] = {name: _specified(inner) for name, inner in option["suboptions"].items()}
    return taken


def _of_references(objects: dict[str, list[Object]]) -> t.Iterator[str]:
    for variable, keys in REFERENCES.items():
        for entry in objects.get(variable, []):
            for key, target in keys.items():
                named = entry.get(key, [])
                known = {each["name"] for each in objects.get(target, [])} | BUILT_IN
                for name in [named] if isinstance(named, str) else named:
                    if name not in known:
                        yield f"{entry['name']}: {target} has no {name}"


def _of_workflows(objects: dict[str, list[Object]]) -> t.Iterator[str]:
    """A deployment comes after an approval, and that after a plan; each node has a template."""
    jobs = {each["name"]: each for each in objects["controller_templates"]}
    for workflow in objects["controller_workflows"]:
        nodes = {node["identifier"]: node for node in workflow["workflow_nodes"]}
        for node in nodes.values():
            template = node["unified_job_template"]
            if template["type"] == "job_template" and template["name"] not in jobs:
                yield f"{workflow['name']}: controller_templates has no {template['name']}"
        for path in _paths(nodes):
            if unknown := [identifier for identifier in path if identifier not in nodes]:
                yield f"{workflow['name']}: no node {unknown[0]}"
                continue
            kinds = [_kind(nodes[identifier]["unified_job_template"], jobs) for identifier in path]
            if "deploy" in kinds and not re.search(r"plan approval deploy", " ".join(kinds)):
                yield f"{workflow['name']}: a deployment without an approved plan: {' → '.join(path)}"


def _paths(nodes: dict[str, Object]) -> list[list[str]]:
    """Every way from a node without a parent to one without children."""
    children = {
        name: [each["identifier"] for each in itertools.chain(*node.get("related", {}).values())]
        for name, node in nodes.items()
    }
    roots = nodes.keys() - {child for each in children.values() for child in each}

    def onwards(path: list[str]) -> list[list[str]]:
        following = children.get(path[-1], [])
        return [longer for child in following for longer in onwards([*path, child])] or [path]

    return [path for root in sorted(roots) for path in onwards([root])]


def _kind(template: Object, jobs: dict[str, Object]) -> str:
    if template["type"] == "workflow_approval":
        return "approval"
    job = jobs.get(template["name"], {})
    return "plan" if job.get("job_type") == "check" else Path(job.get("playbook", "")).stem


def _of_rulebooks(objects: dict[str, list[Object]]) -> t.Iterator[str]:
    """An activation has a rulebook whose actions are job templates that take variables, and no playbooks."""
    taking = {each["name"] for each in objects["controller_templates"] if each.get("ask_variables_on_launch")}
    for activation in objects["eda_rulebook_activations"]:
        path = RULEBOOKS / activation["rulebook"]
        if not path.is_file():
            yield f"{activation['name']}: the collection has no rulebook {activation['rulebook']}"
            continue
        for ruleset in yaml.safe_load(path.read_text(encoding="utf-8")):
            for action in [action for rule in ruleset["rules"] for action in rule["actions"]]:
                template = action.get("run_job_template", {}).get("name")
                if template not in taking:
                    yield f"{path.name}: no job template that takes variables for {next(iter(action))} {template}"


def _of_both(pattern: Pattern) -> t.Iterator[str]:
    """The pattern loader and the roles make the same job templates."""
    folder = f"extensions/patterns/{pattern.definition['name']}/playbooks"
    loaded = {each["name"]: _essence(each, f"{folder}/{each['playbook']}") for each in pattern.templates}
    applied = {each["name"]: _essence(each, each["playbook"]) for each in pattern.objects["controller_templates"]}
    for name in sorted(loaded.keys() | applied.keys()):
        if loaded.get(name) != applied.get(name):
            yield f"{name}: pattern.json and controller_templates differ"


def _essence(template: Object, playbook: str) -> Object:
    asked = ("ask_limit_on_launch", "ask_variables_on_launch", "survey_enabled")
    same = ("description", "job_type", "diff_mode", "execution_environment", *asked)
    survey = template.get("survey_spec") or template.get("survey")
    return {key: template.get(key) for key in same} | {"playbook": playbook, "survey": survey}
