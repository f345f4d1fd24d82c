"""The table of privileges: complete, as the SDK knows it, and told in docs/privileges.md."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from pyVmomi import VmomiSupport, vim, vmodl

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.privileges import (
    LABELS,
    NEEDS,
    ROLES,
    Entity,
    Feature,
    Need,
)
from scripts.privileges_page import PAGE, ROOT, page

# What the privilege of a method is not the whole story of: it depends on the arguments (API reference).
DYNAMIC = {"CloneVM_Task", "Destroy_Task", "ReconfigVM_Task"}
# Methods that need nothing but a session, or less than System.Read.
FREE = {
    "CancelWaitForUpdates",
    "ContinueRetrievePropertiesEx",
    "CreatePropertyCollector",
    "DestroyPropertyCollector",
    "DestroyPropertyFilter",
    "DestroyView",
    "DropConnections",  # of pyVmomi's stub, not the VM's method of this name
    "Login",
    "Logout",
}
TYPES = (
    vim.VirtualMachine,
    vim.ClusterComputeResource,
    vim.SessionManager,
    vim.AuthorizationManager,
    vim.PerformanceManager,
    vim.SearchIndex,
    vim.view.ViewManager,
    vim.host.DateTimeSystem,
    vim.option.OptionManager,
    vmodl.query.PropertyCollector,
)


def sdk_methods() -> dict[str, str | None]:
    """The privilege of every method that pyVmomi knows of TYPES, by the method's names in the API and in Python."""
    found: dict[str, str | None] = {}
    for kind in TYPES:
        for parent in kind.__mro__:
            for name, info in getattr(parent, "_methodInfo", {}).items():
                found[info.wsdlName] = found[VmomiSupport.Capitalize(name)] = info.privId
    return found


def names_in(source: str) -> set[str]:
    """Attributes and strings of a file, among which are the methods that it calls."""
    tree = ast.parse(source)
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return attributes | {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def unlisted(sources: list[str]) -> set[str]:
    """Methods of the API that these files call and the table does not know."""
    known = {call for need in NEEDS for call in need.calls} | FREE
    methods = set(sdk_methods())
    return {name for source in sources for name in names_in(source) if name in methods} - known


def test_every_method_that_is_called_is_in_the_table() -> None:
    sources = [path.read_text() for path in (ROOT / "plugins/module_utils/_vsphere").rglob("*.py")]
    assert unlisted(sources) == set()


def test_method_that_is_not_in_the_table_is_found() -> None:
    assert unlisted(["vm.SuspendVM_Task()", "x = 'ResetVM_Task'", "vm.PowerOnVM_Task()"]) == {
        "SuspendVM_Task",
        "ResetVM_Task",
    }


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: f"{need.feature.value}-{need.place.value}-{need.privilege}")
def test_the_sdk_names_the_same_privilege(need: Need) -> None:
    methods = sdk_methods()
    for call in need.calls:
        assert call in methods, f"the API has no method {call}"
        if need.feature != Feature.READ and call not in DYNAMIC:
            assert methods[call] == need.privilege


def test_every_privilege_has_a_label_and_a_role() -> None:
    assert {need.privilege for need in NEEDS} == set(LABELS)
    given = [place for role in ROLES for place in role.places]
    assert sorted(given) == sorted({need.place for need in NEEDS} - {Entity.VCENTER})
    assert {need.feature for need in NEEDS} == set(Feature)


def test_page_is_written_from_the_table() -> None:
    assert page(PAGE.read_text()) == PAGE.read_text(), "run: python -m scripts.privileges_page"


def test_page_that_is_out_of_date_is_found() -> None:
    text = PAGE.read_text()
    assert page(text.replace("Network.Assign", "Network.Assigned")) != text.replace(
        "Network.Assign", "Network.Assigned"
    )
    with pytest.raises(ValueError, match="lacks the marks"):
        page(Path(__file__).read_text())
