# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network devices on the PCI bus, read from sysfs (Linux: Documentation/ABI/testing/sysfs-bus-pci)."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.mac_address import normal_mac
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.userspace_drivers import USERSPACE_DRIVERS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

DEVICES = "/sys/bus/pci/devices"
# PCI ids of VMware's VMXNET3 (pci.ids 15ad:07b0; the kernel's PCI_DEVICE_ID_VMWARE_VMXNET3).
VMXNET3 = ("0x15ad", "0x07b0")
# vSphere's older adapters by the PCI ids of the Intel hardware that they emulate (pci.ids).
INTEL = {("0x8086", "0x100f"): "an E1000", ("0x8086", "0x100e"): "an E1000", ("0x8086", "0x10d3"): "an E1000E"}
GROUPS = "/sys/kernel/iommu_groups"
_NETWORK_CLASS = "0x02"
# Between PCI buses, and to CardBus; other bridges, such as the one to ISA, are devices like any other.
_BRIDGE_CLASSES = ("0x0604", "0x0607")


@dataclasses.dataclass(frozen=True)
class NetworkDevice:
    """A network device on the PCI bus."""

    pci_address: str
    """PCI address such as ``0000:0b:00.0``."""
    vendor: str
    """PCI vendor id such as ``0x15ad``."""
    device: str
    """PCI device id such as ``0x07b0``."""
    driver: str | None
    """Driver that the device is bound to, None without one."""
    interfaces: tuple[str, ...]
    """Names of the kernel's network interfaces on it; none under a userspace driver."""
    mac: str | None
    """The hardware's MAC address by its first interface, None without one."""
    in_use_by: tuple[str, ...]
    """Bridges, bonds and the like that its interfaces belong to."""
    handles: tuple[str, ...]
    """Device files (/dev/uio0, /dev/vfio/7) through which a program drives it."""
    iommu_group: str | None
    """Number of its IOMMU group, None without one."""
    numa_node: int | None
    """NUMA node, None when the platform does not say (the kernel's -1)."""

    @property
    def is_vmxnet3(self) -> bool:
        """Whether it is a VMXNET3 adapter."""
        return (self.vendor, self.device) == VMXNET3


@dataclasses.dataclass(frozen=True)
class GroupMember:
    """A device of an IOMMU group, of any class."""

    pci_address: str
    """Its PCI address."""
    driver: str | None
    """Driver that it is bound to, None without one."""
    kind: str
    """What it is, for a message: ``network device``, ``bridge`` or its PCI class."""

    @property
    def harmless(self) -> bool:
        """Whether vfio gives the group away although the device is in it.

        It does for bridges between PCI buses, for devices without a driver, and for drivers that leave the device alone
        (Linux: drivers/vfio/vfio.c, vfio_dev_viable; since 6.0 the drivers with driver_managed_dma).
        """
        return self.kind == "bridge" or self.driver in (None, "vfio-pci", "pci-stub", "pcieport")


@dataclasses.dataclass(frozen=True)
class Platform:
    """What the machine offers userspace drivers."""

    iommu: bool
    """Whether an IOMMU can isolate devices."""
    no_iommu: bool
    """Whether the kernel was built with CONFIG_VFIO_NOIOMMU (Debian 12's and 13's were not)."""
    drivers: tuple[str, ...]
    """Those of USERSPACE_DRIVERS that the running kernel has, built in or as a module."""


def read_network_devices(tree: Tree, permanent: t.Mapping[str, str] | None = None) -> tuple[NetworkDevice, ...]:
    """Every network device, in the order of PCI addresses. permanent: see addresses.permanent_macs()."""
    return tuple(
        _read_device(tree, address, permanent or {})
        for address in tree.names(DEVICES)
        if (tree.value(f"{DEVICES}/{address}/class") or "").startswith(_NETWORK_CLASS)
    )


