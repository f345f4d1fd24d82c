"""Every package of module_utils keeps to its subject: which ones it never imports, and that no imports go in circles.

docs/architecture.md tells the same layers.
"""

from __future__ import annotations

import ast
import sys
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

import pytest

from tests.support.imports import (
    COLLECTION,
    ROOT,
    UTILITIES,
    closure,
    closure_of_source,
    guest_code,
    guest_modules,
    imported,
    imports_of,
)

PACKAGES = ROOT / "plugins/module_utils"
GUEST_PYTHON = (3, 9)
SIBLINGS = frozenset(path.name for path in PACKAGES.iterdir() if (path / "__init__.py").is_file())
# Package -> packages that it never imports. Longer names count beside the shorter ones that hold them.
NEVER: dict[str, frozenset[str]] = {
    "_core": SIBLINGS - {"_core"},
    "_spec": SIBLINGS - {"_core", "_spec"},
    "_plan": SIBLINGS - {"_core", "_spec", "_plan"},
    "_vsphere": SIBLINGS - {"_core", "_events", "_spec", "_plan", "_readiness", "_vsphere"},
    "_guest": SIBLINGS - {"_core", "_spec", "_readiness", "_guest"},
    "_ovs": SIBLINGS - {"_core", "_guest", "_ovs"},
    "_pgw": SIBLINGS - {"_core", "_spec", "_guest", "_pgw"},
    "_traffic": SIBLINGS - {"_core", "_guest", "_pgw", "_readiness", "_traffic"},
    "_evidence": SIBLINGS - {"_core", "_guest", "_evidence"},
    "_readiness": SIBLINGS - {"_core", "_spec", "_plan", "_readiness"},
    "_comparison": SIBLINGS - {"_core", "_comparison"},
    "_events": SIBLINGS - {"_core", "_events"},
    "_report": SIBLINGS - {"_core", "_spec", "_plan", "_evidence", "_comparison", "_report"},
}
# Pure: they know nothing of Ansible.
WITHOUT_ANSIBLE = ("_core", "_spec", "_plan", "_pgw/runtime", "_readiness", "_comparison", "_events", "_report")
# The judge of evidence knows samples, not the guest that they come from: only the samplers read it.
SAMPLERS = ("_evidence/sample.py", "_evidence/telemetry.py")


def forbidden_imports(root: Path = ROOT) -> list[str]:
    """Imports between packages of module_utils that NEVER and its like forbid, as ``file: name``."""
    utilities = root / "plugins/module_utils"
    return [
        f"{place}: {name}"
        for path in sorted(utilities.rglob("*.py"))
        for place in [path.relative_to(utilities).as_posix()]
        for name in imports_of(path, root)
        if _forbidden(place, name)
    ]


def _forbidden(place: str, name: str) -> bool:
    if name.split(".", maxsplit=1)[0] == "ansible":
        return place.startswith(tuple(f"{package}/" for package in WITHOUT_ANSIBLE))
    if place.startswith("_pgw/runtime/") and name.startswith(COLLECTION):
        return not name.startswith(f"{UTILITIES}_pgw.runtime.")
    if place.startswith("_evidence/") and place not in SAMPLERS and _leads_to(name, {"_guest"}):
        return True
    return any(place.startswith(f"{package}/") and _leads_to(name, never) for package, never in NEVER.items())


def _leads_to(name: str, packages: frozenset[str] | set[str]) -> bool:
    return name.startswith(UTILITIES) and name.removeprefix(UTILITIES).split(".")[0] in packages


def module_imports(root: Path = ROOT) -> list[str]:
    """What modules import of the collection beside their own file in _module and its shared ones, as ``file: name``."""
    return [
        f"{path.name}: {name}"
        for path in sorted((root / "plugins/modules").glob("*.py"))
        for name in imports_of(path, root)
        if name.startswith(COLLECTION)
        and not name.startswith((f"{UTILITIES}_module.{path.stem}.", f"{UTILITIES}_module._"))
    ]


def circles(root: Path = ROOT) -> list[str]:
    """Files that import each other in a circle, as the first circle found; imports for types alone count, too."""
    graph = {}
    for path in (root / "plugins").rglob("*.py"):
        files = {file for file in imports_of(path, root).values() if file and file != path}
        graph[path] = {file for file in files if not (file.name == "__init__.py" and path.is_relative_to(file.parent))}
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        return [str(path.relative_to(root)) for path in error.args[1]]
    return []


