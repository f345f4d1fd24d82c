"""What tests bring into a guest is whole: they learn of a module that is missing only there, an hour later."""

from __future__ import annotations

import ast
from collections.abc import Iterable

import pytest

from tests.guest.killing import MODULES
from tests.guest.observation import SAMPLE_MODULES
from tests.static.test_guards import COLLECTION, ROOT, imported, resolve_name

GUEST = f"{COLLECTION}_guest"


def missing(modules: Iterable[str]) -> set[str]:
    """Modules of _guest that one of these imports and that are not among them."""
    needed = set()
    for module in modules:
        path = ROOT / f"plugins/module_utils/_guest/{module}.py"
        names = (resolve_name(name, GUEST) for name in imported(ast.parse(path.read_text())))
        needed |= {name.removeprefix(f"{GUEST}.").split(".")[0] for name in names if name.startswith(f"{GUEST}.")}
    return {name for name in needed if (ROOT / f"plugins/module_utils/_guest/{name}.py").exists()} - set(modules)


@pytest.mark.parametrize("modules", [SAMPLE_MODULES, MODULES], ids=["observation", "killing"])
def test_what_is_brought_imports_nothing_else(modules: tuple[str, ...]) -> None:
    assert missing(modules) == set()


def test_a_missing_module_is_found() -> None:
    assert missing(["evidence", "hugepages", "procfs", "tree"]) == {"buddy", "plan", "telemetry"}
