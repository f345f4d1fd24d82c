# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection's Python files import of each other, read from their source, at any depth.

Run as a program it prints the files that run in a guest or on a tester, for vermin.
"""

from __future__ import annotations

import ast
import sys
import typing as t
from importlib.util import resolve_name
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections.nfv.vsphere_dpdk."
UTILITIES = f"{COLLECTION}plugins.module_utils."


def imported(tree: ast.AST) -> t.Iterator[str]:
    """Dotted names that a source imports, at any depth; relative ones begin with dots."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (f"{node.module}." if node.module else "")
            yield from (f"{module}{alias.name}" for alias in node.names)


def file_of(name: str, root: Path = ROOT) -> Path | None:
    """The collection's file that an imported name is, or is defined in; None for anything outside the collection."""
    if not name.startswith(COLLECTION):
        return None
    path = root.joinpath(*name.removeprefix(COLLECTION).split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    # A name in a module or in a package.
    for candidate in (path.parent.with_suffix(".py"), path.parent / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def imports_of(path: Path, root: Path = ROOT) -> dict[str, Path | None]:
    """What a file imports: absolute dotted names, each with the collection's file that it stands for."""
    package = COLLECTION + ".".join(path.relative_to(root).parent.parts)
    names = (resolve_name(name, package) for name in imported(ast.parse(path.read_text())))
    return {name: file_of(name, root) for name in names}


def closure(starts: t.Iterable[Path], root: Path = ROOT) -> set[Path]:
    """These files, whatever of the collection they import, and so on, with the packages that hold them."""
    found: set[Path] = set()
    pending = list(starts)
    while pending:
        path = pending.pop()
        if path in found:
            continue
        found.add(path)
        pending += [file for file in imports_of(path, root).values() if file]
        pending += [
            init for parent in path.relative_to(root).parents if (init := root / parent / "__init__.py").is_file()
        ]
    return found


def closure_of_source(source: str, root: Path = ROOT) -> set[Path]:
    """The collection's files that a program needs which is no file of the collection."""
    files = (file_of(name, root) for name in imported(ast.parse(source)))
    return closure((file for file in files if file), root)


def guest_modules(root: Path = ROOT) -> list[Path]:
    """The modules that do not talk to vCenter: Ansible runs them in a guest, on a tester or wherever its user says."""
    vsphere = root / "plugins/module_utils/_vsphere"
    modules = sorted((root / "plugins/modules").glob("*.py"))
    return [path for path in modules if not any(file.is_relative_to(vsphere) for file in closure([path], root))]


def guest_code(root: Path = ROOT) -> list[Path]:
    """Files that Ansible sends to a guest: its modules with all that they import, in a fixed order."""
    return sorted(closure(guest_modules(root), root))


if __name__ == "__main__":
    sys.stdout.writelines(f"{path.relative_to(ROOT)}\n" for path in guest_code())
