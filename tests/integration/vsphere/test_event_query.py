# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every query of extensions/audit/event_query.yml on a real result of its module: the nodes that the task managed."""

from __future__ import annotations

import typing as t
from pathlib import Path

import jq
import pytest
import yaml

from .conftest import DESCRIPTION, REPOSITORY
from .test_check_mode import CASES, Case, vsphere_modules

QUERIES: dict[str, dict[str, str]] = yaml.safe_load((REPOSITORY / "extensions/audit/event_query.yml").read_text())
# It tells what is missing, and deals with no node.
WITHOUT_NODES = {"readiness_info"}
KINDS = {"host_topology_info": "Hypervisor", "placement_rules": "Cluster"}
MODULES = sorted({*vsphere_modules()} - WITHOUT_NODES)


def nodes(module: str, result: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """What the controller counts for a task with this result."""
    found: list[dict[str, t.Any]] = jq.compile(QUERIES[f"nfv.vsphere_dpdk.{module}"]["query"]).input(result).all()
    return found


def told_apart(found: t.Sequence[t.Mapping[str, t.Any]]) -> set[tuple[str, str, str]]:
    """Name, ID and kind of each node; what identifies it must be the ID alone, for every module the same."""
    assert all(node["canonical_facts"].keys() == {"moid"} and node["canonical_facts"]["moid"] for node in found), found
    return {(node["name"], node["canonical_facts"]["moid"], node["facts"]["device_type"]) for node in found}


def without_query(queries: t.Container[str], modules: t.Iterable[str]) -> list[str]:
    return [name for name in modules if f"nfv.vsphere_dpdk.{name}" not in queries]


def test_every_module_that_talks_to_vcenter_has_a_query() -> None:
    assert without_query(QUERIES, MODULES) == []
    assert len(QUERIES) == len(MODULES)
    # The control: a module that nobody has thought of.
    assert without_query(QUERIES, ["vm_of_tomorrow"]) == ["vm_of_tomorrow"]


@pytest.mark.parametrize("case", [case for case in CASES if case.module in MODULES], ids=lambda case: case.module)
@pytest.mark.parametrize("check", [True, False], ids=["check", "real"])
def test_a_task_counts_the_nodes_that_it_dealt_with(
    modules: t.Any,
    make_vm: t.Callable[..., t.Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    case: Case,
    check: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    machine = make_vm(power_on=case.running)
    (result,) = modules.run((case.module, {**modules.options(), **case.options(machine)}), check=check)
    assert not result.get("failed"), result
    found = told_apart(nodes(case.module, result))
    kind = KINDS.get(case.module, "VM")
    cluster = machine.runtime.host.parent
    expected = {
        "VM": {(machine.name, machine._moId, "VM")},
        "Hypervisor": {(host.name, host._moId, "Hypervisor") for host in cluster.host},
        "Cluster": {(cluster.name, cluster._moId, "Cluster")},
    }
    assert found >= expected[kind]
    assert {node[2] for node in found} == {kind}
    if kind != "Hypervisor":  # Of those, the lab has others.
        assert found == expected[kind]


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("result", [{"censored": "no_log"}, {"failed": True, "msg": "[vcenter_unreachable]"}, {}])
def test_a_task_that_has_reached_nothing_counts_nothing(module: str, result: dict[str, t.Any]) -> None:
    assert nodes(module, result) == []


@pytest.mark.parametrize("module", ["vm_dataplane_info", "feature_compat_info"])
def test_a_vm_that_is_not_there_does_not_count(modules: t.Any, vm: t.Any, module: str) -> None:
    named = [{"name": vm.name}, {"name": "engine-nobody"}]
    options = {**modules.options(), "vms": named, "dataplane": DESCRIPTION}
    (result,) = modules.run((module, options))
    assert {"engine-nobody", vm.name} == set(result["vms"])
    assert told_apart(nodes(module, result)) == {(vm.name, vm._moId, "VM")}


def test_a_result_that_does_not_identify_its_vm_is_found_here() -> None:
    """The control for the tests above."""
    named = [{"name": "pgw-1", "canonical_facts": {"name": "pgw-1"}, "facts": {"device_type": "VM"}}]
    with pytest.raises(AssertionError):
        told_apart(named)
    assert nodes("vm_dataplane", {"vms": {"pgw-1": {"changed": True}}}) == []
