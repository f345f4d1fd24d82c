# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user of a lab vCenter who has exactly the privileges that docs/privileges.md names, each where it is needed."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.privileges import (
    ROLES,
    Feature,
    role_privileges,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection

if TYPE_CHECKING:
    from collections.abc import Collection

    from lab.testing.vcenter import VCenter

NAME, PASSWORD = "nfv@vsphere.local", "of-the-operator"
FOLDER = "nfv"
TEMPLATE = "debian-12-dpdk"


@dataclasses.dataclass(frozen=True)
class Operator:
    """The user, the administrator's session that gives and takes its privileges, and where it works."""

    admin: Client
    """The administrator's session."""
    connection: Connection
    """The operator's own connection."""
    datacenter: Any
    """The only datacenter (vim.Datacenter)."""
    folder: Any
    """The folder for its VMs (vim.Folder), named FOLDER."""
    template: Any
    """The template (vim.VirtualMachine), named TEMPLATE."""
    roles: dict[str, int]
    """The identifiers of its roles by name."""

    def targets(self) -> dict[str, list[Any]]:
        """The objects that each role is given on, by the role's name."""
        networks = [each for each in self.datacenter.networkFolder.childEntity if isinstance(each, vim.Network)]
        return {
            "nfv-read": [self.datacenter],
            "nfv-vms": [self.folder],
            "nfv-template": [self.template],
            "nfv-cluster": list(self.datacenter.hostFolder.childEntity),
            "nfv-datastore": list(self.datacenter.datastore),
            "nfv-network": networks,
        }

    def take(self, role: str, privilege: str) -> None:
        """Take one privilege out of a role. One of System, which every role has, takes the role's permissions."""
        if privilege.startswith("System."):
            self._permit(role, remove=True)
        else:
            kept = [each for each in _privileges(role) if each != privilege]
            self._manager.UpdateAuthorizationRole(roleId=self.roles[role], newName=role, privIds=kept)

    def restore(self, role: str) -> None:
        """Give a role all of its privileges and permissions again."""
        self._manager.UpdateAuthorizationRole(roleId=self.roles[role], newName=role, privIds=_privileges(role))
        self._permit(role)

    def _permit(self, name: str, *, remove: bool = False) -> None:
        (role,) = [each for each in ROLES if each.name == name]
        for target in self.targets()[name]:
            if remove:
                self._manager.RemoveEntityPermission(entity=target, user=NAME, isGroup=False)
                continue
            permission = self._permission(name, propagates=role.propagates)
            self._manager.SetEntityPermissions(entity=target, permission=[permission])

    def _permission(self, role: str, *, propagates: bool) -> Any:
        kind: Any = vim.AuthorizationManager.Permission
        return kind(principal=NAME, group=False, roleId=self.roles[role], propagate=propagates)

    @property
    def _manager(self) -> Any:
        return self.admin.content.authorizationManager


def _privileges(role: str, features: Collection[Feature] = tuple(Feature)) -> list[str]:
    (found,) = [each for each in ROLES if each.name == role]
    return list(role_privileges(found, features))


def add_operator(vcenter: VCenter, admin: Client) -> Operator:
    """Make the operator in a vCenter that has none yet: its folder, its roles, and its permissions."""
    datacenter = admin.content.rootFolder.childEntity[0]
    folder = datacenter.vmFolder.CreateFolder(FOLDER)
    template = admin.content.searchIndex.FindByInventoryPath(f"{datacenter.name}/vm/templates/{TEMPLATE}")
    manager = admin.content.authorizationManager
    roles = {role.name: manager.AddAuthorizationRole(name=role.name, privIds=_privileges(role.name)) for role in ROLES}
    vcenter.add_user(NAME, PASSWORD)
    connection = dataclasses.replace(vcenter.connection, username=NAME, password=PASSWORD)
    operator = Operator(admin, connection, datacenter, folder, template, roles)
    for name in roles:
        operator.restore(name)
    return operator
