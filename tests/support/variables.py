# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables that users of the collection may set: those of docs/variables.md and of the roles."""

from __future__ import annotations

import functools
import re
import typing as t

import yaml

from tests.support.imports import ROOT


def explained(page: str) -> set[str]:
    """The names in the first column of the page's tables."""
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    return {name for cell in rows for name in re.findall(r"`(\w+)`", cell)}


@functools.cache
def known_variables() -> frozenset[str]:
    """Every variable that a playbook or a role takes from a user."""
    page = explained((ROOT / "docs/variables.md").read_text(encoding="utf-8"))
    return frozenset(page | {name for name, _ in _options_of_roles()})


@functools.cache
def choices_of_roles() -> dict[str, set[str]]:
    """The values that a role's variable may have, where it names them."""
    return {name: set(option["choices"]) for name, option in _options_of_roles() if "choices" in option}


def _options_of_roles() -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            yield from (entry.get("options") or {}).items()
