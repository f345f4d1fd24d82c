# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes one sample of what shows that the kernel forwards by interrupts. What cannot be observed stays empty.

judgement.py draws the conclusions.
"""

from __future__ import annotations

import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest import procfs
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.pci import DEVICES

from .look import read_vectors
from .offloads import coalesces, read_coalescing, read_gro, read_lro

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest

_COUNTERS = ("rx_packets", "tx_packets", "rx_dropped", "tx_dropped", "rx_errors", "tx_errors")


def take_sample(guest: Guest, devices: t.Sequence[tuple[str, str, str]]) -> dict[str, t.Any]:
    """The sample, as interrupt_evidence returns it. devices: name, PCI address and MAC address of each adapter."""
    lines = procfs.interrupt_lines(guest)
    return {
        "monotonic": time.monotonic(),
        "boot_id": guest.value(procfs.BOOT_ID),
        "devices": [_device(guest, name, address, mac, lines) for name, address, mac in devices],
    }


def _device(
    guest: Guest, name: str, address: str, mac: str, lines: t.Mapping[str, procfs.InterruptLine]
) -> dict[str, t.Any]:
    base = f"{DEVICES}/{address}"
    interface = next(iter(guest.names(f"{base}/net")), None)
    vectors = read_vectors(guest, address)
    coalescing = read_coalescing(guest, interface) if interface else None
    return {
        "name": name,
        "pci_address": address,
        "mac": mac,
        "driver": guest.target(f"{base}/driver"),
        "interface": interface,
        "interface_mac": guest.value(f"{base}/net/{interface}/address") if interface else None,
        "lro": read_lro(guest, interface) if interface else None,
        "gro": read_gro(guest, interface) if interface else None,
        "coalescing": None if coalescing is None else coalesces(coalescing),
        "interrupts": [
            {"line": line, "allowed_cpus": cpus, "counts": dict(lines[line].counts) if line in lines else {}}
            for line, cpus in vectors.items()
        ],
        "counters": {
            counter: guest.number(f"{base}/net/{interface}/statistics/{counter}") if interface else None
            for counter in _COUNTERS
        },
    }
