# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of privileges against the lab's vCenter: all of them suffice, and each one that is taken away is named.

Both by readiness, which asks, and by the call itself, which is refused.
"""

from __future__ import annotations

import copy
import dataclasses
import typing as t

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.account import (
    AccountAsked,
    NewVm,
    account_rows,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.privileges import (
    NEEDS,
    ROLES,
    Entity,
    Feature,
    Need,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.row import Row, Verdict
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import typed_errors
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.readiness.account import read_account
from lab.testing.operator_account import FOLDER, NAME, TEMPLATE, Operator, add_operator

Act = t.Callable[["World"], t.Any]
EVERYTHING = frozenset(Feature)
# What readiness asks of the root object, and no role here has: the collection does without.
OPTIONAL_ON_ROOT = next(need for need in NEEDS if need.place == Entity.VCENTER)
ASKED = AccountAsked(
    username=NAME,
    features=EVERYTHING,
    vms=("operated", "not-made-yet"),
    networks=("PG-Mgmt", "PG-S5U", "PG-SGi"),
    datacenter="nfv-dc",
    clusters=("nfv-a",),
    new_vms={"not-made-yet": NewVm(TEMPLATE, FOLDER)},
)


@dataclasses.dataclass(frozen=True)
class World:
    """The operator, its own session, and its VM."""

    operator: Operator
    client: Client
    machine: t.Any

    def own(self, managed: t.Any) -> t.Any:
        """The same object in the operator's session."""
        return self.client.managed(type(managed), managed._moId)

    def rows(self, **changed: t.Any) -> list[Row]:
        asked = dataclasses.replace(ASKED, **changed)
        return account_rows(asked, read_account(self.client, asked))


@pytest.fixture(scope="module")
def world(start_vcenter: t.Callable[..., t.Any]) -> t.Iterator[World]:
    vcenter = start_vcenter()
    with Client.open(vcenter.connection, closed_for_writes=False) as admin:
        operator = add_operator(vcenter, admin)
        cluster = operator.datacenter.hostFolder.childEntity[0]
        location = vim.vm.RelocateSpec(pool=cluster.resourcePool, host=cluster.host[0])
        task = operator.template.Clone(operator.folder, "operated", vim.vm.CloneSpec(location=location, powerOn=False))
        WaitForTask(task)
        with Client.open(operator.connection, closed_for_writes=False) as client:
            yield World(operator, client, client.managed(vim.VirtualMachine, task.info.result._moId))


def reconfigure(**spec: t.Any) -> Act:
    return lambda world: world.machine.ReconfigVM_Task(vim.vm.ConfigSpec(**spec))


def clone(world: World) -> t.Any:
    cluster = world.operator.datacenter.hostFolder.childEntity[0]
    location = vim.vm.RelocateSpec(pool=world.own(cluster.resourcePool), host=world.own(cluster.host[0]))
    spec = vim.vm.CloneSpec(location=location, powerOn=False)
    return world.own(world.operator.template).CloneVM_Task(world.own(world.operator.folder), "cloned", spec)


def adapter(world: World) -> t.Any:
    return next(each for each in world.machine.config.hardware.device if hasattr(each, "macAddress"))


def device(operation: str, changed: t.Any) -> Act:
    change = vim.vm.device.VirtualDeviceSpec(operation=operation, device=changed)
    return reconfigure(deviceChange=[change])


def add_adapter(world: World) -> t.Any:
    connected = vim.vm.device.VirtualDevice.ConnectInfo(startConnected=True, connected=True, allowGuestControl=True)
    card = vim.vm.device.VirtualVmxnet3(key=-1, backing=adapter(world).backing, connectable=connected)
    return device("add", card)(world)


def edit_adapter(world: World) -> t.Any:
    return device("edit", adapter(world))(world)


def move_adapter(world: World) -> t.Any:
    changed = copy.copy(adapter(world))
    other = next(each for each in world.machine.config.hardware.device[::-1] if hasattr(each, "macAddress"))
    changed.backing = other.backing
    return device("edit", changed)(world)


