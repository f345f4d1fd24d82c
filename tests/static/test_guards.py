"""Rules of the repository that no linter knows; each has a negative control beside it."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.imports import ROOT

FILE_LINES, FUNCTION_LINES = 400, 50
# The folders that scripts/sanity takes out of the copy that ansible-test looks at.
NOT_IN_SANITY = re.compile(r'"\$copy/([a-z/]+)"')
SECRET_OPTION = re.compile(r"pass(word|phrase)|secret|token|private_key")


def tracked(*patterns: str) -> list[Path]:
    """Files in the index or new in the tree, not ignored."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [path for name in listing.split("\0") if name and ((path := ROOT / name).is_file() or path.is_symlink())]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


INCLUDES = ("ansible.builtin.import_playbook", "ansible.builtin.import_tasks", "ansible.builtin.include_tasks")


def uncovered_scenarios(scenarios: Path) -> list[str]:
    """Molecule scenarios whose verify.yml is missing or asserts nothing: Molecule itself calls those successful."""
    found = sorted({path.parent for path in scenarios.glob("*/molecule.yml")})
    return [scenario.name for scenario in found if not any(assertions(scenario / "verify.yml"))]


def assertions(path: Path) -> Iterator[str]:
    """What a file of plays or tasks asserts, and the files that it takes in by relative names."""
    pending = [yaml.safe_load(path.read_text())] if path.is_file() else []
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending += node
        elif isinstance(node, dict):
            that = node.get("ansible.builtin.assert", {}).get("that", [])
            yield from (str(claim) for claim in (that if isinstance(that, list) else [that]) if claim is not True)
            for include in INCLUDES:
                taken = node.get(include)
                if name := taken.get("file") if isinstance(taken, dict) else taken:
                    yield from assertions(path.parent / name)
            pending += node.values()


def too_long(path: Path) -> Iterator[str]:
    """Over-long files and functions; docstrings do not count, nor does a module's documentation."""
    source = path.read_text()
    tree = ast.parse(source)
    documentation = sum((node.end_lineno or 0) - node.lineno + 1 for node in ast.walk(tree) if _documents(node))
    lines = len(source.splitlines()) - documentation
    if lines > FILE_LINES:
        yield f"{path.name}: {lines} lines, at most {FILE_LINES}"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            length = (node.end_lineno or 0) - first.lineno + 2
            if length > FUNCTION_LINES:
                yield f"{path.name}:{node.lineno} {node.name}: {length} lines, at most {FUNCTION_LINES}"


