# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a filter is given: a result, or AnsibleFilterError."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import typing as t
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils import filters
from tests.fuzz.fuzzing import Random, finds, fuzz, junk
from tests.support.hostile import HOSTILE

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "plugins/filter").glob("*.py"))
# Reading a path that happens to exist is another test's subject.
READS_FILES = {"pgw_sessions_read"}
DESCRIPTION_KEYS = ("name", "path", "message", "error_code", "dataplane", "placement", "adapters", "network", "vms")
INPUTS = 2000


def shaped(rng: Random, depth: int = 3) -> t.Any:
    """A value that has some of the keys that filters look for."""
    kind = rng.randint(0, 3)
    if kind > 1 or not depth:
        found = junk(rng)
        # Only filters for what users write themselves, which other fuzzers test, must stand what aliases expand to.
        return None if found is HOSTILE["expanding"] else found
    members = [shaped(rng, depth - 1) for _member in range(rng.randint(0, 3))]
    return members if kind else {rng.choice(DESCRIPTION_KEYS): member for member in members}


def all_filters() -> dict[str, t.Callable[..., t.Any]]:
    package = "ansible_collections.nfv.vsphere_dpdk.plugins.filter"
    modules = (importlib.import_module(f"{package}.{name}") for name in NAMES)
    return {name: function for module in modules for name, function in module.FilterModule().filters().items()}


def calls(functions: t.Mapping[str, t.Callable[..., t.Any]]) -> t.Callable[[Random], tuple[str, list[t.Any]]]:
    def made(rng: Random) -> tuple[str, list[t.Any]]:
        name = rng.choice(sorted(functions))
        taken = inspect.signature(functions[name]).parameters.values()
        needed = sum(1 for parameter in taken if parameter.default is parameter.empty)
        return name, [shaped(rng) for _argument in range(rng.randint(needed, len(taken)))]

    return made


def checked(functions: dict[str, t.Callable[..., t.Any]]) -> t.Callable[[tuple[str, list[t.Any]]], None]:
    def check(call: tuple[str, list[t.Any]]) -> None:
        name, arguments = call
        with contextlib.suppress(AnsibleFilterError):
            functions[name](*arguments)

    return check


def test_filters() -> None:
    functions = {name: function for name, function in all_filters().items() if name not in READS_FILES}
    assert len(functions) > 20
    fuzz(calls(functions), checked(functions), INPUTS)


def test_every_filter_says_what_was_wrong_with_an_error_code() -> None:
    for name, function in all_filters().items():
        needed = [object() for each in inspect.signature(function).parameters.values() if each.default is each.empty]
        with contextlib.suppress(AnsibleFilterError):
            function(*needed)
            continue
        with pytest.raises(AnsibleFilterError, match=rf"\[[a-z_]+\] |^{name}|drift_report|takes|must be"):
            function(*needed)


def test_the_fuzzer_finds_a_planted_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "_SHAPE", (ZeroDivisionError,))
    functions = {name: function for name, function in all_filters().items() if name not in READS_FILES}
    assert finds(calls(functions), checked(functions), INPUTS) is not None
