# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks vCenter which privileges the session's user has on the objects that a deployment touches."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.account import (
    AccountAsked,
    Granted,
    NewVm,
    privileges_by_place,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.privileges import Entity
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import PAGE_SIZE
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import typed_errors
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.lookup import find_datacenter
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.naming import name_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Properties

# What a user has on an object that it may see and not read.
_SEEN: t.Final = frozenset({"System.View"})
_NOT_FOUND: t.Final[t.Mapping[Entity, ErrorCode]] = {
    Entity.FOLDER: ErrorCode.FOLDER_NOT_FOUND,
    Entity.TEMPLATE: ErrorCode.TEMPLATE_NOT_FOUND,
    Entity.CLUSTER: ErrorCode.CLUSTER_NOT_FOUND,
    Entity.DATASTORE: ErrorCode.DATASTORE_NOT_FOUND,
    Entity.NETWORK: ErrorCode.NETWORK_NOT_FOUND,
}


@dataclasses.dataclass(frozen=True)
class _Target:
    """An object to ask about."""

    place: Entity
    """What kind of object it is."""
    name: str
    """Its name in the rows."""
    objects: tuple[t.Any, ...]
    """The managed object. Several for a VM that is still to be made: it inherits from all of them. None: not found."""


def read_account(client: Client, asked: AccountAsked) -> tuple[Granted, ...]:
    """What the session's user may do, for ``account_rows``. Objects that it is not shown have a problem.

    Makes one call for each kind of object, and one for each 250 VMs. Raises NfvError: datacenter_not_found,
    datacenter_not_unique, and what the connection meets.
    """
    with typed_errors(asked.username, "failed to ask which privileges the user has"):
        targets = _Inventory(client, asked).targets()
        session = client.read(lambda: client.content.sessionManager.currentSession).key
        found: list[Granted] = []
        for place, privileges in privileges_by_place(asked.features).items():
            here = [target for target in targets if target.place == place]
            objects = [each for target in here for each in target.objects]
            granted = _granted(client, session, objects, privileges)
            found += [_of_target(target, granted, asked.username) for target in here]
    return tuple(found)


def _of_target(target: _Target, granted: t.Mapping[str, frozenset[str]], username: str) -> Granted:
    if target.objects:
        return Granted(target.place, target.name, frozenset().union(*(granted[each._moId] for each in target.objects)))
    error = NfvError(
        _NOT_FOUND[target.place],
        target.name,
        f"vCenter shows {username} no {target.place.value} of this name: it is not there, or the user may not see it",
        f"Correct the name, or grant {username} a role on it; docs/privileges.md tells which",
    )
    return Granted(target.place, target.name, frozenset(), error)


def _granted(
    client: Client, session: str, objects: t.Sequence[t.Any], privileges: t.Sequence[str]
) -> dict[str, frozenset[str]]:
    """Those of the privileges that the session's user has, by the moid of the object."""
    found: dict[str, frozenset[str]] = {}
    waiting = list({each._moId: each for each in objects}.values())
    while waiting:
        page = waiting[:PAGE_SIZE]
        ask = functools.partial(
            client.content.authorizationManager.HasPrivilegeOnEntities,
            entity=page,
            sessionId=session,
            privId=list(privileges),
        )
        try:
            answer = client.read(ask)
        except vim.fault.NoPermission as refused:
            # An object that the user sees and may not read ends the whole call.
            unreadable = _refused(refused) & {each._moId for each in page}
            if not unreadable:
                raise
            found.update(dict.fromkeys(unreadable, _SEEN))
        else:
            for each in answer:
                held = (one.privId for one in each.privAvailability if one.isGranted)
                found[each.entity._moId] = frozenset(held)
            found.update({each._moId: frozenset() for each in page if each._moId not in found})
        waiting = [each for each in waiting if each._moId not in found]
    return found


def _refused(fault: t.Any) -> set[str]:
    """The moids of the objects that a NoPermission names."""
    entities = [each.entity for each in getattr(fault, "missingPrivileges", None) or ()]
    return {each._moId for each in (*entities, fault.object) if each is not None}