def relocate(world: World) -> t.Any:
    hosts = world.operator.datacenter.hostFolder.childEntity[0].host
    return world.machine.RelocateVM_Task(vim.vm.RelocateSpec(host=world.own(hosts[1])))


def edit_cluster(world: World) -> t.Any:
    cluster = world.own(world.operator.datacenter.hostFolder.childEntity[0])
    group = vim.cluster.VmGroup(name="operators", vm=[world.machine])
    spec = vim.cluster.ConfigSpecEx(groupSpec=[vim.cluster.GroupSpec(operation="add", info=group)])
    return cluster.ReconfigureComputeResource_Task(spec, True)


def read_switch(world: World) -> t.Any:
    """Something that only the role on the datacenter lets the operator read."""
    switch = next(each for each in world.operator.datacenter.networkFolder.childEntity if hasattr(each, "uuid"))
    return world.own(switch).config.name


def remove(world: World) -> t.Any:
    found = world.client.in_view({vim.VirtualMachine: ["name"]})
    (cloned,) = [each for each, properties in found if properties["name"] == "cloned"]
    return cloned.Destroy_Task()


# The operation that needs a privilege, by feature, kind of object and privilege; in an order in which all succeed.
OPERATIONS: dict[tuple[Feature, Entity, str], Act] = {
    (Feature.READ, Entity.DATACENTER, "System.Read"): read_switch,
    (Feature.CREATE, Entity.TEMPLATE, "VirtualMachine.Provisioning.DeployTemplate"): clone,
    (Feature.CREATE, Entity.FOLDER, "VirtualMachine.Inventory.CreateFromExisting"): clone,
    (Feature.CREATE, Entity.FOLDER, "VirtualMachine.Config.AddNewDisk"): clone,
    (Feature.CREATE, Entity.CLUSTER, "Resource.AssignVMToPool"): clone,
    (Feature.CREATE, Entity.DATASTORE, "Datastore.AllocateSpace"): clone,
    (Feature.CREATE, Entity.NETWORK, "Network.Assign"): clone,
    (Feature.SIZE, Entity.VM, "VirtualMachine.Config.CPUCount"): reconfigure(numCPUs=4),
    (Feature.SIZE, Entity.VM, "VirtualMachine.Config.Memory"): reconfigure(memoryMB=2048),
    (Feature.RESOURCES, Entity.VM, "VirtualMachine.Config.Resource"): reconfigure(
        memoryAllocation=vim.ResourceAllocationInfo(reservation=1024)
    ),
    (Feature.RESOURCES, Entity.VM, "VirtualMachine.Config.AdvancedConfig"): reconfigure(
        extraConfig=[vim.option.OptionValue(key="guestinfo.a", value="b")]
    ),
    (Feature.ADAPTERS, Entity.VM, "VirtualMachine.Config.AddRemoveDevice"): add_adapter,
    (Feature.ADAPTERS, Entity.VM, "VirtualMachine.Interact.DeviceConnection"): add_adapter,
    (Feature.ADAPTERS, Entity.VM, "VirtualMachine.Config.EditDevice"): edit_adapter,
    (Feature.ADAPTERS, Entity.NETWORK, "Network.Assign"): move_adapter,
    (Feature.SETTINGS, Entity.VM, "VirtualMachine.Config.Settings"): reconfigure(
        flags=vim.vm.FlagInfo(vvtdEnabled=False)
    ),
    (Feature.UPGRADE, Entity.VM, "VirtualMachine.Config.UpgradeVirtualHardware"): lambda world: (
        world.machine.UpgradeVM_Task("vmx-21")
    ),
    (Feature.PLACEMENT, Entity.VM, "Resource.ColdMigrate"): relocate,
    (Feature.PLACEMENT, Entity.CLUSTER, "Host.Inventory.EditCluster"): edit_cluster,
    (Feature.POWER_ON, Entity.VM, "VirtualMachine.Interact.PowerOn"): lambda world: world.machine.PowerOnVM_Task(),
    (Feature.POWER_OFF, Entity.VM, "VirtualMachine.Interact.PowerOff"): lambda world: world.machine.PowerOffVM_Task(),
    (Feature.FAULT_TOLERANCE, Entity.VM, "VirtualMachine.Config.QueryFTCompatibility"): lambda world: (
        world.machine.QueryFaultToleranceCompatibility()
    ),
    (Feature.REMOVE, Entity.VM, "VirtualMachine.Inventory.Delete"): remove,
    (Feature.REMOVE, Entity.PARENT, "VirtualMachine.Inventory.Delete"): remove,
}


