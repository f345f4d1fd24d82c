# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The read-only user sees everything and changes nothing."""

from __future__ import annotations

import base64
import dataclasses
import http.client
import json
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pyVim.connect import Disconnect
from pyVim.task import WaitForTask
from pyVmomi import vim

CPU, POWER = "VirtualMachine.Config.CPUCount", "VirtualMachine.Interact.PowerOn"


@pytest.fixture(scope="module")
def reader(vcenter: Any, open_lab: Callable[[Any], Any]) -> Iterator[Any]:
    """The lab as the read-only user sees it."""
    opened = open_lab(
        dataclasses.replace(vcenter, username=vcenter.readonly_username, password=vcenter.readonly_password)
    )
    yield opened
    Disconnect(opened.service)


@pytest.fixture
def seen(reader: Any, vm: Any) -> Any:
    """A VM as the read-only user sees it."""
    return vim.VirtualMachine(vm._moId, reader.service._stub)


def changes(reader: Any, machine: Any) -> dict[str, tuple[Callable[[], Any], str]]:
    """Calls that change something, and the privilege that each needs."""

    def reconfigure(**spec: Any) -> Callable[[], Any]:
        return lambda: machine.Reconfigure(vim.vm.ConfigSpec(**spec))

    device = machine.config.hardware.device[-1]
    edit = vim.vm.device.VirtualDeviceSpec(operation="edit", device=device)
    remove = vim.vm.device.VirtualDeviceSpec(operation="remove", device=device)
    option = vim.option.OptionValue(key="a", value="b")
    cluster, host = reader.cluster, reader.cluster.host[0]
    snapshot = {"name": "s", "memory": False, "quiesce": False}
    return {
        "cpus": (reconfigure(numCPUs=4), CPU),
        "memory": (reconfigure(memoryMB=2048), "VirtualMachine.Config.Memory"),
        "affinity": (reconfigure(cpuAffinity=vim.vm.AffinityInfo(affinitySet=[2])), "VirtualMachine.Config.Resource"),
        "removal": (reconfigure(deviceChange=[remove]), "VirtualMachine.Config.AddRemoveDevice"),
        "edit": (reconfigure(deviceChange=[edit]), "VirtualMachine.Config.EditDevice"),
        "option": (reconfigure(extraConfig=[option]), "VirtualMachine.Config.AdvancedConfig"),
        "annotation": (reconfigure(annotation="x"), "VirtualMachine.Config.Annotation"),
        "firmware": (reconfigure(firmware="efi"), "VirtualMachine.Config.Settings"),
        "power on": (machine.PowerOn, POWER),
        "power off": (machine.PowerOff, "VirtualMachine.Interact.PowerOff"),
        "shutdown": (machine.ShutdownGuest, "VirtualMachine.Interact.PowerOff"),
        "upgrade": (machine.UpgradeVM_Task, "VirtualMachine.Config.UpgradeVirtualHardware"),
        "snapshot": (lambda: machine.CreateSnapshot(**snapshot), "VirtualMachine.State.CreateSnapshot"),
        "destroy": (machine.Destroy_Task, "VirtualMachine.Inventory.Delete"),
        "rename": (lambda: machine.Rename("x"), "VirtualMachine.Config.Rename"),
        "clone": (reader.clone, "VirtualMachine.Provisioning.DeployTemplate"),
        "folder": (lambda: reader.datacenter.vmFolder.CreateFolder("x"), "Folder.Create"),
        "cluster": (
            lambda: cluster.ReconfigureComputeResource_Task(vim.cluster.ConfigSpecEx(), True),
            "Host.Inventory.EditCluster",
        ),
        "maintenance": (lambda: host.EnterMaintenanceMode(0), "Host.Config.Maintenance"),
        "power policy": (lambda: host.configManager.powerSystem.ConfigurePowerPolicy(2), "Host.Config.Power"),
        "host option": (
            lambda: host.configManager.advancedOption.UpdateOptions([option]),
            "Host.Config.AdvancedConfig",
        ),
        "not thought of": (machine.MountToolsInstaller, "Global.Settings"),
    }


def test_every_change_is_refused(reader: Any, seen: Any, vm: Any) -> None:
    before = vm.config.changeVersion
    for name, (change, privilege) in changes(reader, seen).items():
        with pytest.raises(vim.fault.NoPermission) as refused:
            change()
        assert refused.value.privilegeId == privilege, name
    assert vm.config.changeVersion == before


