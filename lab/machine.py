# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtual machine's configuration, and the QEMU command line for it (pure)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.errors import LabError

DEVICES = {"vmxnet3": "vmxnet3", "e1000": "e1000", "e1000e": "e1000e"}
"""vSphere's adapter types without "Virtual", in lower case, and QEMU's device of the same hardware."""

TRANSLATIONS_MIB = 128
"""Size of software emulation's cache of translated code, in MiB. QEMU's default of 1 GiB holds over a million blocks
after an hour, and each write to a page walks all of that page's blocks: after a reboot, GRUB's byte-by-byte copy of
a kernel would take hours."""

DISK_SLOT = 0x02
CHANNEL_SLOT = 0x03
ENTROPY_SLOT = 0x04
SEED_SLOT = 0x05
"""Of the drive that tells cloud-init what vSphere's guestinfo tells it."""
FIRST_ADAPTER_SLOT = 0x10
"""First PCI slot of the adapters, which follow one another in the machine's order and so keep it in the guest."""
LAST_SLOT = 0x1E
"""Last PCI slot that is free; the chipset has the one after it."""
FIRST_ADAPTER_KEY = 4000
"""vSphere's device key of ethernet0."""
MAX_ADAPTERS = 10
"""vSphere's limit (Configuration Maximums: virtual NICs per virtual machine)."""

MAC = re.compile(r"^[0-9a-f]{2}(:[0-9a-f]{2}){5}$")


@dataclass(frozen=True)
class Adapter:
    """A virtual network adapter."""

    label: str
    """Name of the device in vCenter."""
    type: str
    """A key of DEVICES."""
    mac: str
    """Lower case, separated by colons."""
    network: str
    """Its port group."""
    connected: bool
    """Whether its link is up at power-on."""
    number: int = 0
    """The N of ethernetN: vSphere's device key less that of the first adapter."""


@dataclass(frozen=True)
class VirtualMachine:
    """The configuration of a virtual machine at power-on."""

    uuid: str
    """Its identity, also the name of its directory."""
    name: str
    """Its name in vCenter."""
    cpus: int
    """Virtual CPUs."""
    cores_per_socket: int
    """Divides ``cpus``."""
    memory_mb: int
    """MiB."""
    iommu: bool
    """Whether it has a vIOMMU."""
    image: str
    """The golden image below its disk."""
    adapters: tuple[Adapter, ...]
    """In the order of the guest's PCI slots."""
    numa_nodes: int = 1
    """NUMA nodes of the guest, which share vCPUs and memory equally and in order."""
    first_adapter_slot: int = FIRST_ADAPTER_SLOT
    """PCI slot of the first adapter; another one at the next power-on shifts all of them."""
    guestinfo: Mapping[str, str] = field(default_factory=dict)
    """Its advanced settings guestinfo.*, without that prefix."""
    standalone: bool = False
    """Whether the lab itself started it, without vCenter, which gets no reports of it."""

    @property
    def told(self) -> bool:
        """Whether guestinfo tells cloud-init anything."""
        return bool(self.guestinfo.get("metadata") or self.guestinfo.get("userdata"))


@dataclass(frozen=True)
class Place:
    """Where one machine's files, sockets and taps are on this host."""

    disk: str
    """qcow2 file on top of the golden image."""
    console_log: str
    """What the guest prints on its serial console."""
    qmp_socket: str
    """QEMU's machine protocol."""
    agent_socket: str
    """The guest agent's channel."""
    taps: tuple[str, ...]
    """One per adapter, in the machine's order."""
    seed: str = ""
    """Directory with the files of cloud-init's drive (NoCloud)."""
    guestinfo: str = ""
    """File with what the guest says by vmware-rpctool."""


def parse_uuid(body: Mapping[str, Any]) -> str:
    """Return a request's uuid in canonical form. It becomes a directory's name, so nothing else passes."""
    try:
        return str(uuid.UUID(str(body["uuid"])))
    except (KeyError, ValueError) as error:
        raise LabError("request_invalid", f"request to the hypervisor: {body.get('uuid')!r} is no uuid") from error