def role_of(need: Need) -> str:
    return next(role.name for role in ROLES if need.place in role.places)


def key_of(need: Need) -> tuple[Feature, Entity, str]:
    return (need.feature, need.place, need.privilege)


def lacking(world: World, privilege: str) -> list[Row]:
    """The rows, other than of the root object, that name the privilege as missing."""
    rows = [row for row in world.rows() if row.object != "vCenter" and row.verdict != Verdict.READY]
    assert all(privilege in f"{row.asked} {row.seen}" for row in rows), rows
    return rows


GRANTED = [need for need in NEEDS if need is not OPTIONAL_ON_ROOT]


def test_every_need_has_an_operation() -> None:
    assert {key_of(need) for need in GRANTED} == set(OPERATIONS)


@pytest.mark.parametrize("need", GRANTED, ids=lambda need: f"{need.feature.value}-{need.place.value}-{need.privilege}")
def test_a_privilege_that_is_taken_away_is_named(world: World, need: Need) -> None:
    if need.feature == Feature.REMOVE and "cloned" not in (each.name for each in world.operator.folder.childEntity):
        WaitForTask(clone(world))
    act, role = OPERATIONS[key_of(need)], role_of(need)
    world.operator.take(role, need.privilege)
    try:
        verdict = Verdict.NOT_ASKED if need.optional else Verdict.NOT_READY
        assert {row.verdict for row in lacking(world, need.privilege)} == {verdict}
        with pytest.raises(vim.fault.NoPermission) as refused:
            WaitForTask(act(world))
        assert need.privilege in {name for each in refused.value.missingPrivileges for name in each.privilegeIds}
    finally:
        world.operator.restore(role)


def test_all_of_them_suffice(world: World) -> None:
    verdicts = {row.verdict for row in world.rows()}
    assert verdicts == {Verdict.READY, Verdict.NOT_ASKED}  # the root object's, which is optional
    if any(each.name == "cloned" for each in world.operator.folder.childEntity):
        WaitForTask(remove(world))
    done = set()
    for act in OPERATIONS.values():
        if act in done:
            continue
        done.add(act)
        result = act(world)
        if isinstance(result, vim.Task):
            WaitForTask(result)


def test_removal_needs_the_privilege_on_the_folder_too(world: World) -> None:
    administrator = vim.AuthorizationManager.Permission(principal=NAME, group=False, roleId=-1, propagate=False)
    manager = world.operator.admin.content.authorizationManager
    manager.SetEntityPermissions(entity=world.machine, permission=[administrator])
    world.operator.take("nfv-vms", "VirtualMachine.Inventory.Delete")
    try:
        (row,) = [row for row in lacking(world, "VirtualMachine.Inventory.Delete") if row.object == FOLDER]
        assert "Virtual machine > Edit Inventory > Remove" in row.remedy
        with pytest.raises(vim.fault.NoPermission) as refused:
            world.machine.Destroy_Task()
        assert refused.value.object == world.own(world.operator.folder)
    finally:
        manager.RemoveEntityPermission(entity=world.machine, user=NAME, isGroup=False)
        world.operator.restore("nfv-vms")


