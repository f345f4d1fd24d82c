# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""extensions/patterns name playbooks, variables, keys and objects that exist, and AAP's pattern loader takes them."""

from __future__ import annotations

import copy
import typing as t
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.support.imports import ROOT
from tests.support.patterns import PATTERNS, Pattern, problems, read_pattern

NAMES = sorted(path.name for path in PATTERNS.iterdir())
TEXT = {"type": "string", "minLength": 1}
QUESTION = {
    "required": ["type", "question_name", "question_description", "variable", "required"],
    "properties": {
        "type": {"enum": ["text", "textarea", "password", "integer", "float", "multiplechoice", "multiselect"]},
        "variable": {"type": "string", "pattern": "^[a-z0-9_]{1,64}$"},
        "required": {"type": "boolean"},
        "choices": {"type": "array", "items": TEXT},
        "default": {"type": "string"},
    },
}
TEMPLATE = {
    "required": ["name", "description", "playbook"],
    "properties": {
        "name": {"type": "string", "maxLength": 200},
        "description": TEXT,
        "playbook": TEXT,
        "primary": {"type": "boolean"},
        "survey": {
            "required": ["name", "description", "spec"],
            "properties": {"spec": {"type": "array", "items": QUESTION}},
        },
    },
}
# What the pattern specification 2.0.0 and its JSON schema 3.0.0 demand (github.com/ansible/pattern-service).
DEFINITION = {
    "type": "object",
    "required": ["schema_version", "name", "title", "description", "short_description", "aap_resources"],
    "properties": {
        "schema_version": {"const": "3.0.0"},
        "name": {"type": "string", "pattern": "^[a-z0-9_]{1,64}$"},
        "title": {"type": "string", "minLength": 1, "maxLength": 64},
        "description": TEXT,
        "short_description": {"type": "string", "pattern": "[^.]$"},
        "tags": {"type": "array", "items": TEXT, "uniqueItems": True},
        "aap_resources": {
            "type": "object",
            "required": ["controller_project", "controller_job_templates"],
            "properties": {
                "controller_project": {"required": ["name", "description"]},
                "controller_execution_environment": {"required": ["name", "description", "image_name"]},
                "controller_job_templates": {"type": "array", "minItems": 1, "items": TEMPLATE},
            },
        },
    },
}


@pytest.fixture(scope="module")
def fleet() -> Pattern:
    """The pattern that the negative controls spoil copies of."""
    return read_pattern(PATTERNS / "poll_mode_fleet")


@pytest.fixture(scope="module", params=NAMES)
def pattern(request: pytest.FixtureRequest) -> Pattern:
    return read_pattern(PATTERNS / request.param)


def test_there_is_a_pattern() -> None:
    assert NAMES


def test_the_pattern_loader_takes_it(pattern: Pattern) -> None:
    jsonschema.validate(pattern.definition, DEFINITION)
    assert pattern.definition["name"] == pattern.directory.name
    assert (pattern.directory / "README.md").is_file()
    # Several playbooks demand one primary job template, and the loader demands no more of the others.
    assert [each["primary"] for each in pattern.templates if "primary" in each] == [True]


def test_its_project_is_the_collection(pattern: Pattern) -> None:
    repository = yaml.safe_load((ROOT / "galaxy.yml").read_text())["repository"]
    project = next(each for each in pattern.objects["controller_projects"] if each["name"] == "nfv.vsphere_dpdk")
    assert project["scm_url"] == f"{repository}.git"
    resources = pattern.definition["aap_resources"]
    assert project["name"] == resources["controller_project"]["name"]
    (image,) = pattern.objects["controller_execution_environments"]
    assert f"/{resources['controller_execution_environment']['image_name']}:" in image["image"]


def test_everything_that_it_names_exists(pattern: Pattern) -> None:
    assert problems(pattern) == []


def test_its_readme_tells_of_each_object(pattern: Pattern) -> None:
    readme = (pattern.directory / "README.md").read_text(encoding="utf-8")
    named = {each["name"] for entries in pattern.objects.values() for each in entries}
    assert {name for name in named if name not in readme} == set()


def test_no_secret_is_in_it(pattern: Pattern) -> None:
    """Passwords and keys are references to variables."""
    for each in [*pattern.objects["controller_credentials"], *pattern.objects.get("eda_credentials", [])]:
        for name, value in each["inputs"].items():
            if any(word in name for word in ("password", "key", "token")):
                assert value.startswith("{{ vault_"), f"{each['name']}: {name}"


