# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The coming release can be made: a dry release of this tree, and what would keep one from being made."""

from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path

import pytest

from scripts import release

SUMMARY = {"release_summary": "What it is."}


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> release.Tree:
    """The tree of a dry release."""
    directory = tmp_path_factory.mktemp("release") / "ansible_collections/nfv/vsphere_dpdk"
    release.dry_run(directory)
    return release.Tree(directory)


def test_a_dry_release_is_made(released: release.Tree) -> None:
    assert released.version in released.releases
    assert not released.fragments
    assert not (released.root / "changelogs/.plugin-cache.yaml").exists()
    changelog = (released.root / "CHANGELOG.md").read_text(encoding="utf-8").replace("\\", "")
    assert [
        name for names in released.content.values() for name in names if f"nfv.vsphere_dpdk.{name}" not in changelog
    ] == []
    assert release.tag_message(released.version, released.releases).startswith(
        f"nfv.vsphere_dpdk {released.version}\n\n"
    )


def test_what_was_released_stays_releasable(released: release.Tree) -> None:
    """The commit of a release, which has no fragments, passes its own tests."""
    assert release.make(released) == released.version


@pytest.mark.parametrize("kind", release.KINDS)
def test_what_the_changelog_lacks_is_found(kind: tuple[str, str], released: release.Tree) -> None:
    assert released.content[kind]
    content = released.content | {kind: released.content[kind] | {"unheard_of"}}
    assert release.missing(released.content, released.releases) == []
    (problem,) = release.missing(content, released.releases)
    assert problem.startswith(f"{kind[1]} unheard_of is not in the changelog: ")


@pytest.mark.parametrize(
    ("released_before", "version", "section", "words"),
    [
        ((), "1.0.0", "breaking_changes", "of what was never released"),
        ((), "1.0.0", "bugfixes", "of what was never released"),
        (("1.0.0",), "1.1.0", "breaking_changes", "only a new major version"),
        (("1.0.0",), "1.0.1", "removed_features", "only a new major version"),
        (("1.0.0",), "2.0.0", "breaking_changes", None),
        (("1.0.0",), "1.1.0", "bugfixes", None),
        ((), "1.0.0", "major_changes", None),
    ],
)
def test_a_section_that_does_not_fit_the_version_is_found(
    released_before: tuple[str, ...], version: str, section: str, words: str | None
) -> None:
    problems = release.fragment_problems({"change.yml": {section: ["a - b."]}}, version, released_before)
    assert [f"change.yml: {section}" in problem and (words or "") in problem for problem in problems] == [True] * bool(
        words
    )


@pytest.mark.parametrize("markup", ["C(nfv_hosts)", "M(nfv.vsphere_dpdk.dpdk_bind)", "O(state=absent)", "RV(changed)"])
def test_markup_that_the_changelog_would_show_is_found(markup: str) -> None:
    fragments = {"change.yml": {"minor_changes": [f"deploy - {markup} is new."]}}
    (problem,) = release.fragment_problems(fragments, "1.0.0", ())
    assert problem.startswith(f"change.yml: {markup}; ")


def test_a_version_that_never_was_is_found() -> None:
    (problem,) = release.version_problems({"plugins/modules/new.py": {"1.0.0", "0.2.0"}}, {"1.0.0"})
    assert problem.startswith("plugins/modules/new.py: version_added 0.2.0 ")


def test_versions_are_read_wherever_documentation_has_them(tmp_path: Path) -> None:
    for path, text in {
        "plugins/modules/a.py": "version_added: 1.0.0\noptions:\n  a:\n    version_added: '1.1.0'\n",
        "roles/b/meta/argument_specs.yml": "    version_added: 1.2.0\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(text)
    assert release.Tree(tmp_path).versions_added == {
        "plugins/modules/a.py": {"1.0.0", "1.1.0"},
        "roles/b/meta/argument_specs.yml": {"1.2.0"},
    }


@pytest.mark.parametrize(
    "fragments",
    [
        {"change.yml": {"minor_changes": []}},
        {"1.0.0.yml": SUMMARY, "1.1.0.yml": SUMMARY},
        {"first.yml": SUMMARY},
    ],
)
def test_which_version_comes_must_be_plain(fragments: dict[str, dict[str, t.Any]]) -> None:
    with pytest.raises(release.ReleaseError, match="release_summary"):
        release.coming_version(fragments)


def test_a_version_is_released_once(tmp_path: Path) -> None:
    (tmp_path / "changelogs/fragments").mkdir(parents=True)
    (tmp_path / "galaxy.yml").write_text("version: 1.0.0\n")
    (tmp_path / "changelogs/changelog.yaml").write_text("releases: {1.0.0: {}}\n")
    (tmp_path / "changelogs/fragments/1.0.0.yml").write_text("release_summary: Again.\n")
    with pytest.raises(release.ReleaseError, match=r"^1\.0\.0 was released already"):
        release.make(release.Tree(tmp_path))


def test_what_is_neither_released_nor_told_of_is_found(tmp_path: Path) -> None:
    (tmp_path / "galaxy.yml").write_text("version: 1.0.0\n")
    with pytest.raises(release.ReleaseError, match=r"^1\.0\.0, the version in galaxy\.yml, has neither"):
        release.make(release.Tree(tmp_path))


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> release.Tree:
    """A tree in which a release was made: its changelog is not committed yet."""
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "A maintainer")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "maintainer@example.com")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "Begin")
    (tmp_path / "changelogs").mkdir()
    changelog = "releases: {1.0.0: {changes: {release_summary: What it is.}}}\n"
    (tmp_path / "changelogs/changelog.yaml").write_text(changelog)
    return release.Tree(tmp_path)


def git(directory: Path, *arguments: str) -> str:
    command = ["git", "-c", "commit.gpgSign=false", *arguments]
    return subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True).stdout


def test_a_release_is_committed_checked_and_tagged_once(repository: release.Tree) -> None:
    check = ["git", "show", "HEAD:changelogs/changelog.yaml"]
    release.record(repository, "1.0.0", check, signed=False)
    assert git(repository.root, "log", "-1", "--format=%s %D").startswith("Release 1.0.0 HEAD")
    assert git(repository.root, "tag", "--list", "-n9").split() == [
        *("1.0.0", "nfv.vsphere_dpdk", "1.0.0", "What", "it", "is."),
    ]
    with pytest.raises(release.ReleaseError, match=r"there is a tag 1\.0\.0 already"):
        release.ready(repository, "1.0.0")
    (repository.root / "change").touch()
    with pytest.raises(release.ReleaseError, match="commit them first"):
        release.ready(repository, "1.1.0")


def test_a_release_that_fails_its_check_gets_no_tag_until_it_passes(repository: release.Tree) -> None:
    with pytest.raises(release.ReleaseError, match=r"has no tag\. Mend it"):
        release.record(repository, "1.0.0", ["false"], signed=False)
    assert git(repository.root, "tag") == ""
    release.record(repository, "1.0.0", ["true"], signed=False)
    assert git(repository.root, "log", "--format=%s").splitlines() == ["Release 1.0.0", "Begin"]
    assert git(repository.root, "tag") == "1.0.0\n"