def foreign_to_guest(source: str, package: str = "") -> list[str]:
    """Imports of a guest file, which is in ``package``, that a guest does not have."""
    names = imported(ast.parse(source, feature_version=GUEST_PYTHON))
    return [
        name
        for name in (resolve_name(name, package) for name in names)
        if name.split(".")[0] not in sys.stdlib_module_names
        and not name.startswith(("ansible.module_utils.", COLLECTION))
    ]


def test_no_package_imports_what_is_not_its_subject() -> None:
    assert forbidden_imports() == []


def test_module_imports_its_entry_only() -> None:
    assert module_imports() == []


def test_nothing_imports_in_circles() -> None:
    assert circles() == []


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("_core/a.py", f"from {UTILITIES}_spec.b import C"),
        ("_spec/a.py", "from ansible.module_utils.basic import AnsibleModule"),
        ("_plan/vm/a.py", f"from {UTILITIES}_vsphere.vm import read"),
        ("_guest/nic/a.py", f"from {UTILITIES}_ovs.model import Switch"),
        ("_pgw/runtime/a.py", f"from {UTILITIES}_core.errors import NfvError"),
        ("_evidence/judge.py", f"from {UTILITIES}_guest.engine.tree import Tree"),
        ("_evidence/judge.py", "from .._guest.engine.tree import Tree"),
        ("_evidence/verification.py", f"from {UTILITIES}_guest.procfs import process_started"),
    ],
)
def test_forbidden_import_is_found(place: str, line: str, tmp_path: Path) -> None:
    path = tmp_path / "plugins/module_utils" / place
    path.parent.mkdir(parents=True)
    path.write_text("import json\n")
    assert forbidden_imports(tmp_path) == []
    path.write_text(f"{line}\n")
    assert len(forbidden_imports(tmp_path)) == 1


@pytest.mark.parametrize("line", [f"from {UTILITIES}_core.errors import A", f"from {UTILITIES}_module.b import b"])
def test_module_that_imports_more_is_found(line: str, tmp_path: Path) -> None:
    path = tmp_path / "plugins/modules/a.py"
    path.parent.mkdir(parents=True)
    path.write_text(f"from {UTILITIES}_module.a import a\nfrom {UTILITIES}_module._run import run\n")
    assert module_imports(tmp_path) == []
    path.write_text(f"{line}\n")
    assert len(module_imports(tmp_path)) == 1


def test_circle_is_found(tmp_path: Path) -> None:
    package = tmp_path / "plugins/module_utils/_core"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "a.py").write_text("from .b import B\n")
    (package / "b.py").write_text("def b():\n    from . import a\n")
    assert len(circles(tmp_path)) == 3


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", guest_code(), ids=relative)
def test_guest_code_is_python_3_9_and_standard_library(path: Path) -> None:
    package = ".".join([COLLECTION.rstrip("."), *path.relative_to(ROOT).parent.parts])
    assert foreign_to_guest(path.read_text(), package) == []


def test_foreign_import_and_newer_syntax_are_found() -> None:
    assert foreign_to_guest("import json\nimport yaml\nfrom requests import get\n") == ["yaml", "requests.get"]
    with pytest.raises(SyntaxError):
        foreign_to_guest("match 1:\n    case 1:\n        pass\n")


def test_guest_code_follows_imports() -> None:
    names = {path.stem for path in guest_modules()}
    assert {"dpdk_bind", "kernel_cmdline", "pmd_evidence"} <= names
    assert not names & {"vm_dataplane", "host_topology_info", "placement_rules"}
    assert PACKAGES / "_guest/engine/tree.py" in guest_code()
    assert not any(path.is_relative_to(PACKAGES / "_vsphere") for path in guest_code())
    source = f"from {UTILITIES}_guest.nic.binding import plan\n"
    assert {PACKAGES / "_guest/engine/steps.py", PACKAGES / "_core/errors.py"} <= closure_of_source(source)
    assert PACKAGES / "_guest/nic/__init__.py" in closure([PACKAGES / "_guest/nic/binding.py"])


def test_runtime_package_imports_all_of_itself() -> None:
    runtime = PACKAGES / "_pgw/runtime"
    shipped = closure([ROOT / "plugins/modules/pgw_sessions.py"])
    assert {path for path in shipped if path.parent == runtime} == set(runtime.glob("*.py"))


def test_pyvmomi_is_imported_in_one_package_only() -> None:
    offenders = [
        relative(path)
        for shipped in ("plugins", "extensions/eda")
        for path in (ROOT / shipped).rglob("*.py")
        if not path.is_relative_to(PACKAGES / "_vsphere")
        and any(name.split(".")[0] in {"pyVmomi", "pyVim", "vmware"} for name in imports_of(path))
    ]
    assert offenders == []
    assert (ROOT / "extensions/eda/plugins/event_source/vcenter_events.py").is_file()