def _set(path: str, value: t.Any) -> t.Callable[[Pattern], None]:
    """A change of one value below an object, such as controller_templates.2.playbook."""
    variable, *steps = path.split(".")

    def change(pattern: Pattern) -> None:
        place: t.Any = pattern.definition["aap_resources"] if variable == "resources" else pattern.objects[variable]
        for step in steps[:-1]:
            place = place[int(step) if step.isdigit() else step]
        place[int(steps[-1]) if steps[-1].isdigit() else steps[-1]] = value

    return change


QUESTIONS = "controller_templates.2.survey_spec.spec"
WRONG: dict[str, tuple[t.Callable[[Pattern], None], str]] = {
    "playbook": (_set("resources.controller_job_templates.0.playbook", "ready.yml"), "ready.yml: no such playbook"),
    "survey variable": (_set(f"{QUESTIONS}.0.variable", "vm_powercycle"), "no variable vm_powercycle"),
    "survey choice": (_set(f"{QUESTIONS}.1.choices", ["always"]), "guest_tuning_reboot does not take always"),
    "extra variable": (_set("controller_templates.0.extra_vars", {"nfv_reports": 1}), "no variable nfv_reports"),
    "variable of a schedule": (_set("controller_schedules.0.extra_data", {"sides": []}), "no variable sides"),
    "injected variable": (
        _set("controller_credential_types.0.injectors.extra_vars.vcenter", "x"),
        "no variable vcenter",
    ),
    "key": (_set("controller_templates.0.inventories", "x"), "NFV readiness: inventories. Supported"),
    "value": (_set("controller_templates.0.job_type", "plan"), "value of job_type must be one of"),
    "key of a node": (_set("controller_workflows.0.workflow_nodes.0.depends", []), "depends"),
    "project": (_set("controller_templates.1.project", "fleet"), "controller_projects has no fleet"),
    "credential": (_set("controller_templates.1.credentials.0", "vCenter"), "controller_credentials has no vCenter"),
    "template of a node": (
        _set("controller_workflows.0.workflow_nodes.1.unified_job_template.name", "NFV preview"),
        "controller_templates has no NFV preview",
    ),
    "way around the approval": (
        _set("controller_workflows.0.workflow_nodes.1.related.success_nodes", [{"identifier": "deploy"}]),
        "a deployment without an approved plan",
    ),
    "node": (
        _set("controller_workflows.0.workflow_nodes.3.related.success_nodes", [{"identifier": "prove"}]),
        "no node prove",
    ),
    "template that both describe": (_set("controller_templates.0.description", "x"), "NFV readiness: pattern.json and"),
    "variable of an activation": (
        _set("eda_credential_types.0.injectors.extra_vars.vcenter", "x"),
        "no variable vcenter",
    ),
    "rulebook": (_set("eda_rulebook_activations.0.rulebook", "events.yml"), "no rulebook events.yml"),
    # An activation runs no playbooks.
    "rulebook of a command": (
        _set("eda_rulebook_activations.0.rulebook", "vm_events.yml"),
        "vm_events.yml: no job template that takes variables for run_playbook",
    ),
    "template of a rulebook": (
        _set("controller_templates.5.name", "NFV drift of a VM"),
        "for run_job_template NFV drift after an event",
    ),
    "key of an activation": (_set("eda_rulebook_activations.0.rulebooks", []), "has no rulebooks"),
    "credential of an activation": (
        _set("eda_rulebook_activations.0.eda_credentials.0", "vCenter"),
        "eda_credentials has no vCenter",
    ),
    "variable of a role": (lambda pattern: pattern.objects.update(controller_job=[]), "no role takes this variable"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_name_is_found(wrong: str, fleet: Pattern) -> None:
    change, message = WRONG[wrong]
    spoiled = copy.deepcopy(fleet)
    change(spoiled)
    assert any(message in problem for problem in problems(spoiled)), problems(spoiled)


def test_a_playbook_that_imports_nothing_of_the_collection_is_found(tmp_path: Path, fleet: Pattern) -> None:
    folder = tmp_path / "playbooks"
    folder.mkdir()
    for path in (fleet.directory / "playbooks").iterdir():
        (folder / path.name).write_text(path.read_text().replace("nfv.vsphere_dpdk.drift", "nfv.vsphere_dpdk.differ"))
    (folder / "verify.meta.yml").unlink()
    found = problems(Pattern(tmp_path, fleet.definition, fleet.objects))
    assert "drift.yml: the collection has no playbook differ" in found
    assert "verify.yml: no argument specification" in found
