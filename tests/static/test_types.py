"""Types of the collection: each has a name of its own, and each field of a dataclass says what it holds."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.support.imports import ROOT

# Ansible finds plugins by these names.
NAMED_BY_ANSIBLE = frozenset(
    {"ActionModule", "CallbackModule", "FilterModule", "InventoryModule", "LookupModule", "ModuleDocFragment"}
)


def classes(root: Path) -> Iterator[tuple[str, ast.ClassDef]]:
    for path in sorted((root / "plugins").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield path.relative_to(root).as_posix(), node


def shared_names(root: Path = ROOT) -> dict[str, list[str]]:
    """Public types that exist more than once under one name, with their files."""
    found: dict[str, list[str]] = defaultdict(list)
    for place, node in classes(root):
        if not node.name.startswith("_") and node.name not in NAMED_BY_ANSIBLE:
            found[node.name].append(place)
    return {name: places for name, places in found.items() if len(places) > 1}


def undescribed_fields(root: Path = ROOT) -> list[str]:
    """Fields of dataclasses without a docstring of their own, as ``file: type.field``."""
    return [
        f"{place}: {node.name}.{ast.unparse(field.target)}"
        for place, node in classes(root)
        if any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list)
        for field, following in zip(node.body, [*node.body[1:], None], strict=True)
        if isinstance(field, ast.AnnAssign) and not _is_docstring(following)
    ]


def _is_docstring(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def written(root: Path, **sources: str) -> Path:
    (root / "plugins").mkdir()
    for name, source in sources.items():
        (root / "plugins" / f"{name}.py").write_text(source, encoding="utf-8")
    return root


def test_every_type_has_a_name_of_its_own() -> None:
    assert shared_names() == {}


def test_every_field_says_what_it_holds() -> None:
    assert undescribed_fields() == []


def test_a_name_that_two_types_share_is_found(tmp_path: Path) -> None:
    root = written(tmp_path, a="class Load: ...\nclass _Own: ...\n", b="class Load: ...\nclass _Own: ...\n")
    assert shared_names(root) == {"Load": ["plugins/a.py", "plugins/b.py"]}


def test_a_field_without_a_description_is_found(tmp_path: Path) -> None:
    source = '@dataclass(frozen=True)\nclass Load:\n    pps: float\n    """Packets/s."""\n    seconds: float\n'
    assert undescribed_fields(written(tmp_path, a=source)) == ["plugins/a.py: Load.seconds"]
