# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/lint has ansible-lint look at all that the Galaxy importer would have it look at, with no fewer rules."""

from __future__ import annotations

import inspect
import re
import typing as t

import yaml
from galaxy_importer.loaders import collection as importer

from tests.support.imports import ROOT

OURS = yaml.safe_load((ROOT / ".ansible-lint").read_text())
IGNORED = set(yaml.safe_load((ROOT / "galaxy.yml").read_text())["build_ignore"])
# Of the tarball, what has nothing that a rule is about: the changelog's data, which antsibull-changelog checks.
NOTHING_TO_LINT = {"changelogs"}


def leniencies(ours: t.Mapping[str, t.Any], profile: str) -> list[str]:
    """Where this configuration asks for less than the importer."""
    found = [] if ours.get("profile") == profile else ["profile"]
    found += [key for key in ("skip_list", "warn_list", "kinds", "mock_roles", "mock_modules") if ours.get(key)]
    excluded = {path.strip("/") for path in ours["exclude_paths"]}
    # build_ignore has ".*"; tests are left out as a whole.
    shipped = {path for path in excluded if path[0] != "." and path.split("/")[0] not in IGNORED | NOTHING_TO_LINT}
    return [*found, *sorted(shipped)]


def test_ansible_lint_is_no_more_lenient_than_the_importers() -> None:
    (profile,) = re.findall(r'"--profile",\s+"(\w+)"', inspect.getsource(importer.CollectionLoader._lint_collection))
    assert leniencies(OURS, profile) == []
    assert OURS["strict"] is True
    lenient = {**OURS, "skip_list": ["yaml"], "exclude_paths": [*OURS["exclude_paths"], "roles/pgw/"]}
    assert leniencies(lenient, "shared") == ["profile", "skip_list", "roles/pgw"]
