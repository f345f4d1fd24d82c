# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/variables.md explains every variable that playbooks take from a user, and examples set no other ones."""

from __future__ import annotations

import re
import typing as t

import pytest
import yaml

from tests.support.imports import ROOT
from tests.support.variables import explained, known_variables

NAME = re.compile(r"\b(?:nfv|vsphere|drift|remove|comparison)_[a-z0-9_]*[a-z0-9]\b")
# The collection's own name, error codes and outcomes, and what roles leave for later ones.
NOT_OF_USERS = {
    "vsphere_dpdk",
    "comparison_course",
    "comparison_forwarding",
    "comparison_report",
    "comparison_unfinished",
    "drift_found",
    "drift_report",
    "drift_unknown",
    "remove_pgw",
    "nfv_application",
    "nfv_devices",
    "nfv_outcomes",
    "nfv_verification",
    "nfv_workload_state",
}


def used(texts: t.Iterable[str]) -> set[str]:
    """The variables of users that playbooks name."""
    return {name for text in texts for name in NAME.findall(text)} - NOT_OF_USERS


@pytest.fixture(scope="module")
def page() -> set[str]:
    return explained((ROOT / "docs/variables.md").read_text(encoding="utf-8"))


def test_every_variable_of_the_playbooks_is_explained(page: set[str]) -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "playbooks").rglob("*.yml")]
    assert used(texts) - page == set()


def test_what_is_explained_exists(page: set[str]) -> None:
    paths = [*(ROOT / "playbooks").rglob("*.yml"), *(ROOT / "roles").rglob("*.yml")]
    texts = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    assert {name for name in page if not re.search(rf"\b{name}\b", texts)} == set()


def test_a_variable_that_is_not_explained_is_found(page: set[str]) -> None:
    assert used(["when: nfv_new_option | default(false)"]) - page == {"nfv_new_option"}


@pytest.mark.parametrize("example", sorted(path.name for path in (ROOT / "examples").iterdir() if path.is_dir()))
def test_an_example_sets_what_exists(example: str) -> None:
    known = known_variables() | {"ansible_user", "ansible_become", "ansible_ssh_common_args"} | _of_testers()
    variables: set[str] = set()
    for path in (ROOT / "examples" / example / "inventory").glob("*_vars/**/*.yml"):
        # Without the tag of a value in a vault, which only Ansible reads; the names of such values are the site's.
        variables |= set(yaml.safe_load(path.read_text(encoding="utf-8").replace("!vault ", "")))
    assert {name for name in variables - known if not name.startswith("vault_")} == set()


def _of_testers() -> set[str]:
    """What role dpdk_verify reads of a tester."""
    text = (ROOT / "roles/dpdk_verify/vars/main.yml").read_text(encoding="utf-8")
    return set(re.findall(r"\btester_[a-z0-9_]+", text))