class _Inventory:
    """The objects of the datacenter by name, as far as the user is shown them."""

    def __init__(self, client: Client, asked: AccountAsked) -> None:
        self._client = client
        self._asked = asked
        self._root = find_datacenter(client, asked.datacenter) if asked.datacenter else None
        self._found = client.in_view(
            {
                vim.Folder: ["name", "parent"],
                vim.Datacenter: ["name", "vmFolder"],
                vim.ClusterComputeResource: ["name", "resourcePool"],
                vim.Datastore: ["name"],
                vim.Network: ["name"],
                vim.OpaqueNetwork: ["name"],
                vim.dvs.DistributedVirtualPortgroup: ["name"],
                vim.VirtualMachine: ["name", "parent", "datastore", "network"],
            },
            self._root,
        )
        self._vms = {
            name_of(each, properties): (each, properties)
            for each, properties in self._found
            if isinstance(each, vim.VirtualMachine)
        }

    def targets(self) -> list[_Target]:
        """Every object that the features are used on. What only new VMs need is left out when every VM is there."""
        missing = [name for name in self._asked.vms if name not in self._vms]
        new = tuple(dict.fromkeys(self._asked.new_vms.get(name, NewVm()) for name in missing))
        present = [self._vms[name] for name in self._asked.vms if name in self._vms]
        parents = {parent._moId: parent for _vm, properties in present if (parent := properties.get("parent"))}
        targets = [
            _Target(Entity.VCENTER, "vCenter", (self._client.content.rootFolder,)),
            *self._datacenters(),
            *(_Target(Entity.PARENT, self._name(each), (each,)) for each in parents.values()),
            *(_Target(Entity.VM, name, (self._vms[name][0],)) for name in self._asked.vms if name in self._vms),
            *self._clusters(),
            *self._networks(new),
        ]
        return [*targets, *self._for_new_vms(new)]

    def _for_new_vms(self, new: t.Sequence[NewVm]) -> list[_Target]:
        """Templates, folders, datastores, and the VMs to be made, by what they will inherit from."""
        pools = [pool for _each, properties in self._matching_clusters() if (pool := properties.get("resourcePool"))]
        targets: list[_Target] = []
        for path in dict.fromkeys(each.folder for each in new):
            folders = self._folder(path)
            place = path or "the datacenter's VM folder"
            targets.append(_Target(Entity.FOLDER, place, tuple(folders)))
            if folders:
                targets.append(_Target(Entity.VM, f"VMs to be made in {place}", (*folders, *pools)))
        for name in dict.fromkeys(each.template for each in new if each.template is not None):
            template = self._vms.get(name)
            targets.append(_Target(Entity.TEMPLATE, name, template[:1] if template else ()))
        return targets + self._datastores(new)

    def _name(self, managed: t.Any) -> str:
        return next(
            (name_of(each, properties) for each, properties in self._found if each._moId == managed._moId),
            managed._moId,
        )

    def _of(self, kind: t.Any) -> list[tuple[t.Any, Properties]]:
        return [(each, properties) for each, properties in self._found if isinstance(each, kind)]

    def _datacenters(self) -> list[_Target]:
        if self._root is not None:
            return [_Target(Entity.DATACENTER, str(self._asked.datacenter), (self._root,))]
        return [
            _Target(Entity.DATACENTER, name_of(each, properties), (each,))
            for each, properties in self._of(vim.Datacenter)
        ]

    def _matching_clusters(self) -> list[tuple[t.Any, Properties]]:
        wanted = self._asked.clusters
        return [
            (each, properties)
            for each, properties in self._of(vim.ClusterComputeResource)
            if not wanted or {each._moId, name_of(each, properties)} & set(wanted)
        ]

    def _clusters(self) -> list[_Target]:
        found = self._matching_clusters()
        names = {name_of(each, properties) for each, properties in found} | {each._moId for each, _properties in found}
        unseen = [_Target(Entity.CLUSTER, name, ()) for name in self._asked.clusters if name not in names]
        return [*(_Target(Entity.CLUSTER, name_of(each, properties), (each,)) for each, properties in found), *unseen]

    def _networks(self, new: t.Sequence[NewVm]) -> list[_Target]:
        """The port groups of the descriptions; for new VMs also those that their templates' adapters are on."""
        named: dict[str, list[t.Any]] = {}
        for each, properties in self._of(vim.Network):
            named.setdefault(name_of(each, properties), []).append(each)
        targets = [
            _Target(Entity.NETWORK, name, (each,)) for name in self._asked.networks for each in named.get(name, ())
        ]
        targets += [_Target(Entity.NETWORK, name, ()) for name in self._asked.networks if name not in named]
        known = {each._moId for target in targets for each in target.objects}
        further = [each for each in self._of_templates("network", new) if each._moId not in known]
        return targets + [_Target(Entity.NETWORK, self._name(each), (each,)) for each in further]

    def _datastores(self, new: t.Sequence[NewVm]) -> list[_Target]:
        """The datastores that are named, and those of the templates of VMs that name none."""
        targets = [
            _Target(Entity.DATASTORE, self._name(each), (each,))
            for each in self._of_templates("datastore", [each for each in new if each.datastore is None])
        ]
        for wanted in dict.fromkeys(each.datastore for each in new if each.datastore is not None):
            found = [
                each
                for each, properties in self._of(vim.Datastore)
                if wanted in (each._moId, name_of(each, properties))
            ]
            targets.append(_Target(Entity.DATASTORE, wanted, tuple(found[:1])))
        return targets

    def _of_templates(self, path: str, new: t.Iterable[NewVm]) -> t.Iterable[t.Any]:
        """Objects that a property of the templates names, each once; none of a template that is not shown."""
        templates = [self._vms[each.template] for each in new if each.template in self._vms]
        named = [each for _template, properties in templates for each in properties.get(path) or ()]
        return {each._moId: each for each in named}.values()

    def _folder(self, path: str | None) -> list[t.Any]:
        """The folder of a path below the datacenter's VM folder, or of one that begins with the datacenter."""
        found = []
        for datacenter, properties in self._datacenter_folders():
            names = [part for part in (path or "").split("/") if part]
            if names[:2] == [name_of(datacenter, properties), "vm"]:
                names = names[2:]
            folder = properties.get("vmFolder")
            for name in names:
                folder = self._child(folder, name)
            if folder is not None:
                found.append(folder)
        return found

    def _datacenter_folders(self) -> list[tuple[t.Any, Properties]]:
        if self._root is None:
            return self._of(vim.Datacenter)
        return self._client.of_objects(vim.Datacenter, [self._root], ["name", "vmFolder"])

    def _child(self, folder: t.Any, name: str) -> t.Any:
        """The folder of this name in a folder, None when there is none."""
        for each, properties in self._of(vim.Folder):
            parent = properties.get("parent")
            if (
                folder is not None
                and parent is not None
                and parent._moId == folder._moId
                and name_of(each, properties) == name
            ):
                return each
        return None
