# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every value that a module, a lookup or a filter returns has a sample of its type, which names no unknown code."""

from __future__ import annotations

import ast
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.error_codes import ErrorCode
from tests.support.imports import ROOT

Returned = dict[str, t.Any]
TYPES: dict[str, type | tuple[type, ...]] = {
    "bool": bool,
    "dict": dict,
    "float": (int, float),
    "int": int,
    "list": list,
    "str": str,
}
CODES = frozenset(code.value for code in ErrorCode)


def returned(path: Path) -> Returned:
    """RETURN of a module or lookup, or of a filter's YAML file."""
    text = path.read_text()
    if path.suffix == ".yml":
        found: Returned = yaml.safe_load(text)["RETURN"]
        return found
    constants = (node for node in ast.parse(text).body if isinstance(node, ast.Assign))
    (value,) = (node.value for node in constants if ast.unparse(node.targets[0]) == "RETURN")
    return yaml.safe_load(ast.literal_eval(value)) or {}


def problems(values: Returned, prefix: str = "", shown: bool = False) -> t.Iterator[str]:
    """What is wrong with the samples of returned values. A value that has parts may leave its sample to them.

    shown: whether the value that these are parts of has a sample, which shows them.
    """
    for name, value in values.items():
        path = f"{prefix}{name}"
        if "sample" in value:
            yield from (f"{path}: {problem}" for problem in wrong(value, value["sample"]))
            yield from (f"{path}: unknown code {code}" for code in codes(name, value["sample"]) if code not in CODES)
        elif not value.get("contains") and not shown:
            yield f"{path}: no sample"
        yield from problems(value.get("contains") or {}, f"{path}.", shown or "sample" in value)


def wrong(value: Returned, sample: t.Any) -> t.Iterator[str]:
    kinds = TYPES.get(value["type"])
    if sample is None and "null" in str(value["description"]):
        return
    if kinds is not None and (not isinstance(sample, kinds) or (isinstance(sample, bool) and value["type"] != "bool")):
        yield f"the sample is no {value['type']}: {sample!r}"
    elif value["type"] == "list" and "elements" in value:
        for one in sample:
            yield from wrong({"type": value["elements"], "description": value["description"]}, one)


def codes(name: str, sample: t.Any) -> t.Iterator[str]:
    """The error codes in a sample."""
    if name == "error_code" and isinstance(sample, str):
        yield from [sample] if sample else []
    elif isinstance(sample, dict):
        for key, one in sample.items():
            yield from codes(key, one)
    elif isinstance(sample, list):
        for one in sample:
            yield from codes("", one)


FILES = [
    *sorted((ROOT / "plugins/modules").glob("*.py")),
    *sorted((ROOT / "plugins/lookup").glob("*.py")),
    *sorted((ROOT / "plugins/filter").glob("*.yml")),
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_returned_value_has_a_sample(path: Path) -> None:
    assert list(problems(returned(path))) == []


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"type": "int"}, "new: no sample"),
        ({"type": "dict", "contains": {"part": {"type": "str", "description": "A part."}}}, "new.part: no sample"),
        ({"type": "int", "sample": "4"}, "new: the sample is no int: '4'"),
        ({"type": "int", "sample": True}, "new: the sample is no int: True"),
        ({"type": "str", "sample": None}, "new: the sample is no str: None"),
        ({"type": "list", "elements": "int", "sample": [1, "2"]}, "new: the sample is no int: '2'"),
        ({"type": "list", "sample": [{"error_code": "unheard_of"}]}, "new: unknown code unheard_of"),
    ],
)
def test_a_value_without_a_sample_or_with_a_wrong_one_is_found(value: Returned, problem: str) -> None:
    assert list(problems({"new": {"description": "Something.", **value}})) == [problem]


def test_null_is_a_sample_where_the_description_says_so() -> None:
    assert list(problems({"new": {"description": "A number; null without one.", "type": "int", "sample": None}})) == []
