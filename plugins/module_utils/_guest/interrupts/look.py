# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads everything that decides how the kernel comes to forward, and how it was before."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.output import expected_output, read_objects
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest import procfs
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.addresses import (
    ADDRESS_COMMAND,
    ROUTE_COMMANDS,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.binding import userspace_handles
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.pci import DEVICES
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.read import read_guest_adapters
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.service import read_service

from .gtp import read_tunnels
from .model import BRIDGE, IRQBALANCE, TUNNEL, Current, Link
from .offloads import read_coalescing, read_flags, read_gro, read_lro
from .record import read_record

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.model import GuestAdapters

NEIGHBOUR_COMMAND = ("ip", "-json", "-4", "neighbour", "show", "nud", "permanent")
_ROUTES = ROUTE_COMMANDS["0.0.0.0/0"]
Json = t.Mapping[str, t.Any]


def read_current(guest: Guest, units: t.Sequence[str], macs: t.Collection[str]) -> Current:
    """The guest now. units: services that are asked about; macs: adapters that are, in lower case.

    Raises NfvError: iproute_failed, output_unreadable, binding_record_unreadable, interrupt_record_unreadable.
    """
    record = read_record(guest)
    adapters = read_guest_adapters(guest)
    names = dict.fromkeys((*units, *(record.units if record else ()), IRQBALANCE))
    wanted = {*macs, *(one.mac for one in record.adapters)} if record else set(macs)
    tables = _Tables(guest)
    return Current(
        adapters=adapters,
        record=record,
        boot_id=guest.value(procfs.BOOT_ID) or "",
        services={name: read_service(guest, name) for name in names},
        links={
            device.mac: tables.link(device.interfaces[0], device.pci_address)
            for device in adapters.devices
            if device.mac in wanted and device.mac is not None and device.interfaces
        },
        overrides={
            device.pci_address: guest.value(override_path(device.pci_address)) or "" for device in adapters.devices
        },
        strangers=_strangers(guest, adapters, tuple(names)),
        made={name: tables.link(name, None) for name in (BRIDGE, TUNNEL) if name in tables.interfaces},
        tunnel_index=_number(tables.interfaces.get(TUNNEL) or {}, "ifindex"),
        tunnels=read_tunnels(guest) if TUNNEL in tables.interfaces else (),
    )


def override_path(pci_address: str) -> str:
    """The driver that the kernel is told to choose for a device."""
    return f"{DEVICES}/{pci_address}/driver_override"


class _Tables:
    """What iproute2 says of all interfaces, asked once."""

    def __init__(self, guest: Guest) -> None:
        self._guest = guest
        self.interfaces = {str(one.get("ifname")): one for one in self._ask(ADDRESS_COMMAND)}
        self._neighbours = self._ask(NEIGHBOUR_COMMAND)
        self._routes = self._ask(_ROUTES)

    def _ask(self, command: t.Sequence[str]) -> list[dict[str, t.Any]]:
        _status, output, _errors = self._guest.run(command)
        return read_objects(" ".join(command), output)

    def link(self, interface: str, pci_address: str | None) -> Link:
        """An interface with everything about it; its device's interrupts where it has one."""
        shown = self.interfaces.get(interface, {})
        with expected_output(" ".join(ADDRESS_COMMAND), str(shown)):
            return Link(
                interface=interface,
                up="UP" in shown.get("flags", ()),
                mtu=_number(shown, "mtu"),
                master=shown.get("master"),
                addresses=tuple(
                    f"{one['local']}/{one['prefixlen']}"
                    for one in shown.get("addr_info", ())
                    if one.get("family") == "inet" and one.get("scope") not in ("link", "host")
                ),
                neighbours=tuple(
                    sorted(
                        (one["dst"], str(one.get("lladdr")).lower()) for one in self._of(interface, self._neighbours)
                    )
                ),
                routes=tuple(
                    sorted(
                        (_network(one["dst"]), str(one.get("gateway", "")))
                        for one in self._of(interface, self._routes)
                        if one.get("protocol") != "kernel"
                    )
                ),
                lro=read_lro(self._guest, interface),
                gro=read_gro(self._guest, interface),
                flags=read_flags(self._guest, interface),
                coalescing=read_coalescing(self._guest, interface),
                sysctls=read_sysctls(self._guest, interface),
                vectors=read_vectors(self._guest, pci_address) if pci_address else {},
            )

    @staticmethod
    def _of(interface: str, entries: t.Iterable[Json]) -> t.Iterator[Json]:
        return (one for one in entries if one.get("dev") == interface)


def _network(destination: str) -> str:
    """iproute2 leaves out the length of a host's route."""
    return destination if "/" in destination or destination == "default" else f"{destination}/32"


def _number(shown: Json, key: str) -> int | None:
    number = shown.get(key)
    return number if isinstance(number, int) else None


def sysctl_paths(interface: str) -> dict[str, str]:
    """The kernel attributes that let packets through an interface, with their values.

    The interface's own ``forwarding`` is what the kernel asks (Linux: net/ipv4/route.c, ip_route_input_slow); the
    global ip_forward would set those of all interfaces, and could not be taken back.
    """
    base = f"/proc/sys/net/ipv4/conf/{interface}"
    return {f"{base}/forwarding": "1", f"{base}/rp_filter": "0"}


def read_sysctls(guest: Guest, interface: str) -> dict[str, str]:
    """Values of sysctl_paths(), those that the interface has."""
    found = {path: guest.value(path) for path in sysctl_paths(interface)}
    return {path: value for path, value in found.items() if value is not None}


def vector_path(number: str) -> str:
    """The CPUs that an interrupt may go to (Linux: Documentation/core-api/irq/irq-affinity.rst)."""
    return f"/proc/irq/{number}/smp_affinity_list"


def read_vectors(guest: Guest, pci_address: str) -> dict[str, str]:
    """The CPUs that each of a device's interrupts may go to; none while the interface is down."""
    base = f"{DEVICES}/{pci_address}"
    line = guest.value(f"{base}/irq")
    # The kernel shows 0 for a device without an interrupt line, which is the timer's.
    numbers = guest.names(f"{base}/msi_irqs") or ((line,) if line not in (None, "0") else ())
    found = {number: guest.value(vector_path(number)) for number in sorted(numbers, key=lambda one: (len(one), one))}
    return {number: cpus for number, cpus in found.items() if cpus is not None}


def _strangers(guest: Guest, adapters: GuestAdapters, units: t.Collection[str]) -> dict[str, str]:
    """Who has device files of adapters open and belongs to none of the units, by the file's path."""
    found = {}
    for path, pids in procfs.holders(guest, userspace_handles(adapters.devices)).items():
        for pid in pids:
            group = guest.text(f"/proc/{pid}/cgroup") or ""
            if not any(f"/{unit}" in group for unit in units):
                found[path] = f"{guest.value(f'/proc/{pid}/comm')} (process {pid})"
    return found
