"""Makes the coming release: version, changelog, commit, tarball and tag, and nothing outside the checkout.

The coming version is the name of the changelog fragment that has the ``release_summary``. `python -m scripts.release
--dry-run` makes the release in a copy of the tree, .cache/release, and leaves the tree as it is (docs/releases.md).
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = Path(sys.executable).parent
COPY = ROOT / ".cache/release/ansible_collections/nfv/vsphere_dpdk"
# What must pass before anything is changed, and on the release's commit: rules of the tree and what its tarball is.
BEFORE = ("scripts/build",)
ON_THE_COMMIT = (sys.executable, "-m", "pytest", "-q", "tests/static")
# Kinds of content, as the changelog has them, each with where the collection has its members.
KINDS = {
    ("plugins", "module"): "plugins/modules/*.py",
    ("plugins", "lookup"): "plugins/lookup/*.py",
    ("plugins", "filter"): "plugins/filter/*.yml",
    ("objects", "role"): "roles/*/meta/argument_specs.yml",
    ("objects", "playbook"): "playbooks/*.yml",
}
# Directories whose files say since when something is there.
DOCUMENTED = ("plugins", "roles", "playbooks", "extensions")
# Sections about what an earlier release had.
OF_RELEASED = ("breaking_changes", "deprecated_features", "removed_features", "security_fixes", "bugfixes")
# Sections that only a new major version may have.
INCOMPATIBLE = ("breaking_changes", "removed_features")
# Ansible's markup of documentation, which fragments do not have.
_MARKUP = re.compile(r"\b(?:[BCEIMOPUV]|RV)\([^)]+\)")
_VERSION_ADDED = re.compile(r"""(?m)^ *version_added: *["']?([^"'\s]+)""")

_VERSION = re.compile(r"(?m)^version: (.*)$")
_REMEDY = "its documentation must have the coming version as version_added"
_REMEDIES = {"playbook": "add it to `add object.playbook` in a fragment"}

#: Each changelog fragment by its file's name: section to entries.
Fragments: t.TypeAlias = dict[str, dict[str, t.Any]]
#: Each release that was made, by version, as changelogs/changelog.yaml has it.
Releases: t.TypeAlias = dict[str, dict[str, t.Any]]
#: The names of what users call, by kind.
Content: t.TypeAlias = dict[tuple[str, str], set[str]]


class ReleaseError(Exception):
    """What keeps the release from being made; one problem a line."""


@dataclasses.dataclass(frozen=True)
class Tree:
    """A checkout of the collection."""

    root: Path
    """Its directory."""

    @property
    def version(self) -> str:
        """The version in galaxy.yml."""
        return _VERSION.findall((self.root / "galaxy.yml").read_text(encoding="utf-8"))[0]

    @property
    def fragments(self) -> Fragments:
        """Its changelog fragments, each of a change that no release has yet."""
        paths = sorted((self.root / "changelogs/fragments").glob("*.y*ml"))
        return {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths}

    @property
    def releases(self) -> Releases:
        """The releases that its changelog has."""
        path = self.root / "changelogs/changelog.yaml"
        return (yaml.safe_load(path.read_text(encoding="utf-8"))["releases"] or {}) if path.is_file() else {}

    @property
    def content(self) -> Content:
        """Everything that users call."""
        return {kind: {_name(path) for path in self.root.glob(pattern)} for kind, pattern in KINDS.items()}

    @property
    def versions_added(self) -> dict[str, set[str]]:
        """The versions that documentation names as the first with something, by the file's path."""
        paths = [
            path for top in DOCUMENTED for path in (self.root / top).rglob("*.*") if path.suffix in (".py", ".yml")
        ]
        found = {path: _VERSION_ADDED.findall(path.read_text(encoding="utf-8")) for path in paths}
        return {str(path.relative_to(self.root)): set(versions) for path, versions in found.items() if versions}


def _name(path: Path) -> str:
    """What users call the content of a file."""
    return path.parts[-3] if path.name == "argument_specs.yml" else path.stem


def coming_version(fragments: Fragments) -> str:
    """The version that is released next. Raises ReleaseError unless exactly one fragment has a summary."""
    summaries = [name for name, sections in fragments.items() if "release_summary" in sections]
    if len(summaries) != 1:
        raise ReleaseError(
            f"{len(summaries)} changelog fragments have a release_summary ({', '.join(summaries)}): one must, and its "
            "name, VERSION.yml, says which version comes"
        )
    version = summaries[0].rpartition(".")[0]
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise ReleaseError(f"changelogs/fragments/{summaries[0]} has the release_summary; name it after the version")
    return version


def fragment_problems(fragments: Fragments, version: str, released: t.Collection[str]) -> list[str]:
    """What the fragments say that cannot be said in the changelog of this version, after those released."""
    problems = []
    for name, sections in fragments.items():
        for section in sections:
            if section in OF_RELEASED and not released:
                problems.append(
                    f"{name}: {section} of what was never released; {version} is the first, so tell what there is, as "
                    "major_changes or minor_changes"
                )
            elif section in INCOMPATIBLE and not version.endswith(".0.0"):
                problems.append(f"{name}: {section} in {version}; only a new major version may have them")
        problems += [f"{name}: {found}; write ``…``, a fragment is reStructuredText" for found in _markup(sections)]
    return problems


def _markup(sections: dict[str, t.Any]) -> list[str]:
    # `add object.playbook` and its like have descriptions as documentation has them.
    prose = [entries for section, entries in sections.items() if not section.startswith("add ")]
    return _MARKUP.findall(str(prose))


def version_problems(versions_added: dict[str, set[str]], known: t.Collection[str]) -> list[str]:
    """The ``version_added`` that are neither of a released version nor of the coming one."""
    return [
        f"{path}: version_added {version} was never released and does not come next ({', '.join(sorted(known))})"
        for path, versions in versions_added.items()
        for version in sorted(versions - set(known))
    ]


def missing(content: Content, releases: Releases) -> list[str]:
    """Content of the collection that the changelog of these releases never told of as new."""
    told: Content = {kind: set() for kind in KINDS}
    for release in releases.values():
        told["plugins", "module"].update(entry["name"] for entry in release.get("modules") or ())
        for plural in ("plugins", "objects"):
            for kind, entries in (release.get(plural) or {}).items():
                told.setdefault((plural, kind), set()).update(entry["name"] for entry in entries)
    return [
        f"{kind[1]} {name} is not in the changelog: {_REMEDIES.get(kind[1], _REMEDY)}"
        for kind, names in content.items()
        for name in sorted(names - told[kind])
    ]


def make(tree: Tree) -> str:
    """Makes the release in a tree, of its changelog fragments, and returns its version.

    Without fragments, the tree must be the release that its galaxy.yml names. Raises ReleaseError with every problem.
    """
    released = set(tree.releases)
    version = coming_version(tree.fragments) if tree.fragments else tree.version
    if tree.fragments and version in released:
        raise ReleaseError(f"{version} was released already: name the fragment with the summary after the next version")
    if not tree.fragments and version not in released:
        raise ReleaseError(f"{version}, the version in galaxy.yml, has neither fragments nor a place in the changelog")
    _refuse(
        [
            *fragment_problems(tree.fragments, version, released),
            *version_problems(tree.versions_added, released | {version}),
        ]
    )
    if tree.fragments:
        galaxy = tree.root / "galaxy.yml"
        galaxy.write_text(_VERSION.sub(f"version: {version}", galaxy.read_text(encoding="utf-8")), encoding="utf-8")
        _run([PROGRAMS / "antsibull-changelog", "release", "--reload-plugins"], tree.root)
        (tree.root / "changelogs/.plugin-cache.yaml").unlink(missing_ok=True)
    _refuse(missing(tree.content, tree.releases))
    return version


def dry_run(destination: Path = COPY) -> str:
    """Makes the release in a copy of the working tree, and returns its version. Raises ReleaseError as `make` does."""
    shutil.rmtree(destination, ignore_errors=True)
    listed = _run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (destination / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, destination / name, follow_symlinks=False)
    return make(Tree(destination))


def tag_message(version: str, releases: Releases) -> str:
    """The message of a release's tag: its name and its summary."""
    return f"nfv.vsphere_dpdk {version}\n\n{releases[version]['changes']['release_summary'].strip()}\n"


def record(tree: Tree, version: str, check: t.Sequence[str], *, signed: bool) -> None:
    """Commits the release that was made in a tree, and tags it once ``check`` has passed on the commit.

    Raises ReleaseError with what to do. The commit stays then, without a tag, and the next call goes on from it.
    """
    if _changes(tree):
        _run(["git", "add", "--all"], tree.root)
        _run(["git", "commit", "--message", f"Release {version}"], tree.root)
    try:
        _run(check, tree.root)
        kind = "--sign" if signed else "--annotate"
        _run(["git", "tag", kind, version, "--message", tag_message(version, tree.releases)], tree.root)
    except ReleaseError as error:
        raise ReleaseError(
            f"{error}\n{version} is committed and has no tag. Mend it, commit, and run this again; or take it back: "
            "git reset --hard HEAD~"
        ) from error


def ready(tree: Tree, version: str) -> None:
    """Raises ReleaseError unless the release may be made in this tree: it has no other changes, and no such tag."""
    if _changes(tree):
        raise ReleaseError("the working tree has changes: commit them first")
    if _run(["git", "tag", "--list", version], tree.root):
        raise ReleaseError(f"there is a tag {version} already")


def _changes(tree: Tree) -> str:
    """What git shows as not committed."""
    return _run(["git", "status", "--porcelain"], tree.root)


def _refuse(problems: list[str]) -> None:
    if problems:
        raise ReleaseError("\n".join(problems))


def _run(command: t.Sequence[str | Path], directory: Path) -> str:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode:
        said = f"{done.stdout}{done.stderr}".rstrip()
        raise ReleaseError(f"{' '.join(map(str, command[:3]))} ended with {done.returncode}: {said}")
    return done.stdout


def main(arguments: list[str]) -> int:
    """Returns the exit code: 1 if the release cannot be made."""
    parser = argparse.ArgumentParser(description="Makes the coming release (docs/releases.md).")
    parser.add_argument("--dry-run", action="store_true", help="in a copy, .cache/release; the tree stays as it is")
    parser.add_argument("--unsigned", action="store_true", help="tag it without a signature")
    options = parser.parse_args(arguments)
    tree = Tree(ROOT)
    try:
        version = dry_run()
        if options.dry_run:
            sys.stdout.write(f"{version}: dry release in {COPY.relative_to(ROOT)}\n")
            return 0
        ready(tree, version)
        _run(BEFORE, ROOT)
        make(tree)
        record(tree, version, ON_THE_COMMIT, signed=not options.unsigned)
        _run([PROGRAMS / "ansible-galaxy", "collection", "build", "--force", "--output-path", "build"], ROOT)
    except ReleaseError as error:
        sys.stderr.write(f"The release cannot be made:\n{error}\n")
        return 1
    sys.stdout.write(
        f"{version} is committed and tagged, and build/nfv-vsphere_dpdk-{version}.tar.gz is its tarball. Nothing is "
        "published yet (docs/releases.md):\n"
        f"  scripts/attest build/nfv-vsphere_dpdk-{version}.tar.gz KEY\n"
        f"  git push origin HEAD {version}\n"
        f"  ansible-galaxy collection publish build/nfv-vsphere_dpdk-{version}.tar.gz\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