def test_who_only_reads_needs_nothing_more(world: World, vcenter: t.Any) -> None:
    reader = dataclasses.replace(
        world.operator.connection,
        port=vcenter.port,
        username=vcenter.readonly_username,
        password=vcenter.readonly_password,
    )
    asked = dataclasses.replace(
        ASKED, username=reader.username, vms=("not-made-yet",), new_vms={"not-made-yet": NewVm(TEMPLATE)}
    )
    with Client.open(reader, closed_for_writes=True) as client:
        reading = dataclasses.replace(asked, features=frozenset({Feature.READ}))
        (row,) = account_rows(reading, read_account(client, reading))
        assert (row.object, row.verdict) == ("nfv-dc", Verdict.READY)
        # The same user, asked for everything, lacks all the rest.
        rows = account_rows(asked, read_account(client, asked))
        named = {row.asked.split()[0] for row in rows if row.verdict == Verdict.NOT_READY}
        wanted = {need.privilege for need in NEEDS if not need.optional and need.place != Entity.PARENT}
        assert named == wanted - {"System.Read"}


def test_what_is_not_shown_is_unknown(world: World) -> None:
    rows = world.rows(
        networks=("PG-Nowhere",), clusters=("nowhere",), new_vms={"not-made-yet": NewVm("x", "nowhere", "nowhere")}
    )
    unknown = {(row.object, str(row.code)) for row in rows if row.verdict == Verdict.UNKNOWN}
    assert unknown == {
        ("PG-Nowhere", "network_not_found"),
        ("nowhere", "cluster_not_found"),
        ("nowhere", "datastore_not_found"),
        ("nowhere", "folder_not_found"),
        ("x", "template_not_found"),
    }


def test_every_new_vm_has_a_template_folder_and_datastore_of_its_own(world: World) -> None:
    """One's folder and template say nothing of another's."""
    vms = {"a": NewVm(TEMPLATE, FOLDER), "b": NewVm("x", "nowhere"), "c": NewVm(TEMPLATE, FOLDER, "elsewhere")}
    rows = world.rows(vms=tuple(vms), new_vms=vms)
    unknown = {row.object for row in rows if row.verdict == Verdict.UNKNOWN}
    assert unknown == {"x", "nowhere", "elsewhere"}
    ready = [row.object for row in rows if row.verdict == Verdict.READY]
    assert TEMPLATE in ready and FOLDER in ready


def test_a_look_changes_nothing_and_asks_once_for_each_kind_of_object(world: World, vcenter: t.Any) -> None:
    asked = dataclasses.replace(ASKED, new_vms={"not-made-yet": NewVm(TEMPLATE)})
    with Client.open(vcenter.connection, closed_for_writes=True) as client:
        vcenter.reset_calls()
        rows = account_rows(asked, read_account(client, asked))
    assert {row.verdict for row in rows} == {Verdict.READY}
    assert vcenter.mutating_calls() == {}
    assert vcenter.calls()["HasPrivilegeOnEntities"] <= len(Entity)


def test_who_has_no_permission_at_all_is_not_let_in(vcenter: t.Any, connection: t.Any) -> None:
    vcenter.add_user("stranger@vsphere.local", "of-the-stranger")
    stranger = dataclasses.replace(connection, username="stranger@vsphere.local", password="of-the-stranger")
    with pytest.raises(NfvError, match=r"\[permission_denied\].*privilege System.View on"):
        Client.open(stranger, closed_for_writes=True)


def test_a_refused_change_names_objects_as_people_know_them(world: World) -> None:
    world.operator.take("nfv-network", "Network.Assign")
    try:
        named = r"privilege Network.Assign on PG-\w+ \([a-z]+-\d+\)"
        with pytest.raises(NfvError, match=named) as refused, typed_errors("cloned", "failed to make the VM"):
            clone(world)
        assert refused.value.remedy.endswith("docs/privileges.md has the roles and the commands")
    finally:
        world.operator.restore("nfv-network")
