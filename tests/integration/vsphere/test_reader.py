# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Following a task; and the lab's whole inventory, equal in every value by our reader and by pyVmomi's."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from pyVmomi import vim, vmodl

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.properties import CarriedProperties
from tests.support.answers import Found, assert_all_same

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Connection

Collector: t.Any = vmodl.query.PropertyCollector  # type: ignore[attr-defined]
# Everything that these types have. Performance managers and the like are no part of the inventory.
KINDS: dict[t.Any, list[str]] = {
    vim.VirtualMachine: ["config", "guest", "runtime", "summary", "snapshot", "layoutEx", "recentTask", "name"],
    vim.HostSystem: ["config", "hardware", "capability", "summary", "runtime", "name"],
    vim.ClusterComputeResource: ["configurationEx", "configuration", "summary", "host", "name"],
    vim.Network: ["name", "host", "summary", "vm"],
    vim.dvs.DistributedVirtualPortgroup: ["name", "key", "config", "summary"],  # type: ignore[attr-defined]
    vim.DistributedVirtualSwitch: ["name", "uuid", "config", "summary", "capability"],
    vim.Datastore: ["info", "summary", "host", "capability"],
}


def by_pyvmomi(client: Client) -> Found:
    content = client.content
    view = content.viewManager.CreateContainerView(content.rootFolder, list(KINDS), True)
    way = Collector.TraversalSpec(type=type(view), path="view", skip=False)
    spec = Collector.FilterSpec(
        objectSet=[Collector.ObjectSpec(obj=view, skip=True, selectSet=[way])],
        propSet=[Collector.PropertySpec(type=kind, pathSet=paths) for kind, paths in KINDS.items()],
    )
    answer = content.propertyCollector.RetrievePropertiesEx([spec], Collector.RetrieveOptions())
    assert answer.token is None
    return [
        (each.obj, CarriedProperties(each.obj, {item.name: item.val for item in each.propSet}))
        for each in answer.objects
    ]


def test_a_person_can_follow_what_is_read_and_changed(engine: t.Any, vm: t.Any, tmp_path: Path) -> None:
    path = tmp_path / "progress"
    engine.gather(vm.name, progress_file=str(path))
    assert [line.split(" ", 1)[1] for line in path.read_text().splitlines()] == ["VMs read: 1 of 1"]
    engine.converge(vm, power_cycle="when_needed", progress_file=str(path))
    said = [line.split(" ", 1)[1] for line in path.read_text().splitlines()]
    assert said[0] == said[-1] == "VMs read: 1 of 1"
    assert {"calls made: 1 of 1", "tasks ended: 1 of 1"} <= set(said)


def test_a_link_is_no_progress_file_and_nothing_is_asked(engine: t.Any, vm: t.Any, tmp_path: Path) -> None:
    (tmp_path / "progress").symlink_to(tmp_path / "other")
    with pytest.raises(NfvError, match=r"\[progress_file_unusable\]"):
        engine.converge(vm, progress_file=str(tmp_path / "progress"))
    assert engine.vcenter.calls() == {}
    assert not (tmp_path / "other").exists()


def test_the_whole_inventory_is_the_same(make_vm: t.Callable[..., t.Any], connection: Connection) -> None:
    make_vm(power_on=True)
    with Client.open(connection, closed_for_writes=True) as client:
        ours, theirs = client.in_view(KINDS), by_pyvmomi(client)
    assert {type(each) for each, _properties in ours} >= {vim.VirtualMachine, vim.HostSystem, vim.Network}
    assert_all_same(ours, theirs)