def parse_machine(body: Mapping[str, Any], port_groups: tuple[str, ...]) -> VirtualMachine:
    """Turn vCenter's power-on request into a machine.

    Raises LabError naming the machine and what QEMU cannot give it: ``adapter_type_unsupported``,
    ``network_not_found``, ``firmware_unsupported`` or ``request_invalid``.
    """
    identity = parse_uuid(body)
    name = str(body.get("name") or identity)
    firmware = str(body.get("firmware") or "bios")
    if firmware != "bios":
        raise LabError(
            "firmware_unsupported", f"{name}: firmware {firmware}: the lab's images boot by BIOS, set firmware bios"
        )
    try:
        machine = VirtualMachine(
            uuid=identity,
            name=name,
            cpus=int(body["cpus"]),
            cores_per_socket=int(body.get("cores_per_socket") or 1),
            memory_mb=int(body["memory_mb"]),
            iommu=bool(body.get("iommu")),
            image=str(body["image"]),
            adapters=tuple(
                _parse_adapter(name, position, adapter, port_groups)
                for position, adapter in enumerate(body.get("adapters") or ())
            ),
            numa_nodes=int(body.get("numa_nodes") or 1),
            first_adapter_slot=int(body.get("first_adapter_slot") or FIRST_ADAPTER_SLOT),
            guestinfo={str(key): str(value) for key, value in (body.get("guestinfo") or {}).items()},
            standalone=bool(body.get("standalone")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise LabError("request_invalid", f"{name}: power-on request lacks or misspells {error}") from error
    _check(machine)
    return machine


def _parse_adapter(machine: str, position: int, body: Mapping[str, Any], port_groups: tuple[str, ...]) -> Adapter:
    label = str(body["label"])
    given = str(body["type"])
    kind = given.lower().removeprefix("virtual")
    if kind not in DEVICES:
        raise LabError(
            "adapter_type_unsupported",
            f"{machine}: {label}: type {given} is not emulated; use one of {', '.join(DEVICES)}",
        )
    network = str(body["network"])
    if network not in port_groups:
        raise LabError(
            "network_not_found",
            f"{machine}: {label}: no port group {network} on the lab's host; there are {', '.join(port_groups)}",
        )
    mac = str(body["mac"]).lower()
    if not MAC.match(mac):
        raise LabError("request_invalid", f"{machine}: {label}: {mac!r} is no MAC address")
    number = int(body.get("key") or FIRST_ADAPTER_KEY + position) - FIRST_ADAPTER_KEY
    return Adapter(label, kind, mac, network, bool(body.get("connected", True)), number)


def _check(machine: VirtualMachine) -> None:
    if machine.cpus < 1 or machine.cores_per_socket < 1 or machine.cpus % machine.cores_per_socket:
        raise LabError(
            "request_invalid",
            f"{machine.name}: {machine.cpus} vCPUs cannot be split into sockets of {machine.cores_per_socket} cores",
        )
    if machine.numa_nodes < 1 or machine.cpus % machine.numa_nodes or machine.memory_mb % machine.numa_nodes:
        raise LabError(
            "request_invalid",
            f"{machine.name}: {machine.cpus} vCPUs and {machine.memory_mb} MB cannot be divided equally among "
            f"{machine.numa_nodes} NUMA nodes",
        )
    if machine.memory_mb < 1:
        raise LabError("request_invalid", f"{machine.name}: memory of {machine.memory_mb} MB")
    if len(machine.adapters) > MAX_ADAPTERS:
        raise LabError("request_invalid", f"{machine.name}: {len(machine.adapters)} adapters, at most {MAX_ADAPTERS}")
    if not SEED_SLOT < machine.first_adapter_slot <= LAST_SLOT + 1 - max(len(machine.adapters), 1):
        raise LabError(
            "request_invalid",
            f"{machine.name}: {len(machine.adapters)} adapters from PCI slot {machine.first_adapter_slot:#04x} on; they"
            f" have to be between {SEED_SLOT + 1:#04x} and {LAST_SLOT:#04x}",
        )
    macs = [adapter.mac for adapter in machine.adapters]
    if len(set(macs)) < len(macs):
        raise LabError("request_invalid", f"{machine.name}: two adapters have one MAC address: {', '.join(macs)}")


def qemu_arguments(machine: VirtualMachine, place: Place, *, kvm: bool) -> list[str]:
    """Return QEMU's command line for a machine.

    Devices get fixed PCI slots on the root bus, so that a change of an adapter's type moves nothing. Only
    ``first_adapter_slot`` does.
    """
    if len(place.taps) != len(machine.adapters):
        raise ValueError("one tap per adapter is needed")
    arguments = [
        *("qemu-system-x86_64", "-no-user-config", "-nodefaults"),
        # QEMU's option parser takes a comma for the next option; doubled it is a comma.
        *("-name", f"guest={machine.name.replace(',', ',,')}"),
        *("-uuid", machine.uuid),
        # The image leaves a switch asleep that nothing in such a guest uses.
        *(("-smbios", "type=1,family=standalone") if machine.standalone else ()),
        *_processor(machine, kvm=kvm),
        *_memory(machine),
        *("-display", "none", "-monitor", "none"),
        *("-serial", f"file:{place.console_log}"),
        *("-qmp", f"unix:{place.qmp_socket},server=on,wait=off"),
        # A lab's disk is made anew from the image: nothing is lost when the host fails.
        *("-drive", f"if=none,id=disk,file={place.disk},format=qcow2,cache=unsafe,discard=unmap"),
        *("-device", f"virtio-blk-pci,drive=disk,addr={DISK_SLOT:#04x}"),
        *("-device", f"virtio-serial-pci,addr={CHANNEL_SLOT:#04x}"),
        *("-chardev", f"socket,id=agent,path={place.agent_socket},server=on,wait=off"),
        *("-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"),
        *("-device", f"virtio-rng-pci,addr={ENTROPY_SLOT:#04x}"),
    ]
    for position, (adapter, tap) in enumerate(zip(machine.adapters, place.taps)):
        arguments += _adapter(position, machine.first_adapter_slot + position, adapter, tap)
    return [*arguments, *_seed(place)] if machine.told else arguments


def _seed(place: Place) -> list[str]:
    """The drive that cloud-init's datasource NoCloud looks for by its label, and the way back of vmware-rpctool."""
    return [
        *("-blockdev", f"driver=vvfat,node-name=seed,dir={place.seed},label=cidata,read-only=on"),
        *("-device", f"virtio-blk-pci,drive=seed,addr={SEED_SLOT:#04x}"),
        *("-chardev", f"file,id=guestinfo,path={place.guestinfo}"),
        *("-device", "virtserialport,chardev=guestinfo,name=nfv.guestinfo"),
    ]


def _processor(machine: VirtualMachine, *, kvm: bool) -> list[str]:
    # vfio needs interrupt remapping, which KVM's in-kernel interrupt controller lacks.
    split = ",kernel-irqchip=split" if machine.iommu and kvm else ""
    sockets = machine.cpus // machine.cores_per_socket
    arguments = [
        *("-machine", f"q35{split}"),
        *("-accel", "kvm" if kvm else f"tcg,thread=multi,tb-size={TRANSLATIONS_MIB}"),
        *("-cpu", "host" if kvm else "max"),
        *("-smp", f"cpus={machine.cpus},sockets={sockets},cores={machine.cores_per_socket},threads=1"),
    ]
    # The IOMMU has to come before the devices that it translates for.
    return [*arguments, "-device", "intel-iommu,intremap=on"] if machine.iommu else arguments


def _memory(machine: VirtualMachine) -> list[str]:
    arguments = ["-m", f"{machine.memory_mb}M"]
    if machine.numa_nodes == 1:
        return arguments
    cpus, memory_mb = machine.cpus // machine.numa_nodes, machine.memory_mb // machine.numa_nodes
    for node in range(machine.numa_nodes):
        processors = f"cpus={node * cpus}-{(node + 1) * cpus - 1}"
        arguments += ["-object", f"memory-backend-ram,id=memory{node},size={memory_mb}M"]
        arguments += ["-numa", f"node,nodeid={node},{processors},memdev=memory{node}"]
    return arguments


def _adapter(position: int, slot: int, adapter: Adapter, tap: str) -> list[str]:
    number = adapter.number
    return [
        "-netdev",
        # Without vnet_hdr QEMU fills in checksums and cuts segments: the bridge carries whole real frames.
        f"tap,id=network{position},ifname={tap},script=no,downscript=no,vnet_hdr=off",
        "-device",
        f"{DEVICES[adapter.type]},id=adapter{position},netdev=network{position},mac={adapter.mac},addr={slot:#04x}",
        # As ESXi's firmware does. The guest sees it as the attribute label of the PCI device.
        "-smbios",
        f"type=41,designation=Ethernet{number},kind=ethernet,instance={number + 1},pcidev=adapter{position}",
    ]
