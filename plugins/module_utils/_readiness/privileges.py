# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of privileges: what each feature of the collection needs of vSphere, on which objects, and for which calls.

``account`` judges an account by it, and scripts/privileges_page.py writes docs/privileges.md from it. Sources: vSphere
API reference 9.1, "Required Privileges" of each method and "Reconfigure privilege" of the fields of
VirtualMachineConfigSpec; vSphere 8, "vSphere Security", "Required Privileges for Common Tasks", and the names of
privileges in "Defined Privileges".
"""

from __future__ import annotations

import dataclasses
import enum
import typing as t


class Entity(str, enum.Enum):
    """A kind of object that a privilege is needed on, from the root of the inventory downwards."""

    VCENTER = "vcenter"
    """The root object of vCenter."""
    DATACENTER = "datacenter"
    """The datacenter, with everything in it."""
    FOLDER = "folder"
    """The folder that new VMs are put into."""
    PARENT = "parent"
    """The folder that a VM is in."""
    VM = "vm"
    """Each VM; for one that is still to be made, the folder that it inherits from."""
    TEMPLATE = "template"
    """The template that VMs are made from."""
    CLUSTER = "cluster"
    """The cluster that VMs run in, with its resource pool."""
    DATASTORE = "datastore"
    """The datastores that VMs are made on."""
    NETWORK = "network"
    """Each port group of the descriptions, and of the template."""


class Feature(str, enum.Enum):
    """Something that the collection does in vCenter."""

    READ = "read"
    """Read VMs, hosts, clusters and port groups: readiness, drift, verification, and the look before every change."""
    CREATE = "create"
    """Make VMs from a template."""
    SIZE = "size"
    """Bring vCPUs and memory to the description."""
    RESOURCES = "resources"
    """Set reservations, latency sensitivity, affinity and advanced settings, and give them back."""
    ADAPTERS = "adapters"
    """Make VMXNET3 adapters and connect them to their port groups."""
    SETTINGS = "settings"
    """Set the virtual IOMMU and the virtual NUMA nodes (iommu, numa.nodes)."""
    UPGRADE = "upgrade"
    """Upgrade the virtual hardware (vm_hardware_upgrade)."""
    POWER_ON = "power_on"
    """Power VMs on."""
    POWER_OFF = "power_off"
    """Power VMs off, for settings that need it (vm_hardware_power_cycle) and before they are deleted."""
    PLACEMENT = "placement"
    """Keep VMs where they are planned: groups, rules and overrides of the cluster, VMs moved while powered off."""
    REMOVE = "remove"
    """Delete VMs."""
    FAULT_TOLERANCE = "fault_tolerance"
    """Ask vCenter whether a VM could have Fault Tolerance."""
    SESSIONS = "sessions"
    """End a session of our own whose login answer was lost."""


@dataclasses.dataclass(frozen=True)
class Need:
    """A privilege that a feature needs on one kind of object."""

    feature: Feature
    """What needs it."""
    place: Entity
    """The objects that it is needed on."""
    privilege: str
    """The privilege as the API names it."""
    calls: tuple[str, ...]
    """The methods of the API that need it."""
    reason: str
    """What of the call needs it, in a few words."""
    optional: bool = False
    """Whether the feature does without, as ``reason`` says."""


@dataclasses.dataclass(frozen=True)
class Role:
    """A role that one permission gives on one kind of object, for a user with no more than it needs."""

    name: str
    """A name to give it in vCenter."""
    places: tuple[Entity, ...]
    """The kinds of objects whose privileges it has."""
    target: str
    """The objects to set the permission on, in a few words."""
    path: str
    """An inventory path of such an object, as an example."""
    propagates: bool
    """Whether the permission propagates to what is below the object."""


# What the vSphere Client 8 shows for each privilege. Nobody grants System.Read: every role has it, with System.View.
LABELS: t.Final[t.Mapping[str, str]] = {
    "Datastore.AllocateSpace": "Datastore > Allocate space",
    "Host.Inventory.EditCluster": "Host > Inventory > Modify cluster",
    "Network.Assign": "Network > Assign network",
    "Resource.AssignVMToPool": "Resource > Assign virtual machine to resource pool",
    "Resource.ColdMigrate": "Resource > Migrate powered off virtual machine",
    "Sessions.TerminateSession": "Sessions > View and stop sessions",
    "System.Read": "any role, such as Read-only",
    "VirtualMachine.Config.AddNewDisk": "Virtual machine > Change Configuration > Add new disk",
    "VirtualMachine.Config.AddRemoveDevice": "Virtual machine > Change Configuration > Add or remove device",
    "VirtualMachine.Config.AdvancedConfig": "Virtual machine > Change Configuration > Advanced configuration",
    "VirtualMachine.Config.CPUCount": "Virtual machine > Change Configuration > Change CPU count",
    "VirtualMachine.Config.EditDevice": "Virtual machine > Change Configuration > Modify device settings",
    "VirtualMachine.Config.Memory": "Virtual machine > Change Configuration > Change Memory",
    "VirtualMachine.Config.QueryFTCompatibility": (
        "Virtual machine > Change Configuration > Query Fault Tolerance compatibility"
    ),
    "VirtualMachine.Config.Resource": "Virtual machine > Change Configuration > Change resource",
    "VirtualMachine.Config.Settings": "Virtual machine > Change Configuration > Change Settings",
    "VirtualMachine.Config.UpgradeVirtualHardware": (
        "Virtual machine > Change Configuration > Upgrade virtual machine compatibility"
    ),
    "VirtualMachine.Interact.DeviceConnection": "Virtual machine > Interaction > Device connection",
    "VirtualMachine.Interact.PowerOff": "Virtual machine > Interaction > Power off",
    "VirtualMachine.Interact.PowerOn": "Virtual machine > Interaction > Power on",
    "VirtualMachine.Inventory.CreateFromExisting": "Virtual machine > Edit Inventory > Create from existing",
    "VirtualMachine.Inventory.Delete": "Virtual machine > Edit Inventory > Remove",
    "VirtualMachine.Provisioning.DeployTemplate": "Virtual machine > Provisioning > Deploy template",
}

_READING: t.Final = (
    "CreateContainerView",
    "CreateFilter",
    "FindByInventoryPath",
    "FindByUuid",
    "HasPrivilegeOnEntities",
    "QueryDateTime",
    "QueryOptions",
    "QueryPerf",
    "RetrievePropertiesEx",
    "WaitForUpdatesEx",
)
_CLONE: t.Final = ("CloneVM_Task",)
_RECONFIGURE: t.Final = ("ReconfigVM_Task",)

NEEDS: t.Final = (
    Need(Feature.READ, Entity.DATACENTER, "System.Read", _READING, "find objects and read their properties"),
    Need(Feature.CREATE, Entity.TEMPLATE, "VirtualMachine.Provisioning.DeployTemplate", _CLONE, "the template"),
    Need(Feature.CREATE, Entity.FOLDER, "VirtualMachine.Inventory.CreateFromExisting", _CLONE, "the new VM's folder"),
    Need(Feature.CREATE, Entity.FOLDER, "VirtualMachine.Config.AddNewDisk", _CLONE, "the new VM's disks"),
    Need(Feature.CREATE, Entity.CLUSTER, "Resource.AssignVMToPool", _CLONE, "the cluster's resource pool"),
    Need(Feature.CREATE, Entity.DATASTORE, "Datastore.AllocateSpace", _CLONE, "the new VM's disks"),
    Need(Feature.CREATE, Entity.NETWORK, "Network.Assign", _CLONE, "the template's adapters"),
    Need(
        Feature.SIZE,
        Entity.VM,
        "VirtualMachine.Config.CPUCount",
        _RECONFIGURE,
        "number of vCPUs, cores per socket, CPU hot-add",
    ),
    Need(Feature.SIZE, Entity.VM, "VirtualMachine.Config.Memory", _RECONFIGURE, "memory, memory hot-add"),
    Need(
        Feature.RESOURCES,
        Entity.VM,
        "VirtualMachine.Config.Resource",
        _RECONFIGURE,
        "reservations, limits, latency sensitivity, affinity",
    ),
    Need(
        Feature.RESOURCES,
        Entity.VM,
        "VirtualMachine.Config.AdvancedConfig",
        _RECONFIGURE,
        "advanced settings, such as 1 GB pages, ethernetX.* and guestinfo.*",
    ),
    Need(
        Feature.ADAPTERS, Entity.VM, "VirtualMachine.Config.AddRemoveDevice", _RECONFIGURE, "adapters made or removed"
    ),
    Need(Feature.ADAPTERS, Entity.VM, "VirtualMachine.Config.EditDevice", _RECONFIGURE, "adapters changed in place"),
    Need(
        Feature.ADAPTERS,
        Entity.VM,
        "VirtualMachine.Interact.DeviceConnection",
        _RECONFIGURE,
        "the connection of new adapters",
    ),
    Need(Feature.ADAPTERS, Entity.NETWORK, "Network.Assign", _RECONFIGURE, "adapters put on another port group"),
    Need(
        Feature.SETTINGS, Entity.VM, "VirtualMachine.Config.Settings", _RECONFIGURE, "virtual IOMMU, virtual NUMA nodes"
    ),
    Need(
        Feature.UPGRADE,
        Entity.VM,
        "VirtualMachine.Config.UpgradeVirtualHardware",
        ("UpgradeVM_Task",),
        "hardware_version of the description",
    ),
    Need(Feature.POWER_ON, Entity.VM, "VirtualMachine.Interact.PowerOn", ("PowerOnVM_Task",), "every start"),
    Need(
        Feature.POWER_OFF,
        Entity.VM,
        "VirtualMachine.Interact.PowerOff",
        ("PowerOffVM_Task", "ShutdownGuest"),
        "shutdown by VMware Tools, and power-off",
    ),
    Need(
        Feature.PLACEMENT,
        Entity.CLUSTER,
        "Host.Inventory.EditCluster",
        ("ReconfigureComputeResource_Task",),
        "groups, rules and overrides",
    ),
    Need(
        Feature.PLACEMENT,
        Entity.VM,
        "Resource.ColdMigrate",
        ("RelocateVM_Task",),
        "powered-off VMs that are not on their planned host",
    ),
    Need(Feature.REMOVE, Entity.VM, "VirtualMachine.Inventory.Delete", ("Destroy_Task",), "the VM"),
    Need(Feature.REMOVE, Entity.PARENT, "VirtualMachine.Inventory.Delete", ("Destroy_Task",), "the VM's folder"),
    Need(
        Feature.FAULT_TOLERANCE,
        Entity.VM,
        "VirtualMachine.Config.QueryFTCompatibility",
        ("QueryFaultToleranceCompatibility",),
        "vCenter's own reasons against Fault Tolerance; without it, feature_compat_info leaves them out",
        optional=True,
    ),
    Need(
        Feature.SESSIONS,
        Entity.VCENTER,
        "Sessions.TerminateSession",
        ("TerminateSession",),
        "without it, such a session ends when it has been idle for long enough",
        optional=True,
    ),
)


def needs_of(features: t.Collection[Feature]) -> tuple[Need, ...]:
    """The needs of some features, in the order of the table."""
    return tuple(need for need in NEEDS if need.feature in features)


# The roles of a user who has each privilege only where it is needed. The permission nearest to an object counts: each
# role has what is needed on its object and, if it propagates, below it; System.Read and System.View are in every role.
# vCenter takes no permission on a datacenter's own VM folder, nor on a cluster's own resource pool: these inherit.
ROLES: t.Final = (
    Role("nfv-read", (Entity.DATACENTER,), "the datacenter", "/DC", propagates=True),
    Role(
        "nfv-vms",
        (Entity.FOLDER, Entity.PARENT, Entity.VM),
        "the folder of the VMs (vsphere_folder)",
        "/DC/vm/FOLDER",
        propagates=True,
    ),
    Role(
        "nfv-template",
        (Entity.TEMPLATE,),
        "the template",
        "/DC/vm/TEMPLATES/TEMPLATE",
        propagates=False,
    ),
    Role("nfv-cluster", (Entity.CLUSTER,), "the cluster", "/DC/host/CLUSTER", propagates=True),
    Role("nfv-datastore", (Entity.DATASTORE,), "each datastore", "/DC/datastore/DATASTORE", propagates=False),
    Role("nfv-network", (Entity.NETWORK,), "each port group", "/DC/network/PORTGROUP", propagates=False),
)


def role_privileges(role: Role, features: t.Collection[Feature]) -> tuple[str, ...]:
    """The privileges of a role for these features, each once; optional ones included."""
    return tuple(dict.fromkeys(need.privilege for need in needs_of(features) if need.place in role.places))
