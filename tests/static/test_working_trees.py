"""Lab, benchmarks and Molecule stand without the tests, and no file names another one that is gone."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_TESTS = ("bench", "extensions", "lab")
TESTS = re.compile(r"(?<![\w.-])(?:\.\./)*tests[./]\w|^\s*(?:from|import) tests\b", re.MULTILINE)
# A path from the repository's root, as prose and configuration write it; "*" stands for anything.
PLACE = re.compile(
    r"(?<![\w./*~{}-])(?:\./)?"
    r"((?:\.ci|bench|changelogs|docs|examples|extensions|lab|meta|playbooks|plugins|roles|scripts|tests)/[\w./*-]*[\w*])"
)
# They make up names; they tell of earlier releases, whose files may be gone.
UNCHECKED = ("tests/", "CHANGELOG.md", "changelogs/changelog.yaml")
# What tools make, and ignore lists therefore name.
MADE = frozenset(
    {".*", "*.pyc", "*.tar.gz", "__pycache__", "build", "reports", "tests/output", ".cache", ".lab", ".venv"}
    | {"changelogs/changelog.yaml", "changelogs/.plugin-cache.yaml"}
)


def tracked(*patterns: str) -> Iterator[tuple[str, str]]:
    """Name and text of every text file in the index or new in the tree."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listing.split("\0")):
        path = ROOT / name
        if path.is_symlink() or not path.is_file():
            continue
        try:
            yield name, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def missing_places(text: str, root: Path = ROOT) -> list[str]:
    """Paths from the root that a text names and that do not exist."""
    return [place for place in PLACE.findall(text) if place not in MADE and not any(root.glob(place))]


def missing_entries(entries: list[str], root: Path = ROOT) -> list[str]:
    """Entries of an ignore list that match nothing and that no tool makes."""
    return [entry for entry in entries if entry.strip("/") not in MADE and not any(root.glob(entry.strip("/")))]


def test_bench_extensions_and_lab_name_nothing_of_the_tests() -> None:
    assert [name for name, text in tracked(*WITHOUT_TESTS) if TESTS.search(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "from tests.support import playbook",
        "import tests",
        "  ansible.builtin.import_playbook: ../../../tests/guest/playbooks/verify.yml",
        "# see tests/lab",
    ],
)
def test_mention_of_the_tests_is_found(text: str) -> None:
    assert TESTS.search(text)
    assert TESTS.search(text.replace("tests", "contests")) is None


def test_files_name_only_what_exists() -> None:
    offenders = [
        f"{name}: {place}"
        for name, text in tracked()
        if not name.startswith(UNCHECKED)
        for place in missing_places(text)
    ]
    assert offenders == []


def test_the_tarball_leaves_out_what_runs_in_a_checkout_only() -> None:
    ignored = yaml.safe_load((ROOT / "galaxy.yml").read_text())["build_ignore"]
    assert {"bench", "conftest.py", "extensions/molecule", "lab", "scripts", "tests"} <= set(ignored)
    extensions = {path.name for path in (ROOT / "extensions").iterdir()}
    assert {name for name in extensions if f"extensions/{name}" not in ignored} == {"audit", "eda", "patterns"}


def test_ignore_lists_name_only_what_exists() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text())["build_ignore"]
    lint = yaml.safe_load((ROOT / ".ansible-lint").read_text())["exclude_paths"]
    yamllint = yaml.safe_load((ROOT / ".yamllint").read_text())["ignore"].split()
    assert missing_entries([*galaxy, *lint, *yamllint]) == []


def test_name_of_a_missing_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab/plan.py").touch()
    text = "See `lab/plan.py`, lab/*.py and https://example.com/lab/none; not lab/none.py, nor (plugins/lookup)."
    assert missing_places(text, tmp_path) == ["lab/none.py", "plugins/lookup"]
    assert missing_entries(["lab", "reports", "mypy.ini", "gone/"], tmp_path) == ["mypy.ini", "gone/"]
