# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each place that states a version of ansible-core agrees with scripts/ansible-versions.txt, and each is tested."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.deprecations import deprecations
from tests.support.imports import ROOT, imported

VERSIONS = "scripts/ansible-versions.txt"


def declared(root: Path) -> dict[str, tuple[str, list[str]]]:
    """Of each ansible-core: the release of `ansible` that has it, and the Pythons; oldest first."""
    rows = [line.split() for line in (root / VERSIONS).read_text().splitlines() if not line.startswith("#")]
    return {core: (ansible, pythons) for core, ansible, *pythons in rows}


def disagreements(root: Path) -> list[str]:
    """Each place that states something else."""
    cores = declared(root)
    oldest, newest = next(iter(cores)), list(cores)[-1]
    pinned = re.search(r"(?m)^ansible==(\S+)", (root / "requirements.txt").read_text())
    table = "".join(f"| {core} | {ansible} | {', '.join(pythons)} |\n" for core, (ansible, pythons) in cores.items())
    expected = {
        "meta/runtime.yml": f'requires_ansible: ">={oldest}.0"\n',
        "README.md": f"| controller | ansible-core {oldest} to {newest}; ",
        "docs/testing.md": f"|---|---|---|\n{table}\n",
        **{
            str(path.relative_to(root)): f'  min_ansible_version: "{oldest}"\n'
            for path in sorted(root.glob("roles/*/meta/main.yml"))
        },
    }
    own = [(core, pythons) for core, (ansible, pythons) in cores.items() if pinned and ansible == pinned[1]]
    for core, pythons in own:
        expected["scripts/bootstrap"] = f"# ansible-core {core} runs on Python {pythons[0]} to {pythons[-1]};"
    wrong = [f"{name}: {text!r}" for name, text in expected.items() if text not in (root / name).read_text()]
    return wrong if own else [*wrong, "requirements.txt: an ansible that is not declared"]


def test_every_place_states_the_declared_versions() -> None:
    assert len(list(ROOT.glob("roles/*/meta/main.yml"))) == len(list(ROOT.glob("roles/*/README.md")))
    assert disagreements(ROOT) == []


CHANGES: dict[str, Callable[[str], str]] = {
    "meta/runtime.yml": lambda text: text.replace(">=2.", ">=1."),
    "README.md": lambda text: text.replace("| controller | ansible-core 2", "| controller | ansible-core 1"),
    "docs/testing.md": lambda text: re.sub(r"(?m)^\| 2\.\d+ \|.*\n", "", text, count=1),
    "roles/pgw/meta/main.yml": lambda text: text.replace('_version: "2.', '_version: "1.'),
    "scripts/bootstrap": lambda text: text.replace("to 3.13;", "to 3.12;"),
    "requirements.txt": lambda text: re.sub(r"(?m)^ansible==.*", "ansible==11.0.0", text),
}


@pytest.mark.parametrize("name", CHANGES)
def test_place_that_states_another_version_is_found(tmp_path: Path, name: str) -> None:
    for path in (VERSIONS, *CHANGES):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    assert disagreements(tmp_path) == []
    changed = tmp_path / name
    changed.write_text(CHANGES[name](changed.read_text()))
    assert [found.partition(":")[0] for found in disagreements(tmp_path)] == [name]