def _documents(node: ast.AST) -> bool:
    """Whether this is the documentation of an Ansible module, or a docstring: of a member of a class, too."""
    if isinstance(node, ast.Assign):
        name = node.targets[0]
        return isinstance(name, ast.Name) and name.id in {"DOCUMENTATION", "EXAMPLES", "RETURN"}
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def unguarded_secrets(source: str) -> Iterator[str]:
    """Options in an argument spec that are named like a secret and not no_log."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Dict | ast.Call):
            continue
        options: list[tuple[str, ast.expr]] = []
        if isinstance(node, ast.Dict):
            options = [
                (key.value, value)
                for key, value in zip(node.keys, node.values)
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
            ]
        elif isinstance(node.func, ast.Name) and node.func.id == "dict":
            options = [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg]
        for name, value in options:
            described = _settings(value)
            if SECRET_OPTION.search(name) and "type" in described and described.get("no_log") is not True:
                yield f"line {node.lineno}: {name}"


def _settings(value: ast.expr) -> dict[str, object]:
    """Constant settings of one option, written as {...} or dict(...)."""
    if isinstance(value, ast.Dict):
        pairs = [(key.value, item) for key, item in zip(value.keys, value.values) if isinstance(key, ast.Constant)]
    elif isinstance(value, ast.Call):
        pairs = [(keyword.arg, keyword.value) for keyword in value.keywords]
    else:
        return {}
    return {str(name): item.value if isinstance(item, ast.Constant) else None for name, item in pairs}


def disallowed_names(source: str) -> list[int]:
    """Lines that assign to ``_``, which the linter of ansible-test refuses: it stands for gettext there.

    ansible-test says so, too, but only half an hour into ``make test``.
    """
    names = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name) and node.id == "_")
    return sorted(node.lineno for node in names if isinstance(node.ctx, ast.Store))


def skipped_steps(scenarios: Path, tests: str) -> list[str]:
    """Scenarios whose own sequence leaves out a step that proves something, and scenarios that no test stage names.

    Without ``destroy`` first, Molecule takes an earlier run's guest for created and prepared, and skips both.
    """
    lacking = []
    for path in sorted(scenarios.glob("*/molecule.yml")):
        settings = yaml.safe_load(path.read_text()) or {}
        sequence = settings.get("scenario", {}).get("test_sequence")
        wanted = ["converge", "idempotence", "verify"]
        if sequence is not None and (sequence[0], [step for step in sequence if step in wanted]) != ("destroy", wanted):
            lacking.append(f"{path.parent.name}: {sequence}")
        if not re.search(rf"\b{path.parent.name}\b", tests):
            lacking.append(f"{path.parent.name}: not run")
    return lacking


def test_every_molecule_scenario_verifies_something() -> None:
    scenarios = ROOT / "extensions/molecule"
    assert list(scenarios.glob("*/molecule.yml")), "no Molecule scenario found"
    assert uncovered_scenarios(scenarios) == []
    assert skipped_steps(scenarios, (ROOT / "scripts/test").read_text()) == []


def test_scenario_that_skips_a_step_or_is_not_run_is_found(tmp_path: Path) -> None:
    sequences = {
        "whole": "[destroy, converge, idempotence, verify]",
        "part": "[destroy, converge, verify]",
        "stale": "[converge, idempotence, verify]",
    }
    for name, sequence in sequences.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "molecule.yml").write_text(f"scenario:\n  test_sequence: {sequence}\n")
    assert skipped_steps(tmp_path, "whole stale") == [
        "part: ['destroy', 'converge', 'verify']",
        "part: not run",
        "stale: ['converge', 'idempotence', 'verify']",
    ]


def test_scenario_that_asserts_nothing_is_found(tmp_path: Path) -> None:
    verify = {
        "missing": None,
        "empty": "- hosts: all\n  tasks: []\n",
        "looks-only": "- hosts: all\n  tasks:\n    - ansible.builtin.command: {cmd: id}\n",
        "always-true": "- hosts: all\n  tasks:\n    - ansible.builtin.assert: {that: true}\n",
        "imports-nothing": "- ansible.builtin.import_playbook: ../empty/verify.yml\n",
        "asserts": "- hosts: all\n  tasks:\n    - block:\n        - ansible.builtin.assert: {that: a == 1}\n",
        "imports": "- ansible.builtin.import_playbook: ../asserts/verify.yml\n",
    }
    for name, content in verify.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "molecule.yml").touch()
        if content is not None:
            (tmp_path / name / "verify.yml").write_text(content)
    assert uncovered_scenarios(tmp_path) == ["always-true", "empty", "imports-nothing", "looks-only", "missing"]


def test_secret_options_are_no_log() -> None:
    offenders = [
        f"{relative(path)} {found}" for path in tracked("plugins/*.py") for found in unguarded_secrets(path.read_text())
    ]
    assert offenders == []


def test_secret_option_without_no_log_is_found() -> None:
    assert list(unguarded_secrets("spec = dict(password=dict(type='str'))")) == ["line 1: password"]
    assert list(unguarded_secrets("spec = {'password': {'type': 'str', 'no_log': True}}")) == []


def test_names_that_ansible_test_refuses() -> None:
    looked_at = tracked("*.py", *(f":!{name}" for name in NOT_IN_SANITY.findall((ROOT / "scripts/sanity").read_text())))
    assert {path.relative_to(ROOT).parts[0] for path in looked_at} >= {"plugins", "scripts", "tests"}
    found = {relative(path): lines for path in looked_at if (lines := disallowed_names(path.read_text()))}
    assert found == {}


def test_name_that_ansible_test_refuses_is_found() -> None:
    assert disallowed_names("head, _, tail = a\n_b = [c for _ in d]\n_()\n") == [1, 2]


@pytest.mark.parametrize("path", tracked("*.py"), ids=relative)
def test_files_and_functions_stay_short(path: Path) -> None:
    assert list(too_long(path)) == []


def test_long_function_is_found(tmp_path: Path) -> None:
    long = tmp_path / "long.py"
    long.write_text("def long() -> None:\n" + "    pass\n" * FILE_LINES)
    assert len(list(too_long(long))) == 2


@pytest.mark.parametrize("role", sorted((ROOT / "roles").glob("*/")), ids=lambda role: role.name)
def test_role_has_what_galaxy_and_its_users_need(role: Path) -> None:
    assert (role / "README.md").is_file()
    specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]
    assert all(spec.get("short_description") for spec in specs.values())
    undescribed = [
        name
        for spec in specs.values()
        for name, option in spec.get("options", {}).items()
        if not option.get("description")
    ]
    assert undescribed == []