def _read_device(tree: Tree, address: str, permanent: t.Mapping[str, str]) -> NetworkDevice:
    path = f"{DEVICES}/{address}"
    # virtio's interfaces are one level lower; a management adapter may be virtio.
    directories = [f"{path}/net", *(f"{path}/{name}/net" for name in tree.names(path) if name.startswith("virtio"))]
    interfaces = {name: directory for directory in directories for name in tree.names(directory)}
    macs = [
        permanent.get(name)
        or tree.value(f"{directory}/{name}/bonding_slave/perm_hwaddr")
        or tree.value(f"{directory}/{name}/address")
        for name, directory in interfaces.items()
    ]
    group = tree.target(f"{path}/iommu_group")
    node = tree.number(f"{path}/numa_node")
    return NetworkDevice(
        pci_address=address,
        vendor=tree.value(f"{path}/vendor") or "",
        device=tree.value(f"{path}/device") or "",
        driver=tree.target(f"{path}/driver"),
        interfaces=tuple(interfaces),
        mac=next((mac for mac in map(normal_mac, macs) if mac), None),
        in_use_by=tuple(
            entry.partition("_")[2]
            for name, directory in interfaces.items()
            for entry in tree.names(f"{directory}/{name}")
            if entry.startswith("upper_")
        ),
        handles=device_nodes(tree, address),
        iommu_group=group,
        numa_node=None if node == -1 else node,
    )


def device_nodes(tree: Tree, pci_address: str) -> tuple[str, ...]:
    """The device files through which a program may drive a device: /dev/uioN, or its IOMMU group's in /dev/vfio."""
    path = f"{DEVICES}/{pci_address}"
    nodes = [f"/dev/{name}" for name in tree.names(f"{path}/uio")]
    group = tree.target(f"{path}/iommu_group")
    if group is not None and tree.target(f"{path}/driver") == "vfio-pci":
        # Without an IOMMU vfio names the group's file noiommu-N (Linux: drivers/vfio/group.c).
        nodes += [f"/dev/vfio/{group}", f"/dev/vfio/noiommu-{group}"]
    return tuple(nodes)


def read_iommu_groups(tree: Tree, devices: t.Iterable[NetworkDevice]) -> dict[str, tuple[GroupMember, ...]]:
    """All members of each IOMMU group that holds one of the devices, by the group's number."""
    groups = sorted({device.iommu_group for device in devices if device.iommu_group is not None})
    return {group: tuple(_member(tree, name) for name in tree.names(f"{GROUPS}/{group}/devices")) for group in groups}


def _member(tree: Tree, address: str) -> GroupMember:
    path = f"{DEVICES}/{address}"
    pci_class = tree.value(f"{path}/class") or "of an unknown class"
    kinds = {_NETWORK_CLASS: "network device", **dict.fromkeys(_BRIDGE_CLASSES, "bridge")}
    kind = next((kind for start, kind in kinds.items() if pci_class.startswith(start)), f"class {pci_class}")
    return GroupMember(address, tree.target(f"{path}/driver"), kind)


def read_platform(tree: Tree) -> Platform:
    """What the running kernel offers userspace drivers. Only reads files; loads no module."""
    release = tree.value("/proc/sys/kernel/osrelease") or ""
    config = tree.text(f"/boot/config-{release}") or ""
    return Platform(
        iommu=bool(tree.names("/sys/class/iommu")),
        no_iommu=tree.exists("/sys/module/vfio/parameters/enable_unsafe_noiommu_mode")
        or re.search(r"^CONFIG_VFIO_NOIOMMU=y$", config, re.MULTILINE) is not None,
        drivers=_available(tree, f"/lib/modules/{release}"),
    )


def _available(tree: Tree, directory: str) -> tuple[str, ...]:
    modules = "".join(tree.text(f"{directory}/modules.{kind}") or "" for kind in ("dep", "builtin"))
    found = {match.replace("-", "_") for match in re.findall(r"^[^:\n]*/([^/:\n]+)\.ko", modules, re.MULTILINE)}
    return tuple(
        driver
        for driver in USERSPACE_DRIVERS
        if driver.replace("-", "_") in found or tree.exists(f"/sys/module/{driver.replace('-', '_')}")
    )