def test_refusal_names_the_object(seen: Any) -> None:
    with pytest.raises(vim.fault.NoPermission) as refused:
        seen.PowerOn()
    assert refused.value.object == seen


def test_reading(reader: Any, seen: Any) -> None:
    assert seen.config.hardware.numCPU == 2
    content = reader.service.content
    for _ in range(20):  # the simulator walks all objects, in any order
        assert content.searchIndex.FindByUuid(None, seen.config.uuid, True) == seen
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.HostSystem], True)
    assert [host.name for host in view.view] == ["esx-a1.lab", "esx-a2.lab"]
    view.Destroy()


def test_reader_waits_for_updates(reader: Any, seen: Any, vm: Any) -> None:
    WaitForTask(vm.Reconfigure(vim.vm.ConfigSpec(annotation="seen")))
    assert seen.config.annotation == "seen"
    WaitForTask(vm.PowerOn())
    assert seen.runtime.powerState == "poweredOn"


def test_privileges_are_told_truly(lab: Any, reader: Any, vm: Any) -> None:
    names = [CPU, "System.Read"]
    for opened, expected in ((lab, [True, True]), (reader, [False, True])):
        manager = opened.service.content.authorizationManager
        session = opened.service.content.sessionManager.currentSession
        entity = vim.VirtualMachine(vm._moId, opened.service._stub)
        assert manager.HasPrivilegeOnEntity(entity, session.key, names) == expected
        (one,) = manager.HasPrivilegeOnEntities([entity], session.key, names)
        assert [p.isGranted for p in one.privAvailability] == expected
        (one,) = manager.HasUserPrivilegeOnEntities([entity], session.userName, names)
        assert [(p.privId, p.isGranted) for p in one.privAvailability] == list(zip(names, expected, strict=True))
        (one,) = manager.FetchUserPrivilegeOnEntities([entity], session.userName)
        assert (CPU in one.privileges, "System.Read" in one.privileges) == tuple(expected)
    (one,) = lab.service.content.authorizationManager.HasUserPrivilegeOnEntities([vm], "nobody@vsphere.local", names)
    assert [p.isGranted for p in one.privAvailability] == [False, False]


def test_role_is_shown(lab: Any) -> None:
    manager = lab.service.content.authorizationManager
    permissions = manager.RetrieveEntityPermissions(lab.service.content.rootFolder, False)
    assert {p.principal: p.roleId for p in permissions}["VSPHERE.LOCAL\\readonly"] == -2


def test_wrong_password(vcenter: Any, open_lab: Callable[[Any], Any]) -> None:
    for username, password in (
        (vcenter.readonly_username, vcenter.password),
        (vcenter.username, vcenter.readonly_password),
    ):
        with pytest.raises(vim.fault.InvalidLogin):
            open_lab(dataclasses.replace(vcenter, username=username, password=password))


@pytest.mark.parametrize("reads_only", [False, True])
def test_rest(vcenter: Any, reads_only: bool) -> None:
    user = (
        (vcenter.readonly_username, vcenter.readonly_password) if reads_only else (vcenter.username, vcenter.password)
    )

    def ask(method: str, path: str, headers: dict[str, str], body: object = None) -> tuple[int, Any]:
        connection = http.client.HTTPSConnection(
            vcenter.hostname, vcenter.port, context=ssl.create_default_context(cafile=vcenter.ca_path), timeout=30
        )
        connection.request(method, path, json.dumps(body) if body else None, headers)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        return response.status, json.loads(text) if text else None

    basic = base64.b64encode(":".join(user).encode()).decode()
    status, answer = ask("POST", "/rest/com/vmware/cis/session", {"Authorization": f"Basic {basic}"})
    assert status == 200
    session = {"vmware-api-session-id": answer["value"], "Content-Type": "application/json"}
    assert ask("GET", "/rest/com/vmware/cis/tagging/category", session)[0] == 200
    category = {"create_spec": {"name": "c", "cardinality": "SINGLE", "associable_types": [], "description": ""}}
    status, _ = ask("POST", "/rest/com/vmware/cis/tagging/category", session, category)
    assert status == (403 if reads_only else 200)
