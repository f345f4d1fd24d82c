# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sources of the site: every guide, role and playbook has its page, and no link leads to nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.site import sources
from tests.support.imports import ROOT


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """The text of each page by its path. Making them fails for a link that leads nowhere."""
    return {page.path: page.text for page in sources.pages(ROOT)}


def test_everything_has_a_page(pages: dict[str, str]) -> None:
    guides = {str(path.relative_to(ROOT)) for path in ROOT.glob("docs/*.md")}
    playbooks = {f"playbooks/{path.stem}.md" for path in ROOT.glob("playbooks/*.yml")}
    roles = {str(path.relative_to(ROOT)) for path in ROOT.glob("roles/*/README.md")}
    assert guides | playbooks | roles | {"index.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"} <= set(pages)


def test_the_index_leads_to_every_page(pages: dict[str, str]) -> None:
    entries = {line.rpartition("<")[2].removesuffix(">") for line in pages["index.md"].splitlines()}
    assert {path.removesuffix(".md") for path in pages} - entries == {"index"}


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("docs/a.md", "[b](b.md)", "[b](b.md)"),
        ("docs/a.md", "[r](../README.md)", "[r](../index.md)"),
        ("README.md", "[a](docs/a.md)", "[a](docs/a.md)"),
        ("docs/a.md", "[l](../COPYING)", f"[l]({sources.REPOSITORY}/blob/main/COPYING)"),
        ("docs/a.md", "[l](../lab)", f"[l]({sources.REPOSITORY}/tree/main/lab)"),
        ("docs/a.md", "[x](https://example.com/x.md)", "[x](https://example.com/x.md)"),
        ("docs/a.md", "[here](#part)", "[here](#part)"),
    ],
)
def test_links_lead_to_pages_or_to_the_repository(path: str, text: str, expected: str) -> None:
    assert sources.relinked(path, text, {"README.md", "docs/a.md", "docs/b.md"}, ROOT) == expected


def test_a_link_that_leads_nowhere_is_found() -> None:
    with pytest.raises(ValueError, match=r"docs/a\.md: none\.md leads to nothing"):
        sources.relinked("docs/a.md", "[none](none.md)", {"docs/a.md"}, ROOT)


def test_a_link_to_no_heading_is_found() -> None:
    assert sources.anchors("# One `two`\n```\n# no heading\n```\n## [A b](c.md), d\n") == {"one-two", "a-b-d"}
    link = "[r](releases.md#the-changelog)"
    assert sources.relinked("docs/a.md", link, {"docs/releases.md"}, ROOT) == link
    with pytest.raises(ValueError, match=r"docs/a\.md: docs/releases\.md has no heading #the-change"):
        sources.relinked("docs/a.md", "[r](releases.md#the-change)", {"docs/releases.md"}, ROOT)


def test_the_comment_of_a_playbook_is_its_page() -> None:
    page = sources.playbook_page(
        "proof",
        "# Copyright (c) 2026, somebody\n---\n# Proves that it\n# polls. See docs/a.md.\n# With --check it fails\n"
        "# with [not_proved]; -e nfv_hosts=all.\n- name: First\n",
    )
    assert page.path == "playbooks/proof.md"
    assert page.text.splitlines()[:5] == [
        "# nfv.vsphere_dpdk.proof playbook",
        "",
        "Proves that it polls. See `docs/a.md`.",
        "",
        "With `--check` it fails with `[not_proved]`; `-e nfv_hosts=all`.",
    ]


def test_a_playbook_without_a_comment_is_found() -> None:
    with pytest.raises(ValueError, match="does not begin with a comment"):
        sources.playbook_page("proof", "---\n- name: First\n")


def test_a_guide_that_no_group_names_has_a_place(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/new.md").write_text("# New\n")
    paths = sources.guides(tmp_path)
    assert paths[-1] == "docs/new.md"
    assert "\ndocs/new\n" in sources.index_page("", paths, [], []).text