def planned(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "scripts/test-versions", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_every_declared_version_is_tested_or_named_as_not_run() -> None:
    plan = planned("--list").stdout.splitlines()
    for core, (_ansible, pythons) in declared(ROOT).items():
        for python in pythons:
            (line,) = (line for line in plan if line.startswith(f"core {core}, Python {python}"))
            assert line.removeprefix(f"core {core}, Python {python}") in {
                "",
                f": NOT RUN, there is no python{python} here",
            }


@pytest.fixture
def no_python(tmp_path: Path) -> dict[str, str]:
    """An environment in which only the script's own tools are to be found."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("bash", "cat", "dirname", "grep", "sort", "tr"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    (tools / "ansible-playbook").symlink_to(tools / "cat")
    return {"NFV_VENV": str(tmp_path), "PATH": str(tools), "PYENV_ROOT": str(tmp_path)}


@pytest.mark.parametrize(("mode", "status"), [("--list", 1), ("--short", 77)])
def test_nothing_that_can_be_run_is_no_success(no_python: dict[str, str], mode: str, status: int) -> None:
    newest = list(declared(ROOT))[-1]
    done = planned(mode, newest, **no_python)
    assert done.returncode == status, done.stderr
    assert done.stdout.count("NOT RUN") == len(declared(ROOT)[newest][1])


@pytest.mark.parametrize("arguments", [("2.9",), ("2.20", "3.9")])
def test_version_that_is_not_declared_is_refused(arguments: tuple[str, ...]) -> None:
    assert planned("--list", *arguments).returncode == 2


def installed(packages: Iterable[str]) -> set[str]:
    """The distributions of these names, and of all that they need themselves."""
    found: set[str] = set()
    pending = [Requirement(name) for name in packages]
    while pending:
        need = pending.pop()
        name = canonicalize_name(need.name)
        if name not in found and (need.marker is None or need.marker.evaluate({"extra": ""})):
            found.add(name)
            pending += map(Requirement, importlib.metadata.requires(name) or ())
    return found


def lacking(packages: Iterable[str], paths: Iterable[Path]) -> set[str]:
    """What these files import that none of the packages brings."""
    there = installed(packages)
    brought_by = importlib.metadata.packages_distributions()
    tops = {name.split(".")[0] for path in paths for name in imported(ast.parse(path.read_text()))}
    others = (tops & brought_by.keys()) - {"ansible_collections"}
    return {top for top in others if there.isdisjoint(map(canonicalize_name, brought_by[top]))}


def test_their_environments_have_what_their_tests_import() -> None:
    script = (ROOT / "scripts/test-versions").read_text()
    packages = ["ansible", *re.findall(r"(?m)^packages='(.*)'", script)[0].split("|")]
    rooms = re.findall(r"tests/integration/\{([\w,]+)\}", script)[0].split(",")
    directories = [ROOT / "tests/unit", *(ROOT / "tests/integration" / room for room in rooms)]
    paths = [path for directory in directories for path in directory.rglob("*.py")]
    assert lacking(packages, paths) == set()
    # The negative control.
    assert lacking(set(packages) - {"hypothesis", "jq"}, paths) == {"hypothesis", "jq"}


PREFIX = "2026-11-28 17:05:19,035 p=4711 u=root n=ansible INFO| "
CHECKOUT = "/home/me/ansible_collections/nfv/vsphere_dpdk"


@pytest.mark.parametrize(
    ("message", "ours"),
    [
        ("Removed from the 'nfv.vsphere_dpdk' collection version 9.0.0.", True),
        (f"Old syntax.\nOrigin: {CHECKOUT}/roles/pgw/tasks/main.yml:3:5", True),
        ("Old syntax.\nOrigin: /tmp/x/ansible_collections/nfv/vsphere_dpdk/playbooks/drift.yml:3:5", True),
        (f"Old.\nOrigin: {CHECKOUT}/.cache/versions/2.21/lib/ansible_collections/vmware/vmware/plugins/x.py", False),
        ("Removed from the 'community.general' collection version 12.0.0.", False),
    ],
)
def test_deprecation_is_judged_by_whom_it_names(message: str, ours: bool) -> None:
    text = f"[DEPRECATION WARNING]: {message}"
    log = f"{PREFIX}PLAY [nfv.vsphere_dpdk]\n{PREFIX}{text}\n{PREFIX}ok: nfv.vsphere_dpdk\n{PREFIX}{text}\n"
    assert list(deprecations(log, Path(CHECKOUT))) == ([text] if ours else [])
