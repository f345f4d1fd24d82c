"""Collects what Sphinx makes the site of: guides, roles' and playbooks' pages, and an index.

Guides stand where they stand in the repository, so that their links to each other hold. README.md becomes the index.
"""

from __future__ import annotations

import dataclasses
import posixpath
import re
import sys
import typing as t
from pathlib import Path

REPOSITORY = "https://github.com/nfv/vsphere_dpdk"
# The guides by what a reader wants, in reading order; others stand at the end of the second group.
GUIDES = {
    "Begin": [
        "docs/quickstart.md",
        "examples/README.md",
        "docs/description.md",
        "docs/first_boot.md",
        "docs/readiness.md",
        "docs/privileges.md",
    ],
    "Operate": [
        "docs/operations.md",
        "docs/variables.md",
        "docs/run_report.md",
        "docs/evidence.md",
        "docs/troubleshooting.md",
        "docs/placement.md",
        "docs/fleets.md",
        "docs/gitops.md",
        "examples/gitops/README.md",
    ],
    "Network functions": [
        "docs/workloads.md",
        "docs/pgw.md",
        "docs/sriov.md",
        "docs/features.md",
        "docs/rates.md",
        "docs/comparison.md",
    ],
    "Develop": [
        "CONTRIBUTING.md",
        "docs/architecture.md",
        "docs/testing.md",
        "docs/lab.md",
        "docs/releases.md",
        "SECURITY.md",
        "CODE_OF_CONDUCT.md",
        "CHANGELOG.md",
    ],
}
UNNAMED = "Operate"
_LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]*)?(?=\))")
_NOTICE = re.compile(r"(?m)^# (?:Copyright|GNU General|SPDX-).*\n")
# What prose writes without markup: options of commands, files, error codes, names with underscores and their values.
_CODE = re.compile(
    r"(?<![\w/.`])(-e [\w.]+=\S*[\w/]|--?[a-z][\w-]*|[\w/]+\.(?:md|yml|json)\b|\[\w+\]|"
    r"\w+_\w+=\[[^]]*\]|\w*[a-z]_[\w.=]*\w)"
)


@dataclasses.dataclass(frozen=True)
class Page:
    """A page of the site."""

    path: str
    """Where it stands, from the root of the site's sources."""
    text: str
    """Its Markdown."""


def guides(root: Path) -> list[str]:
    """The paths of all guides."""
    named = [path for group in GUIDES.values() for path in group]
    return [*named, *sorted({f"docs/{path.name}" for path in (root / "docs").glob("*.md")} - set(named))]


def place(path: str) -> str:
    """Where a page of the repository stands in the site."""
    return "index.md" if path == "README.md" else path


def relinked(path: str, text: str, pages: t.Collection[str], root: Path) -> str:
    """A page's text whose links lead to pages of the site, or else to the repository.

    Raises ValueError for a link that leads nowhere.
    """

    def link(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), match[1]))
        if (root / target / "README.md").is_file() and f"{target}/README.md" in pages:
            target += "/README.md"
        if target in pages:
            if match[2] and match[2][1:] not in anchors((root / target).read_text(encoding="utf-8")):
                raise ValueError(f"{path}: {target} has no heading {match[2]}")
            return posixpath.relpath(place(target), posixpath.dirname(path) or ".") + (match[2] or "")
        if not (root / target).exists():
            raise ValueError(f"{path}: {match[0]} leads to nothing")
        return f"{REPOSITORY}/{'tree' if (root / target).is_dir() else 'blob'}/main/{target}{match[2] or ''}"

    return _LINK.sub(link, text)


def anchors(text: str) -> set[str]:
    """What links to the headings of a page may name, as GitHub and Sphinx make them of the headings."""
    prose = re.sub(r"(?ms)^```.*?^```", "", text)
    headings = re.findall(r"(?m)^#+ (.+)$", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", prose))
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def playbook_page(name: str, text: str) -> Page:
    """The page of a playbook, from the comment that it begins with. Raises ValueError for one without."""
    header = re.match(r"(?:---\n)?((?:#.*\n)+)", _NOTICE.sub("", text))
    if header is None:
        raise ValueError(f"playbook {name} does not begin with a comment that says what it does")
    lines = [line.removeprefix("#").strip() for line in header[1].splitlines()]
    # A paragraph ends where a line ends with a sentence.
    prose = re.sub(r"(?<![.\n])\n(?!\n)", " ", "\n".join(lines))
    paragraphs = [_CODE.sub(r"`\1`", paragraph) for paragraph in re.split(r"\n+", prose) if paragraph]
    written = "\n\n".join(paragraphs)
    return Page(
        f"playbooks/{name}.md",
        f"# nfv.vsphere_dpdk.{name} playbook\n\n"
        f"{written}\n\n[Variables](../docs/variables.md) explains the variables of all playbooks.\n",
    )


def role_page(name: str, text: str) -> Page:
    """The page of a role: its README, and where its arguments are documented."""
    label = f"ansible_collections.nfv.vsphere_dpdk.{name}_role"
    heading, _newline, rest = text.partition("\n")
    return Page(
        f"roles/{name}/README.md", f"{heading} role\n\nArguments: {{ref}}`nfv.vsphere_dpdk.{name} <{label}>`\n{rest}"
    )


def index_page(readme: str, guide_paths: list[str], roles: list[str], playbooks: list[str]) -> Page:
    """The first page: README.md, and the contents of the site for its sidebar."""
    unnamed = [path for path in guide_paths if not any(path in group for group in GUIDES.values())]
    trees = [
        _tree(group, [*paths, *(unnamed if group == UNNAMED else [])])
        for group, paths in GUIDES.items()
        if group != "Develop"
    ]
    trees += [
        _tree("Playbooks", [f"{name} <playbooks/{name}>" for name in playbooks]),
        _tree("Roles", [f"roles/{name}/README.md" for name in roles]),
        _tree("Modules and plugins", ["All modules, filters, lookups and roles <reference/index>"]),
        _tree("Develop", GUIDES["Develop"]),
    ]
    return Page("index.md", readme + "".join(trees))


def _tree(caption: str, entries: list[str]) -> str:
    lines = "\n".join(entry.removesuffix(".md") for entry in entries)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{lines}\n```\n"


def pages(root: Path) -> list[Page]:
    """All pages but the reference of modules, plugins and roles, which antsibull-docs makes."""
    roles = sorted(path.parent.name for path in root.glob("roles/*/README.md"))
    playbooks = sorted(path.stem for path in root.glob("playbooks/*.yml"))
    texts = {path: (root / path).read_text(encoding="utf-8") for path in ["README.md", *guides(root)]}
    made = [role_page(name, (root / f"roles/{name}/README.md").read_text(encoding="utf-8")) for name in roles]
    made += [Page(path, text) for path, text in texts.items() if path != "README.md"]
    made += [playbook_page(name, (root / f"playbooks/{name}.yml").read_text(encoding="utf-8")) for name in playbooks]
    made.append(index_page(texts["README.md"], guides(root), roles, playbooks))
    known = {*texts, *(page.path for page in made)}
    return [Page(page.path, relinked(page.path, page.text, known, root)) for page in made]


if __name__ == "__main__":
    source, destination = map(Path, sys.argv[1:3])
    for page in pages(source):
        (destination / page.path).parent.mkdir(parents=True, exist_ok=True)
        (destination / page.path).write_text(page.text, encoding="utf-8")
